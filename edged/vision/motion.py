"""Motion: whether anything in a frame differs from the scene as it has been, at a small fraction of a detector's cost.

It knows the frames of one camera and their times, and not what is done with one that shows nothing new.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from edged.types import Uint8Array

GATE_SIZE = (160, 90)
"""Width and height of the small grey picture that is compared: a face of 40 px in 1280×720 covers 5×5 of it, its body far more."""
BLUR_PX = 5
"""Side of the box that smooths it: one grey level of independent noise becomes a fifth."""
ADAPTING_SECONDS = 10.0
"""Time constant of the background. With 4 s a face alone (no body) that came from 30 to 120 px in 20 s was noticed in 57 of 200 frames,
with 10 s in 167; for that, what somebody who stood still for long has uncovered is taken for motion for some ten seconds more."""
FLOOR = 6.0
"""Grey levels by which a pixel must differ from the background at least."""
DEVIATIONS = 4.0
"""Usual deviations that it must differ by, on top of that; for a normal distribution 4 mean absolute deviations are 3.2 standard ones."""
MOST_DEVIATION = 10.0
"""Deviation of a pixel at most, so that a difference of FLOOR + 4 × 10 = 46 grey levels is motion in any rain or foliage.
The price is paid in looks: bushes that toss in front of the sky, and drops near the lens, are motion too."""
FIRST_DEVIATION = 2.0
"""Deviation assumed of a new scene: a small sensor at night, after smoothing."""
BLOCK_PX = 3
"""Side of a block all of whose pixels must differ where something moved: a fiftieth of the frame's width.

These limits were set on synthetic noise of up to 20 grey levels, steps of exposure by 0.5 to 1.2, and the 55 empty frames at the
beginning of `backs_and_empty_scene.mp4` (10 per second, 768×432), none of which is motion; and so that no frame with a face of at
least 40 px of it (10) and of `people_walking_to_camera_1080p.mp4` (105) is without.
"""


class MotionGate:
    """A running average of the scene and of how much each of its pixels usually deviates, against which frames are held.

    After Wren et al., "Pfinder: real-time tracking of the human body", PAMI 1997 (running Gaussian average), on a small grey
    picture and with the mean absolute deviation. The background is first scaled to the frame's mean: a change of exposure or
    of light multiplies all pixels, and is no motion.
    """

    def __init__(self, zone: npt.NDArray[np.bool_] | None = None) -> None:
        """Begin with no scene; zone is (90, 160), true where motion counts, or None for everywhere.

        Raises:
            ValueError: the zone has another shape.
        """
        width, height = GATE_SIZE
        if zone is not None and zone.shape != (height, width):
            raise ValueError(f"the zone must be ({height}, {width}): {zone.shape}")
        self._zone: Uint8Array | None = None if zone is None else zone.astype(np.uint8) * 255
        self._small: Uint8Array = np.empty((height, width, 3), np.uint8)
        self._grey, self._expected, self._difference, self._limit, self._mask = np.empty((5, height, width), np.uint8)
        self._background, self._deviation = np.zeros((2, height, width), np.float32)
        self._block: Uint8Array = np.ones((BLOCK_PX, BLOCK_PX), np.uint8)
        self._shape: tuple[int, ...] = ()
        self._seen_at = 0.0

    def moved(self, pixels: Uint8Array, monotonic_seconds: float) -> bool:
        """Say whether something moved in a frame (H, W, 3) BGR of this time; true for the first frame, and the first of another size."""
        cv2.resize(pixels, GATE_SIZE, dst=self._small, interpolation=cv2.INTER_NEAREST)
        cv2.cvtColor(self._small, cv2.COLOR_BGR2GRAY, dst=self._grey)
        cv2.blur(self._grey, (BLUR_PX, BLUR_PX), dst=self._grey)
        elapsed, self._seen_at = monotonic_seconds - self._seen_at, monotonic_seconds
        if pixels.shape != self._shape:
            self._shape = pixels.shape
            self._background[:], self._deviation[:] = self._grey, FIRST_DEVIATION
            return True
        moved = self._differs()
        self._adapt(elapsed)
        return moved

    def _differs(self) -> bool:
        gain = cv2.mean(self._grey)[0] / max(cv2.mean(self._background)[0], 1.0)
        cv2.convertScaleAbs(self._background, dst=self._expected, alpha=gain)
        cv2.absdiff(self._grey, self._expected, dst=self._difference)
        cv2.convertScaleAbs(self._deviation, dst=self._limit, alpha=DEVIATIONS, beta=FLOOR)
        cv2.compare(self._difference, self._limit, cv2.CMP_GT, dst=self._mask)
        if self._zone is not None:
            cv2.bitwise_and(self._mask, self._zone, dst=self._mask)
        cv2.erode(self._mask, self._block, dst=self._mask, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        return cv2.countNonZero(self._mask) > 0

    def _adapt(self, elapsed: float) -> None:
        weight = 1.0 - math.exp(-max(elapsed, 0.0) / ADAPTING_SECONDS)
        np.minimum(self._difference, MOST_DEVIATION, out=self._difference, casting="unsafe")
        cv2.accumulateWeighted(self._grey, self._background, weight)
        cv2.accumulateWeighted(self._difference, self._deviation, weight)
