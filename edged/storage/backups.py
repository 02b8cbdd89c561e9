"""Backups of a gallery file: made while it is in use, verified, numbered, and put in its place again.

It does not know what the tables mean, but which are in no backup.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from edged.errors import GalleryDamaged, GalleryError, GalleryUnusable
from edged.storage.database import LOCK_SUFFIX
from edged.storage.exchanged_logs import REPLACED_SUFFIX, give_back_log
from edged.storage.failures import named, translated
from edged.storage.integrity import check_pages, read_only
from edged.storage.reading import copy_to
from edged.storage.replacing import exchange, settle, written_anew
from edged.storage.schema import migrate
from edged.system.paths import is_folder

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "backups"
"""Folder beside the gallery for the backups that are named by nobody."""
UNCOPIED = "outbox", "visits"
"""Tables that are in no backup: events that wait belong to their day, and visits are to be gone after `gallery.visit_days`."""
KEPT = 7
"""Numbered backups that are kept: a week of daily ones, some 12 MB each where 500 strangers are remembered."""
SKIPPED_SEQS = 100_000
"""Numbers of events that are left out after a restoration: more than a year of a busy door with 200 a day, so that none is given twice,
and whoever counts them sees that some may be missing."""
LONGEST_CHECK_SECONDS = 600.0
"""Seconds that the pages of a backup may take to be looked at: nobody waits at the door for it."""
NUMBERED = re.compile(r"gallery-(\d{6,})\.db")
"""Names of numbered backups: by numbers and not by times, since a device without a clock must not throw away the newest."""


class Backup(NamedTuple):
    """A backup that is whole: where it is, its bytes, and when it was written (aware)."""

    path: Path
    bytes: int
    written_at: datetime


def back_up(gallery: Path, target: Path | None = None) -> Backup:
    """Copy a gallery as it is at this moment, also while a daemon writes to it; without a target as the next number beside it.

    The target is written whole or not at all, and of the numbered ones the newest KEPT stay.

    Raises:
        GalleryDamaged: the gallery is damaged; no older backup is touched.
        GalleryError: it cannot be read, or the target not be written.
    """
    with translated(gallery):
        give_back_log(gallery, unless_held=gallery.with_name(f"{gallery.name}{LOCK_SUFFIX}"))
    wanted = target or _next(gallery)
    with translated(wanted):
        if target is None:
            wanted.parent.mkdir(mode=0o700, exist_ok=True)
    with written_anew(wanted) as part:
        _copy(gallery, part)
        with translated(wanted):
            settle(part, wanted)
    if target is None:
        for _, old in sorted(_numbered(gallery), reverse=True)[KEPT:]:
            with translated(old):
                old.unlink(missing_ok=True)
    return _described(wanted)


def newest_good(gallery: Path) -> Backup | None:
    """Find the newest numbered backup that is whole; None where there is none.

    Raises:
        GalleryUnusable: their folder cannot be read.
    """
    for _, found in sorted(_numbered(gallery), reverse=True):
        with suppress(GalleryError):
            _see_that_it_is_whole(found)
            return _described(found)
    return None


def restore(gallery: Path, backup: Path) -> Path | None:
    """Put a backup in the place of a gallery that nobody has open, and give where what was there is now; None where nothing was.

    Events go on SKIPPED_SEQS after the last that the backup knows. A power cut leaves the old file or the new one.

    Raises:
        GalleryDamaged: the backup is damaged or none; nothing was changed.
        GalleryError: a file cannot be read or written.
    """
    _see_that_it_is_whole(backup)
    with translated(gallery):
        gallery.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with written_anew(gallery) as part:
        _copy(backup, part)
        _skip_seqs(part)
        with translated(gallery):
            return exchange(part, gallery, REPLACED_SUFFIX)


def _numbered(gallery: Path) -> list[tuple[int, Path]]:
    folder = gallery.parent / FOLDER
    try:
        there = list(folder.iterdir()) if is_folder(folder) else []
    except OSError as error:
        raise GalleryUnusable(
            f"The backups in {folder} cannot be looked at ({error.strerror}); give edged's user permission to read that folder."
        ) from error
    found = ((NUMBERED.fullmatch(path.name), path) for path in there)
    return [(int(match[1]), path) for match, path in found if match]


def _next(gallery: Path) -> Path:
    number = 1 + max((number for number, _ in _numbered(gallery)), default=0)
    return gallery.parent / FOLDER / f"gallery-{number:06}.db"


def _copy(source: Path, part: Path) -> None:
    """Copy all but UNCOPIED, and look at every page of the copy; one step, since others' writes would begin it again."""
    with translated(source), closing(sqlite3.connect(part, isolation_level=None)) as copy:
        copy_to(copy, source)
        copy.execute("PRAGMA journal_mode = DELETE")
        check_pages(copy, source, seconds=LONGEST_CHECK_SECONDS)
        copy.execute("PRAGMA secure_delete = ON")
        for table in UNCOPIED:
            with suppress(sqlite3.OperationalError):  # a gallery of an older edged has none
                copy.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own


def _skip_seqs(part: Path) -> None:
    with translated(part), closing(sqlite3.connect(part, isolation_level=None)) as opened:
        migrate(opened)
        opened.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox', 0 WHERE 'outbox' NOT IN (SELECT name FROM sqlite_sequence)"
        )
        opened.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'outbox'", (SKIPPED_SEQS,))


def _see_that_it_is_whole(backup: Path) -> None:
    with translated(backup), closing(read_only(backup)) as opened:
        if not check_pages(opened, backup, seconds=LONGEST_CHECK_SECONDS):
            raise GalleryDamaged(f"{named(backup)} could not be looked at in {LONGEST_CHECK_SECONDS:.0f} s; check the disk that it is on.")


def _described(path: Path) -> Backup:
    with translated(path):
        found = path.stat()
    return Backup(path, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))
