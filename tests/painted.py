"""A painted face that the detector half believes, as those in the patterns of walls and carpets, and pictures beside one another.

Shared by the tests of enrollment; nobody's picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from edged.types import Uint8Array

WALL, SKIN, EYES, MOUTH = (150, 170, 180), (120, 150, 190), (40, 50, 70), (70, 80, 140)
SMALL, LARGE = 180, 420
"""Sides at which the detector gives it 0.69 to 0.75; at others up to 0.88, as it gives faces that are half hidden."""


def painted(side: int) -> Uint8Array:
    """A face of four ellipses on a wall, (side, side, 3) BGR."""
    wall = np.full((300, 300, 3), WALL, np.uint8)
    cv2.ellipse(wall, (150, 150), (70, 95), 0, 0, 360, SKIN, -1)
    for x in (122, 178):
        cv2.ellipse(wall, (x, 130), (14, 7), 0, 0, 360, EYES, -1)
    cv2.ellipse(wall, (150, 198), (26, 8), 0, 0, 360, MOUTH, -1)
    return np.asarray(cv2.resize(wall, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def beside(*pictures: Uint8Array) -> Uint8Array:
    """Pictures side by side on grey, their upper edges in a line."""
    wall = np.full((max(len(one) for one in pictures), sum(one.shape[1] for one in pictures), 3), 127, np.uint8)
    left = 0
    for one in pictures:
        wall[: len(one), left : left + one.shape[1]] = one
        left += one.shape[1]
    return wall
