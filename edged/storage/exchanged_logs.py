"""The log of a gallery file that was about to be exchanged for another when the power went: it is given back.

It does not know why a file is exchanged. A file and its log cannot be exchanged in one step. So the old file and its log have a second name
each before the log's first name goes, and whoever opens a gallery that still is the file with the second name gives it its log back.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from edged.storage.integrity import identity

if TYPE_CHECKING:
    from pathlib import Path

WAL = "-wal"
LOGS = WAL, "-shm"
"""Endings of the log and its index, which SQLite makes anew."""
DAMAGED_SUFFIX, REPLACED_SUFFIX = ".damaged", ".replaced"
"""Endings of the names under which a file stays that was repaired, or replaced by a backup."""


def give_back_log(gallery: Path, *, unless_held: Path | None = None) -> None:
    """End an exchange that was broken off, with the old file; an OSError where the disk refuses.

    unless_held is a lock: whoever holds it may be about to exchange files.
    """
    for suffix in (DAMAGED_SUFFIX, REPLACED_SUFFIX):
        aside = gallery.with_name(gallery.name + suffix)
        if (found := identity(aside)) is None or found != identity(gallery) or (unless_held and _is_held(unless_held)):
            continue
        kept, log = (path.with_name(path.name + WAL) for path in (aside, gallery))
        if kept.exists() and not log.exists():
            log.hardlink_to(kept)
            on_disk(gallery.parent)
        for name in (*(aside.with_name(aside.name + each) for each in LOGS), aside):
            name.unlink(missing_ok=True)


def on_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _is_held(lock: Path) -> bool:
    try:
        opened = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(opened)
    return False
