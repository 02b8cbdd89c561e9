"""One capture: what somebody before a camera is told to do, frame by frame, and which of their looks are taken.

Knows views and poses in frame time; neither pixels, the gallery, nor a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from edged.enrollment.selection import GOOD, Selection
from edged.gallery.diversity import ALIKE
from edged.types import Reason
from edged.vision.quality import COMFORT
from edged.vision.typical_view import UNLIKE_ALL

if TYPE_CHECKING:
    from edged.pipeline.frame_faces import FaceView
    from edged.types import AlignedFace, Embedding, Pose, Quality

NEAR_PX = 112.0
"""Width of a face from which a poor view has been moving; that of a smaller one, below the embedder's picture, is better from nearer."""
FRONT_YAW_DEGREES, FRONT_PITCH_DEGREES = 15.0, 20.0
"""Angles within which a face counts as looking straight: the three of scripts/door_clip.py, 260 px high and not turned, seem to be
by −3 to 14 and −9 to 2."""
TURN_DEGREES, NOD_DEGREES = 15.0, 10.0
"""Angles from their own straight look that somebody must turn or nod. Seen in five landmarks: in the 62 frames of
head-pose-face-detection-male.gif, a head that hardly moves, yaw is −1 to 3 and pitch −11 to 1; what shows the same is not taken twice."""
SETTLE_SECONDS = 0.6
"""Seconds after the first good view in a direction in which a better one may come: some frames of a slow board, and no wait to notice."""
ASK_SECONDS = 5.0
"""Seconds after which a direction that was asked for in vain is put off for the next one: some nod less than five landmarks show."""
HINT_SECONDS = 0.5
"""Seconds between two hints, at least: they are read, or spoken."""


class Direction(StrEnum):
    """Where a face looks, left and right being its own; in the order in which they are asked for."""

    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


DIRECTIONS = tuple(Direction)


class Hint(StrEnum):
    """What somebody before the camera is told."""

    NOBODY = "nobody"
    ONE_AT_A_TIME = "one_at_a_time"
    CLOSER = "closer"
    NOT_IN_THE_MIDDLE = "not_in_the_middle"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    HOLD_STILL = "hold_still"
    SOMEBODY_ELSE = "somebody_else"
    NOT_UPRIGHT = "not_upright"
    UNUSUAL_VIEW = "unusual_view"
    LOOK_STRAIGHT = "look_straight"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_UP = "look_up"
    LOOK_DOWN = "look_down"


ASKED = dict(zip(DIRECTIONS, (Hint.LOOK_STRAIGHT, Hint.TURN_LEFT, Hint.TURN_RIGHT, Hint.LOOK_UP, Hint.LOOK_DOWN), strict=True))
"""How each direction is asked for."""
REFUSED = {
    Reason.TOO_SMALL: Hint.CLOSER,
    Reason.CUT_OFF: Hint.NOT_IN_THE_MIDDLE,
    Reason.TURNED_AWAY: Hint.LOOK_STRAIGHT,
    Reason.NOT_UPRIGHT: Hint.NOT_UPRIGHT,
    Reason.UNUSUAL_VIEW: Hint.UNUSUAL_VIEW,
    Reason.TOO_DARK: Hint.TOO_DARK,
    Reason.TOO_BRIGHT: Hint.TOO_BRIGHT,
}
"""What mends a view that cannot be used; a blurred one depends on its size."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a frame shows: how many faces may be meant, and of the first its view, width in pixels and mean brightness, 0…255.

    view is None where there is no face, brightness 0 where the view cannot be used. has_others says whether there are faces beside it
    that are near, and too poor to be meant.
    """

    faces: int
    view: FaceView | None = None
    face_px: float = 0.0
    brightness: float = 0.0
    has_others: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One look that may become a template; its embedding is that of the single picture."""

    direction: Direction
    pose: Pose
    quality: float
    face: AlignedFace
    embedding: Embedding
    typicality: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """What is to be told: the hint, and how many looks are taken."""

    hint: Hint
    taken: int


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What came of a frame: progress to report, if it is new and time for it, and a look that was taken."""

    progress: Progress | None
    look: Look | None


@dataclass(slots=True)
class _Candidate:
    began: float
    best: Look


class Capture:
    """Takes one look in each of several directions, straight ahead first, all of one person.

    hint is the latest, told or not; left_out counts the frames in which somebody else than the first look's person was seen, and
    others_beside those with a face beside it that was too poor to be meant.
    """

    def __init__(self, looks: int, timeout_seconds: float, match_threshold: float) -> None:
        """Wait for the first frame, from which timeout_seconds count, and then for so many looks, each in another of DIRECTIONS.

        match_threshold is the similarity, −1…1, from which two looks are held to be one person's.

        Raises:
            ValueError: there are not so many directions, or none is asked for.
        """
        if not 1 <= looks <= len(DIRECTIONS):
            raise ValueError(f"{looks} looks; there are 1 to {len(DIRECTIONS)} directions.")
        self.looks, self.timeout_seconds = looks, timeout_seconds
        self.hint = Hint.NOBODY
        self.left_out = self.others_beside = 0
        self._match_threshold, self._good = match_threshold, Selection[Look](match_threshold, looks)
        self._taken: dict[Direction, Look] = {}
        self._candidates: dict[Direction, _Candidate] = {}
        self._missing = list(DIRECTIONS[:looks])
        self._began: float | None = None
        self._now = self._asked_at = 0.0
        self._last_progress: tuple[float, Progress] | None = None
        self._latest: Embedding | None = None

    @property
    def taken(self) -> tuple[Look, ...]:
        """The looks taken so far."""
        return tuple(self._taken.values())

    @property
    def missing(self) -> tuple[Direction, ...]:
        """The directions still to come, in the order in which they are asked for now."""
        return tuple(self._missing)

    @property
    def spares(self) -> tuple[Look, ...]:
        """Good looks that show something else than those taken, whatever their direction, at most as many as are missing."""
        return tuple(look for look in self._good.kept if self._nearest(look) < ALIKE)[: len(self._missing)]

    @property
    def is_over(self) -> bool:
        """Whether all looks are taken, or the time is up."""
        return not self._missing or (self._began is not None and self._now - self._began >= self.timeout_seconds)

    def see(self, now: float, seen: Seen) -> Step:
        """Look at the frame of monotonic time now, seconds; not to be called when it is over.

        Several faces, or a poor one, give a hint only.
        """
        if self._began is None:
            self._began = self._asked_at = now
        self._now = now
        self.others_beside += seen.has_others
        self.hint = self._consider(seen)
        look = self._settle()
        return Step(self._new_progress(), look)

    def _consider(self, seen: Seen) -> Hint:
        if seen.view is None or seen.faces > 1:
            return Hint.ONE_AT_A_TIME if seen.view else Hint.NOBODY
        quality = seen.view.quality
        if weakness := _weakness(quality, seen):
            return weakness
        if quality.typicality < (UNLIKE_ALL if self._taken else 0):  # the first look is what vouches for the others
            return Hint.UNUSUAL_VIEW
        return self._note(self._look(seen.view))

    def _note(self, look: Look | None) -> Hint:
        """Note a good look, where it is of use, as a candidate."""
        if look is None:
            return self._ask()
        if not self._is_same_person(look):
            self.left_out += 1
            return Hint.SOMEBODY_ELSE
        self._good.offer(look)
        if self._taken:
            self._latest = look.embedding
        if look.direction not in self._missing or self._nearest(look) >= ALIKE:
            return self._ask()
        candidate = self._candidates.setdefault(look.direction, _Candidate(self._now, look))
        if look.quality > candidate.best.quality:
            candidate.best = look
        return Hint.HOLD_STILL

    def _look(self, view: FaceView) -> Look | None:
        """A good view as a look; None where it points in no direction that is of use."""
        pose = view.quality.pose
        if view.face is None or view.embedding is None or pose is None:
            raise ValueError("A view without a reason against it has a face, an embedding and a pose.")
        front = self._taken.get(Direction.FRONT)
        direction = _direction(pose, front.pose if front else None)
        return Look(direction, pose, view.quality.score, view.face, view.embedding, view.quality.typicality) if direction else None

    def _nearest(self, look: Look) -> float:
        return max((float(look.embedding.vector @ other.embedding.vector) for other in self._taken.values()), default=-1.0)

    def _is_same_person(self, look: Look) -> bool:
        """Whether a look matches one that was taken, or the latest of the same person, which is nearer to it while a head turns."""
        if not self._taken or self._nearest(look) >= self._match_threshold:
            return True
        return self._latest is not None and float(look.embedding.vector @ self._latest.vector) >= self._match_threshold

    def _settle(self) -> Look | None:
        """Take the best look in a direction that has had its time."""
        for direction, candidate in self._candidates.items():
            if self._now - candidate.began >= SETTLE_SECONDS:
                del self._candidates[direction]
                return self._take(candidate.best)
        return None

    def _take(self, look: Look) -> Look | None:
        """Unless one taken since its candidature shows the same."""
        if self._nearest(look) >= ALIKE:
            return None
        self._taken[look.direction] = look
        self._missing.remove(look.direction)
        self._asked_at = self._now
        if self._missing:
            self.hint = ASKED[self._missing[0]]
        return look

    def _ask(self) -> Hint:
        """Ask for the first direction that is missing, or, where that was in vain for long, for the next."""
        if self._taken and self._now - self._asked_at >= ASK_SECONDS:
            self._missing.append(self._missing.pop(0))
            self._asked_at = self._now
        return ASKED[self._missing[0]]

    def _new_progress(self) -> Progress | None:
        progress = Progress(self.hint, len(self._taken))
        if self._last_progress and (self._last_progress[1] == progress or self._now - self._last_progress[0] < HINT_SECONDS):
            return None
        self._last_progress = self._now, progress
        return progress


def _weakness(quality: Quality, seen: Seen) -> Hint | None:
    """What somebody can do for a better view; None where it is good."""
    if quality.reason in REFUSED:
        return REFUSED[quality.reason]
    if quality.reason is None and quality.score >= GOOD:
        return None
    if seen.face_px < NEAR_PX:
        return Hint.CLOSER
    if quality.reason is None and seen.brightness < COMFORT.min_brightness:
        return Hint.TOO_DARK
    if quality.reason is None and seen.brightness > COMFORT.max_brightness:
        return Hint.TOO_BRIGHT
    return Hint.HOLD_STILL


def _direction(pose: Pose, front: Pose | None) -> Direction | None:
    """Where a face looks, against its own straight look, since noses differ; without one, only whether it looks straight."""
    if front is None:
        is_straight = abs(pose.yaw_degrees) <= FRONT_YAW_DEGREES and abs(pose.pitch_degrees) <= FRONT_PITCH_DEGREES
        return Direction.FRONT if is_straight else None
    yaw, pitch = pose.yaw_degrees - front.yaw_degrees, pose.pitch_degrees - front.pitch_degrees
    if abs(yaw) >= TURN_DEGREES:
        return Direction.LEFT if yaw > 0 else Direction.RIGHT
    if abs(pitch) >= NOD_DEGREES:
        return Direction.UP if pitch > 0 else Direction.DOWN
    return Direction.FRONT
