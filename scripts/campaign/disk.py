"""A disk that fails on demand, and loses its power: what edged writes goes through `disk.c`, and is noted there.

It does not know what is in the files. A power cut leaves what was synced, and of what was written since any part, in sectors, in any order.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

SOURCE = Path(__file__).with_name("disk.c")
CONTROL, ENTRY = struct.Struct("=II"), struct.Struct("=c31sqq")
"""How the two structures of `disk.c` lie in memory."""
SECTOR_BYTES = 512
FILES = "", "-wal", "-journal"
"""Endings of the names of the files that survive a power cut."""


class Mode(IntEnum):
    """What the disk does; as in `disk.c`."""

    WELL = 0
    FULL = 1
    READ_ONLY = 2
    BROKEN = 3


class Operation(NamedTuple):
    """Something that was done to a file: `w`rite, `t`runcate, `s`ync or `u`nlink."""

    kind: bytes
    name: str
    offset: int
    data: bytes


def built(folder: Path) -> Path | None:
    """The library, made of its source; None where there is no C compiler."""
    compiler, library = shutil.which("cc"), folder / "disk.so"
    if compiler is None:
        return None
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl", "-lpthread"], check=True)
    return library


class FailingDisk:
    """The disk below one gallery file."""

    def __init__(self, library: Path, gallery: Path) -> None:
        """Make the files by which it is told what to do, and notes what was done."""
        self._gallery = gallery
        self._control, self._journal = gallery.with_name("disk-control"), gallery.with_name("disk-journal")
        self._before = gallery.with_name("disk-before")
        self._before.mkdir()
        self.set(Mode.WELL)
        self.environment = {
            "LD_PRELOAD": str(library),
            "EDGED_DISK_FILES": str(gallery),
            "EDGED_DISK_CONTROL": str(self._control),
            "EDGED_DISK_JOURNAL": str(self._journal),
        }

    def set(self, mode: Mode, delay_seconds: float = 0.0) -> None:
        """Have it fail so from now on, or be well, and take so long for every write and sync."""
        with self._control.open("r+b" if self._control.exists() else "wb") as control:
            control.write(CONTROL.pack(mode, round(delay_seconds * 1e6)))

    def begin(self) -> None:
        """Take what is there now for what is on the disk; nothing may be writing."""
        self._journal.unlink(missing_ok=True)
        for ending in FILES:
            file, copy = self._file(ending), self._before / f"copy{ending}"
            shutil.copyfile(file, copy) if file.exists() else copy.unlink(missing_ok=True)

    def cut_power(self, random: Random) -> None:
        """Leave what a power cut leaves, after the process was killed."""
        before = {ending: (self._before / f"copy{ending}").read_bytes() for ending in FILES if (self._before / f"copy{ending}").exists()}
        left = replay(before, list(operations(self._journal.read_bytes() if self._journal.exists() else b"")), random)
        for ending in (*FILES, "-shm"):
            self._file(ending).unlink(missing_ok=True)
        for ending, content in left.items():
            self._file(ending).write_bytes(content)

    def _file(self, ending: str) -> Path:
        return self._gallery.with_name(self._gallery.name + ending)


def operations(journal: bytes) -> Iterator[Operation]:
    """Read what was noted; what was cut off at its end is left out."""
    place = 0
    while place + ENTRY.size <= len(journal):
        kind, name, offset, length = ENTRY.unpack_from(journal, place)
        place += ENTRY.size
        data = journal[place : place + length] if kind == b"w" else b""
        place += len(data)
        yield Operation(kind, name.rstrip(b"\0").decode(), offset, data)


def replay(before: dict[str, bytes], done: list[Operation], random: Random) -> dict[str, bytes]:
    """The files after a power cut: all up to the last sync of each, and of what came later some, each write whole, torn or not at all.

    What was deleted stays so once anything is synced later, as on every file system that keeps a journal of names.
    """
    files = {name: bytearray(content) for name, content in before.items()}
    synced = {operation.name: place for place, operation in enumerate(done) if operation.kind == b"s"}
    last = max(synced.values(), default=-1)
    for place, operation in enumerate(done):
        if place < (last if operation.kind == b"u" else synced.get(operation.name, -1)):
            _do(files, operation)
        elif random.getrandbits(1):
            _do(files, _torn(operation, random))
    return {name: bytes(content) for name, content in files.items()}


def _do(files: dict[str, bytearray], operation: Operation) -> None:
    kind, name, offset, data = operation
    if kind == b"u":
        files.pop(name, None)
    elif kind == b"t":
        content = files.setdefault(name, bytearray())
        content[:] = content[:offset].ljust(offset, b"\0")
    elif kind == b"w":
        content = files.setdefault(name, bytearray())
        content.extend(bytes(max(0, offset - len(content))))
        content[offset : offset + len(data)] = data


def _torn(operation: Operation, random: Random) -> Operation:
    """The same, or of a write its first sectors alone."""
    sectors = len(operation.data) // SECTOR_BYTES
    if operation.kind != b"w" or sectors < 2 or random.getrandbits(1):  # noqa: PLR2004 - of one nothing can be torn
        return operation
    return operation._replace(data=operation.data[: SECTOR_BYTES * random.randrange(1, sectors)])
