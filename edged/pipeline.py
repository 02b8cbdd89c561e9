"""The pipeline of one camera: a frame in, the events it completes out.

Here vision, gallery and tracking meet; nothing here knows a broker, a clock, or where frames come from.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from edged.pace import InView, Pace
from edged.tracking.tracker import Tracker
from edged.tracking.verdict import VerdictKeeper, VerdictRules
from edged.types import Event, Look
from edged.vision.motion import MotionGate
from edged.vision.quality import QualityLimits, judge_geometry, judge_pixels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.gallery.matcher import Matcher
    from edged.gallery.memory import StrangerMemory
    from edged.tracking.tracker import Tracked
    from edged.types import Detection, Frame, Presence, Quality
    from edged.vision.faces import FaceReader

STAGES = ("detect", "align", "embed", "match", "track")
TIMED_FRAMES = 100
"""How many frames the stage times are a median of."""
NOBODY = InView(undecided=0, decided=0, lost=0)


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings in force, as they stand in the configuration's `[recognition]`, all of them numbers."""

    match_threshold: float
    margin: float
    min_face_px: float
    trigger_level: int
    stranger_after_seconds: float
    refractory_seconds: float
    lost_after_seconds: float

    @property
    def verdict(self) -> VerdictRules:
        """What it takes to be announced."""
        return VerdictRules(self.trigger_level, self.stranger_after_seconds, self.refractory_seconds)

    @property
    def quality(self) -> QualityLimits:
        """What a view must be to vote."""
        return QualityLimits(min_face_px=self.min_face_px)


@dataclass(slots=True)
class Knowledge:
    """Who is known and by which rules: shared by all cameras, replaced between frames when a command changes it."""

    matcher: Matcher
    strangers: StrangerMemory
    display_names: dict[str, str]
    rules: Rules


@dataclass
class StageTimes:
    """How long each stage took in the last frames, seconds."""

    seconds: dict[str, deque[float]] = field(default_factory=lambda: {stage: deque(maxlen=TIMED_FRAMES) for stage in STAGES})
    _started: float = 0.0
    _spent: dict[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        """A frame begins."""
        self._spent = dict.fromkeys(STAGES, 0.0)
        self._started = time.perf_counter()

    def note(self, stage: str) -> None:
        """What was done since the last note belongs to this stage."""
        now = time.perf_counter()
        self._spent[stage] += now - self._started
        self._started = now

    def end(self) -> None:
        """The frame is done."""
        for stage, seconds in self._spent.items():
            self.seconds[stage].append(seconds)

    def median_ms(self) -> dict[str, float]:
        """The median of each stage in milliseconds; nothing before the first frame."""
        return {stage: median(taken) * 1000 for stage, taken in self.seconds.items() if taken}


class Pipeline:
    """What one camera remembers from frame to frame; the networks and the knowledge are shared.

    slowdown, 1 and more, stretches the intervals between looks; frames_skipped counts the frames that were not looked at.
    """

    def __init__(self, camera: str, reader: FaceReader, knowledge: Knowledge, *, max_fps: float) -> None:
        """Begin with nobody in view; at most max_fps frames per second are looked at."""
        self.camera = camera
        self.times = StageTimes()
        self.slowdown = 1.0
        self.frames_skipped = 0
        self._gate, self._pace = MotionGate(), Pace(max_fps)
        self._seen = 0
        self._reader, self._knowledge = reader, knowledge
        self._tracker = Tracker()
        self._keeper = VerdictKeeper()

    @property
    def presence(self) -> Presence:
        """Who is in view."""
        return self._keeper.presence

    def forget_people(self) -> None:
        """Let go of those who are not enrolled any more."""
        self._keeper.keep_people(self._knowledge.display_names)

    def step(self, frame: Frame) -> list[Event]:
        """Look at a frame if one is due; the events that it completes, in order of the faces' scores."""
        if self._is_due(frame):
            return self.look(frame)
        self.frames_skipped += 1
        ended = self._tracker.end_lost(frame.monotonic_seconds, self._knowledge.rules.lost_after_seconds)
        self._keeper.forget_tracks(one.track for one in ended)
        return []

    def look(self, frame: Frame) -> list[Event]:
        """Look at a frame, due or not; the events that it completes, in order of the faces' scores."""
        self.times.begin()
        found = self._reader.detector.detect(frame.pixels)
        self.times.note("detect")
        tracked = self._track(found, frame.monotonic_seconds)
        self._seen = len(found)
        self.times.note("track")
        seen = [(face, sighting.track) for face, sighting in zip(found, tracked.sightings, strict=True) if sighting]
        events = [event for face, track in seen if (event := self._consider(frame, face, track))]
        self.times.end()
        return events

    def _is_due(self, frame: Frame) -> bool:
        now, rules = frame.monotonic_seconds, self._knowledge.rules
        moved = self._gate.moved(frame.pixels, now)
        return self._pace.is_due(now, self._in_view(), rules.lost_after_seconds, moved=moved, slowdown=self.slowdown)

    def _in_view(self) -> InView:
        living = self._tracker.living
        if not living:
            return NOBODY
        presence = self._keeper.presence
        decided = len(presence.people) + presence.strangers
        return InView(max(0, living - decided), decided, max(0, living - self._seen))

    def _track(self, found: Sequence[Detection], now: float) -> Tracked:
        tracked = self._tracker.update(found, now, self._knowledge.rules.lost_after_seconds)
        self._keeper.forget_tracks(one.track for one in tracked.ended)
        return tracked

    def _consider(self, frame: Frame, detection: Detection, track: int) -> Event | None:
        rules = self._knowledge.rules
        look = self._look(frame, detection, rules)
        verdict = self._keeper.consider(track, look, frame.monotonic_seconds, rules.verdict)
        self.times.note("track")
        if verdict is None:
            return None
        height, width = frame.pixels.shape[:2]
        return Event(
            camera=self.camera,
            track=track,
            verdict=verdict,
            display_name=self._knowledge.display_names.get(verdict.person) if verdict.person else None,
            box=detection.box,
            frame_size=(width, height),
            frame_at=frame.captured_at,
        )

    def _look(self, frame: Frame, detection: Detection, rules: Rules) -> Look:
        height, width = frame.pixels.shape[:2]
        limits = rules.quality
        quality = judge_geometry(detection, (width, height), limits)
        if quality.reason:
            return self._poor(detection, quality)
        aligned = self._reader.aligner.align(frame.pixels, detection.landmarks)
        quality = judge_pixels(aligned, quality, limits)
        if quality.reason:
            return self._poor(detection, quality)
        self.times.note("align")
        embedding = self._reader.embedder.embed(aligned)
        self.times.note("embed")
        match = self._knowledge.matcher.match(embedding, threshold=rules.match_threshold, margin=rules.margin)
        self.times.note("match")
        return Look(detection, quality, embedding, match)

    def _poor(self, detection: Detection, quality: Quality) -> Look:
        self.times.note("align")
        return Look(detection, quality, None, None)
