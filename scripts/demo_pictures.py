"""How the demo shows events as pictures: the frame with its box and a caption, and all of them in one.

Knows how to draw, and nothing of topics and clips.
"""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from demo_view import figures, who

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Picture: TypeAlias = npt.NDArray[np.uint8]

BOX_COLOURS_BGR = {"recognised": (80, 200, 80), "stranger": (40, 190, 250)}
OTHER_COLOUR_BGR = (210, 160, 190)
INK_BGR, PAPER_BGR = (255, 255, 255), (28, 28, 28)
TRANSLITERATION = str.maketrans({
    "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ð": "d", "þ": "th", "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    "\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{RIGHT SINGLE QUOTATION MARK}": "'",
})  # fmt: skip
"""Letters that cv2.putText cannot draw and that Unicode does not take apart, in ASCII."""


def annotate(frame_bgr: Picture, event: Mapping[str, object]) -> Picture:
    """A copy of a frame (H, W, 3), uint8 BGR, with the event's box and a caption that never leaves the frame.

    The box is scaled from the event's frame_size to this frame; without a box only the caption is drawn, top left.
    """
    picture = frame_bgr.copy()
    height, width = picture.shape[:2]
    tint = BOX_COLOURS_BGR.get(str(event.get("event_type")), OTHER_COLOUR_BGR)
    box = _box_in(event, width, height)
    if box is not None:
        cv2.rectangle(picture, box[:2], (box[2] - 1, box[3] - 1), tint, max(2, height // 240))
    _caption(picture, [ascii_only(who(event)), ascii_only(figures(event))], box, tint)
    return picture


def contact_sheet(pictures: Sequence[Picture], columns: int = 3, cell_width: int = 640, gap: int = 8) -> Picture:
    """All pictures in one, row by row, each fitted into a cell of the first one's shape.

    Raises:
        ValueError: there are no pictures.
    """
    if not pictures:
        raise ValueError("a contact sheet needs at least one picture")
    columns = min(columns, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    cell_height = max(1, round(cell_width * pictures[0].shape[0] / pictures[0].shape[1]))
    sheet = np.full((rows * (cell_height + gap) + gap, columns * (cell_width + gap) + gap, 3), PAPER_BGR, np.uint8)
    for index, picture in enumerate(pictures):
        scale = min(cell_width / picture.shape[1], cell_height / picture.shape[0])
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        top = gap + (index // columns) * (cell_height + gap) + (cell_height - size[1]) // 2
        left = gap + (index % columns) * (cell_width + gap) + (cell_width - size[0]) // 2
        sheet[top : top + size[1], left : left + size[0]] = small
    return sheet


def ascii_only(text: str) -> str:
    """Text as cv2.putText can draw it: accents dropped, what has no ASCII letter as a question mark."""
    plain = unicodedata.normalize("NFKD", text.translate(TRANSLITERATION))
    letters = (letter for letter in plain if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" else "?" for letter in letters)


def _box_in(event: Mapping[str, object], width: int, height: int) -> tuple[int, int, int, int] | None:
    """The event's box in pixels of a frame of this size, clipped to it; None where there is none or it lies outside."""
    box, frame_size = event.get("box"), event.get("frame_size")
    if not isinstance(box, list | tuple) or len(box) != 4:  # noqa: PLR2004 - x1 y1 x2 y2
        return None
    scale_x, scale_y = 1.0, 1.0
    if isinstance(frame_size, list | tuple) and len(frame_size) == 2 and all(frame_size):  # noqa: PLR2004 - width, height
        scale_x, scale_y = width / float(frame_size[0]), height / float(frame_size[1])
    x1, x2 = (min(width, max(0, round(float(x) * scale_x))) for x in (box[0], box[2]))
    y1, y2 = (min(height, max(0, round(float(y) * scale_y))) for y in (box[1], box[3]))
    return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def _caption(picture: Picture, lines: list[str], box: tuple[int, int, int, int] | None, tint: tuple[int, int, int]) -> None:
    """Write lines on a dark plate above the box, or below or inside it where there is no room; in place."""
    height, width = picture.shape[:2]
    lines = [line for line in lines if line]
    pad = max(3, height // 120)
    sizes = [height / 720 * 0.95, *([height / 720 * 0.68] * (len(lines) - 1))]
    plate_width, line_heights = _measured(lines, sizes, pad)
    if plate_width > width:
        sizes = [size * width / plate_width * 0.98 for size in sizes]
        plate_width, line_heights = _measured(lines, sizes, pad)
    plate_width, plate_height = min(width, plate_width), min(height, sum(line_heights) + pad)
    left, top = _plate_corner(box, (plate_width, plate_height), (width, height))
    plate = picture[top : top + plate_height, left : left + plate_width]
    plate[:] = np.rint(plate * 0.25 + np.array(PAPER_BGR) * 0.75).astype(np.uint8)
    cv2.rectangle(picture, (left, top), (left + max(2, pad // 2), top + plate_height - 1), tint, cv2.FILLED)
    baseline = top
    for line, size, line_height in zip(lines, sizes, line_heights, strict=True):
        baseline += line_height
        thickness = max(1, round(size * 2))
        cv2.putText(picture, line, (left + 2 * pad, baseline - pad // 2), cv2.FONT_HERSHEY_SIMPLEX, size, INK_BGR, thickness, cv2.LINE_AA)


def _measured(lines: list[str], sizes: list[float], pad: int) -> tuple[int, list[int]]:
    """How wide a plate these lines need, and how high each line is, in pixels."""
    extents = [
        cv2.getTextSize(line, cv2.FONT_HERSHEY_SIMPLEX, size, max(1, round(size * 2)))[0] for line, size in zip(lines, sizes, strict=True)
    ]
    return max(extent[0] for extent in extents) + 4 * pad, [extent[1] + 2 * pad for extent in extents]


def _plate_corner(box: tuple[int, int, int, int] | None, plate: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int]:
    if box is None:
        return 0, 0
    left = max(0, min(box[0], frame[0] - plate[0]))
    if box[1] >= plate[1]:
        return left, box[1] - plate[1]
    return left, min(box[3], frame[1] - plate[1])
