"""The pipeline of one camera: a frame in, the events that it completes out.

Here detection, tracking, identity and attributes meet; it does not know where frames come from nor where events go.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from edged.pipeline.attention import Attention
from edged.pipeline.attributes import Attributes
from edged.pipeline.event_maker import EventMaker
from edged.pipeline.frame_faces import FrameFaces
from edged.pipeline.identity import Identifier
from edged.pipeline.pace import InView, Lifetime, Pace
from edged.pipeline.proportions import ProportionWatch
from edged.pipeline.stage_times import StageTimes
from edged.pipeline.stillness import Stillness
from edged.pipeline.view_watch import ViewWatch
from edged.pipeline.zone import Zone
from edged.tracking.appearance import Appearance
from edged.tracking.tracker import Tracker
from edged.tracking.verdict import FollowedFaces
from edged.tracking.visits import Visits
from edged.types import Event, Reason
from edged.vision.motion import GATE_SIZE, MotionGate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edged.config import SettingValue
    from edged.pipeline.attributes import AttributeNetworks
    from edged.pipeline.event_maker import KnownFace
    from edged.pipeline.shared_state import Rules, SharedState
    from edged.tracking.verdict import FollowedFace
    from edged.types import Detection, Embedding, Frame, Instant, Presence, Quality
    from edged.vision.faces import FaceReader

EVERYWHERE = Zone(())
UNTOLD = frozenset({Reason.TOO_SMALL, Reason.CUT_OFF, Reason.TURNED_AWAY})
"""Why a face may be seen poorly that says nothing of its camera."""


class Pipeline:
    """What one camera remembers from frame to frame; the networks and the SharedState are common to all cameras.

    slowdown, 1 and more, stretches the intervals between looks; frames_skipped counts the frames that were not looked at, unnamed
    the faces that left without a verdict, by reason; proportions watches whether the camera's pixels are square, and visits is who is here.
    """

    def __init__(
        self,
        camera: str,
        reader: FaceReader,
        shared: SharedState,
        *,
        networks: AttributeNetworks,
        max_fps: float,
        zone: Zone = EVERYWHERE,
        own_settings: Mapping[str, SettingValue] | None = None,
        tracker: Tracker | None = None,
    ) -> None:
        """Begin with nobody in view.

        At most max_fps frames per second are looked at, and only faces in the zone count; own_settings are those that hold for this
        camera instead of the common ones.
        """
        self.camera, self.times = camera, StageTimes()
        self.slowdown, self.frames_skipped = 1.0, 0
        self.unnamed: Counter[Reason] = Counter()
        self.on_known: Callable[[KnownFace], None] = lambda _: None
        """Called with each face that has left and was a person's beyond doubt."""
        self._reader, self._shared, self._zone, self._own_settings = reader, shared, zone, own_settings
        self._gate, self._pace, self._lifetime = MotionGate(zone.mask(GATE_SIZE)), Pace(max_fps), Lifetime()
        self._tracker, self._faces, self.visits = tracker or Tracker(), FollowedFaces(), Visits()
        self._identifier = Identifier(shared, self.visits)
        self._stillness, self._attention = Stillness(), Attention()
        self._events = EventMaker(camera, shared, self.visits, self._identifier, self._stillness)
        self._attributes = Attributes(networks)
        self.proportions, self.views = ProportionWatch(reader.detection_card.proportions), ViewWatch()
        self._common_rules, self._rules_here = shared.rules, shared.rules.model_copy(update=own_settings)
        self._seen = 0
        self._ended: list[int] = []  # tracks that ended, and are still to be seen off
        self._pending: list[Event] = []  # kept until they are given, so that a frame that goes wrong loses none

    @property
    def presence(self) -> Presence:
        """Who is in view."""
        return self.visits.presence

    def refresh_people(self) -> None:
        """Let go of those whom the gallery does not hold any more, now that it has changed, and look anew at those who are here."""
        self._faces.ask_again(self._shared.display_names)
        self.visits.keep(self._identifier.is_known)
        self._pending = [event for event in self._pending if event.identity is None or self._identifier.is_known(event.identity)]

    def step(self, frame: Frame) -> list[Event]:
        """Look at a frame, a new picture, if one is due; the events that it completes."""
        self._lifetime.note(frame.monotonic_seconds)
        return self.look(frame) if self._is_due(frame) else self.skip(frame)

    def skip(self, frame: Frame) -> list[Event]:
        """Pass a frame without a look; the events of those who have not been seen for too long."""
        self.frames_skipped += 1
        return self.pass_time(frame)

    def pass_time(self, now: Instant) -> list[Event]:
        """See off whoever has not been seen for too long by now, also where no frame comes that shows it; the events of that.

        Somebody who was not there for long enough to be called a stranger is one after all, as soon as that time is up. A track that went
        wrong before is seen off without a word.
        """
        rules = self._rules()
        self._ended += self._tracker.end_lost(now.monotonic_seconds, self._lifetime.seconds(rules.lost_after_seconds))
        for track, gone in self._faces.overdue(now.monotonic_seconds, rules.verdict):
            self._pending += self._events.conclude(track, gone, rules)
        while self._ended:
            track = self._ended[0]
            if face := self._faces.end(track):
                self._pending += self._events.conclude(track, face, rules)
                if known := self._events.known(track, face):
                    self.on_known(known)
            self.visits.leave(track)
            self._attributes.end(track)
            if glimpse := face and face.glimpse():
                self.unnamed[glimpse.reason] += 1
                self._pending += self._events.depart_unnamed(now, track, glimpse)
            self._stillness.end(track)
            del self._ended[0]
        self._pending += self._events.depart(now, self.visits.end(now.monotonic_seconds, rules.refractory_seconds))
        return _taken(self._pending)

    def look(self, frame: Frame, on_faces: Callable[[FrameFaces], None] | None = None) -> list[Event]:
        """Look at a frame, due or not; the events that it completes: who left, then the faces in the order of their scores.

        on_faces is called with the faces too, so that none is read twice.
        """
        self.times.begin()
        rules = self._rules()
        self._lifetime.note(frame.monotonic_seconds)
        found = self._detect(frame)
        self.times.note("detect")
        views = FrameFaces(frame, found, self._reader, rules.quality, self.times)
        self._pending.extend(self.pass_time(frame))
        tracked = self._tracker.update(
            found, frame.monotonic_seconds, self._lifetime.seconds(rules.lost_after_seconds), lambda row: _appearance(views, row)
        )
        views.tracks = tracked.tracks
        self.times.note("track")
        followed = [(row, track) for row, track in enumerate(tracked.tracks) if track is not None]
        boxes = {track: found[row].box for row, track in followed}
        self._attention.follow(list(boxes.values()) if len(boxes) == self._tracker.living else [])
        self._events.see(frame, boxes)
        for row, track in followed:
            self.proportions.see(track, found[row], views.geometry(row), views.frame_size, frame.monotonic_seconds)
            self._pending += self._consider(track, views, row, frame.monotonic_seconds)
            self.times.note("track")
        self._pending += self._events.tell_apart(frame, self._faces, boxes)
        self.times.note("track")
        for row, track in followed:
            if not self._pending:  # who was announced now is published at once, and read in the next frame
                self._pending += self._read_attributes(frame, track, found[row], views.geometry(row), rules)
        self.times.note("attributes")
        self._seen = len(found)
        self.times.end()
        if on_faces:
            on_faces(views)
        return _taken(self._pending)

    def _rules(self) -> Rules:
        common = self._shared.rules
        if common is not self._common_rules:
            self._common_rules, self._rules_here = common, common.model_copy(update=self._own_settings)
        return self._rules_here

    def _is_due(self, frame: Frame) -> bool:
        now, living = frame.monotonic_seconds, self._tracker.living
        undecided = min(living, self._faces.undecided())
        in_view = InView(undecided, living - undecided, max(0, living - self._seen))
        moved = self._gate.moved(frame.pixels, now)
        return self._pace.is_due(
            now, in_view, self._lifetime.seconds(self._rules().lost_after_seconds), moved=moved, slowdown=self.slowdown
        )

    def _detect(self, frame: Frame) -> list[Detection]:
        height, width = frame.pixels.shape[:2]
        return [face for face in self._attention.detect(self._reader.detector, frame) if self._zone.holds(face.box, (width, height))]

    def _consider(self, track: int, views: FrameFaces, row: int, now: float) -> list[Event]:
        face = self._faces.see(track, now)
        geometry = views.geometry(row)
        is_due = face.is_due(geometry.score, now, self._rules().verdict)
        if not (is_due or self._attributes.is_due(track, now)):  # what is read should be of whom it is told
            return []
        view = views.read(row)
        if view.quality.reason not in UNTOLD:
            self.views.see(track, views.turn(row), usual=view.quality.reason is None and view.quality.is_typical)
        if view.embedding:
            return self._add_look(track, face, views, row, view.embedding, now)
        face.note_poor(view.quality, now)
        return self._consider_poor(face, track, views, row, now)

    def _add_look(self, track: int, before: FollowedFace, views: FrameFaces, row: int, embedding: Embedding, now: float) -> list[Event]:
        rules, quality = self._rules(), views.read_poor(row).quality
        may_be_best = before.evidence.is_surpassed_by(quality.score) or before.unlike > 0  # where it is unlike too, a new face begins
        shown = views.view_to_keep(row, with_crop=rules.pictures and may_be_best)
        face = self._faces.add(track, embedding, quality, views.geometry(row).score, now, shown)
        if face is None:
            return []
        if face.first_seen == now:
            self._begin_anew(track)
        seen = face.evidence.fused() or embedding
        self._tracker.note_appearance(track, Appearance(seen.vector, quality.score))
        threshold = self._shared.threshold(rules, face.evidence.looks)
        match = self._shared.matcher.match(seen, threshold=threshold, margin=rules.margin)
        self.times.note("match")
        verdict = face.consider(match, quality, now, rules.verdict)
        if verdict:
            return self._events.announce(track, face, verdict, shown, now, rules)
        if face.evidence.best is shown:
            self._events.improve(track, face, shown.at)
        return []

    def _consider_poor(self, face: FollowedFace, track: int, views: FrameFaces, row: int, now: float) -> list[Event]:
        """Remember how a face looks that is seen poorly, to tell it from others; it is a look like others where nobody could doubt it."""
        if not face.asks_for(views.read(row).quality, now):
            return []
        view, rules = views.read_poor(row), self._rules()
        if view.embedding is None:
            return []
        if self._shared.decide(view.embedding, view.quality, rules).person is not None:
            return self._add_look(track, face, views, row, view.embedding, now)
        if not views.geometry(row).reason:
            seen = face.remember(view.embedding, view.quality)
            self._tracker.note_appearance(track, Appearance(seen.vector, view.quality.score))
        return []

    def _begin_anew(self, track: int) -> None:
        """Let a track follow a new face: whom it followed before was here all the same, and nothing of them is of this one."""
        self.visits.leave(track)
        self._attributes.end(track)
        self._stillness.end(track)
        self._tracker.forget_appearance(track)

    def _read_attributes(self, frame: Frame, track: int, face: Detection, view: Quality, rules: Rules) -> list[Event]:
        """Read expression, age and gender of a face that is seen well enough, and surely its track's; events are of who was announced."""
        if not (rules.emotion or rules.age_gender) or view.reason or self._faces.is_in_doubt(track):
            return []
        self._attributes.look(frame, track, face, view.score)
        visit = self.visits.of(track)
        if visit is None or visit.identity.ignored:
            return []
        answers = self._attributes.new_answers(track, frame.monotonic_seconds)
        still = self._stillness.is_still(track)
        return [Event(self.camera, track, visit.identity, frame.captured_at, answer, still) for answer in answers]


def _appearance(views: FrameFaces, row: int) -> Appearance | None:
    embedding = views.embedding(row)
    return Appearance(embedding.vector, views.read(row).quality.score) if embedding else None


def _taken(pending: list[Event]) -> list[Event]:
    """What was pending, which is not any more."""
    taken = pending.copy()
    pending.clear()
    return taken
