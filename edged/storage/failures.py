"""Errors of SQLite, of sqlite-utils and of the file system, as sentences that say what to do.

It does not know which statement failed.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edged.errors import GalleryError
from edged.storage.library import db

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRIMARY_CODE_MASK = 0xFF
"""Bits of an extended result code that are the primary one (https://sqlite.org/rescode.html)."""

SENTENCES = {
    sqlite3.SQLITE_NOTADB: "is not a gallery; move the file away, or restore a backup",
    sqlite3.SQLITE_CORRUPT: "is damaged; stop edged, move the file away and restore a backup, and check the SD card",
    sqlite3.SQLITE_FULL: "cannot grow because the disk is full; free some space",
    sqlite3.SQLITE_READONLY: "is read-only; give edged's user write permission to the file and its directory, "
    "and see that the disk is not mounted read-only",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; see that its directory exists and that edged's user may write to it",
    sqlite3.SQLITE_PERM: "cannot be opened; see that edged's user may read and write the file and its directory",
    sqlite3.SQLITE_IOERR: "cannot be read or written because the disk reports an error; check the SD card and the free space",
} | dict.fromkeys(
    (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED),
    "is locked by another process; wait until the other edged command has finished, then try again",
)

FOREIGN_ERRORS: tuple[type[Exception], ...] = (
    sqlite3.Error,
    sqlite3.Warning,
    *(found for found in vars(db).values() if isinstance(found, type) and issubclass(found, Exception)),
)
"""Errors of SQLite and of sqlite-utils; those of the latter have no class in common."""


@contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """Turn these errors into a GalleryError, chained, that says which file, what is wrong and what to do; everything else passes."""
    name = "The gallery in memory" if path is None else f"The gallery {path}"
    try:
        yield
    except FOREIGN_ERRORS as error:
        # Errors of the Python modules themselves, such as the use of a closed connection, carry no code.
        code = getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE_MASK
        sentence = SENTENCES.get(code, "has failed; if it happens again, report it with this message")
        raise GalleryError(f"{name} {sentence} ({error}).") from error
    except OSError as error:
        raise GalleryError(f"{name} cannot be made or opened ({error.strerror}); give a path in a directory edged may write to.") from error
