"""Which pictures somebody means who names files, folders and patterns.

It looks at names only, and opens no picture.
"""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING

from edged.errors import PictureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PICTURES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .avif .gif .bmp .tif .tiff .pgm .ppm .heic .heif".split()  # noqa: SIM905 - read at a glance
)
"""Endings of files that are taken for pictures in a folder, also those that are refused with what to do; all others are passed over."""
VIDEOS = frozenset(".mp4 .m4v .mov .mkv .avi .webm .mpg .mpeg .3gp .ts".split())  # noqa: SIM905 - the same


def is_video(path: Path) -> bool:
    """Whether a file is a video by its name."""
    return path.suffix.lower() in VIDEOS


def find_pictures(given: Iterable[Path], kinds: frozenset[str] = PICTURES) -> list[Path]:
    """List the files that are meant, each once: files as they are named, and of folders all of these kinds, folders in them included.

    A file that is not there is listed, so that others have their answer, unless none of all is there.

    Raises:
        PictureError: a folder or pattern that holds none, a folder that cannot be read, or nothing that is there.
    """
    found = list(dict.fromkeys(path for one in given for path in _meant(one, kinds)))
    if not any(map(os.path.exists, found)):
        refuse_missing(found[0])
    return found


def holds_many(given: Iterable[Path]) -> bool:
    """Whether a folder or pattern is named, in which there may be pictures that nobody has looked at."""
    return any(os.path.isdir(path) or _is_pattern(path) for path in given)  # noqa: PTH112 - Path.is_dir() fails where a folder is closed


def refuse_missing(path: Path) -> None:
    """Refuse a file that is not there, before anything large is loaded.

    Raises:
        PictureError: it is not there, or may not be looked at.
    """
    try:
        path.stat()
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}.") from error


def listed(given: Path) -> list[Path]:
    """List what is in a folder, by name; a picture alone is itself.

    Raises:
        PictureError: a folder that cannot be read, or is empty.
    """
    try:
        paths = sorted(given.iterdir()) if given.is_dir() else [given]
    except OSError as error:
        raise PictureError(f"The folder {given} cannot be read: {error.strerror}.") from error
    if not paths:
        raise PictureError(f"The folder {given} is empty; name one with pictures.")
    return paths


def _meant(given: Path, kinds: frozenset[str]) -> list[Path]:
    if is_folder := os.path.isdir(given):  # noqa: PTH112 - the same
        found = [path for path in _within(given) if path.suffix.lower() in kinds]
    elif _is_pattern(given):
        found = _matching(str(given))
    else:
        return [given]
    if not found:
        what = "folder" if is_folder else "pattern"
        raise PictureError(f"The {what} {given} holds no picture; known are {', '.join(sorted(kinds))}.")
    return found


def _matching(pattern: str) -> list[Path]:
    """Every file that a pattern matches, each once, though a link leads back to it."""
    found = sorted(path for path in glob.glob(pattern, recursive=True) if not os.path.isdir(path))  # noqa: PTH112, PTH207 - `**` in any place
    return [Path(path) for path in {os.path.realpath(path): path for path in reversed(found)}.values()][::-1]


def _is_pattern(path: Path) -> bool:
    return not os.path.lexists(path) and glob.has_magic(str(path))


def _within(folder: Path) -> Iterator[Path]:
    """Every file in a folder and in those within it, also those that links lead to, each folder once; hidden ones are passed over."""
    seen: set[tuple[int, int]] = set()

    def fail(error: OSError) -> None:
        raise PictureError(f"The folder {error.filename} cannot be read: {error.strerror}.") from error

    for place, folders, files in os.walk(folder, followlinks=True, onerror=fail):
        status = os.stat(place)  # noqa: PTH116 - os.walk gives text
        if (key := (status.st_dev, status.st_ino)) in seen:
            folders.clear()
            continue
        seen.add(key)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(files) if not name.startswith("."))
