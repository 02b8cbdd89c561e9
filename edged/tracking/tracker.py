"""Tracks: which detection of this frame is the same face as which one of the frames before.

Knows boxes, frame times and how alike faces look; it does not know whose they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from edged.tracking.appearance import AppearanceModel
from edged.tracking.association import best_pairs, plain_pairs
from edged.tracking.motion import Motion, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

    from edged.tracking.appearance import Appearance
    from edged.tracking.association import Evidence
    from edged.types import Box, Detection, Float32Array

    Reading: TypeAlias = Callable[[int], "Appearance | None"]


@dataclass(frozen=True, slots=True)
class Tracked:
    """The outcome of one frame: the track of each detection in its order, and the tracks that ended."""

    tracks: tuple[int | None, ...]  # None for a detection that belongs to no track and may not begin one
    ended: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TrackRules:
    """When motion is enough, and what may begin a track; set on people_walking_to_camera_1080p at 4 to 25 frames a second."""

    plain_nats: float = 4.0  # evidence from motion from which nobody asks for appearance, where no other pair comes near
    plain_seconds: float = 0.3
    """Seconds after which a track that was missed is not resumed on motion alone where its appearance can tell: longer than
    the flicker of a detector, shorter than it takes people to change places."""
    blind_nats: float = 2.0  # evidence to resume such a track where appearance cannot be asked: the farther place is open to others
    begin_score: float = 0.0  # of a detection to begin a track; others only continue one, as in Zhang et al., "ByteTrack", ECCV 2022
    double_iou: float = 0.03
    """Overlap of a box with a followed face above which it begins no track: hair and ears lie between the faces of two heads, so it
    is the detector's double, or a face half hidden, which gets its track when it comes free. Doubles overlap by 0.04 to 0.4."""
    double_seconds: float = 0.5  # for which a face that is missed keeps doubles from beginning: they are often seen in its place


RULES, LOOKS = TrackRules(), AppearanceModel()


@dataclass(frozen=True, slots=True, eq=False)
class _Looks:
    """What the looks of a face say: track → nats, of tracks that are remembered, and whether it was seen clearly."""

    nats: Mapping[int, float]
    is_clear: bool


UNSEEN = _Looks({}, is_clear=False)


@dataclass(slots=True)
class _Track:
    """What is remembered of one track.

    resumed_on is the evidence on which it was resumed after a gap while it was not seen clearly: until it is, it may turn out to be
    somebody else.
    """

    motion: Motion
    box: Box
    last_seen: float
    frame: int  # the number of the last one that showed it
    appearance: Float32Array | None = None
    resumed_on: float | None = None
    is_missed: bool = False  # as unseen_seconds, as of the beginning of the frame that is looked at
    unseen_seconds: float = 0.0

    def expect(self, frame: int, now: float) -> None:
        """Move on to the frame of this number, at monotonic time now, seconds."""
        self.motion.expect(now)
        self.is_missed = self.frame < frame - 1
        self.unseen_seconds = now - self.last_seen

    def see(self, frame: int, now: float, box: Box, place: Place) -> None:
        """Take in where the face is in the frame it was moved on to."""
        self.motion.see(place)
        self.box, self.last_seen, self.frame = box, now, frame

    @property
    def is_held(self) -> bool:
        """Whether it was on a face in the last frame, and surely its own."""
        return self.resumed_on is None and not self.is_missed


class Tracker:
    """Association by motion, and by appearance where motion leaves a doubt: on a crossing, and after a gap.

    Both are counted in one measure, the evidence that a detection shows the face of a track and not a newcomer's, as in Cox and
    Hingorani, "An efficient implementation of Reid's multiple hypothesis tracking algorithm", PAMI 18 (1996), of which this
    keeps the best hypothesis only. Ids ascend from 1; the same frame times and detections give the same tracks.
    """

    def __init__(self, rules: TrackRules = RULES, looks: AppearanceModel = LOOKS) -> None:
        """Begin with no track."""
        self._rules, self._looks = rules, looks
        self._tracks: dict[int, _Track] = {}
        self._began, self._frame, self._now = 0, 0, 0.0

    @property
    def living(self) -> int:
        """How many tracks have not ended."""
        return len(self._tracks)

    def update(self, detections: Sequence[Detection], now: float, lost_after_seconds: float, reading: Reading = lambda _: None) -> Tracked:
        """Continue, begin and end tracks with the detections of the frame at monotonic time now, seconds.

        A track ends when it was not seen for longer than lost_after_seconds. reading gives the appearance of the detection in that row,
        None where it cannot be told; it is asked at most once for a row, and only where motion leaves a doubt and a track in question
        is remembered.
        """
        self._frame, self._now = self._frame + 1, now
        ended = self.end_lost(now, lost_after_seconds)
        places = [Place.of(face.box) for face in detections]
        evidence = self._by_motion(places)
        found: dict[int, int] = {}
        for row, number in plain_pairs(evidence, self._rules.plain_nats).items():
            track = self._tracks[number]
            if track.resumed_on is None and not self._is_gap(track):
                found[row] = number
                track.see(self._frame, now, detections[row].box, places[row])
        if len(found) < len(detections):
            doubtful = self._doubtful(evidence, found)
            looks = {row: self._by_appearance(row, fits, reading) for row, fits in doubtful.items()}
            weighed = {row: self._weigh(detections[row].box, fits, looks[row]) for row, fits in doubtful.items()}
            for row, number in best_pairs(weighed).items():
                self._note_doubt(self._tracks[number], doubtful[row][number], is_clear=looks[row].is_clear and number in looks[row].nats)
                found[row] = number
                self._tracks[number].see(self._frame, now, detections[row].box, places[row])
            self._begin_rest(detections, places, found)
        return Tracked(tuple(map(found.get, range(len(detections)))), ended)

    def end_lost(self, now: float, lost_after_seconds: float) -> tuple[int, ...]:
        """End the tracks that were not seen for longer than that by monotonic time now, seconds; which."""
        lost = tuple(number for number, track in self._tracks.items() if track.last_seen < now - lost_after_seconds)
        for number in lost:
            del self._tracks[number]
        return lost

    def note_appearance(self, track: int, appearance: Appearance) -> None:
        """Note how the face of a living track looks: best the mean of several good views of it. A poor look is not remembered."""
        noted = self._tracks[track]
        if appearance.is_clear:
            noted.appearance = appearance.vector

    def forget_appearance(self, track: int) -> None:
        """Note that a living track follows another face than before, which is yet to be seen clearly."""
        self._tracks[track].appearance = None

    def _by_motion(self, places: Sequence[Place]) -> dict[int, dict[int, float]]:
        """Row → track → nats, of all pairs that could be made."""
        evidence: dict[int, dict[int, float]] = {row: {} for row in range(len(places))}
        for number, track in self._tracks.items():
            track.expect(self._frame, self._now)
            least = 0.0 if track.appearance is None else -self._looks.most
            for row, place in enumerate(places):
                nats = track.motion.evidence(place, least)
                if nats >= least:
                    evidence[row][number] = nats if track.resumed_on is None else min(nats, track.resumed_on)
        return evidence

    def _doubtful(self, evidence: Evidence, decided: Container[int]) -> Evidence:
        """What is left of the evidence when some rows are decided."""
        free = {number for number, track in self._tracks.items() if track.frame < self._frame}
        rest = {row: fits for row, fits in evidence.items() if row not in decided}
        left = {row: {number: nats for number, nats in fits.items() if number in free} for row, fits in rest.items()}
        return {row: fits for row, fits in left.items() if fits}

    def _weigh(self, box: Box, fits: Mapping[int, float], looks: _Looks) -> dict[int, float]:
        """Evidence of motion and appearance together, or of motion with a deduction after a gap where appearance cannot be asked.

        A box that may be a double resumes a track if both, seen clearly, agree.
        """
        double = self._is_double(box, self._now)
        return {
            number: nats + looks.nats.get(number, -self._rules.blind_nats if self._is_gap(self._tracks[number]) else 0.0)
            for number, nats in fits.items()
            if not double or self._tracks[number].is_held or (looks.is_clear and min(nats, looks.nats.get(number, 0.0)) > 0)
        }

    def _by_appearance(self, row: int, numbers: Iterable[int], reading: Reading) -> _Looks:
        """What the face of that row says of those tracks that are remembered; nothing where it cannot be told."""
        known = {number: vector for number in numbers if (vector := self._tracks[number].appearance) is not None}
        seen = reading(row) if known else None
        if seen is None:
            return UNSEEN
        told = {number: self._looks.evidence(float(vector @ seen.vector), is_clear=seen.is_clear) for number, vector in known.items()}
        return _Looks(told, is_clear=seen.is_clear)

    def _begin_rest(self, detections: Sequence[Detection], places: Sequence[Place], found: dict[int, int]) -> None:
        """Begin tracks with what is left, the best score first, so that of two doubles the better one begins."""
        shielded_since = self._now - self._rules.double_seconds
        for row in sorted(set(range(len(detections))) - found.keys(), key=lambda row: (-detections[row].score, row)):
            face = detections[row]
            if face.score >= self._rules.begin_score and not self._is_double(face.box, shielded_since):
                self._began += 1
                self._tracks[self._began] = _Track(Motion(places[row], self._now), face.box, self._now, self._frame)
                found[row] = self._began

    def _is_gap(self, track: _Track) -> bool:
        return track.is_missed and track.unseen_seconds > self._rules.plain_seconds

    def _note_doubt(self, track: _Track, nats: float, *, is_clear: bool) -> None:
        """Remember a resumption of which appearance could not tell, until it can."""
        if is_clear:
            track.resumed_on = None
        elif track.appearance is not None and self._is_gap(track):
            track.resumed_on = max(0.0, nats)  # what motion says in the next frame is not to be held against a poor look

    def _is_double(self, box: Box, seen_since: float) -> bool:
        """Whether a box overlaps a face that was seen since then; one that may be somebody else's counts for nothing."""
        least = self._rules.double_iou
        return any(
            track.last_seen >= seen_since and track.resumed_on is None and box.iou(track.box) > least for track in self._tracks.values()
        )
