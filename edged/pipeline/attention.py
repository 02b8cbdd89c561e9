"""Attention: whether a look needs the whole frame, or only the part of it in which everybody is who is followed.

It knows boxes and frame times, and not whose faces they are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.types import Box, Detection, Frame
    from edged.vision.detector import Detector

WHOLE_SECONDS = 0.3
"""Seconds within which each part of the frame is looked at once: somebody who joins those in view is noticed as late at most."""


class Attention:
    """Where one camera's looks go.

    The whole frame is looked at where nobody is followed or somebody was missed in the last look, where the next look could come too late
    for newcomers, and at once where a part of it does not show everybody who was in it.
    """

    def __init__(self) -> None:
        """Begin with a look at the whole frame."""
        self._boxes: Sequence[Box] = ()
        self._at = self._whole_at = -math.inf

    def detect(self, detector: Detector, frame: Frame) -> list[Detection]:
        """Find the faces of a frame, or those in the part of it that has to be looked at."""
        now = frame.monotonic_seconds
        next_at = now + (now - self._at)
        found = self._around(detector, frame) if next_at - self._whole_at <= WHOLE_SECONDS else None
        self._at = now
        if found is None:
            self._whole_at = now
            found = _whole(detector, frame)
        return found

    def follow(self, boxes: Sequence[Box]) -> None:
        """Note where everybody is who is followed; nobody where one of them was missed."""
        self._boxes = boxes

    def _around(self, detector: Detector, frame: Frame) -> list[Detection] | None:
        found = detector.detect_around(frame.pixels, self._boxes)
        if found is None or len(found) < len(self._boxes):
            return None
        return found if all(any(box.iou(face.box) > 0 for face in found) for box in self._boxes) else None


def _whole(detector: Detector, frame: Frame) -> list[Detection]:
    """Look at the whole scene, in the small picture of it where there is one; what is found is in pixels of the large one."""
    if frame.small is None:
        return detector.detect(frame.pixels)
    down, across = (large / small for large, small in zip(frame.pixels.shape[:2], frame.small.shape[:2], strict=True))
    return [face.scaled(across, down) for face in detector.detect(frame.small)]
