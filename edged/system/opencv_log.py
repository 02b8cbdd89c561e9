"""What OpenCV prints by itself to standard error, past the log and its limits.

It knows where the versions of OpenCV keep their level, and not who wants it silent.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import cv2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SILENT, ERRORS = 0, 2
"""Levels of OpenCV's log, which are the same in all its versions: print nothing, and only what has failed."""


def print_at_most(level: int) -> int:
    """Have OpenCV print what is at this level or graver, from now on.

    Returns:
        The level before.
    """
    return _set_level()(level)


@contextmanager
def printing_at_most(level: int) -> Iterator[None]:
    """Have OpenCV print what is at this level or graver, while this lasts."""
    before = print_at_most(level)
    try:
        yield
    finally:
        print_at_most(before)


def _set_level() -> Callable[[int], int]:
    """OpenCV 5 has it among its tools, and OpenCV 4 at the top."""
    place = getattr(cv2.utils, "logging", cv2)
    return cast("Callable[[int], int]", place.setLogLevel)
