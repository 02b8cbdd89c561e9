"""Whether a gallery file is whole, and still the one that was opened.

It does not know what the tables mean, nor what is done about a file that is neither.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from edged.errors import GalleryDamaged
from edged.storage.failures import DAMAGED, named, translated
from edged.storage.schema import APPLICATION_ID

if TYPE_CHECKING:
    from pathlib import Path

CHECK_SECONDS = 10.0
"""Seconds that a look at the pages may take where somebody waits for it: a household's gallery of 30 MB takes 0.1 s here, and two or three
from a slow SD card; one that is a hundred times larger is looked at once a day instead, beside the work."""
STEPS_BETWEEN_LOOKS = 1_000
"""Steps of SQLite's machine between two looks at the clock, about 0.1 ms."""
MOST_FINDINGS = 3
"""Findings that are named; one damaged page gives hundreds."""
WHOLE = "ok"


class FileIdentity(NamedTuple):
    """Which file lies at a path: the number of its disk and its own number on it."""

    device: int
    inode: int


def identity(path: Path) -> FileIdentity | None:
    """Which file is there now; None where there is none, or it cannot be asked."""
    try:
        found = path.stat()
    except OSError:
        return None
    return FileIdentity(found.st_dev, found.st_ino)


def read_only(path: Path) -> sqlite3.Connection:
    """Connect for reading alone; sqlite3's own errors pass."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)


def check_file(path: Path, *, seconds: float = CHECK_SECONDS) -> bool:
    """Look at every page, as check_pages() does, on a connection of its own; raises also where the file cannot be read."""
    with translated(path), closing(read_only(path)) as connection:
        return check_pages(connection, path, seconds=seconds)


def check_pages(connection: sqlite3.Connection, path: Path | None, *, seconds: float = CHECK_SECONDS) -> bool:
    """Look at every page and row, and say whether that came to its end in this time.

    What a page holds is not compared with anything, since SQLite keeps no sums: a wrong byte within a picture is not noticed.

    Raises:
        GalleryDamaged: a page or a row is not as it should be, or the file is not a gallery.
        GalleryError: the file cannot be read.
    """
    ends_at = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > ends_at, STEPS_BETWEEN_LOOKS)
    try:
        with translated(path):
            findings = [str(finding) for (finding,) in connection.execute(f"PRAGMA quick_check({MOST_FINDINGS})")]
            [(found,)] = connection.execute("PRAGMA application_id")
    except Exception as error:
        if getattr(error.__cause__, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            return False
        raise
    finally:
        connection.set_progress_handler(None, 0)
    if findings != [WHOLE]:
        raise GalleryDamaged(f"{named(path)} {DAMAGED} ({'; '.join(' '.join(finding.split()) for finding in findings)}).")
    if found != APPLICATION_ID:
        raise GalleryDamaged(f"{named(path)} is no gallery of edged; give another path, or restore a backup.")
    return True
