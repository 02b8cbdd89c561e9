"""Colours: whether the pictures of a camera have any, or are grey as by infrared light, told from a coarse grid of their pixels.

It does not know which camera it is, nor what is done with one that shows no colours.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from edged.types import Uint8Array

BLOCKS = (16, 9)
"""Width and height of the grid of means in which the noise of a sensor vanishes."""
LOOK_SECONDS = 1.0
"""Seconds between two looks at the colours of a camera."""
COLOUR_LEVELS = 1.6
"""Standard deviation of the colour differences, in levels, from which a picture has colours."""
GREY_LEVELS, GREY_SHARE = 0.8, 0.04
"""The same below which it has none, and below which share of the deviation of its light."""
LEAST_LIGHT = 10.0
"""Standard deviation of the light, in levels, below which a picture without colours says nothing: it may be of a grey wall, or of a dark
yard whose colours are lost in the noise."""
COLOUR_LOOKS, GREY_LOOKS = 3, 60
"""Looks in a row that must show colours, or none, before a camera that was otherwise changes: no camera shows colours by infrared light,
and one in daylight may look at a grey corridor until somebody comes by."""


class ColourWatch:
    """Remembers whether a camera shows colours: has_colours, None while no picture has told."""

    def __init__(self) -> None:
        """Begin without a picture."""
        self.has_colours: bool | None = None
        self._looked_at, self._others = -math.inf, 0

    def look(self, points: Uint8Array, now: float) -> None:
        """Take in a picture that shows something: points (H, W, 3) BGR at monotonic time now, in seconds."""
        if abs(now - self._looked_at) < LOOK_SECONDS:
            return
        self._looked_at = now
        shown = shows_colours(points)
        if self.has_colours is None:
            self.has_colours = shown
        elif shown is not None:
            self._weigh(shown=shown)

    def _weigh(self, *, shown: bool) -> None:
        self._others = 0 if shown is self.has_colours else self._others + 1
        if self._others >= (COLOUR_LOOKS if shown else GREY_LOOKS):
            self.has_colours, self._others = shown, 0


def shows_colours(points: Uint8Array) -> bool | None:
    """Say whether a picture (H, W, 3) BGR has colours; None where that cannot be told.

    What counts is how far the colour differences of its parts lie from a straight line over their light: a tint of the whole picture, as
    of a camera without a filter against infrared, is no colour.
    """
    means = cv2.resize(cv2.cvtColor(points, cv2.COLOR_BGR2YCrCb), BLOCKS, interpolation=cv2.INTER_AREA)
    light, *differences = np.cov(means.reshape(-1, 3), rowvar=False)
    (of_light, *with_light), own = light.tolist(), (differences[0][1], differences[1][2])
    left = max(all_of_it - (shared * shared / of_light if of_light else 0.0) for all_of_it, shared in zip(own, with_light, strict=True))
    spread, deviation = math.sqrt(max(0.0, left)), math.sqrt(of_light)
    if spread >= COLOUR_LEVELS:
        return True
    return False if deviation >= LEAST_LIGHT and spread < min(GREY_LEVELS, GREY_SHARE * deviation) else None
