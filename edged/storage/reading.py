"""A gallery file that cannot be written, read all the same: as a copy in memory, in which nothing can be changed.

It does not know who wants to read. A write-ahead log that a power cut has left can only be read where it can be taken into the file, and so
not on a read-only card; the copy takes it in elsewhere, since what was enrolled last may stand in it alone.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from edged.errors import GalleryDamaged, GalleryError
from edged.storage.database import Database, open_database
from edged.storage.failures import PRIMARY_CODE_MASK, named, translated
from edged.storage.integrity import check_pages, read_only
from edged.storage.schema import migrate
from edged.storage.sole_use import has_run_on
from edged.storage.writer import PRAGMAS
from edged.system.clock_watch import ClockWatch
from edged.system.paths import is_there

MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - within it a folder of our own is made, which nobody else can enter
"""A folder in memory, which can be written where no disk can."""
REFUSED_WRITES = frozenset(
    {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM}
)
REFUSED_FILES = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EIO})
"""Errors with which SQLite and the file system refuse to open a file for writing that may be readable."""


def open_to_read(path: Path) -> Database:
    """Open a gallery for a command that changes nothing; where there is none yet, an empty one that leaves no file.

    Raises:
        GalleryError: as open_database(), but not where the file or its folder cannot be written; or there was a gallery, and is none now.
    """
    with translated(path):
        if is_there(path):
            return open_or_read(path)
        if has_run_on(path):
            raise GalleryError(
                f"{named(path)} is not there any more, though edged has run on it; restore a backup, or restart edged to begin anew."
            )
    return open_database(None)


def open_or_read(path: Path, *, is_checked: bool = False) -> Database:
    """Open a gallery, or where it cannot be written a copy of it in memory, in which every change is refused.

    Raises:
        GalleryError: as open_database(), but not where a file that is there cannot be written.
    """
    try:
        return open_database(path, is_checked=is_checked)
    except GalleryDamaged:
        raise
    except GalleryError as error:
        if not _is_refusal(error.__cause__) or not os.access(path, os.F_OK, effective_ids=True):
            raise
    return _copy(path, is_checked=is_checked)


def can_be_written(path: Path) -> bool:
    """Whether the file itself could be opened now, after it could not be before."""
    try:
        open_database(path).close()
    except GalleryError:
        return False
    return True


def _is_refusal(cause: BaseException | None) -> bool:
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & PRIMARY_CODE_MASK in REFUSED_WRITES
    return isinstance(cause, OSError) and cause.errno in REFUSED_FILES


def _copy(path: Path, *, is_checked: bool) -> Database:
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    try:
        with translated(path):
            copy_to(memory, path)
            for pragma in PRAGMAS:
                memory.execute(f"PRAGMA {pragma}")
            if is_checked:
                check_pages(memory, path)
            migrate(memory)  # what an older edged has written; the file stays as it is
            memory.execute("PRAGMA query_only = ON")
        return Database(memory, path, ClockWatch(), is_read_only=True)
    except BaseException:
        memory.close()
        raise


def copy_to(other: sqlite3.Connection, path: Path) -> None:
    """Copy a gallery file that may lie on a disk that nobody can write, with what stands in its log, to another database.

    sqlite3.Error and OSError are the caller's to translate.
    """
    try:
        with closing(read_only(path)) as file:  # also while another user's process writes
            file.backup(other)
    except sqlite3.OperationalError as error:
        if not _is_refusal(error):  # a file that is only locked may be written meanwhile
            raise
        with TemporaryDirectory(prefix="edged-", dir=MEMORY_FOLDER if MEMORY_FOLDER.is_dir() else None) as folder:
            for found in (path, path.with_name(f"{path.name}-wal")):
                if found.exists():
                    shutil.copyfile(found, Path(folder, found.name))
            with closing(sqlite3.connect(Path(folder, path.name))) as copy:
                copy.backup(other)
