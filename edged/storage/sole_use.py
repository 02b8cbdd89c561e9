"""A lock beside the gallery file, held while edged runs, so that a gallery has one daemon.

It does not know what is in the file. Commands of the shell do not ask for it, since they may work beside the daemon. The lock is a file of
its own, since closing a second descriptor of the gallery would let go of SQLite's locks (https://sqlite.org/howtocorrupt.html, 2.2).
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from edged.errors import GalleryError
from edged.storage.database import FILE_MODE, LOCK_SUFFIX
from edged.storage.failures import translated
from edged.system.paths import is_there

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

PID_BYTES = 20
KILLED = ("Z", "X")
"""States of a process whose first thread has ended."""

WRITES_REFUSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC})
"""Errors with which the file system refuses to make or write a file."""


@contextmanager
def sole_use(gallery: Path) -> Iterator[None]:
    """Be the only daemon on a gallery; two would send each other's events, and count every visit twice.

    The system lets go of the lock when the process ends, however it ends.

    On a read-only disk a lock that is there is held all the same, and none is needed where there is none: nobody can change anything.

    Raises:
        GalleryError: another daemon runs on it, or the lock cannot be made.
    """
    with translated(gallery):
        lock = _opened(gallery.with_name(gallery.name + LOCK_SUFFIX))
    if lock is None:
        yield
        return
    try:
        with translated(gallery):
            _hold(lock, gallery)
        yield
    finally:
        os.close(lock)


def has_run_on(gallery: Path) -> bool:
    """Whether a daemon has ever run on a gallery of this path: its lock stays; raises as is_there()."""
    return is_there(gallery.with_name(gallery.name + LOCK_SUFFIX))


def _opened(lock: Path) -> int | None:
    try:
        return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        if error.errno not in WRITES_REFUSED or not lock.parent.exists():
            raise
    return os.open(lock, os.O_RDONLY | os.O_CLOEXEC) if lock.exists() else None


def _hold(lock: int, gallery: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        if _has_been_killed(os.pread(lock, PID_BYTES, 0)):
            log.warning("An edged that was killed still hangs in a driver; this one runs all the same.")
            return
        raise GalleryError(
            f"Another edged runs on the gallery {gallery}; stop it first (systemctl stop edged), or give this one a gallery.path and a "
            "device.id of its own."
        ) from error
    if fcntl.fcntl(lock, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
        with suppress(OSError):  # a full disk
            os.pwrite(lock, str(os.getpid()).encode().ljust(PID_BYTES), 0)


def _has_been_killed(pid: bytes) -> bool:
    """Whether a process was killed; one that hangs in a camera's driver keeps its files until the driver returns, maybe for ever.

    See proc_pid_stat(5): the state comes after the name, which stands in brackets and may hold anything.
    """
    try:
        state = Path(f"/proc/{int(pid)}/stat").read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return False
    return state.rpartition(")")[2].split()[0] in KILLED
