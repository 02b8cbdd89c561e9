"""An open gallery file: how it is opened, read, written in transactions, and rid of what was erased.

It does not know what the tables mean. It is the only place that talks to SQLite, so no sqlite3.Error leaves the package.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from edged.errors import GalleryError
from edged.storage.failures import translated
from edged.storage.library import db
from edged.storage.schema import migrate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

BUSY_SECONDS = 5.0
"""How long to wait for another process: longer than its VACUUM of a household's gallery, far shorter than the watchdog."""

DIRECTORY_MODE = 0o700
WAL_RETRY_SECONDS = 0.05

FILE_MODE = 0o600
"""Faces are biometric data: nobody but edged's user reads them. SQLite gives its -wal and -shm files the same mode."""

PRAGMAS = (
    "synchronous = FULL",  # an event that was appended survives a power cut; NORMAL keeps WAL consistent, but may lose the last commits
    "foreign_keys = ON",
    "secure_delete = ON",  # what is deleted is overwritten with zeros
    "trusted_schema = OFF",
)


def open_database(path: Path | None, *, busy_seconds: float = BUSY_SECONDS) -> Database:
    """Open the gallery file, making it and its directory where they are missing and migrating it where it is old.

    Args:
        path: The file, or None for a database in memory (for tests).
        busy_seconds: How long a statement waits for a lock of another process.

    Raises:
        GalleryError: not writable, not a gallery, of a newer edged, locked or damaged.
    """
    with translated(path):
        if path is not None:
            _make_private(path)
        # isolation_level None: transactions begin where transaction() says so and nowhere else.
        # check_same_thread False: opened where the parts are wired, used by the worker; never by two threads.
        connection = sqlite3.connect(path or ":memory:", timeout=busy_seconds, isolation_level=None, check_same_thread=False)
        try:
            _configure(connection, path)
            migrate(connection)
            return Database(connection, path)
        except BaseException:
            connection.close()
            raise


class Database:
    """One connection to a gallery file. Not thread-safe, by design: one worker thread owns it."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        """Take a connection that open_database has configured and migrated."""
        self.path = path
        # Our own connection is handed over because sqlite-utils would otherwise prefer another sqlite3 module where one is
        # installed, whose errors are not ours; and a daemon runs no plugins that happen to be installed.
        self._tables = db.Database(connection, execute_plugins=False)
        self._connection = connection

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """All rows of a query. Read at once: an open cursor would hold a snapshot and keep the -wal file from being emptied.

        Raises:
            GalleryError: the file cannot be read.
        """
        with translated(self.path):
            return list(self._tables.query(sql, tuple(parameters)))

    def count(self, table: str) -> int:
        """How many rows a table has."""
        with translated(self.path):
            return int(self._tables.table(table).count_where())

    def write(self, sql: str, parameters: Iterable[Sequence[object]]) -> int:
        """Run one statement for each tuple of parameters, inside transaction(); how many rows it changed.

        Not sqlite-utils' insert() and upsert(): before version 4 these commit the transaction around them.

        Raises:
            GalleryError: the file cannot be written.
        """
        with translated(self.path):
            return self._connection.executemany(sql, parameters).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: durable when the block has ended, undone when it raises.

        Raises:
            GalleryError: another process holds the lock for too long, or the file cannot be written.
        """
        with translated(self.path):
            # IMMEDIATE: a transaction that reads first and then finds the file locked could not be waited for.
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with translated(self.path):
                self._connection.execute("COMMIT")
        except BaseException:
            # A full disk may already have ended the transaction.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def data_version(self) -> int:
        """A number that differs from the last one if another connection has committed in between; a few microseconds."""
        [row] = self.rows("PRAGMA data_version")
        return int(row["data_version"])

    def compact(self) -> None:
        """Write the file anew without free space and empty the -wal file, so that erased bytes are in neither.

        Needs up to twice the file's size for a moment. What an SD card or a journal of the file system keeps of overwritten
        blocks is out of reach; an encrypted disk is the answer to that.

        Raises:
            GalleryError: a reader or writer in another process, or a full disk, prevents it; what was erased may still be read
                from the bytes of the files until it is called again.
        """
        self._empty_wal()  # first, so that a VACUUM that fails for want of space leaves as little as possible
        with translated(self.path):
            self._tables.vacuum()
        self._empty_wal()

    def _empty_wal(self) -> None:
        [row] = self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        if row["busy"]:
            raise GalleryError(
                f"The gallery {self.path} is being read by another process, so erased bytes remain in its -wal file; "
                "they go when the other command has ended and the erasure is tried again."
            )

    def close(self) -> None:
        """Close the file; the last to close it also removes the -wal file."""
        with translated(self.path):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _make_private(path: Path) -> None:
    path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))
    # A file copied back from a backup is often readable for everybody. Only its owner can change that; others leave it.
    if stat.S_IMODE(path.stat().st_mode) != FILE_MODE:
        with suppress(PermissionError):
            path.chmod(FILE_MODE)


def _configure(connection: sqlite3.Connection, path: Path | None) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    mode = _use_wal(connection)
    if path is not None and mode != "wal":
        raise GalleryError(f"The gallery {path} is on a file system without shared memory (mode {mode!r}); put it on a local disk.")


def _use_wal(connection: sqlite3.Connection) -> str:
    """The journal mode after asking for WAL; two processes that open a new file at once may both be refused at first.

    SQLite does not wait by itself for the lock that changing the mode needs.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            [(mode,)] = connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(WAL_RETRY_SECONDS)
        else:
            return str(mode)
