"""Faces drawn into a copy of a picture: their boxes, points, and words beside them; and the file that it becomes.

It does not know who is shown, nor where the words come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2

from edged.errors import PictureError
from edged.system.paths import is_there

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edged.types import Uint8Array

FORMATS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tiff")
LINE_BGR, WORDS_BGR, GROUND_BGR = (0, 200, 0), (255, 255, 255), (40, 40, 40)
LINE_SHARE, WORDS_SHARE = 1 / 300, 1 / 40
"""Width of a line, and height of a letter, in the picture's longer side."""
LEAST_LETTERS_PX = 11
HERSHEY_PX = 22
"""Height of a letter of OpenCV's oldest font at scale 1."""
Place = tuple[int, int, int, int]
"""What words cover: left, top, right, bottom in pixels of the picture."""


@dataclass(frozen=True, slots=True)
class FaceMark:
    """What is drawn of a face: its box x1 y1 x2 y2 and its points in pixels of the picture, and a line of words above it."""

    box: tuple[float, float, float, float]
    words: str
    points: Sequence[tuple[float, float]] = ()


def drawn(pixels: Uint8Array, marks: Sequence[FaceMark], corner: str = "") -> Uint8Array:
    """Copy pixels (H, W, 3) BGR and draw the faces, all words over all lines; and words into the lower left corner, if any."""
    copy = pixels.copy()
    width = max(1, round(LINE_SHARE * max(copy.shape[:2])))
    for mark in marks:
        x1, y1, x2, y2 = map(round, mark.box)
        cv2.rectangle(copy, (x1, y1), (x2, y2), LINE_BGR, width)
        for x, y in mark.points:
            cv2.circle(copy, (round(x), round(y)), width, LINE_BGR, cv2.FILLED)
    written: list[Place] = []
    for mark in (FaceMark((0.0, copy.shape[0], 0.0, copy.shape[0]), corner), *marks):
        if mark.words:
            written.append(_write(copy, mark, written))
    return copy


def check_drawing(path: Path, source: Path, *, overwrite: bool) -> None:
    """Check beforehand whether a picture drawn from the source may become this file.

    Raises:
        PictureError: it has no name of a picture, is there already, is the source itself, or cannot be looked at.
    """
    if path.suffix.lower() not in FORMATS:
        raise PictureError(f"{path} is no name for a picture; end it in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    try:
        is_taken = is_there(path)
        is_source = is_taken and is_there(source) and path.samefile(source)
    except OSError as error:
        raise PictureError(f"{error.filename} cannot be looked at ({error.strerror}); name another file.") from error
    if is_source:
        raise PictureError(f"{path} is the picture itself; name another file to draw into.")
    if is_taken and not overwrite:
        raise PictureError(f"{path} is there already; name another file, or give --overwrite.")


def save_drawing(pixels: Uint8Array, path: Path) -> None:
    """Write pixels (H, W, 3) BGR in the format that the name ends in: all of the file, or nothing.

    Raises:
        PictureError: it cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())
        part.replace(path)
    except cv2.error as error:
        raise PictureError(f"{path} cannot be written: {error.err}; name another format.") from error
    except OSError as error:
        part.unlink(missing_ok=True)
        raise PictureError(f"{path} cannot be written: {error.strerror}; name another file.") from error


def _write(picture: Uint8Array, mark: FaceMark, written: Sequence[Place]) -> Place:
    """Write the words of a face beside it, where no other words stand; give what they cover."""
    letters = max(LEAST_LETTERS_PX, round(WORDS_SHARE * max(picture.shape[:2])))
    left, top, right, bottom = place = _place(picture, mark, (_extent(mark.words, letters), round(letters * 1.5)), written)
    cv2.rectangle(picture, (left, top), (right, bottom), GROUND_BGR, cv2.FILLED)
    start = (left + letters // 4, top + round(letters * 1.1))
    if hasattr(cv2, "FontFace"):
        cv2.putText(picture, mark.words, start, WORDS_BGR, cv2.FontFace("uni"), letters)
    else:  # OpenCV 4 draws no letters but these
        cv2.putText(picture, _plain(mark.words), start, cv2.FONT_HERSHEY_SIMPLEX, letters / HERSHEY_PX, WORDS_BGR)
    return place


def _place(picture: Uint8Array, mark: FaceMark, size: tuple[int, int], written: Sequence[Place]) -> Place:
    """Where words of this width and height go: above the box, or in it where there is no room above, and no further right than they fit.

    Where other words stand there already, below the box or in it, if there is room.
    """
    wide, high = size
    left = max(0, min(round(mark.box[0]), picture.shape[1] - wide))
    upper, lower = round(mark.box[1]), round(mark.box[3])
    first = upper - high if upper >= high else max(0, upper)
    others = (top for top in (lower, upper, lower - high) if 0 <= top <= picture.shape[0] - high)
    places = [(left, top, left + wide, top + high) for top in (first, *others)]
    return next((place for place in places if not any(_covers(place, other) for other in written)), places[0])


def _covers(one: Place, other: Place) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _extent(words: str, letters: int) -> int:
    """Pixels that the words are wide, with a little room."""
    if hasattr(cv2, "FontFace"):
        x, _, wide, _ = cv2.getTextSize((0, 0), words, (0, 0), cv2.FontFace("uni"), letters)
        return x + wide + letters // 2
    return int(cv2.getTextSize(_plain(words), cv2.FONT_HERSHEY_SIMPLEX, letters / HERSHEY_PX, 1)[0][0]) + letters // 2


def _plain(words: str) -> str:
    return words.encode("ascii", "replace").decode()
