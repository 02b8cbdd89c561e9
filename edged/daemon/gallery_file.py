"""Which gallery file the daemon runs on: looked at, restored where the owner wants that, or only read where it cannot be written.

What is in the file is not known here.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from edged.config import gallery_path
from edged.errors import GalleryDamaged, GalleryError
from edged.storage.backups import Backup, back_up, newest_good, restore
from edged.storage.failures import translated
from edged.storage.integrity import check_file
from edged.storage.reading import open_or_read
from edged.storage.sole_use import has_run_on, sole_use
from edged.system.paths import is_file, is_there

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.config import Config
    from edged.storage.database import Database

log = logging.getLogger(__name__)


@contextmanager
def open_to_run(config: Config) -> Iterator[Database]:
    """Open the gallery for a daemon, the only one on it, after a look at its pages.

    Raises:
        GalleryDamaged: it is damaged, and no backup is to be taken, or none is whole; says which could be.
        GalleryError: it cannot be used, or another daemon uses it.
    """
    path = gallery_path(config.gallery)
    _warn_of_a_new_one(path)
    try:
        database = open_or_read(path, is_checked=True)
    except GalleryDamaged as error:
        database = _restored(path, error, is_wanted=config.gallery.restore == "newest")
    with database, sole_use(path):
        if database.is_read_only:
            log.error(
                "The gallery %s cannot be written. Enrolled people are recognised and announced, but nothing is remembered: no enrollment, "
                "no stranger, no event that the broker has not taken. See that the disk is not mounted read-only, and is not full.",
                path,
            )
        yield database


def make_backup(config: Config, target: Path | None) -> Backup:
    """Copy the gallery, also while edged runs; raises as back_up(), and a GalleryError where there is none."""
    path = gallery_path(config.gallery)
    see_that_it_is_there(path)
    try:
        return back_up(path, target)
    except GalleryDamaged as error:
        error.extend(after=advice(path))
        raise


def restore_backup(config: Config, backup: Path) -> Path | None:
    """Put a backup in the gallery's place while no edged runs on it; raises as restore()."""
    path = gallery_path(config.gallery)
    try:
        is_backup = is_file(backup)
    except OSError as error:
        raise GalleryError(f"The backup {backup} cannot be looked at ({error.strerror}); run this as who may read it.") from error
    if not is_backup:
        raise GalleryError(f"There is no backup {backup}.{advice(path)}")
    with translated(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with sole_use(path):
        return restore(path, backup)


def see_that_it_is_there(path: Path) -> None:
    """Raise a GalleryError with what there is to restore where there is no gallery, or where that cannot be told."""
    with translated(path):
        found = is_there(path)
    if not found:
        raise GalleryError(f"There is no gallery {path}.{advice(path)}")


def damage(path: Path) -> str | None:
    """Look at the pages of a gallery, as long as it takes, and say what is wrong with them; None where nothing is, or nobody can tell."""
    try:
        check_file(path, seconds=float("inf"))
    except GalleryDamaged as error:
        return f"{error}{advice(path)}"
    except GalleryError as error:
        log.warning("The pages of the gallery could not be looked at: %s", error)
    return None


def _restored(path: Path, error: GalleryDamaged, *, is_wanted: bool) -> Database:
    found = None
    if is_wanted:
        with suppress(GalleryError):  # the advice says why
            found = newest_good(path)
    if found is None:
        error.extend(after=advice(path))
        raise error
    log.error("%s", error)
    with sole_use(path):
        replaced = restore(path, found.path)
    log.error(
        "The backup %s of %s is in its place now, as gallery.restore says: what was enrolled or forgotten since is not in it. "
        "The damaged file is kept as %s.",
        found.path,
        f"{found.written_at:%Y-%m-%d %H:%M} UTC",
        replaced,
    )
    return open_or_read(path, is_checked=True)


def advice(path: Path) -> str:
    """Which backup there is to restore, or why that cannot be said, as the next sentence."""
    try:
        found = newest_good(path)
    except GalleryError as error:
        return f" {error}"
    if found is None:
        return f" There is no whole backup in {path.parent}."
    return f" The newest whole backup is of {found.written_at:%Y-%m-%d %H:%M} UTC: edged restore {found.path}"


def _warn_of_a_new_one(path: Path) -> None:
    with translated(path):
        is_gone = not is_there(path) and has_run_on(path)
    if is_gone:
        log.warning("There was a gallery %s and is none now, so edged begins anew, with nobody.%s", path, advice(path))
