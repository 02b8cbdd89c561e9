"""The zone of a camera: the part of its picture in which faces count.

Knows shapes in shares of the picture's width and height; it does not know faces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from edged.types import Box


class Zone:
    """A polygon."""

    def __init__(self, corners: Sequence[tuple[float, float]]) -> None:
        """Take the corners in order, x and y as shares 0…1 of width and height; none: everywhere."""
        self._corners = np.array(corners, dtype=np.float32).reshape(-1, 2)

    def mask(self, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
        """Draw the zone into a picture of this width and height: (height, width), true within."""
        width, height = size
        if not len(self._corners):
            return np.ones((height, width), np.bool_)
        corners = np.rint(self._corners * (width, height)).astype(np.int32)
        return cv2.fillPoly(np.zeros((height, width), np.uint8), [corners], 1).astype(np.bool_)

    def holds(self, box: Box, frame_size: tuple[int, int]) -> bool:
        """Whether the middle of a box lies within, in a frame of this width and height."""
        if not len(self._corners):
            return True
        x, y = box.centre
        return cv2.pointPolygonTest(self._corners, (x / frame_size[0], y / frame_size[1]), measureDist=False) >= 0
