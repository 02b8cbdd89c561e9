"""A gallery file in the place of another: written beside it, kept under another name, and exchanged in one step.

It does not know what is written. A power cut leaves the old file or the new one.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edged.storage.database import FILE_MODE
from edged.storage.failures import translated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOGS = "-wal", "-shm"


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


def put_aside(gallery: Path, suffix: str) -> Path | None:
    """Keep what was there under another name, and take its log away, which SQLite would read into the new file."""
    if not gallery.exists():
        return None
    aside = gallery.with_name(gallery.name + suffix)
    aside.unlink(missing_ok=True)
    aside.hardlink_to(gallery)
    for log in LOGS:
        found = gallery.with_name(gallery.name + log)
        aside.with_name(aside.name + log).unlink(missing_ok=True)
        if found.exists():
            found.rename(aside.with_name(aside.name + log))
    return aside


def settle(part: Path, wanted: Path) -> None:
    """Give a file its name once it is on the disk."""
    for path in (part, wanted.parent):
        opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(opened)
            if path == part:
                part.replace(wanted)
        finally:
            os.close(opened)
