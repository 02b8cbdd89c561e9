"""Home Assistant's folder, and files that are written there or beside it: each whole or not at all.

What the files are is not known here.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from edged.errors import FolderError
from edged.system.paths import is_file

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = "configuration.yaml"
"""Home Assistant's file by which its folder is known."""
MEANT = "the one that has configuration.yaml"
"""What the help of a command says of that folder."""


def home_of(folder: Path) -> Path:
    """Home Assistant's folder, given as such or as a folder right in it.

    Raises:
        FolderError: it is not Home Assistant's, or cannot be looked at.
    """
    try:
        for home in (folder, folder.absolute().parent):
            if is_file(home / CONFIGURATION):
                return home
    except OSError as error:
        raise FolderError(f"{folder} cannot be looked at ({error.strerror}); run this as who may read there.") from error
    raise FolderError(f"{folder} has no {CONFIGURATION}; name Home Assistant's folder, such as /config or ~/.homeassistant.")


def write(place: Path, content: bytes) -> None:
    """Write a file, in folders that are made where they are missing, and in place of one that is there.

    Raises:
        FolderError: it cannot be written.
    """
    partial = place.with_name(f".{place.name}.partial")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(place)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise FolderError(f"{place} cannot be written: {error.strerror}; run this as who may write there.") from error
