"""An open gallery file: how it is opened, read, and written in transactions.

It does not know what the tables mean. Every error of SQLite becomes a GalleryError here or in table.py, so that none leaves the room.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from edged.errors import GalleryDamaged, GalleryError, GalleryReadOnly
from edged.storage.exchanged_logs import give_back_log
from edged.storage.failures import named, translated
from edged.storage.integrity import check_pages, identity
from edged.storage.schema import migrate
from edged.storage.table import Row, Table, Value
from edged.storage.writer import Writer, connect
from edged.system.clock_watch import ClockWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import Self

    from edged.storage.library import db

log = logging.getLogger(__name__)

BUSY_SECONDS = 5.0
"""Seconds to wait for another process: longer than its VACUUM of a household's gallery, far shorter than the watchdog."""

WAL_RETRY_SECONDS = 0.05
"""Seconds between two tries to begin a log, which another process that opens the same new file keeps from us for some milliseconds."""

BEING_MADE_SECONDS, BEING_MADE_LOOK_SECONDS = 1.0, 0.02
"""Seconds in which another process that makes a file has written something into it, since SQLite makes it empty first; and between two
looks whether it has: a look asks for the size of a file alone, and who waits is a start."""

DIRECTORY_MODE, FILE_MODE = 0o700, 0o600
"""Modes, since faces are biometric data: nobody but edged's user reads them. SQLite gives its -wal and -shm files that of the file."""

LOCK_SUFFIX = "-daemon"
"""Ending of the lock's name, see sole_use.py: a file that stays where a daemon has run on a gallery."""


def open_database(
    path: Path | None, *, busy_seconds: float = BUSY_SECONDS, clock: ClockWatch | None = None, is_checked: bool = False
) -> Database:
    """Open the gallery file, making it and its directory where they are missing and migrating it where it is old.

    None is a database in memory (for tests). A statement waits busy_seconds for a lock of another process. What is written is dated
    by the clock, None meaning the device's. is_checked is whether every page is looked at before, for as long as a start may take.

    Raises:
        GalleryUnusable: not a gallery, of a newer edged, or damaged.
        GalleryReadOnly: it cannot be written; open_to_read() reads it.
        GalleryError: locked, or the disk refuses it.
    """
    with translated(path):
        if path is not None:
            give_back_log(path, unless_held=path.with_name(f"{path.name}{LOCK_SUFFIX}"))
            _refuse_emptied(path)
            _make_private(path)
        connection = connect(path, busy_seconds=busy_seconds)
        try:
            _use_wal(connection, path)
            if is_checked and connection.execute("PRAGMA user_version").fetchone() != (0,) and not check_pages(connection, path):
                log.warning("%s is large, and not all of its pages were looked at; that is done while edged runs.", named(path))
            migrate(connection)
            return Database(connection, path, clock or ClockWatch())
        except BaseException:
            connection.close()
            raise


class Database:
    """An open gallery file: one worker thread reads, and what writes is submitted to `writer`, which has a connection of its own.

    Until write_beside() the writer has no thread, and what is submitted is written at once: as commands of the shell want it.

    Every method raises GalleryError where the file cannot be read or written, or another process holds the lock for too long.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path | None, clock: ClockWatch, *, is_read_only: bool = False) -> None:
        """Take a connection that is configured and migrated, and the clock by which what is written is dated.

        is_read_only is whether it is a copy of a file that cannot be written, see reading.py, and refuses every change.
        """
        self.path, self.clock, self.is_read_only = path, clock, is_read_only
        self._identity = identity(path) if path else None
        self.writer = Writer(connection, path)
        self.has_residue = True
        """Whether what was erased may still stand in the log, as it may after a crash."""

    @property
    def _library(self) -> db.Database:
        return self.writer.library

    def write_beside(self, on_done: Callable[[], None]) -> None:
        """Have a thread write from now on, see Writer.start(); what is in memory alone is written at once all the same."""
        if self.path and not self.is_read_only:
            self.writer.start(on_done)

    def table(self, name: str, row: Callable[..., Row]) -> Table[Row]:
        """Read and write one table; row makes a value of a row's columns, which it takes by name."""
        return Table(lambda: self._library, self.path, name, row)

    def select(self, row: Callable[..., Row], sql: str, *parameters: Value) -> list[Row]:
        """Read all rows of a query over several tables, each as a value; row makes it of the columns, which it takes by name."""
        with translated(self.path):  # one row after the other, since thousands of them would be in memory twice; but at once, as rows()
            return [row(**columns) for columns in self._library.query(sql, parameters)]

    def column(self, kind: Callable[..., Row], sql: str, *parameters: Value) -> list[Row]:
        """Read the one column of a query, as ints or strings."""
        return [kind(value) for columns in self.rows(sql, parameters) for value in columns.values()]

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[dict[str, Value]]:
        """Read all rows of a query; at once, since an open cursor would hold a snapshot and keep the -wal file from being emptied."""
        with translated(self.path):
            return list(self._library.query(sql, tuple(parameters)))

    def write(self, sql: str, parameters: Iterable[Sequence[Value]]) -> int:
        """Run a statement for which Table has no method, once for each tuple of parameters, and count the rows that it changed."""
        with translated(self.path):
            return sum(self._library.execute(sql, tuple(each)).rowcount for each in parameters)

    def see_that_it_can_be_kept(self) -> None:
        """See that the open file is still the one at its path, which takes microseconds: what is written to another is lost at the end.

        Raises:
            GalleryReadOnly: it is a copy in memory of a file that could not be written.
            GalleryError: it was deleted, moved or replaced.
        """
        if self.is_read_only:
            raise GalleryReadOnly(
                f"{named(self.path)} could not be written when edged started; see that its disk can be, and restart edged."
            )
        if self._identity and self.path and identity(self.path) != self._identity:
            raise GalleryError(
                f"{named(self.path)} was deleted, moved or replaced while edged has it open, so nothing can be kept; put it back, or "
                "restore a backup, and restart edged. What edged still knows is lost then."
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all or nothing: durable when the block has ended, undone when it raises. A block within another is a part of it.

        Not the library's atomic() and commit(): the first takes no lock before it writes, so that a transaction that has read is
        refused at once where another process wrote in between; the second does nothing where a full disk has ended the transaction,
        as if all had been written.
        """
        with translated(self.path):
            is_part = self._library.conn.in_transaction
            if not is_part:
                self.see_that_it_can_be_kept()
                self._library.execute("BEGIN IMMEDIATE")
        if is_part:
            yield
            return
        try:
            yield
            with translated(self.path):
                self._library.execute("COMMIT")
        except BaseException:
            with translated(self.path):
                self._library.rollback()
            raise

    def next_number(self) -> int:
        """Give the next number of this file, inside the caller's transaction: each is greater than all before, whatever the clock says."""
        self.write("UPDATE sequence SET last = last + 1", [()])
        return self.column(int, "SELECT last FROM sequence")[0]

    def data_version(self) -> int:
        """Read a number that changes whenever another connection has committed; takes a few microseconds."""
        return self.column(int, "PRAGMA data_version")[0]

    def close(self) -> None:
        """Write what was submitted, and close the file."""
        self.writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _refuse_emptied(path: Path) -> None:
    """Refuse to begin anew where there was a gallery: a file of 0 bytes of which a log is left, or on which a daemon has run.

    SQLite takes it for a new one. A file that is not there at all was most likely deleted by somebody who wants to begin anew.
    """
    others = path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}{LOCK_SUFFIX}")
    until = time.monotonic() + BEING_MADE_SECONDS
    while any(identity(other) for other in others) and identity(path) and path.stat().st_size == 0:
        if time.monotonic() >= until:
            raise GalleryDamaged(
                f"{named(path)} has 0 bytes, and there was one here before: the disk has lost it; restore a backup, or delete the file to "
                "begin anew."
            )
        time.sleep(BEING_MADE_LOOK_SECONDS)


def _make_private(path: Path) -> None:
    path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))
    # A file copied back from a backup is often readable for everybody. Only its owner can change that; others leave it.
    if stat.S_IMODE(path.stat().st_mode) != FILE_MODE:
        with suppress(PermissionError):
            path.chmod(FILE_MODE)


def _use_wal(connection: sqlite3.Connection, path: Path | None) -> None:
    """Keep a write-ahead log; two processes that open a new file at once may both be refused at first.

    SQLite does not wait by itself for the lock that changing the mode needs.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            [(mode,)] = connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(WAL_RETRY_SECONDS)
    if path is not None and mode != "wal":
        raise GalleryError(f"The gallery {path} is on a file system without shared memory (mode {mode!r}); put it on a local disk.")
