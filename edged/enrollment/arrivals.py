"""The parts of an archive that come one by one: kept on the disk until all are there, or nobody sends any more.

What stands in a part is not known here; who may import it is decided elsewhere.
"""

from __future__ import annotations

import logging
import os
import time
from functools import partial
from typing import TYPE_CHECKING

from edged.errors import BadArchive
from edged.gallery.archive import SENT, unpack
from edged.system.beside import Beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from edged.gallery.archive import ArchivePlace, Part
    from edged.system.beside import Turns

log = logging.getLogger(__name__)

FOLDER = "arriving"
"""Folder beside the gallery for parts."""
FOLDER_MODE, FILE_MODE = 0o700, 0o600
"""Modes, as those of the gallery: faces are biometric data."""
PATIENCE_SECONDS = 600.0
"""Seconds after which parts are erased of which no other one has come."""
MOST_BYTES = 2_000_000_000
"""Bytes that all parts may have together: 16,000 people with five pictures each."""


class Arrivals:
    """The parts of one archive at a time: those of another take their place."""

    def __init__(self, folder: Path | None, *, beside: Beside | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with none, and erase what an earlier run has left; without a folder they are kept in memory (for tests).

        What waits for a disk is done beside, None: at once.
        """
        self._folder, self._beside, self._monotonic = folder, beside or Beside(), monotonic
        self._export, self._sizes, self._newest_at = "", dict[int, int](), 0.0
        self._in_memory: dict[int, bytes] = {}
        if folder and folder.is_dir():
            self.clear()

    def put(self, content: bytes, place: ArchivePlace) -> Turns[bool]:
        """Keep a part; whether all are there now.

        Raises:
            BadArchive: it cannot be kept, or it is one of too many.
        """
        if place.export != self._export:
            self.clear()
        if sum(self._sizes.values()) + len(content) > MOST_BYTES:
            raise BadArchive(f"The parts have more than {MOST_BYTES:,} bytes; use 'edged import FILE' on the device. Nothing was imported.")
        self._newest_at = self._monotonic()  # before, so that the others do not expire meanwhile
        yield from self._beside.submit(partial(self._write, place.part, content)).in_turns()
        self._export = place.export
        self._sizes[place.part] = len(content)
        return len(self._sizes) == place.parts

    def __len__(self) -> int:
        return len(self._sizes)

    def parts(self) -> Iterator[Part]:
        """Read the parts in their order; on any thread."""
        for number in sorted(self._sizes):
            yield unpack(self._read(number), SENT)

    def expire(self, now: float) -> None:
        """Erase parts of which no other one has come for long; now is the monotonic time."""
        if self._sizes and now - self._newest_at > PATIENCE_SECONDS:
            self.clear()

    def clear(self) -> None:
        """Erase them."""
        self._export, self._sizes = "", {}
        self._in_memory.clear()
        if self._folder:
            self._beside.submit(partial(_erase, self._folder))

    def _write(self, number: int, content: bytes) -> None:
        if self._folder is None:
            self._in_memory[number] = content
            return
        try:
            self._folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
            opened = os.open(self._folder / f"part-{number}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE)
            with os.fdopen(opened, "wb") as file:
                file.write(content)
        except OSError as error:
            raise BadArchive(
                f"A part cannot be kept in {self._folder} ({error.strerror}); free some space. Nothing was imported."
            ) from error

    def _read(self, number: int) -> bytes:
        if self._folder is None:
            return self._in_memory[number]
        try:
            return (self._folder / f"part-{number}").read_bytes()
        except OSError as error:
            raise BadArchive(
                f"Part {number} cannot be read again ({error.strerror}); send all parts anew. Nothing was imported."
            ) from error


def _erase(folder: Path) -> None:
    for found in folder.glob("part-*"):
        try:
            found.unlink(missing_ok=True)
        except OSError as error:  # of a card that can only be read: no reason to watch no door
            log.warning("%s, a part of an archive, cannot be erased (%s); erase it.", found, error.strerror)
