"""Who writes into an open gallery file: a thread with a connection of its own, or without one whoever submits, at once.

It does not know what is written. One worker thread reads; so it waits neither for a lock of another process nor for the disk.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from threading import local
from typing import TYPE_CHECKING, TypeVar

from edged.errors import GalleryError, GalleryLocked
from edged.storage.failures import named, translated
from edged.storage.library import db
from edged.system.beside import Beside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.system.beside import Call, Turns

log = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")

WRITER_SECONDS = 1.0
"""Seconds that the thread waits for another process: whoever has submitted something decides what is done meanwhile, and tries again."""
READER_MS = 50
"""Milliseconds that a reader waits beside a writer: nothing but the recovery of a log that a crash has left makes readers wait."""
PATIENCE_SECONDS = 10.0
"""Seconds for which a request is tried again while another process holds the lock: longer than a backup of a household, and short enough
for whoever waits for the answer."""
CLOSING_SECONDS = 20.0
"""Seconds that the last calls may take at the end: far longer than a slow card needs, and shorter than systemd waits."""
CACHE_KIB = 512
"""KiB of pages that a connection keeps, of which a daemon has two: the kernel has them too, and a household's index is smaller."""
PRAGMAS = (
    "synchronous = FULL",  # an event that was appended survives a power cut; NORMAL keeps WAL consistent, but may lose the last commits
    "foreign_keys = ON",
    "secure_delete = ON",  # what is deleted is overwritten with zeros
    "trusted_schema = OFF",
    f"cache_size = -{CACHE_KIB}",
)


def connect(path: Path | None, *, busy_seconds: float) -> sqlite3.Connection:
    """Connect as all connections that write do; None is a database in memory. sqlite3's own errors pass."""
    # isolation_level None: transactions begin where transaction() says so and nowhere else.
    # check_same_thread False: opened where the parts are wired, used by one other thread; never by two.
    connection = sqlite3.connect(path or ":memory:", timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


class _Last:
    """A call that gives way: it is not made where something is submitted behind it before it begins, and broken off where it is made."""

    def __init__(self, do: Callable[[], None]) -> None:
        """Take what is to be called."""
        self._do, self._has_begun, self._gives_way = do, False, False

    def __call__(self) -> None:
        """Call it, on the thread that writes."""
        self._has_begun = True
        if self._gives_way:
            raise GalleryError("Other work was to be done first.")
        self._do()

    def give_way(self, writing: sqlite3.Connection) -> None:
        """Have it end soon; what is written before it goes on."""
        self._gives_way = True
        if self._has_begun:
            writing.interrupt()


class Writer:
    """Makes the calls that write, one after the other; a call uses the same tables as everybody, by the connection of its thread."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        """Take the connection of whoever reads, by which is written too until start()."""
        self._path = path
        # Our own connection is handed over because sqlite-utils would otherwise prefer another sqlite3 module where one is
        # installed, whose errors are not ours; and a daemon runs no plugins that happen to be installed.
        self._reading = db.Database(connection, execute_plugins=False)
        self._writing: sqlite3.Connection | None = None
        self._of_thread = local()
        self._beside = Beside()
        self._last: _Last | None = None

    @property
    def library(self) -> db.Database:
        """The connection of this thread."""
        found: db.Database = getattr(self._of_thread, "library", self._reading)
        return found

    def start(self, on_done: Callable[[], None]) -> None:
        """From now on write on a thread of its own, and call on_done on it after each call; nobody else may write any more.

        Raises:
            GalleryError: the file cannot be opened.
        """
        with translated(self._path):
            writing = self._writing = connect(self._path, busy_seconds=WRITER_SECONDS)
            self._reading.execute("PRAGMA query_only = ON")
            self._reading.execute(f"PRAGMA busy_timeout = {READER_MS}")
        self._beside = Beside("gallery writer", on_done=on_done)
        self._beside.submit(lambda: setattr(self._of_thread, "library", db.Database(writing, execute_plugins=False)))

    def submit(self, do: Callable[[], ResultT]) -> Call[ResultT]:
        """Have something written after all that was submitted before; what gives way is broken off."""
        last, self._last = self._last, None  # once: what is submitted now is the first behind it, and must not be broken off itself
        if self._writing and last:
            last.give_way(self._writing)
        return self._beside.submit(do)

    def submit_last(self, do: Callable[[], None]) -> Call[None]:
        """Have something written that takes long and gives way to whatever is submitted after it: it raises GalleryError then."""
        self._last = _Last(do)
        return self._beside.submit(self._last)

    def in_turns(self, do: Callable[[], ResultT]) -> Turns[ResultT]:
        """Have something written, as work in steps; again for PATIENCE_SECONDS while another process holds the lock.

        Raises:
            GalleryLocked: it still does; nothing was written.
        """
        ends_at = time.monotonic() + (PATIENCE_SECONDS if self._writing else 0.0)
        while True:
            try:
                return (yield from self.submit(do).in_turns())
            except GalleryLocked:
                if time.monotonic() >= ends_at:
                    raise

    def close(self) -> None:
        """Write what was submitted, and close all connections; the last to close the file also removes the -wal file."""
        if self._writing:
            self.submit(self._writing.close)
        if not self._beside.close(CLOSING_SECONDS):
            log.error("%s does not answer; what was to be written last may be lost.", named(self._path))
            return
        with translated(self._path):
            self._reading.close()
