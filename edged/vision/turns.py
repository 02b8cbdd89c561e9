"""Turns: one face in four turns side by side, to see which way up it is, and to find its landmarks anew where it leans.

It knows pixels and one detection; what is done with a face that is not upright is not known here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.types import Landmarks

if TYPE_CHECKING:
    from edged.types import Detection, Float32Array, Uint8Array
    from edged.vision.detector import Detector

TILE_PX = 128
"""Side of one turn of the face; four of them fill the detector's small input."""
REACH = 2.0
"""Side of a tile in longer sides of the face's box: the head and what is around it, turned by any angle."""
LEAST_SCORE = 0.2
"""Detector's score from which a face in a tile counts; low, since the scores of the turns are compared with each other."""
LEAST_LEAD = 0.04
"""Lead of another turn's score over the first's from which a face is not upright: 19 of 20 upside down lead by more, and of faces too
poor to be sure of anything the first turn is not always ahead."""
SURE_SCORE = 0.8
"""Detector's score of another turn from which that shows a face: of those upside down, 0.92 in the middle; the back of a head, or a
bag, that is taken for a face in one turn is one in no other."""
MIDDLE = 0.25
"""Distance from the middle of its tile, in sides of it, within which a face is the one that was cut out, and no neighbour."""
LEAN_PER_ROLL = 1.5
"""Degrees that a face leans for each degree of roll that its landmarks show: 25 for 19, 35 for 23.

Of 102 pictures leaning by 35 / 45 degrees 100 / 93 % match their own upright one when the landmarks are found anew after so much is
undone, 98 / 88 % after the roll alone, 93 / 70 % without."""
QUARTERS = 4
"""Turns that are looked at, each a quarter of a whole one on from the last."""
QUARTER_DEGREES = 90


@dataclass(frozen=True, slots=True, eq=False)
class Turns:
    """How much a face looks like one in each of four turns; landmarks are those of the first, in pixels of the picture, if any.

    scores are the detector's, 0…1, with the picture turned counter-clockwise by 0, 90, 180 and 270 degrees; 0 where it finds no face.
    """

    scores: tuple[float, ...]
    landmarks: Landmarks | None

    @property
    def degrees(self) -> int:
        """The turn of the picture, counter-clockwise in degrees, in which the face looks most like one; 0 for one that is upright."""
        best = max(range(QUARTERS), key=lambda turn: self.scores[turn])
        is_sure = self.scores[best] >= max(SURE_SCORE, self.scores[0] + LEAST_LEAD)
        return QUARTER_DEGREES * best if is_sure else 0


class TurnFinder:
    """Looks at faces in four turns, all in one run of the detector's smallest network."""

    def __init__(self, detector: Detector) -> None:
        """Take the detector whose smallest network is used; it is loaded when the first face is looked at."""
        self._detector = detector.for_crops(LEAST_SCORE)
        self._canvas = np.zeros((2 * TILE_PX, 2 * TILE_PX, 3), dtype=np.uint8)

    def unload_unused(self) -> None:
        """Free the network if no face was looked at since the last call."""
        self._detector.unload_unused()

    def look(self, pixels: Uint8Array, detection: Detection, roll_degrees: float) -> Turns:
        """Look at a face of a picture (H, W, 3) BGR whose landmarks show this roll; the lean that it stands for is undone in all turns.

        Of 256 faces of LFW and world_dev the first turn scores highest in all; of faces on their side in 1.1 %, upside down in 0.4 %.
        """
        back = [self._cut(pixels, detection, turn, roll_degrees) for turn in range(QUARTERS)]
        best: list[Detection | None] = [None] * QUARTERS
        for found in self._detector.detect(self._canvas):  # the best score first
            turn = _tile(found)
            if turn is not None and best[turn] is None:
                best[turn] = found
        upright = best[0]
        landmarks = Landmarks(upright.landmarks.names, _moved(upright.landmarks.points_xy, back[0])) if upright else None
        return Turns(tuple(found.score if found else 0.0 for found in best), landmarks)

    def _cut(self, pixels: Uint8Array, detection: Detection, turn: int, roll_degrees: float) -> Float32Array:
        """Fill one tile, and give the map, (2, 3), from the canvas back to the picture."""
        box, half = detection.box, TILE_PX / 2
        scale = TILE_PX / (REACH * max(box.width, box.height, 1.0))
        matrix = cv2.getRotationMatrix2D(box.centre, QUARTER_DEGREES * turn + LEAN_PER_ROLL * roll_degrees, scale)
        matrix[:, 2] += np.subtract((half, half), box.centre)
        down, right = divmod(turn, 2)
        tile = self._canvas[down * TILE_PX : (down + 1) * TILE_PX, right * TILE_PX : (right + 1) * TILE_PX]
        tile[:] = cv2.warpAffine(pixels, matrix, (TILE_PX, TILE_PX), flags=cv2.INTER_LINEAR)
        matrix[:, 2] += (right * TILE_PX, down * TILE_PX)
        return np.asarray(cv2.invertAffineTransform(matrix), dtype=np.float32)


def _tile(found: Detection) -> int | None:
    """The turn that a face of the canvas shows; None where it does not lie in the middle of a tile."""
    x, y = found.box.centre
    right, down = int(x // TILE_PX), int(y // TILE_PX)
    middle = ((right + 0.5) * TILE_PX, (down + 0.5) * TILE_PX)
    if not (0 <= right < 2 and 0 <= down < 2) or math.dist((x, y), middle) > MIDDLE * TILE_PX:  # noqa: PLR2004 - two rows of two tiles
        return None
    return 2 * down + right


def _moved(points_xy: Float32Array, matrix: Float32Array) -> Float32Array:
    """Map points (K, 2) by a matrix (2, 3)."""
    return np.asarray(points_xy @ matrix[:, :2].T + matrix[:, 2], dtype=np.float32)
