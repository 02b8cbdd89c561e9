"""What was erased from a gallery file leaves its log at once, and its free space is given back later.

It does not know what was erased. SQLite overwrites what is deleted with zeros (secure_delete), so that nothing of it is left once the log
is empty; the order of an index may keep a copy of an id until the file is written anew. What an SD card or a journal of the file system
keeps of overwritten blocks is out of reach; an encrypted disk is the answer to that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.errors import GalleryError
from edged.storage.failures import translated

if TYPE_CHECKING:
    from edged.storage.database import Database


def empty_log(database: Database) -> None:
    """Take the -wal file into the file and empty it, so that erased bytes are in neither.

    Raises:
        GalleryError: a reader or writer in another process, or a full disk, prevents it.
    """
    [row] = database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    if row["busy"]:
        raise GalleryError(
            f"The gallery {database.path} is being read by another process, so erased bytes remain in its -wal file; "
            "they go when the other command has ended and the erasure is tried again."
        )


def compact(database: Database) -> None:
    """Write the file anew without free space; needs up to twice its size for a moment, and is broken off where the writer has other work.

    Raises:
        GalleryError: as empty_log(), or it was broken off; nothing is lost, and it is to be called again.
    """
    empty_log(database)  # first, so that a VACUUM that fails for want of space leaves as little as possible
    with translated(database.path):
        database.writer.library.vacuum()
    empty_log(database)
