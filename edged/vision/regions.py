"""Regions: the part of a frame around known faces, as large as the detector's small input shows at the scale of the whole frame.

It knows boxes and sizes, and nothing of networks or of who the faces belong to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.types import Box, Uint8Array

MARGIN = 0.3
"""Room around each box in its own longer sides: a face moves by half of one from frame to frame, and needs its hair and chin around it."""
CELL_PX = 32
"""Pixels of the input that a region begins at a multiple of, the detector's largest stride: its cells lie as in the whole frame then."""
BORDER = 0.02
"""Part of the region's width within which a box is cut by its border, and the face is left for a look at the whole frame."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a frame in its pixels: from x1, y1 on, width × height."""

    x1: int
    y1: int
    width: int
    height: int

    def cut(self, pixels: Uint8Array) -> Uint8Array:
        """Give these pixels of a frame (H, W, 3), as a view."""
        return pixels[self.y1 : self.y1 + self.height, self.x1 : self.x1 + self.width]

    def is_whole(self, box: Box, frame_size: tuple[int, int]) -> bool:
        """Whether a box in pixels of the frame is not cut by the region's border, where that is not the frame's."""
        room = BORDER * self.width
        return (
            (self.x1 == 0 or box.x1 >= self.x1 + room)
            and (self.y1 == 0 or box.y1 >= self.y1 + room)
            and (self.x1 + self.width >= frame_size[0] or box.x2 <= self.x1 + self.width - room)
            and (self.y1 + self.height >= frame_size[1] or box.y2 <= self.y1 + self.height - room)
        )


def region_around(boxes: Sequence[Box], frame_size: tuple[int, int], input_size: tuple[int, int], scale: float) -> Region | None:
    """Find the region of a frame, (width, height) of which are that of the input at this scale, with all boxes in it and room around them.

    scale is input pixels per frame pixel. None where the boxes do not fit, or the region is not smaller than the frame.
    """
    size = round(input_size[0] / scale), round(input_size[1] / scale)
    if not boxes or size[0] >= frame_size[0] or size[1] >= frame_size[1]:
        return None
    spans = [_span(box, MARGIN * max(box.width, box.height)) for box in boxes]
    left, top, right, bottom = (choose(ends) for choose, ends in zip((min, min, max, max), zip(*spans, strict=True), strict=True))
    x1 = _begin((left, right), frame_size[0], size[0], CELL_PX / scale)
    y1 = _begin((top, bottom), frame_size[1], size[1], CELL_PX / scale)
    return None if x1 is None or y1 is None else Region(x1, y1, *size)


def _span(box: Box, room: float) -> tuple[float, float, float, float]:
    return box.x1 - room, box.y1 - room, box.x2 + room, box.y2 + room


def _begin(span: tuple[float, float], whole: int, part: int, cell: float) -> int | None:
    """Find where a part of a side begins that holds the span, as far as that lies in the whole: on a cell, if there is such a place."""
    first, last = max(0.0, span[0]), min(float(whole), span[1])
    below = math.floor((first + last - part) / 2 / cell) * cell
    places = (max(0, min(whole - part, round(place))) for place in (below, below + cell, (first + last - part) / 2))
    return next((place for place in places if place <= first and place + part >= last), None)
