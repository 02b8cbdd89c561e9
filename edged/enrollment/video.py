"""Enrollment from a video: who is to be seen in it, and the best and most different looks at the one who is meant.

It takes frames with their times; how a video is decoded is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edged.enrollment.many import FoundLook
from edged.enrollment.selection import GOOD, Selection
from edged.enrollment.subject import is_near
from edged.errors import PictureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edged.pipeline.shared_state import SharedState
    from edged.types import Box, Detection, Embedding, Uint8Array
    from edged.vision.faces import Face, FaceReader

EVERY_SECONDS = 0.2
"""Seconds between two frames that are looked at: what changes in less is hardly another look."""
SAME_PLACE = 0.3
"""Intersection over union from which a face is held to be the one that was there in the frame before: within EVERY_SECONDS a head that
turns stays about where it is."""
FEWEST_LOOKS = 2
"""Good looks from which somebody counts as seen: one alone may be a picture on a wall that a camera passes, or no face at all."""
NEAR_SECONDS = 1.0
"""Seconds around a time that is named within which who is meant has to be seen."""


@dataclass(slots=True, eq=False)
class _Shown:
    """Somebody in the video: their best looks, the embeddings of all good ones, and the times at which they were seen."""

    looks: Selection[FoundLook]
    embeddings: list[Embedding] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    box: Box | None = None

    def likeness(self, embedding: Embedding) -> float:
        return max((float(one.vector @ embedding.vector) for one in self.embeddings), default=-1.0)


class VideoLooks:
    """Looks at a video frame by frame, and keeps the best of everybody; never holds more looks than may become templates."""

    def __init__(self, reader: FaceReader, shared: SharedState, name: str) -> None:
        """Read faces with these networks, by the rules in force; name is what the video is called."""
        self._reader, self._name = reader, name
        self._limits, self._threshold = shared.rules.quality, shared.rules.match_threshold
        self._people: list[_Shown] = []
        self._next_seconds = 0.0

    def see(self, seconds: float, pixels: Uint8Array) -> None:
        """Look at the frame (H, W, 3) BGR of a time, in seconds from the beginning, if it is time to."""
        if seconds < self._next_seconds:
            return
        self._next_seconds = seconds + EVERY_SECONDS
        found = self._reader.detect(pixels)
        seen: list[_Shown] = []
        for detection in found:
            if is_near(detection.box, found[0].box):
                seen += self._note(seconds, self._reader.read(pixels, detection, self._limits), seen)

    def chosen(self, at_seconds: float | None) -> Sequence[FoundLook]:
        """The looks at the one person who is seen in all of the video, or at that time.

        Raises:
            PictureError: nobody is seen well enough, or several people are.
        """
        people = [one for one in self._merged() if len(one.embeddings) >= FEWEST_LOOKS]
        if not people:
            raise PictureError(f"In {self._name} nobody is seen well enough; film one face from near, in good light, for some seconds.")
        if at_seconds is not None:
            people = self._at(people, at_seconds)
        if len(people) > 1:
            seen = "; ".join(f"from {one.times[0]:.1f} to {one.times[-1]:.1f} s" for one in people)
            raise PictureError(
                f"In {self._name} {len(people)} people are seen, {seen}; say by --at SECONDS when the one who is meant is seen alone."
            )
        return people[0].looks.kept

    def _at(self, people: Sequence[_Shown], at_seconds: float) -> list[_Shown]:
        """Who is seen nearest to a time."""
        away = {id(one): min(abs(time - at_seconds) for time in one.times) for one in people}
        nearest = min(away.values())
        if nearest > NEAR_SECONDS:
            raise PictureError(f"In {self._name} nobody is seen well enough at {at_seconds:g} s; name another time by --at SECONDS.")
        return [one for one in people if away[id(one)] <= max(nearest, EVERY_SECONDS)]

    def _note(self, seconds: float, face: Face, others: Sequence[_Shown]) -> Iterable[_Shown]:
        """Note a face of a frame as a look at somebody who is not among the others seen in it; nobody where it is too poor to say."""
        quality = face.quality
        if quality.reason or quality.score < GOOD:
            return ()
        shown = self._whose(face, face.detection, others)
        shown.box = face.detection.box
        shown.times.append(seconds)
        shown.embeddings.append(face.embedding)
        where = f"{self._name} at {seconds:.1f} s"
        shown.looks.offer(FoundLook(where, face.aligned, face.embedding, quality.score, quality.typicality))
        return (shown,)

    def _whose(self, face: Face, detection: Detection, others: Sequence[_Shown]) -> _Shown:
        free = [one for one in self._people if one not in others]
        best = max(free, key=lambda one: one.likeness(face.embedding), default=None)
        if best and best.likeness(face.embedding) >= self._threshold:
            return best
        now = self._next_seconds - EVERY_SECONDS
        for one in free:
            if one.box and now - one.times[-1] <= 2 * EVERY_SECONDS and one.box.iou(detection.box) >= SAME_PLACE:
                return one
        self._people.append(_Shown(Selection(self._threshold)))
        return self._people[-1]

    def _merged(self) -> list[_Shown]:
        """Everybody once: who was lost, and begun anew in another view, is the same where any two looks match and they are never beside."""
        merged: list[_Shown] = []
        for shown in sorted(self._people, key=lambda one: -len(one.embeddings)):
            same = next((one for one in merged if self._is_same(one, shown)), None)
            if same is None:
                merged.append(shown)
                continue
            for look in shown.looks.kept:
                same.looks.offer(look)
            same.embeddings += shown.embeddings
            same.times = sorted(same.times + shown.times)
        return merged

    def _is_same(self, one: _Shown, other: _Shown) -> bool:
        if set(one.times) & set(other.times):
            return False
        return max(map(one.likeness, other.embeddings), default=-1.0) >= self._threshold
