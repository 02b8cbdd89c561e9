"""Writes model cards: the TOML beside each network that tells the daemon everything Python code must not know.

It knows the card's form, and takes every number from its callers.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    Value = str | int | float | Sequence[str] | Sequence[float] | Sequence[Sequence[float]]
    Table = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Section:
    """One table of a card: its header (`[input]`, `[[file]]`, or empty for the top), its comment and its entries."""

    header: str
    entries: Table
    comment: str = ""


def write_card(path: Path, sections: Sequence[Section]) -> None:
    """Writes the sections in their order."""
    path.write_text("\n".join(_text(section) for section in sections))


def top_section(card: str, task: str, network: str, version: str, licence: str) -> Section:
    """What stands first on a card; `card` is its id."""
    return Section("", {"id": card, "task": task, "network": network, "version": version, "licence": licence})


def file_section(path: Path, width: int, height: int) -> Section:
    """The `[[file]]` entry of one .tflite with its input size."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Section("[[file]]", {"name": path.name, "width": width, "height": height, "sha256": digest})


def _text(section: Section) -> str:
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
