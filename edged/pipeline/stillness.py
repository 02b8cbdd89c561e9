"""Stillness: which faces have not moved against their background for minutes, as portraits on a wall do not.

Knows tracks, pixels and frame times; it does not know whose faces they are, nor what is made of it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from edged.types import Box, Float32Array, Frame

STILL_SECONDS = 120.0
"""Seconds for which a face must not have moved: nobody alive holds the head for a minute as a picture does."""
LOOK_SECONDS = 1.0
"""Seconds between two comparisons of a face."""
THUMB_PX = 8
"""Side of the grey thumbnail of the place where the face is: it averages a sensor's noise away."""
CHANGE = 0.25
"""Difference of two thumbnails, root mean square in their own standard deviations, from which something has moved.

Pictures in frames with noise of up to 15 grey levels, JPEG quality 60 and light that changes by 30 % differ by at most 0.13 over 100
frames (faces of 36 to 150 px); 13 people of nuaa_dev who sit and look into the camera by at least 0.53 within two to fifteen seconds, and
those of video/turning by 1.1.
"""
SAME_PLACE = 0.6
"""Overlap (IoU) of a face's box with the place where it was first still, below which it has moved."""
PASSING_SECONDS = 5.0
"""Seconds for which a face that has been found still may be changed: somebody passes before it, or a lamp is switched on."""
MOST_FORMER, FORMER_SECONDS = 8, 600.0
"""Places of still faces that are remembered when their tracks end, and for how long: who passes before a portrait for longer ends its
track, and the next one is of the same portrait."""


@dataclass(slots=True, eq=False)
class _Place:
    """Where a face is compared, since when it has been still there, and when it was last as it was; thumb is renewed in slow light."""

    box: Box
    thumb: Float32Array
    since: float
    renewed_at: float
    same_at: float
    is_still: bool = False


class Stillness:
    """The faces of one camera, each compared with itself at the same place of the frame."""

    def __init__(self) -> None:
        """Begin with no face."""
        self._places: dict[int, _Place] = {}
        self._looked_at: dict[int, float] = {}
        self._former: deque[_Place] = deque(maxlen=MOST_FORMER)

    def look(self, frame: Frame, track: int, box: Box) -> None:
        """Compare the face of a track, which is in this box, where that is due."""
        now, place = frame.monotonic_seconds, self._places.get(track)
        if place is not None and now - self._looked_at[track] < LOOK_SECONDS:
            return
        self._looked_at[track] = now
        if place is None or not self._is_unchanged(place, frame, box):
            self._changed(frame, track, box, place)
            return
        place.same_at = now
        place.is_still = place.is_still or now - place.since >= STILL_SECONDS

    def is_still(self, track: int) -> bool:
        """Whether the face of a track has not moved for minutes."""
        place = self._places.get(track)
        return place is not None and place.is_still

    def end(self, track: int) -> None:
        """Drop a track that ended, or follows another face from now on; a picture that was still is known again."""
        place = self._places.pop(track, None)
        self._looked_at.pop(track, None)
        if place and place.is_still:
            self._former.append(place)

    def _changed(self, frame: Frame, track: int, box: Box, place: _Place | None) -> None:
        """Begin anew, unless it was still and the change may be somebody who passes."""
        now = frame.monotonic_seconds
        if place is None or not place.is_still or now - place.same_at > PASSING_SECONDS:
            self._places[track] = self._found_again(frame, box) or _Place(box, _thumbnail(frame, box), now, now, now)

    def _found_again(self, frame: Frame, box: Box) -> _Place | None:
        """The place of a picture that was still before, and looks as it did."""
        now = frame.monotonic_seconds
        recent = [place for place in self._former if now - place.same_at <= FORMER_SECONDS]
        found = next((place for place in recent if self._is_unchanged(place, frame, box)), None)
        if found is not None:
            found.same_at = now
        self._former = deque((place for place in recent if place is not found), maxlen=MOST_FORMER)
        return found

    def _is_unchanged(self, place: _Place, frame: Frame, box: Box) -> bool:
        if place.box.iou(box) < SAME_PLACE:
            return False
        thumb = _thumbnail(frame, place.box)
        if float(np.sqrt(np.mean(np.square(thumb - place.thumb)))) >= CHANGE:
            return False
        if frame.monotonic_seconds - place.renewed_at >= STILL_SECONDS:
            place.thumb, place.renewed_at = thumb, frame.monotonic_seconds
        return True


def _thumbnail(frame: Frame, box: Box) -> Float32Array:
    """A place of a frame as (THUMB_PX, THUMB_PX) float32 of mean 0 and deviation 1, so that light changes little."""
    height, width = frame.pixels.shape[:2]
    left, top = max(0, min(round(box.x1), width - 1)), max(0, min(round(box.y1), height - 1))
    right, bottom = max(left + 1, min(round(box.x2), width)), max(top + 1, min(round(box.y2), height))
    small = cv2.resize(frame.pixels[top:bottom, left:right], (THUMB_PX, THUMB_PX), interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.float32)
    return np.asarray((grey - grey.mean()) / max(float(grey.std()), 1.0), np.float32)
