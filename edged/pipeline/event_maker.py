"""The events of one camera: who came, who turned out to be somebody else, and who left.

Knows verdicts, visits and identities; it does not know how faces are seen and judged.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from edged.types import Announcement, Departure, Event

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from edged.pipeline.identity import Identifier
    from edged.pipeline.shared_state import Rules, SharedState
    from edged.tracking.evidence import BestView
    from edged.tracking.verdict import FollowedFace
    from edged.tracking.visits import Visit, Visits
    from edged.types import Frame, Glimpse, Identity, Verdict

GLIMPSE_LOOKS, GLIMPSE_QUALITY = 3, 0.2
"""Frames in which a face without a verdict was large enough, and quality of its best look, from which its leaving is an event;
the others are only counted. Of looks below 0.2 8 % match their own person (pairsDevTest, made worse), and heads seen from behind
in backs_and_empty_scene reach 0.19."""


class EventMaker:
    """Turns what is held of faces into visits, and visits into events."""

    def __init__(self, camera: str, shared: SharedState, visits: Visits, identifier: Identifier) -> None:
        """Take the camera's name, the common rules, who is here, and what gives verdicts an identity."""
        self._camera, self._shared, self._visits, self._identifier = camera, shared, visits, identifier

    def announce(self, track: int, face: FollowedFace, verdict: Verdict, shown: BestView, now: float, rules: Rules) -> list[Event]:
        """Make the event of somebody who is held to be somebody for the first time, or somebody else than before.

        The face has this verdict by its looks, of which shown says where and when it was seen; the picture is of the best of them.
        """
        identity = self._identifier.identify(verdict, face.evidence, shown.at, rules)
        before = self._visits.of(track)
        is_new = self._visits.join(track, identity, verdict, now, face.first_seen)
        corrected = before if before and before.identity.key != identity.key and not before.identity.ignored else None
        if corrected and corrected.all_tracks == {track}:
            self._visits.dissolve(corrected)
            self._identifier.withdraw(corrected.identity)
        if identity.ignored or not (is_new or corrected):
            return []
        crop = face.evidence.best.crop if face.evidence.best and self._shared.rules.pictures else None
        fact = Announcement(verdict, shown.box, shown.frame_size, is_correction=corrected is not None, crop=crop)
        return [Event(self._camera, track, identity, shown.at, fact)]

    def improve(self, track: int, face: FollowedFace, at: datetime) -> None:
        """Note a better look, taken at this time, at somebody who was announced."""
        if (visit := self._visits.of(track)) and face.decided:
            visit.verdict = face.decided
            self._identifier.improve(visit.identity, face.evidence, at)

    def depart(self, frame: Frame, over: Iterable[Visit]) -> list[Event]:
        """Make the events of visits that are over by the time of this frame."""
        return [
            self._departed(frame, visit.track, visit.identity, visit.last_seen, fact)
            for visit in over
            if not visit.identity.ignored
            for fact in [Departure(visit.seconds, visit.verdict.looks, visit.verdict.quality, None)]
        ]

    def depart_unnamed(self, frame: Frame, track: int, glimpse: Glimpse) -> list[Event]:
        """Make the event of a face that has left without a verdict, if it was seen well enough."""
        if glimpse.looks < GLIMPSE_LOOKS or glimpse.quality < GLIMPSE_QUALITY:
            return []
        fact = Departure(glimpse.seconds, glimpse.looks, glimpse.quality, glimpse.reason)
        return [self._departed(frame, track, None, glimpse.last_seen, fact)]

    def _departed(self, frame: Frame, track: int, identity: Identity | None, last_seen: float, fact: Departure) -> Event:
        """The event, dated when they were last seen."""
        at = frame.captured_at - timedelta(seconds=frame.monotonic_seconds - last_seen)
        return Event(self._camera, track, identity, at, fact)
