"""The number of the event that happened last, also where a disk that refuses does not know it: in memory that a kill leaves alone.

It does not know what an event says. A kill leaves the note, and the next run goes on after it, so that the numbers of what was lost are
missing. A power cut takes the note too: the file then still says that a run had begun, and the next one leaves numbers out.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edged.storage.database import Database

MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - nobody can put a link or a file of theirs in the place of the note unseen
"""A folder in memory, which outlives a process and no power cut."""
SKIPPED = 1_000
"""Numbers that are left out where nobody knows the last: more than a disk that refuses lets wait in a day of a busy door."""
DIGITS, MODE = 20, 0o600


def note_of(gallery: Path, folder: Path = MEMORY_FOLDER) -> Path:
    """Where the note of a gallery is."""
    place = sha256(str(gallery.resolve()).encode()).hexdigest()[:16]
    return folder / f"edged-{os.geteuid()}-{place}"


class LastNumber:
    """The last number of a gallery file's events. Not thread-safe, by design: one worker thread."""

    def __init__(self, database: Database, folder: Path = MEMORY_FOLDER) -> None:
        """Read what the run before has left; GalleryError where the file cannot be read."""
        self._database, self.writer = database, database.writer
        self._path = note_of(database.path, folder) if database.path else None
        self._note = self._opened()
        noted = self._read()
        began = database.column(str, "SELECT boot FROM run")[0]
        self._least, self._skipped = noted or 0, SKIPPED if began and noted is None else 0
        self.has_begun = False

    def after(self, on_disk: int) -> int:
        """The last number that was given, where the disk knows this one."""
        return max(on_disk + self._skipped, self._least)

    def note(self, number: int) -> None:
        """Note that a number is given; takes microseconds."""
        self._least, self._skipped = number, 0
        if self._note is not None:
            with suppress(OSError):
                os.pwrite(self._note, str(number).rjust(DIGITS).encode(), 0)

    def begin(self) -> None:
        """Note on the disk that a run has begun; GalleryError where it refuses, and it is to be tried again."""
        if not self._database.is_read_only:
            with self._database.transaction():
                self._database.write("UPDATE run SET boot = ?", [(self._database.clock.boot,)])
        self.has_begun = True

    def end(self) -> None:
        """Note on the disk that the run has ended, and that all its numbers are there; GalleryError where it refuses."""
        if not self._database.is_read_only:
            with self._database.transaction():
                self._database.write("UPDATE run SET boot = ''", [()])
            if self._path:
                self._path.unlink(missing_ok=True)

    def _opened(self) -> int | None:
        """The note, if it can be made and is ours: it is worth less than the gallery, which works without."""
        if self._path is None:
            return None
        with suppress(OSError):
            note = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
            if os.fstat(note).st_uid == os.geteuid():
                return note
            os.close(note)
        return None

    def _read(self) -> int | None:
        if self._note is None:
            return None
        with suppress(OSError, ValueError):
            return int(os.pread(self._note, DIGITS, 0))
        return None
