"""The real program as a subprocess, with a configuration of its own in a folder of its own.

Shared by the tests that run edged; knows how a user would start and stop it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Self

import numpy as np

from edged.gallery.strangers import Strangers
from edged.gallery.templates import Sighting
from edged.storage.database import open_database
from edged.types import Embedding
from edged.vision.model_card import EmbeddingCard
from edged.vision.pictures import encode_png
from tests.broker import PATIENCE_SECONDS, wait_until

MODELS = Path(__file__).resolve().parent.parent / "models"

Value = str | int | float | bool | Sequence[str]


def toml(sections: Mapping[str, Mapping[str, Value]]) -> str:
    """A configuration file; a section called `camera` is one of a list."""
    lines = []
    for name, keys in sections.items():
        lines.append(f"[[{name}]]" if name == "camera" else f"[{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def edged(*arguments: str | Path, env: dict[str, str] | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "edged", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE_SECONDS,
        check=False,
        env={**os.environ, **(env or {})},
        cwd=cwd,
    )


def remember_strangers(gallery: Path, count: int) -> None:
    """Have a gallery remember strangers, seen just now, whose faces are directions of their own and are like nobody's."""
    card = EmbeddingCard.read(MODELS / "embedding_sface")
    faces = np.eye(count, card.embedding.dimensions, dtype=np.float32)
    with open_database(gallery) as database:
        for face in faces:
            grey = encode_png(np.full((112, 112, 3), 127, np.uint8))
            Strangers(database).remember(Sighting(Embedding(face, card.id), 0.8, datetime.now(UTC), grey))


class Daemon:
    """`edged run` in a folder with its gallery, its configuration and its log."""

    def __init__(self, folder: Path, port: int, source: Path | str, **changes: Mapping[str, Value]) -> None:
        """Write the configuration; changes are added to its sections."""
        self.folder = folder
        self.config = folder / "edged.toml"
        self.gallery = folder / "gallery.db"
        sections: dict[str, dict[str, Value]] = {
            "device": {"id": "door"},
            "mqtt": {"host": "127.0.0.1", "port": port},
            "camera": {"name": "front", "source": str(source)},
            "gallery": {"path": str(self.gallery)},
        }
        for name, keys in changes.items():
            sections.setdefault(name, {}).update(keys)
        self.config.write_text(toml(sections), encoding="utf-8")

    env: Mapping[str, str] = MappingProxyType({})
    """What it has in its environment beside what everybody has."""

    def start(self) -> Self:
        """Start; returns at once."""
        command = [sys.executable, "-m", "edged", "run", "--config", str(self.config)]
        with (self.folder / "edged.log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **self.env})
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def log(self) -> str:
        """What it has said."""
        return (self.folder / "edged.log").read_text(encoding="utf-8")

    def wait(self) -> int:
        """Wait for it to end by itself; the exit code."""
        return self.process.wait(4 * PATIENCE_SECONDS)

    def stop(self) -> int:
        """Ask it to end as systemd would; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run another command with the same configuration."""
        command, *rest = arguments
        return edged(command, "--config", self.config, *rest)

    def wait_for_log(self, words: str) -> None:
        """Wait until it has said something."""
        wait_until(lambda: words in self.log, f"{words!r} in the log:\n{self.log}")
