"""The pipeline of one camera: a frame in, the events that it completes out.

Here detection, tracking, identity and attributes meet; it does not know where frames come from nor where events go.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from edged.pipeline.attributes import Attributes
from edged.pipeline.frame_faces import FrameFaces
from edged.pipeline.identity import Identifier
from edged.pipeline.pace import InView, Pace
from edged.pipeline.stage_times import StageTimes
from edged.pipeline.zone import Zone
from edged.tracking.appearance import Appearance
from edged.tracking.tracker import Tracker
from edged.tracking.verdict import VerdictKeeper
from edged.tracking.visits import Visits
from edged.types import Announcement, Departure, Event
from edged.vision.motion import GATE_SIZE, MotionGate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from edged.config import SettingValue
    from edged.pipeline.attributes import AttributeNetworks
    from edged.pipeline.frame_faces import BestView
    from edged.pipeline.shared_state import Rules, SharedState
    from edged.tracking.tracker import Ended
    from edged.types import Detection, Embedding, Frame, Glimpse, Identity, Presence, Quality, Reason, Verdict
    from edged.vision.faces import FaceReader

EVERYWHERE = Zone(())
GLIMPSE_LOOKS, GLIMPSE_QUALITY = 3, 0.2
"""A face without a verdict is told of when it leaves if it was large enough in so many frames and its best look had this quality;
the others are only counted. Of looks below 0.2 8 % match their own person (pairsDevTest, made worse), and heads seen from behind
in backs_and_empty_scene reach 0.19."""


class Pipeline:
    """What one camera remembers from frame to frame; the networks and the SharedState are common to all cameras.

    slowdown, 1 and more, stretches the intervals between looks; frames_skipped counts the frames that were not looked at, unnamed
    the faces that left without a verdict, by reason.
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
    ) -> None:
        """Begin with nobody in view.

        Args:
            camera: its name.
            reader: the networks.
            shared: who is known, and the common rules.
            networks: those of the attributes.
            max_fps: at most so many frames per second are looked at.
            zone: where faces count.
            own_settings: those that hold for this camera instead of the common ones.
        """
        self.camera = camera
        self.times = StageTimes()
        self.slowdown = 1.0
        self.frames_skipped = 0
        self.unnamed: Counter[Reason] = Counter()
        self._reader, self._shared, self._zone, self._own_settings = reader, shared, zone, own_settings
        self._gate, self._pace = MotionGate(zone.mask(GATE_SIZE)), Pace(max_fps)
        self._tracker, self._keeper, self._visits = Tracker(), VerdictKeeper(), Visits()
        self._identifier = Identifier(shared, self._visits)
        self._attributes = Attributes(networks)
        self._best: dict[int, BestView] = {}
        self._common_rules, self._rules_here = shared.rules, shared.rules.model_copy(update=own_settings)
        self._seen = 0

    @property
    def presence(self) -> Presence:
        """Who is in view."""
        return self._visits.presence

    def take_over_gallery(self) -> None:
        """The gallery has changed: let go of those who are not enrolled or remembered any more, and look anew at those who are here."""
        self._keeper.ask_again(self._shared.display_names)
        self._visits.keep(self._identifier.is_known)

    def step(self, frame: Frame) -> list[Event]:
        """Look at a frame if one is due; the events that it completes."""
        return self.look(frame) if self._is_due(frame) else self.pass_over(frame)

    def pass_over(self, frame: Frame) -> list[Event]:
        """Do not look at a frame; the events of those who have not been seen for too long."""
        self.frames_skipped += 1
        rules = self._rules()
        return self._leave(frame, self._tracker.end_lost(frame.monotonic_seconds, rules.lost_after_seconds), rules)

    def look(self, frame: Frame, onlooker: Callable[[FrameFaces], None] | None = None) -> list[Event]:
        """Look at a frame, due or not; the events that it completes: who left, then the faces in the order of their scores.

        An onlooker is shown the faces too, so that none is read twice.
        """
        self.times.begin()
        rules = self._rules()
        found = self._detect(frame)
        self.times.note("detect")
        views = FrameFaces(frame, found, self._reader, rules.quality, self.times)
        tracked = self._tracker.update(found, frame.monotonic_seconds, rules.lost_after_seconds, lambda row: _appearance(views, row))
        self.times.note("track")
        events = self._leave(frame, tracked.ended, rules)
        for row, sighting in enumerate(tracked.sightings):
            if sighting:
                events += self._consider(frame, sighting.track, views, row, rules)
                self.times.note("track")
        for row, sighting in enumerate(tracked.sightings):
            if sighting and not events:  # who was announced now is told of at once, and read in the next frame
                events += self._read_attributes(frame, sighting.track, found[row], views.geometry(row), rules)
        self.times.note("attributes")
        self._seen = len(found)
        self.times.end()
        if onlooker:
            onlooker(views)
        return events

    def _rules(self) -> Rules:
        common = self._shared.rules
        if common is not self._common_rules:
            self._common_rules, self._rules_here = common, common.model_copy(update=self._own_settings)
        return self._rules_here

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

    def _consider(self, frame: Frame, track: int, views: FrameFaces, row: int, rules: Rules) -> list[Event]:
        now = frame.monotonic_seconds
        self._keeper.see(track, now)
        self._visits.see(track, now)
        geometry = views.geometry(row)
        if not self._keeper.is_due(track, geometry.score, now):
            return []
        view = views.read(row)
        if view.embedding is None:
            self._keeper.note_poor(track, view.quality)
            self._remember(track, views, row, now)
            return []
        seen = self._keeper.add(track, view.embedding, view.quality, geometry.score, now)
        if self._keeper.seen_since(track) == now:
            self._begin(track)
        self._tracker.note_appearance(track, Appearance(seen.vector, view.quality.score))
        match = self._shared.matcher.match(seen, threshold=self._shared.threshold(rules), margin=rules.margin)
        self.times.note("match")
        is_best = self._is_best(track, view.quality)
        shot = views.shot(row, with_crop=is_best and rules.pictures)
        if is_best:
            self._best[track] = shot
        verdict = self._keeper.consider(track, match, view.quality, now, rules.verdict)
        if verdict:
            return self._announce(track, verdict, seen, shot, now)
        if is_best:
            self._improve(track, seen, shot)
        return []

    def _remember(self, track: int, views: FrameFaces, row: int, now: float) -> None:
        """A face that may not vote is to be told from others all the same."""
        quality = views.read(row).quality
        embedding = views.embedding(row) if self._keeper.lacks_look(track, quality, now) else None
        if embedding:
            seen = self._keeper.remember(track, embedding, quality, now)
            self._tracker.note_appearance(track, Appearance(seen.vector, quality.score))

    def _begin(self, track: int) -> None:
        """A track begins, or begins anew: whom it followed before was here all the same, and nothing of them is of whom it follows now."""
        self._visits.leave(track)
        self._best.pop(track, None)
        self._attributes.end(track)
        self._tracker.forget_appearance(track)

    def _read_attributes(self, frame: Frame, track: int, face: Detection, view: Quality, rules: Rules) -> list[Event]:
        """Expression, age and gender of a face that is seen well enough; they are told of somebody who was announced."""
        if not (rules.emotion or rules.age_gender) or view.reason:
            return []
        self._attributes.look(frame, track, face, view.score)
        visit = self._visits.of(track)
        if visit is None or visit.identity.ignored:
            return []
        news = self._attributes.news(track, frame.monotonic_seconds)
        return [Event(self.camera, track, visit.identity, frame.captured_at, answer) for answer in news]

    def _is_best(self, track: int, quality: Quality) -> bool:
        best = self._best.get(track)
        return best is None or quality.score > best.quality

    def _announce(self, track: int, verdict: Verdict, seen: Embedding, shot: BestView, now: float) -> list[Event]:
        """Somebody is held to be somebody for the first time, or somebody else than before."""
        identity = self._identifier.identify(verdict, seen, self._best[track].face, shot.at, self._rules())
        before = self._visits.of(track)
        is_news = self._visits.join(track, identity, verdict, now, self._keeper.seen_since(track))
        is_correction = before is not None and before.identity.key != identity.key and not before.identity.ignored
        if is_correction and before is not None and before.all_tracks == {track}:
            self._visits.dissolve(before)
            self._identifier.withdraw(before.identity)
        if identity.ignored or not (is_news or is_correction):
            return []
        crop = self._best[track].crop if self._shared.rules.pictures else None
        fact = Announcement(verdict, shot.box, shot.frame_size, is_correction=is_correction, crop=crop)
        return [Event(self.camera, track, identity, shot.at, fact)]

    def _improve(self, track: int, seen: Embedding, shot: BestView) -> None:
        """A better look at somebody who is known already."""
        visit, verdict = self._visits.of(track), self._keeper.verdict(track)
        if visit is None or verdict is None:
            return
        visit.verdict = verdict
        if visit.identity.stranger:
            self._identifier.improve(visit.identity, shot.quality, seen, shot.face, shot.at)

    def _leave(self, frame: Frame, ended: Iterable[Ended], rules: Rules) -> list[Event]:
        """What is to be told of tracks that ended and of visits that are over."""
        now = frame.monotonic_seconds
        events = [event for one in ended for event in self._end(frame, one, rules)]
        for visit in self._visits.end(now, rules.refractory_seconds):
            if not visit.identity.ignored:
                fact = Departure(visit.seconds, visit.verdict.looks, visit.verdict.quality, None)
                events.append(self._departed(frame, visit.track, visit.identity, visit.last_seen, fact))
        return events

    def _end(self, frame: Frame, ended: Ended, rules: Rules) -> list[Event]:
        """A track ended: somebody who was not there for long enough to be called a stranger is one after all."""
        track, events = ended.track, []
        verdict, seen = self._keeper.conclude(track, rules.verdict), self._keeper.seen(track)
        if verdict and seen:
            events = self._announce(track, verdict, seen, self._best[track], frame.monotonic_seconds - rules.lost_after_seconds)
        self._best.pop(track, None)
        glimpse = self._keeper.end(track)
        self._visits.leave(track)
        self._attributes.end(track)
        if glimpse:
            return self._tell_glimpse(frame, track, glimpse)
        return events

    def _tell_glimpse(self, frame: Frame, track: int, glimpse: Glimpse) -> list[Event]:
        self.unnamed[glimpse.reason] += 1
        if glimpse.looks < GLIMPSE_LOOKS or glimpse.quality < GLIMPSE_QUALITY:
            return []
        fact = Departure(glimpse.seconds, glimpse.looks, glimpse.quality, glimpse.reason)
        return [self._departed(frame, track, None, glimpse.last_seen, fact)]

    def _departed(self, frame: Frame, track: int, identity: Identity | None, last_seen: float, fact: Departure) -> Event:
        """The event, dated when they were last seen."""
        at = frame.captured_at - timedelta(seconds=frame.monotonic_seconds - last_seen)
        return Event(self.camera, track, identity, at, fact)


def _appearance(views: FrameFaces, row: int) -> Appearance | None:
    embedding = views.embedding(row)
    return Appearance(embedding.vector, views.read(row).quality.score) if embedding else None
