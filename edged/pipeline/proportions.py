"""Watches the proportions of the faces that a camera shows: when those of many are impossible, its pixels are not square.

It knows numbers only, and not what is published of it.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from statistics import median
from typing import TYPE_CHECKING

from edged.config import MOST_OBLONG
from edged.types import Reason
from edged.vision.proportions import proportion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edged.types import Detection, Quality
    from edged.vision.detection_card import FaceProportions
    from edged.vision.proportions import Proportion

UNTOLD = frozenset({Reason.TOO_SMALL, Reason.CUT_OFF})
"""Why a face shows no proportions; other reasons not to ask who it is may come of the squeezing itself."""
LEAST_TRACKS = 5
"""Tracks that must agree: one person's own proportions are not those of the camera."""
MOST_TRACKS = 15
"""Newest tracks that are remembered, so that a camera that was mended is soon told of as such."""
LEAST_LOOKS, MOST_LOOKS = 3, 9
"""Looks of one track that are needed, and the newest that count, by their median."""
LOOK_SECONDS = 0.3
"""Seconds between two looks of one track: two frames in a row are nearly the same."""
TOO_NARROW, TOO_WIDE = -4.5, 3.0
"""Standard deviations of the median track from which a camera's faces are impossible: by box and eyes together, and by the box. The medians
of single people are −3.9 at least and 1.9 at most (213 of LFW View 1 and of four peoples, 29 sequences of NUAA, 3 filmed selfies), that of
67 children below four 1.3: who lives alone, or with children, is not taken for squeezed."""
POSSIBLE = 0.75
"""Share of that below which they are possible again."""
USUAL_ASPECTS = ("16:9", "4:3", "1:1", "3:4", "9:16")
"""Shapes that pictures are meant to have."""
LEAST_CHANGE = 1.15
"""Ratio of a suggested shape to that of the picture as it is; less would not make impossible faces of possible ones."""
TOO_LITTLE = 0.05
"""Logarithm of the ratio by which a usual shape may change the picture less than the estimate. Networks see faces nearer to what they were
taught than they are, so that the estimate is of too little nearly always: 0.51…0.67 of faces squeezed to 0.5, 1.36…1.84 of 2."""
TOO_MUCH = 0.45
"""The same by which it may change it more; beyond, it is not the one that is meant."""


class ProportionWatch:
    """Remembers a few numbers of each of the newest tracks; aspect is the shape that the picture should have, None where all is well."""

    def __init__(self, usual: FaceProportions | None) -> None:
        """Take the proportions that the detector gives faces; None: nothing is watched, since its card does not say."""
        self.aspect: str | None = None
        self._usual = usual
        self._tracks: OrderedDict[int, deque[Proportion]] = OrderedDict()
        self._due: dict[int, float] = {}

    def see(self, track: int, detection: Detection, geometry: Quality, frame_size: tuple[int, int], now: float) -> None:
        """Look at a face, and its quality as far as it is known without pixels; frame_size is (width, height), now the frame's seconds."""
        if self._usual is None or geometry.reason in UNTOLD or now < self._due.get(track, now):
            return
        seen = proportion(detection, geometry.pose, max(frame_size), self._usual)
        if seen is None:
            return
        self._note(track, seen, now)
        self._judge(frame_size)

    def _note(self, track: int, seen: Proportion, now: float) -> None:
        self._tracks.setdefault(track, deque(maxlen=MOST_LOOKS)).append(seen)
        self._due[track] = now + LOOK_SECONDS
        if len(self._tracks) > MOST_TRACKS:
            oldest, _ = self._tracks.popitem(last=False)
            del self._due[oldest]

    def _judge(self, frame_size: tuple[int, int]) -> None:
        known = [looks for looks in self._tracks.values() if len(looks) >= LEAST_LOOKS]
        if len(known) < LEAST_TRACKS:
            return
        narrow = _median(known, lambda look: look.by_box + look.by_eyes) / TOO_NARROW
        wide = _median(known, lambda look: look.by_box) / TOO_WIDE
        if max(narrow, wide) < POSSIBLE:
            self.aspect = None
        elif max(narrow, wide) >= 1 and self.aspect is None:
            width, height = frame_size
            self.aspect = shape(width / height, _median(known, lambda look: look.width))


def _median(tracks: Sequence[Sequence[Proportion]], value: Callable[[Proportion], float]) -> float:
    return median(median(map(value, looks)) for looks in tracks)


def shape(shown: float, too_wide: float) -> str:
    """Name the shape, as width to height, that a picture should have whose faces are so many times too wide (below 1: too narrow).

    shown is the picture's width over its height as it is. The answer is the first of the usual shapes that changes the picture at least as
    much as the estimate says, and the estimate itself where none is near.
    """
    wanted = min(max(shown / too_wide, 1 / MOST_OBLONG), MOST_OBLONG)
    direction = 1 if too_wide < 1 else -1
    changes = {name: direction * math.log(_ratio(name) / shown) for name in USUAL_ASPECTS}
    estimate = direction * math.log(wanted / shown)
    least = max(estimate - TOO_LITTLE, math.log(LEAST_CHANGE))
    fits = [name for name in USUAL_ASPECTS if least <= changes[name] <= estimate + TOO_MUCH]
    return min(fits, key=changes.__getitem__, default=f"{wanted:.2f}:1")


def _ratio(name: str) -> float:
    width, height = map(int, name.split(":"))
    return width / height
