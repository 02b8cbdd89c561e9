"""A gallery file in the place of another: written beside it, kept under another name, and exchanged.

It does not know what is written. A power cut leaves the old file with its log, or the new one: see exchanged_logs.py.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edged.storage.database import FILE_MODE
from edged.storage.exchanged_logs import LOGS, give_back_log, on_disk
from edged.storage.failures import translated
from edged.system.paths import is_there

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def written_anew(wanted: Path) -> Iterator[Path]:
    """An empty file beside the wanted one, of a name that SQLite's own files have not, and for nobody else's eyes; settle() keeps it.

    Raises:
        GalleryError: the disk refuses it.
    """
    part = wanted.with_name(f".{wanted.name}.{os.getpid()}.part")
    with translated(wanted):
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE))
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def settle(part: Path, wanted: Path) -> None:
    """Give a file its name once it is on the disk; an OSError where the disk refuses."""
    on_disk(part)
    part.replace(wanted)
    on_disk(wanted.parent)


def exchange(part: Path, gallery: Path, suffix: str) -> Path | None:
    """Put a file in the place of a gallery that nobody has open, and give where what was there is now; None where nothing was.

    The old log must be gone before the new file comes, or SQLite would read it into that; till then it has a second name.
    """
    aside = _under_another_name(gallery, suffix) if is_there(gallery) else None
    on_disk(part)  # before the log goes, so that as little as possible lies between
    for log in LOGS:
        gallery.with_name(gallery.name + log).unlink(missing_ok=True)
    on_disk(gallery.parent)
    settle(part, gallery)
    return aside


def _under_another_name(gallery: Path, suffix: str) -> Path:
    """Give a gallery and its log a second name each, in place of what had it."""
    give_back_log(gallery)
    aside = gallery.with_name(gallery.name + suffix)
    for old in (*(aside.with_name(aside.name + log) for log in LOGS), aside):
        old.unlink(missing_ok=True)
    aside.hardlink_to(gallery)
    for log in LOGS:
        found = gallery.with_name(gallery.name + log)
        if found.exists():
            aside.with_name(aside.name + log).hardlink_to(found)
    on_disk(gallery.parent)
    return aside
