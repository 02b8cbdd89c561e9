"""Errors of SQLite, of sqlite-utils and of the file system, as sentences that say what to do.

It does not know which statement failed.
"""

from __future__ import annotations

import errno
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edged.errors import GalleryDamaged, GalleryError, GalleryLocked, GalleryReadOnly, GalleryUnusable
from edged.storage.library import db

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRIMARY_CODE_MASK = 0xFF
"""Bits of an extended result code that are the primary one (https://sqlite.org/rescode.html)."""

DAMAGED = "is damaged; stop edged, save with `edged repair` what can be read or restore a backup, and check the SD card"
"""What is said of a file whose bytes are not those that were written."""
SENTENCES = {
    sqlite3.SQLITE_NOTADB: "is not a gallery; move the file away, or restore a backup",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
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

KINDS: dict[int, type[GalleryError]] = {
    sqlite3.SQLITE_NOTADB: GalleryDamaged,
    sqlite3.SQLITE_CORRUPT: GalleryDamaged,
    sqlite3.SQLITE_READONLY: GalleryReadOnly,
    sqlite3.SQLITE_PERM: GalleryUnusable,
    sqlite3.SQLITE_BUSY: GalleryLocked,
}
"""Kinds of the errors of SQLite that are told apart by more than their sentence."""
SYSTEM_KINDS: dict[int | None, type[GalleryError]] = {
    errno.EROFS: GalleryReadOnly,
    errno.EACCES: GalleryUnusable,
    errno.EPERM: GalleryUnusable,
    errno.EISDIR: GalleryUnusable,
    errno.ENOTDIR: GalleryUnusable,
    errno.EEXIST: GalleryUnusable,  # a file where the folder of the gallery is to be made
    errno.ENAMETOOLONG: GalleryUnusable,
    errno.ELOOP: GalleryUnusable,
}
"""The same for those of the file system."""

FOREIGN_ERRORS: tuple[type[Exception], ...] = (
    sqlite3.Error,
    sqlite3.Warning,
    *(found for found in vars(db).values() if isinstance(found, type) and issubclass(found, Exception)),
)
"""Errors of SQLite and of sqlite-utils; those of the latter have no class in common."""


def named(path: Path | None) -> str:
    """What a gallery is called at the beginning of a sentence."""
    return "The gallery in memory" if path is None else f"The gallery {path}"


@contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """Turn these errors into a GalleryError, chained, that says which file, what is wrong and what to do; everything else passes."""
    try:
        yield
    except FOREIGN_ERRORS as error:
        # Errors of the Python modules themselves, such as the use of a closed connection, carry no code.
        code = getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE_MASK
        sentence = SENTENCES.get(code, "has failed; if it happens again, report it with this message")
        raise KINDS.get(code, GalleryError)(f"{named(path)} {sentence} ({error}).") from error
    except OSError as error:
        kind, advice = SYSTEM_KINDS.get(error.errno, GalleryError), "give a path in a directory edged may write to"
        if kind is GalleryReadOnly:
            advice = "see why the disk is mounted read-only: a worn SD card is the usual reason"
        raise kind(f"{named(path)} cannot be made or opened ({error.strerror}); {advice}.") from error
