"""Sight: whether the pictures of a camera show anything, told from a coarse grid of their pixels.

It does not know where frames come from, nor what is done with those that show nothing.
"""

from __future__ import annotations

import math
import zlib
from collections import deque
from statistics import median
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.camera.colours import ColourWatch
from edged.types import Problem

if TYPE_CHECKING:
    from edged.types import Frame, Uint8Array

GRID, BLOCKS = (160, 90), (16, 9)
"""Width and height of the grid of points that is looked at, and of the means of 10×10 points each."""
POINTS = GRID[0] * GRID[1]
AVERAGED_SECONDS = 1.0
"""Time constant of the means, in which the noise of a covered lens vanishes and the outlines of a dark yard do not."""
CHANGED_LEVELS = 12
"""Grey levels by which a mean must differ to be of another scene, and not of its noise: ten times the noise of a sensor at night."""
LEAST_CONTRAST = 4.0
"""Grey levels between the darkest and the lightest mean below which a picture is of one colour. Pictures of faces and the clips have at
least 66; reduced to a twentieth of their light, with noise of 4 levels, the clips and the sequences of nuaa_dev have at least 6."""
FILLINGS = tuple(
    (np.array(least, np.uint8), np.array(most, np.uint8)) for least, most in (([126] * 3, [132] * 3), ([0, 130, 0], [2, 142, 2]))
)
"""Least and most of blue, green and red that decoders fill in for what they lack: mid-grey, and the green of YUV that is all zero."""
FILLING_LEVELS = ((126, 132), (76, 85))
"""The same as grey levels."""
MAY_BE_FILLED = np.array([any(low <= level <= high for low, high in FILLING_LEVELS) for level in range(256)], np.uint8)
"""Table of these levels."""
FILLED_SHARE = 0.25
"""Share of the points that is of one filling from which a picture is corrupted; 5,256 pictures of all kinds and the clips have at most
0.09."""
EDGE_LEVELS, SAME_LEVELS = 8, 1
"""Grey levels from one point to the next in its row that are an edge, and to the one above that are none."""
EDGE_SHARE, SMEARED_SHARE = 0.1, 0.65
"""Share of the points on edges that a picture needs to be judged by them, and share of those that are as the point above from which it
is smeared: decoders draw down the last line they have. At most 0.35 of the edges of whole pictures are so, columns and blinds included,
0.51 of pictures that were enlarged."""
LEAST_SIDE_PX = 2 * GRID[1]
"""Height of a picture from which neighbouring points of the grid are not one pixel seen twice."""
FAULT_SECONDS = 3.0
"""Seconds for which pictures must be faulty before the state changes: cameras are black for a moment when they start or go over to
infrared, and a lost packet mends itself with the next key frame. Corrupted ones must be sound for as long again, since damage comes and
goes; where a light is switched on, somebody is there to be seen."""
MOVED_LEVELS, MOVED_SHARE = 12, 0.005
"""Grey levels by which points differ where something moved, and the share of such points: more than the compression of a still adds."""
DARKEST, LIGHTEST = 16, 240
"""Grey levels beyond which points are clipped, and have no noise in a living picture either."""
MIDTONES = np.array([255 * (DARKEST <= level <= LIGHTEST) for level in range(256)], np.uint8)
"""Table of which grey levels lie between them."""
LEAST_MIDTONES, NOISY_SHARE = 0.1, 0.02
"""Share of the points between these levels from which their noise may be missed; and share of them that differs in a living picture: fewer
are the clock that a camera draws into a frozen one."""
LEAST_REPEATS = 12
"""Frames without anything new before a camera is frozen, so that a slow one is given time."""
USUAL_INTERVALS, MOST_INTERVALS = 3, 5
"""Usual times between two new pictures for which none may come, and how many are remembered to know what is usual. Of the time between
any two pictures so many usual ones count at most: for longer the camera was away, and showed nothing faulty."""
MOST_REMEMBERED = 1000
"""Different pictures of one still that are remembered: those from key frame to key frame of a frozen stream come again and again."""
DARK = 24
"""Grey level up to which a picture of one colour is called black."""


class Sight:
    """What the pictures of one camera show: nothing, always the same, or a scene.

    problem is what is wrong now and reason says it in a sentence, None where nothing is. sees is whether the last picture was sound and
    some picture was another than the one before, so that nothing can be wrong. colours watches whether the sound ones have any.
    """

    def __init__(self) -> None:
        """Begin without a picture."""
        self.problem: Problem | None = None
        self.reason: str | None = None
        self.sees = False
        self.colours = ColourWatch()
        width, height = GRID
        self._points: Uint8Array = np.empty((height, width, 3), np.uint8)
        self._filled, self._grey, self._differing, self._still, self._midtones = np.zeros((5, height, width), np.uint8)
        self._across, self._down, self._edges = np.empty((3, height - 1, width - 1), np.uint8)
        self._block_means: Uint8Array = np.empty((BLOCKS[1], BLOCKS[0]), np.uint8)
        self._means = np.zeros((BLOCKS[1], BLOCKS[0]), np.float32)
        self._shape: tuple[int, ...] = ()
        self._at = self._faulty_seconds = 0.0
        self._was_faulty = False
        self._kind: Problem | None = None
        self._faulty: Problem | None = None
        self._digest, self._digests = 0, set[int]()
        self._new_at, self._repeats = 0.0, 0
        self._intervals, self._elapsed = deque[float](maxlen=MOST_INTERVALS), deque[float](maxlen=MOST_INTERVALS)

    def look(self, frame: Frame, frozen_after_seconds: float | None) -> bool:
        """Take in a picture; whether faces are to be looked for in it: it is sound, and no copy of the one before.

        A camera is frozen when its pictures have been the same for frozen_after_seconds, and for longer than they usually are; None for
        recordings, which may stand still for ever.
        """
        elapsed, self._at = frame.monotonic_seconds - self._at, frame.monotonic_seconds
        cv2.resize(frame.pixels, GRID, dst=self._points, interpolation=cv2.INTER_NEAREST)
        cv2.cvtColor(self._points, cv2.COLOR_BGR2GRAY, dst=self._grey)
        before = self._digest
        self._digest = zlib.crc32(self._grey.data)
        if frame.pixels.shape != self._shape:
            self._begin(frame.pixels.shape)
            before, elapsed = -1, 0.0
        elif self._digest != before:
            self._note_news()
        self._repeats += 1
        fault = self._fault(frame.pixels.shape[0], elapsed)
        self._weigh(fault, self._counted(elapsed))
        is_frozen = frozen_after_seconds is not None and self._is_frozen(frozen_after_seconds)
        self._conclude(self._faulty or (Problem.FROZEN if is_frozen else None))
        self.sees = fault is None and self.problem is None and bool(self._intervals)
        if fault is None:
            self.colours.look(self._points, self._at)
        is_copy = frozen_after_seconds is not None and self._digest == before
        return self.problem is None and fault is not Problem.CORRUPTED and not is_copy

    def _begin(self, shape: tuple[int, ...]) -> None:
        """Take the first picture, or the first of another size, as that with which those to come are compared."""
        self._shape = shape
        cv2.resize(self._grey, BLOCKS, dst=self._block_means, interpolation=cv2.INTER_AREA)
        self._means[:] = self._block_means
        self._take_as_still(moved=True)

    # What is new.

    def _note_news(self) -> None:
        cv2.absdiff(self._grey, self._still, dst=self._differing)
        cv2.threshold(self._differing, MOVED_LEVELS, 1, cv2.THRESH_BINARY, dst=self._filled)
        moved = cv2.countNonZero(self._filled) > MOVED_SHARE * POINTS
        if moved or not (self._digest in self._digests or self._lacks_noise()):
            self._intervals.append(self._at - self._new_at)
            self._take_as_still(moved=moved)

    def _lacks_noise(self) -> bool:
        """Whether next to nothing of what is neither black nor white differs from the still, by whatever little."""
        midtones = cv2.countNonZero(self._midtones)
        cv2.bitwise_and(self._differing, self._midtones, dst=self._differing)
        return midtones > LEAST_MIDTONES * POINTS and cv2.countNonZero(self._differing) < NOISY_SHARE * midtones

    def _take_as_still(self, *, moved: bool) -> None:
        if moved or len(self._digests) >= MOST_REMEMBERED:
            self._digests.clear()
        self._digests.add(self._digest)
        self._still[:] = self._grey
        cv2.LUT(self._grey, MIDTONES, dst=self._midtones)
        self._new_at, self._repeats = self._at, 0

    def _is_frozen(self, after_seconds: float) -> bool:
        usual = USUAL_INTERVALS * median(self._intervals) if self._intervals else 0.0
        return self._repeats > LEAST_REPEATS and self._at - self._new_at >= max(after_seconds, usual)

    # What is faulty.

    def _fault(self, height: int, elapsed: float) -> Problem | None:
        """What is wrong with this picture alone; elapsed is the time since the last."""
        cv2.resize(self._grey, BLOCKS, dst=self._block_means, interpolation=cv2.INTER_AREA)
        is_another = np.abs(self._block_means - self._means).max() > CHANGED_LEVELS
        cv2.accumulateWeighted(self._block_means, self._means, 1.0 if is_another else 1.0 - math.exp(-max(elapsed, 0.0) / AVERAGED_SECONDS))
        darkest, lightest, _, _ = cv2.minMaxLoc(self._means)
        if lightest - darkest < LEAST_CONTRAST:
            return Problem.NO_PICTURE
        is_corrupted = self._is_filled() or (height >= LEAST_SIDE_PX and self._is_smeared())
        return Problem.CORRUPTED if is_corrupted else None

    def _is_filled(self) -> bool:
        """Whether much of it is of one filling; colours are looked at only where grey levels leave a doubt, for the time it takes."""
        cv2.LUT(self._grey, MAY_BE_FILLED, dst=self._filled)
        if cv2.countNonZero(self._filled) <= FILLED_SHARE * POINTS:
            return False
        found = (cv2.countNonZero(cv2.inRange(self._points, least, most)) for least, most in FILLINGS)
        return max(found) > FILLED_SHARE * POINTS

    def _is_smeared(self) -> bool:
        grey = self._grey
        cv2.absdiff(grey[1:, 1:], grey[1:, :-1], dst=self._across)
        cv2.threshold(self._across, EDGE_LEVELS - 1, 1, cv2.THRESH_BINARY, dst=self._edges)
        edges = cv2.countNonZero(self._edges)
        if edges < EDGE_SHARE * POINTS:
            return False
        cv2.absdiff(grey[1:, 1:], grey[:-1, 1:], dst=self._down)
        cv2.threshold(self._down, SAME_LEVELS, 1, cv2.THRESH_BINARY_INV, dst=self._across)
        cv2.bitwise_and(self._across, self._edges, dst=self._across)
        return cv2.countNonZero(self._across) > SMEARED_SHARE * edges

    def _counted(self, elapsed: float) -> float:
        """Give the time since the last picture for which the two of them speak."""
        counted = min(elapsed, USUAL_INTERVALS * median(self._elapsed)) if self._elapsed else elapsed
        self._elapsed.append(elapsed)
        return counted

    def _weigh(self, fault: Problem | None, elapsed: float) -> None:
        """Let faulty pictures count by their time, and sound ones against them."""
        if fault and self._was_faulty:
            self._faulty_seconds = min(FAULT_SECONDS, self._faulty_seconds + elapsed)
        elif not fault:
            mends_slowly = self._kind is Problem.CORRUPTED
            self._faulty_seconds = max(0.0, self._faulty_seconds - elapsed) if mends_slowly else 0.0
        self._was_faulty, self._kind = fault is not None, fault or self._kind
        if self._faulty_seconds >= FAULT_SECONDS:
            self._faulty = fault or self._faulty
        elif not self._faulty_seconds:
            self._faulty = None

    # What comes of it.

    def _conclude(self, problem: Problem | None) -> None:
        if problem is not self.problem:
            self.problem, self.reason = problem, self._sentence(problem)

    def _sentence(self, problem: Problem | None) -> str | None:
        match problem:
            case Problem.NO_PICTURE:
                return f"Its pictures are {self._colour()} and show nothing: look whether its lens is covered, or the scene without light."
            case Problem.FROZEN:
                seconds = f"{self._at - self._new_at:.0f} s"
                return f"Its pictures have been the same for {seconds}, down to their noise: it has frozen. Restart the camera."
            case Problem.CORRUPTED:
                return "Large parts of its pictures are missing or smeared: look at the network between it and edged, and at its bit rate."
            case _:
                return None

    def _colour(self) -> str:
        blue, green, red, _ = cv2.mean(self._points)
        if max(blue, green, red) < DARK:
            return "black"
        return "green" if green > 2 * max(blue, red) else "of one colour"
