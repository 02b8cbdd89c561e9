"""The events of one camera: who came, who turned out to be somebody else, and who left.

Knows verdicts, visits and identities; it does not know how faces are seen and judged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from edged.tracking.evidence import CLEAR_QUALITY
from edged.types import Announcement, Departure, Event, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from edged.pipeline.identity import Identifier
    from edged.pipeline.shared_state import Rules, SharedState
    from edged.pipeline.stillness import Stillness
    from edged.tracking.evidence import BestView, Evidence
    from edged.tracking.verdict import FollowedFace, FollowedFaces
    from edged.tracking.visits import Visit, Visits
    from edged.types import Box, Crop, Frame, Glimpse, Identity, Instant, Verdict

GLIMPSE_LOOKS, GLIMPSE_QUALITY = 3, 0.22
"""Frames in which a face without a verdict was large enough, and quality of its best look, from which its leaving is an event;
the others are only counted. Of looks below 0.2 8 % match their own person (pairsDevTest, made worse), and heads seen from behind
in backs_and_empty_scene reach 0.203."""

ASK_SECONDS = 0.5
"""Seconds between two frames in which both of two faces of one identity are looked at again: one of them may be too poor for a while."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownFace:
    """A face that has left and was a person's by name: on which camera and track, whose, and all looks at it."""

    camera: str
    track: int
    identity: Identity
    evidence: Evidence


class EventMaker:
    """Turns what is held of faces into visits, and visits into events."""

    def __init__(self, camera: str, shared: SharedState, visits: Visits, identifier: Identifier, stillness: Stillness) -> None:
        """Take the camera's name, the common rules, who is here, what gives verdicts an identity, and who does not move."""
        self._camera, self._shared, self._visits, self._identifier = camera, shared, visits, identifier
        self._stillness = stillness

    def see(self, frame: Frame, boxes: Mapping[int, Box]) -> None:
        """Note which tracks a frame shows, and where."""
        now = frame.monotonic_seconds
        for track, box in boxes.items():
            self._stillness.look(frame, track, box)
            self._visits.sights.see(track, now, box)
            self._visits.see(track, now, is_still=self._stillness.is_still(track))

    def conclude(self, track: int, face: FollowedFace, rules: Rules) -> list[Event]:
        """Make the event of a face that is out of sight, and a stranger by the looks that there were; none where it is no stranger."""
        verdict, best = face.conclude(rules.verdict), face.evidence.best
        return self.announce(track, face, verdict, best, face.last_seen, rules) if verdict and best else []

    def announce(self, track: int, face: FollowedFace, verdict: Verdict, shown: BestView, now: float, rules: Rules) -> list[Event]:
        """Make the event of somebody who is held to be somebody for the first time, or somebody else than before.

        The face has this verdict by its looks, of which shown is the latest and says where and when it was seen; the picture is of the
        best of them, and so are place and time where the latest is too poor to tell whether it is not of who passes before the face.
        """
        if face.evidence.best and shown.quality < CLEAR_QUALITY:
            shown = face.evidence.best
        identity = self._identifier.identify(verdict, face.evidence, shown.at, rules)
        before = self._visits.of(track)
        is_new = self._visits.join(track, identity, verdict, now, face.first_seen)
        corrected = before if before and before.identity.key != identity.key and not before.identity.ignored else None
        is_mistake = corrected is not None and corrected.all_tracks == {track}
        if corrected and is_mistake:
            self._visits.dissolve(corrected)
            if not self._visits.find(lambda other: other.key == corrected.identity.key):
                self._identifier.withdraw(corrected.identity)
        if identity.ignored or not (is_new or corrected):
            return []
        replaced = corrected.number if corrected and is_mistake else None
        fact = Announcement(verdict, shown.box, shown.frame_size, corrected is not None, self._crop(face), replaces=replaced)
        return [self._announcement(track, identity, shown.at, fact)]

    def known(self, track: int, face: FollowedFace) -> KnownFace | None:
        """Give the face of a track that ends if it was a person's beyond doubt, moved, and no other face was taken for theirs."""
        visit, person = self._visits.of(track), face.decided and face.decided.person
        is_doubtful = face.unlike or self._stillness.is_still(track)
        if visit is None or person is None or is_doubtful or visit.identity.person != person or visit.tracks != {track}:
            return None
        return KnownFace(self._camera, track, visit.identity, face.evidence)

    def tell_apart(self, frame: Frame, faces: FollowedFaces, boxes: Mapping[int, Box]) -> list[Event]:
        """Make the events of second faces of somebody who is here: a portrait, and whom it shows; boxes are those of the frame's tracks.

        Both must be seen at the same time, apart, for long enough, and the last frame must be looked at and show both: a track may have
        gone over to another face.
        """
        return [
            event
            for visit, track, other in list(self._visits.seen_together(frame.monotonic_seconds))
            if self._visits.sights.are_apart(track, other) and _are_sure(visit, (faces.of(track), faces.of(other)), frame)
            for event in self._split(frame, visit, (track, other), faces, boxes[track])
        ]

    def _split(self, frame: Frame, visit: Visit, tracks: tuple[int, int], faces: FollowedFaces, box: Box) -> list[Event]:
        track, other = tracks
        face, is_told = faces.of(track), track in visit.told
        own, others = face.decided, faces.of(other).decided
        if own is None or others is None:
            return []
        self._visits.split(visit, track, (own, others), face.first_seen)
        if is_told or visit.identity.ignored:
            return []
        height, width = frame.pixels.shape[:2]
        fact = Announcement(own, box, (width, height), is_correction=False, crop=self._crop(face), beside=other)
        return [self._announcement(track, visit.identity, frame.captured_at, fact)]

    def _crop(self, face: FollowedFace) -> Crop | None:
        return face.evidence.best.crop if face.evidence.best and self._shared.rules.pictures else None

    def _announcement(self, track: int, identity: Identity, at: datetime, fact: Announcement) -> Event:
        visit = self._visits.of(track)
        if visit:
            visit.told.add(track)
        return Event(self._camera, track, identity, at, fact, self._stillness.is_still(track), visit.number if visit else None)

    def improve(self, track: int, face: FollowedFace, at: datetime) -> None:
        """Note a better look, taken at this time, at somebody who was announced."""
        if (visit := self._visits.of(track)) and face.decided:
            visit.verdict = face.decided
            self._identifier.improve(visit.identity, face.evidence, at)

    def depart(self, now: Instant, over: Iterable[Visit]) -> list[Event]:
        """Make the events of visits that are over now."""
        return [
            replace(self._departed(now, visit.track, visit.identity, visit.last_seen, fact, still=visit.is_still), visit=visit.number)
            for visit in over
            if not visit.identity.ignored
            for fact in [Departure(visit.seconds, visit.verdict.looks, visit.verdict.quality, None)]
        ]

    def depart_unnamed(self, now: Instant, track: int, glimpse: Glimpse) -> list[Event]:
        """Make the event of a face that has left without a verdict, if it was seen well enough or is known not to be upright."""
        is_clear = glimpse.quality >= GLIMPSE_QUALITY or glimpse.reason is Reason.NOT_UPRIGHT
        if glimpse.looks < GLIMPSE_LOOKS or not is_clear:
            return []
        fact = Departure(glimpse.seconds, glimpse.looks, glimpse.quality, glimpse.reason)
        return [self._departed(now, track, None, glimpse.last_seen, fact, still=self._stillness.is_still(track))]

    def _departed(self, now: Instant, track: int, identity: Identity | None, last_seen: float, fact: Departure, *, still: bool) -> Event:
        """The event, dated when they were last seen."""
        at = now.captured_at - timedelta(seconds=now.monotonic_seconds - last_seen)
        return Event(self._camera, track, identity, at, fact, still)


def _are_sure(visit: Visit, faces: tuple[FollowedFace, FollowedFace], frame: Frame) -> bool:
    """Whether a frame shows of both that they are who they are held to be; if not, both are looked at again in the next but for a pause."""
    now = frame.monotonic_seconds
    if all(face.is_confirmed(now) for face in faces):
        return True
    if now - visit.asked_at >= ASK_SECONDS:
        visit.asked_at = now
        for face in faces:
            face.look_again()
    return False
