"""The pipeline of one camera: a frame in, the events that it completes out.

Here detection, tracking, identity and attributes meet; it does not know where frames come from nor where events go.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from edged.identify import Identifier
from edged.knowledge import OwnRules
from edged.pace import InView, Pace
from edged.stage_times import StageTimes
from edged.tracking.tracker import Tracker
from edged.tracking.verdict import VerdictKeeper
from edged.tracking.visits import Visits
from edged.types import Announcement, Departure, Event
from edged.views import Views
from edged.vision.motion import MotionGate
from edged.zone import Zone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edged.knowledge import Knowledge, Rules
    from edged.tracking.tracker import Ended
    from edged.types import AlignedFace, Detection, Embedding, Float32Array, Frame, Identity, Presence, Verdict
    from edged.views import View
    from edged.vision.faces import FaceReader

NO_RULES = OwnRules()
EVERYWHERE = Zone(())
GLIMPSE_SIGHTS = 3
"""A face without a verdict is told of when it leaves if it was seen in so many frames: a false detection rarely lasts as long."""


class Pipeline:
    """What one camera remembers from frame to frame; the networks and the knowledge are shared.

    slowdown, 1 and more, stretches the intervals between looks; frames_skipped counts the frames that were not looked at.
    """

    def __init__(
        self,
        camera: str,
        reader: FaceReader,
        knowledge: Knowledge,
        *,
        max_fps: float,
        zone: Zone = EVERYWHERE,
        own_rules: OwnRules = NO_RULES,
    ) -> None:
        """Begin with nobody in view.

        Args:
            camera: its name.
            reader: the networks.
            knowledge: who is known, and the common rules.
            max_fps: at most so many frames per second are looked at.
            zone: where faces count.
            own_rules: what holds for this camera only.
        """
        self.camera = camera
        self.times = StageTimes()
        self.slowdown = 1.0
        self.frames_skipped = 0
        self._reader, self._knowledge, self._zone, self._own_rules = reader, knowledge, zone, own_rules
        self._gate, self._pace = MotionGate(), Pace(max_fps)
        self._tracker, self._keeper, self._visits = Tracker(), VerdictKeeper(), Visits()
        self._identifier = Identifier(knowledge, self._visits)
        self._seen = 0

    @property
    def presence(self) -> Presence:
        """Who is in view."""
        return self._visits.presence

    def forget_people(self) -> None:
        """Let go of those who are not enrolled or remembered any more."""
        self._keeper.keep_people(self._knowledge.display_names)
        self._visits.keep(self._identifier.is_known)

    def step(self, frame: Frame) -> list[Event]:
        """Look at a frame if one is due; the events that it completes."""
        if self._is_due(frame):
            return self.look(frame)
        self.frames_skipped += 1
        rules = self._rules()
        ended = self._tracker.update((), frame.monotonic_seconds, rules.lost_after_seconds).ended if self._tracker.living else ()
        return self._leave(frame, ended, rules)

    def look(self, frame: Frame) -> list[Event]:
        """Look at a frame, due or not; the events that it completes: who left, then the faces in the order of their scores."""
        self.times.begin()
        rules = self._rules()
        found = self._detect(frame)
        self.times.note("detect")
        views = Views(frame, found, self._reader, rules.quality, self.times)
        tracked = self._tracker.update(found, frame.monotonic_seconds, rules.lost_after_seconds, lambda row: _appearance(views.read(row)))
        self.times.note("track")
        events = self._leave(frame, tracked.ended, rules)
        for row, sighting in enumerate(tracked.sightings):
            if sighting:
                events += self._consider(frame, sighting.track, found[row], views, row, rules)
        self._seen = len(found)
        self.times.end()
        return events

    def _rules(self) -> Rules:
        return self._own_rules.over(self._knowledge.rules)

    def _is_due(self, frame: Frame) -> bool:
        now = frame.monotonic_seconds
        moved = self._gate.moved(frame.pixels, now)
        return self._pace.is_due(now, self._in_view(), self._rules().lost_after_seconds, moved=moved, slowdown=self.slowdown)

    def _in_view(self) -> InView:
        living = self._tracker.living
        undecided = min(living, self._keeper.undecided())
        return InView(undecided, living - undecided, max(0, living - self._seen))

    def _detect(self, frame: Frame) -> list[Detection]:
        height, width = frame.pixels.shape[:2]
        return [face for face in self._reader.detector.detect(frame.pixels) if self._zone.holds(face.box, (width, height))]

    def _consider(self, frame: Frame, track: int, detection: Detection, views: Views, row: int, rules: Rules) -> list[Event]:
        now = frame.monotonic_seconds
        self._keeper.see(track, now)
        self._visits.see(track, now)
        geometry = views.geometry(row)
        if not self._keeper.is_due(track, geometry.score, now):
            return []
        view = views.read(row)
        if view.embedding is None or view.face is None:
            self._keeper.note_poor(track, view.quality)
            return []
        seen = self._keeper.add(track, view.embedding, view.quality, geometry.score, now)
        self._tracker.note_appearance(track, seen.vector)
        match = self._knowledge.matcher.match(seen, threshold=self._knowledge.threshold(rules), margin=rules.margin)
        self.times.note("match")
        verdict = self._keeper.consider(track, match, view.quality, now, rules.verdict)
        events = []
        if verdict:
            identity = self._identifier.identify(verdict, seen, view.face, frame.captured_at)
            events = self._announce(frame, track, detection, identity, verdict)
        else:
            self._improve(frame, track, view, view.face, seen)
        self.times.note("track")
        return events

    def _announce(self, frame: Frame, track: int, detection: Detection, identity: Identity, verdict: Verdict) -> list[Event]:
        """Somebody is held to be somebody for the first time, or somebody else than before."""
        before = self._visits.of(track)
        is_news = self._visits.join(track, identity, verdict, frame.monotonic_seconds)
        is_correction = before is not None and before.identity.key != identity.key and not before.identity.ignored
        if is_correction and before is not None and before.all_tracks == {track}:
            self._visits.dissolve(before)
            self._identifier.withdraw(before.identity)
        if identity.ignored or not (is_news or is_correction):
            return []
        height, width = frame.pixels.shape[:2]
        fact = Announcement(verdict, detection.box, (width, height), is_correction=is_correction)
        return [Event(self.camera, track, identity, frame.captured_at, fact)]

    def _improve(self, frame: Frame, track: int, view: View, face: AlignedFace, seen: Embedding) -> None:
        """Another look at somebody who is known already."""
        visit, verdict = self._visits.of(track), self._keeper.verdict(track)
        if visit is None or verdict is None:
            return
        visit.verdict = verdict
        if visit.identity.stranger:
            self._identifier.improve(visit.identity, view.quality.score, seen, face, frame.captured_at)

    def _leave(self, frame: Frame, ended: Iterable[Ended], rules: Rules) -> list[Event]:
        """What is to be told of tracks that ended and of visits that are over."""
        events = []
        for one in ended:
            glimpse = self._keeper.end(one.track)
            self._visits.leave(one.track)
            if glimpse and glimpse.sights >= GLIMPSE_SIGHTS:
                fact = Departure(glimpse.seconds, glimpse.sights, glimpse.quality, glimpse.reason)
                events.append(self._departed(frame, one.track, None, glimpse.last_seen, fact))
        for visit in self._visits.end(frame.monotonic_seconds, rules.refractory_seconds):
            if not visit.identity.ignored:
                fact = Departure(visit.seconds, visit.verdict.looks, visit.verdict.quality, None)
                events.append(self._departed(frame, visit.track, visit.identity, visit.last_seen, fact))
        return events

    def _departed(self, frame: Frame, track: int, identity: Identity | None, last_seen: float, fact: Departure) -> Event:
        """The event, dated when they were last seen."""
        at = frame.captured_at - timedelta(seconds=frame.monotonic_seconds - last_seen)
        return Event(self.camera, track, identity, at, fact)


def _appearance(view: View) -> Float32Array | None:
    return view.embedding.vector if view.embedding else None
