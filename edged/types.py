"""The values that flow through edged, in the order in which they arise.

Every other module takes one of these and gives another; nothing here knows how any of them is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from datetime import datetime

Uint8Array: TypeAlias = npt.NDArray[np.uint8]
Float32Array: TypeAlias = npt.NDArray[np.float32]


class Instant(Protocol):
    """What has a time on both clocks: a frame, or a moment of which there is none."""

    @property
    def captured_at(self) -> datetime:
        """The wall time (aware, UTC), for people."""

    @property
    def monotonic_seconds(self) -> float:
        """What durations are measured with."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of one camera. Both times come from the source, so a recorded clip gives the same answers at any speed."""

    camera: str
    number: int
    captured_at: datetime  # the wall time (aware, UTC), for people
    monotonic_seconds: float  # what durations are measured with
    pixels: Uint8Array  # (H, W, 3) in BGR order, as every OpenCV source gives it
    small: Uint8Array | None = None  # the same scene in fewer pixels, where the camera gives it, to look for faces in


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of its frame: x right, y down, x2 and y2 exclusive."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.y2 - self.y1

    @property
    def area(self) -> float:
        """Area in square pixels; 0 where the box is empty or inverted."""
        return max(0.0, self.width) * max(0.0, self.height)

    def scaled(self, across: float, down: float) -> Box:
        """The same rectangle in a picture that is so many times as wide, and so many times as high."""
        return Box(self.x1 * across, self.y1 * down, self.x2 * across, self.y2 * down)

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, x and y."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    def iou(self, other: Box) -> float:
        """Intersection over union with another box, 0…1; 0 where either is empty."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.area + other.area - shared)


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """Named points of a face; right and left are the subject's own."""

    names: tuple[str, ...]
    points_xy: Float32Array  # (K, 2), pixels of the frame, row i belonging to names[i]


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A face found in one frame; score is 0…1."""

    box: Box
    landmarks: Landmarks
    score: float

    def scaled(self, across: float, down: float) -> Detection:
        """The same face in a picture that is so many times as wide, and so many times as high."""
        points = self.landmarks.points_xy * np.array((across, down), np.float32)
        return Detection(self.box.scaled(across, down), Landmarks(self.landmarks.names, points), self.score)


class Problem(StrEnum):
    """Why a camera does not see."""

    NO_FRAMES = "no_frames"
    NO_PICTURE = "no_picture"
    FROZEN = "frozen"
    CORRUPTED = "corrupted"


class Obstacle(StrEnum):
    """Why nothing is learned of look-alikes, or what was learned is not taken."""

    NO_LOOK_ALIKES = "no_look_alikes"
    TOO_FEW_TEMPLATES = "too_few_templates"
    NOT_PARTED = "not_parted"
    MORE_MISSED = "more_missed"
    MORE_CONFUSED = "more_confused"
    STRANGERS_NAMED = "strangers_named"
    GALLERY_CHANGED = "gallery_changed"


class GalleryProblem(StrEnum):
    """What is wrong with the gallery file while edged runs."""

    NOT_KEPT = "not_kept"
    READ_ONLY = "read_only"
    DAMAGED = "damaged"
    NEW = "new"


class Reason(StrEnum):
    """Why a face that was seen was not named."""

    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    TURNED_AWAY = "turned_away"
    NOT_UPRIGHT = "not_upright"
    UNUSUAL_VIEW = "unusual_view"
    CUT_OFF = "cut_off"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    TOO_BRIEF = "too_brief"
    UNCLEAR = "unclear"
    BELOW_THRESHOLD = "below_threshold"
    AMBIGUOUS = "ambiguous"

    @property
    def is_final(self) -> bool:
        """Whether no similarity outweighs it: the owner wants no faces that small, and those seen in a way never learnt are all alike."""
        return self in {Reason.TOO_SMALL, Reason.NOT_UPRIGHT, Reason.UNUSUAL_VIEW}


@dataclass(frozen=True, slots=True, eq=False)
class AlignedFace:
    """A face warped onto the reference landmarks of its network: (112, 112, 3) uint8, BGR."""

    pixels: Uint8Array


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a head points, in degrees, each 0 for a face that looks into the camera upright."""

    yaw_degrees: float  # −90…90, positive where it is turned towards the subject's left
    pitch_degrees: float  # −90…90, positive where it looks up
    roll_degrees: float  # −180…180, positive where it leans towards the subject's left shoulder


@dataclass(frozen=True, slots=True)
class Quality:
    """How good a view of a face is, and whether it is usable."""

    score: float  # 0…1
    reason: Reason | None  # why it is not usable, None where it is
    pose: Pose | None = None  # None where nobody asked
    weakest: tuple[float, Reason | None] = (1.0, None)  # what lowers the score most: what it leaves of it, 0…1, and its name, if any
    typicality: float = 0.0  # 0 and more: like the views that the embedder learnt; below −1: unlike them all

    @property
    def is_typical(self) -> bool:
        """Whether it may be a template: of two views that are compared one has to be like those that the embedder learnt."""
        return self.typicality >= 0


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """A face as a unit-length float32 vector (d,), comparable only within one model_id."""

    vector: Float32Array
    model_id: str
    length: float | None = None  # of the vector before it got unit length, in the network's own unit; None where it was not just embedded


class ClockState(StrEnum):
    """Whether the clock that a moment was read from was known to be right, or the moment was put right since."""

    SYNCHRONISED = "synchronised"
    UNSYNCHRONISED = "unsynchronised"

    @classmethod
    def of(cls, *, is_synchronised: bool) -> ClockState:
        """The state in words."""
        return cls.SYNCHRONISED if is_synchronised else cls.UNSYNCHRONISED


@dataclass(frozen=True, slots=True)
class Person:
    """An enrolled identity: a stable lower-case id, the name to show, and how many templates it has, those learned from visits too."""

    id: str
    display_name: str
    templates: int
    enrolled_at: datetime
    learned: int = 0  # of the templates


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody who was seen and is not enrolled: when first and last, in how many visits, and what is kept of them."""

    id: str  # stable, such as `stranger-7`
    first_seen_at: datetime
    last_seen_at: datetime
    seen_count: int
    ignored: bool  # whether the owner does not want to hear of them
    looks: int  # how many embeddings are kept
    has_picture: bool
    clock: ClockState = ClockState.SYNCHRONISED  # what the two times are worth


@dataclass(frozen=True, slots=True)
class Match:
    """What the gallery says of one probe: a person, or why nobody is accepted."""

    person: str | None
    similarity: float | None  # cosine to the nearest template of anyone, −1…1; None for an empty gallery
    margin: float | None  # its lead over the best template of another person; None where there is no other person
    threshold: float
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class EmotionScores:
    """What one look, or the mean of several, says of a face's expression: a probability for each label, together 1."""

    labels: tuple[str, ...]
    probabilities: tuple[float, ...]

    @property
    def likeliest(self) -> str:
        """The label with the greatest probability."""
        return self.labels[self.probabilities.index(max(self.probabilities))]


@dataclass(frozen=True, slots=True)
class AgeGender:
    """What one look, or the mean of several, says of a face's age and gender."""

    age_years: float  # by the table of the network's card
    age_low: float  # years; from here to age_high is the range that the network's card states the coverage of
    age_high: float
    female: float  # the probability of being female, 0…1


@dataclass(frozen=True, slots=True)
class EmotionAnswer:
    """The expression a track shows, from so many looks; emotion is None where no label is likely enough, or two are close."""

    emotion: str | None
    scores: EmotionScores
    looks: int


class Gender(StrEnum):
    """The two that the network was taught."""

    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True)
class AgeGenderAnswer:
    """The age range, in whole years and inclusive, and gender of a track, from so many looks; None where it is too unsure."""

    age_range: tuple[int, int] | None
    gender: Gender | None
    mean: AgeGender
    looks: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a track is held to be: a person, or a stranger where person is None, by the evidence of so many looks."""

    person: str | None
    similarity: float | None  # this, margin, threshold and reason are those of the evidence's Match
    margin: float | None
    threshold: float
    reason: Reason | None
    looks: int
    quality: float  # that of the best look, 0…1


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A track that ended without a verdict, and why; looks counts the frames that showed it large enough to be asked for."""

    looks: int
    seconds: float
    last_seen: float
    reason: Reason
    quality: float


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody before a camera is held to be: a person, or a stranger, who is None where strangers are not remembered."""

    key: str  # tells identities apart
    person: str | None
    display_name: str | None
    stranger: Stranger | None
    ignored: bool = False  # whether the owner does not want to hear of this one


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A cut-out of a frame, not rotated: a copy of its pixels, (h, w, 3) uint8, BGR."""

    pixels: Uint8Array


@dataclass(frozen=True, slots=True)
class Announcement:
    """Somebody came, or is held to be somebody else than was announced before of this track, which this corrects."""

    verdict: Verdict
    box: Box
    frame_size: tuple[int, int]
    is_correction: bool
    crop: Crop | None = None  # their head in the best view so far, None where no picture is to be sent
    beside: int | None = None  # the track of another face of the same identity, seen at the same time
    replaces: int | None = None  # the visit that was a mistake, where this corrects all that there was of it


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody left after so many seconds; reason is why a face that was only glimpsed was not named."""

    seconds: float
    looks: int
    quality: float
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Lesson:
    """A visit taught a person a template, or would: suggestion is the number to accept or refuse it by, None where it is taken."""

    suggestion: int | None
    similarity: float  # of the view to the nearest template that was enrolled, −1…1
    quality: float  # of the view, 0…1


@dataclass(frozen=True, slots=True)
class Event:
    """A fact for outside: on this camera, of this track, at this time. identity is None for a face that was only glimpsed."""

    camera: str
    track: int
    identity: Identity | None
    frame_at: datetime
    fact: Announcement | Departure | EmotionAnswer | AgeGenderAnswer | Lesson
    still: bool = False  # whether the face has not moved for minutes, as a picture
    visit: int | None = None  # number of the visit on this camera that it begins or ends; None where it does neither


@dataclass(frozen=True, slots=True)
class Presence:
    """Who is before a camera now: the people known, sorted, and how many strangers; and of both those of whom no face has moved."""

    people: tuple[str, ...]
    strangers: int
    still: tuple[str, ...] = ()
    still_strangers: int = 0
