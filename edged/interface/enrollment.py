"""The verb `enroll` in its four forms, pictures, a stranger, a capture, a name kept for a stranger, and what each answers.

How templates are made is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edged.interface.fields import Encoded, Name, Number, Similarity, Switch, Tenths, ViewQuality, Whole
from edged.interface.form import Answer, Form, Verb, refused
from edged.interface.people import CuratedAnswer, NoteAnswer

MAX_IMAGES = 20
"""Pictures in one request."""
MAX_STRANGERS = 50
"""Strangers who become one person in one request."""
MOST_LOOKS = 5
"""Looks of one capture: there are so many directions to look in."""
LONGEST_SECONDS = 300
"""Seconds that a capture may take."""


class CaptureForm(BaseModel):
    """`capture` of `…/request/enroll`."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)

    camera: Annotated[str, Field(min_length=1, max_length=256)]
    """The camera's name."""
    looks: Annotated[Whole, Field(ge=1, le=MOST_LOOKS)] = MOST_LOOKS
    """How many different looks to take."""
    timeout_seconds: Annotated[Number, Field(ge=1, le=LONGEST_SECONDS)] = 60
    """How long to try."""
    cancel: Switch = False
    """True: end the capture that this camera is at; nobody is enrolled."""


class Enroll(Form):
    """`…/request/enroll`: make templates of a person."""

    person: Name | None = None
    """Id, or name to show, of somebody enrolled; of somebody new the name, of which the id is made. Only a capture is cancelled without."""
    display_name: Annotated[str, Field(max_length=256)] | None = None
    """Name to show; null: of a new person what `person` says, others keep theirs."""
    image: Encoded | None = None
    """One picture, base64, with exactly one clear face."""
    images: Annotated[list[Encoded], Field(max_length=MAX_IMAGES)] | None = None
    """Several such pictures."""
    stranger: Name | None = None
    """In place of pictures: the id of a remembered stranger, who becomes this person."""
    strangers: Annotated[list[Name], Field(min_length=1, max_length=MAX_STRANGERS, fail_fast=True)] | None = None
    """In place of one: several who are one person, such as a group of `groups`."""
    capture: CaptureForm | None = None
    """In place of pictures: looks at who stands before a camera now."""
    allow_alike: Switch = False
    """Enroll somebody who looks like somebody else: a relative."""

    @property
    def pictures(self) -> tuple[bytes, ...]:
        """The picture and the pictures, encoded."""
        return (*([self.image] if self.image else []), *(self.images or []))

    @property
    def all_strangers(self) -> tuple[str, ...]:
        """The stranger, or the strangers."""
        return (self.stranger,) if self.stranger is not None else tuple(self.strangers or ())

    @model_validator(mode="after")
    def _one_way_and_somebody(self) -> Enroll:
        ways = [bool(self.pictures), self.stranger is not None, self.strangers is not None, self.capture is not None]
        if ways.count(True) != 1:
            raise refused(
                "Give a picture as 'image' or several as 'images' (base64), or else a 'stranger' or several 'strangers', or a 'capture'."
            )
        if self.person is None and not (self.capture and self.capture.cancel):
            raise refused("person: say who is to be enrolled.")
        return self


@dataclass(frozen=True, slots=True)
class AcceptedPicture(Answer):
    """A picture or look that became a template."""

    quality: ViewQuality
    """Of the view, 0…1."""
    own_similarity: Similarity | None
    """Cosine to the person's nearest other template, −1…1; null where it is the first."""
    other_person: str | None
    """The nearest other person."""
    other_similarity: Similarity | None
    """Cosine to their nearest template, −1…1."""


@dataclass(frozen=True, slots=True)
class EnrolledAnswer(CuratedAnswer):
    """An enrollment that was done."""

    added: int
    """How many templates were made."""
    accepted: tuple[AcceptedPicture, ...]
    """What each is like."""
    notes: tuple[NoteAnswer, ...]
    """What the owner should know of them."""


@dataclass(frozen=True, slots=True)
class LookAnswer(Answer):
    """What became of a look before a camera."""

    direction: str
    """Where the face looked."""
    yaw_degrees: Tenths
    """How far it was turned to its own left."""
    pitch_degrees: Tenths
    """How far it was raised."""
    quality: ViewQuality
    """Of the view, 0…1."""
    accepted: bool
    """Whether it became a template."""
    reason: str | None
    """Why not."""


@dataclass(frozen=True, slots=True)
class CapturedAnswer(EnrolledAnswer):
    """An enrollment before a camera that was done."""

    looks: tuple[LookAnswer, ...]
    """What became of each look."""


@dataclass(frozen=True, slots=True)
class ProgressAnswer(Answer):
    """How far an enrollment is."""

    person: str
    """Who is being enrolled."""


@dataclass(frozen=True, slots=True)
class JudgedAnswer(ProgressAnswer):
    """How far an enrollment from several pictures is."""

    judged: int
    """How many pictures were looked at, and are good."""
    pictures: int
    """How many there are."""


@dataclass(frozen=True, slots=True)
class HintAnswer(ProgressAnswer):
    """How far an enrollment before a camera is."""

    camera: str
    """Before which camera."""
    hint: str | None
    """What to do, a word for programs; null where it has just begun."""
    message: str
    """What to do, a sentence for people."""
    taken: int
    """How many looks are taken."""
    looks: int
    """How many are to be taken."""
    timeout_seconds: float
    """How long it may take."""


@dataclass(frozen=True, slots=True)
class CancelledAnswer(Answer):
    """An enrollment before a camera that was ended by this request."""

    person: str
    """Who was being enrolled."""
    camera: str
    """Before which camera."""


ENROLL = Verb(
    "enroll",
    Enroll,
    EnrolledAnswer,
    group="enroll",
    also=(CapturedAnswer, JudgedAnswer, HintAnswer, CancelledAnswer),
    changes_gallery=True,
    logged=True,
)


class KeepName(Form):
    """A name for the stranger who was seen last when it comes; null keeps none."""

    name: str | None = None
    """The name to show."""


@dataclass(frozen=True, slots=True)
class NameAnswer(Answer):
    """The name that is kept for a stranger."""

    name: str | None
    """Null where none is."""
    stranger: str | None
    """Id of the stranger whose it is, the one seen last when the name came; null where there was none."""


KEEP_NAME = Verb("enroll", KeepName, NameAnswer, group="enroll", bare=True)


class EnrollLast(Form):
    """Make the stranger for whom a name is kept a person of that name."""


@dataclass(frozen=True, slots=True)
class EnrolledLastAnswer(EnrolledAnswer):
    """A stranger who became a person of the name that was kept."""

    stranger: str
    """The id that they had."""


ENROLL_LAST = Verb("enroll", EnrollLast, EnrolledLastAnswer, group="enroll", changes_gallery=True, logged=True, bare=True)
