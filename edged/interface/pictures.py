"""The verbs on a picture that is sent with them: who is it, is it the same, how do they look, what does it hold.

How faces are read is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, model_validator

from edged.interface.fields import Base64, Component, Degrees, Name, Score, Similarity, Switch, Tenths, ViewQuality, Whole
from edged.interface.fields import Encoded as Image
from edged.interface.form import Answer, Form, Verb, refused
from edged.types import Gender, Reason


@dataclass(frozen=True, slots=True)
class PoseAnswer(Answer):
    """How a head is held, in degrees."""

    yaw_degrees: Degrees
    """Turned to the subject's left."""
    pitch_degrees: Degrees
    """Looks up."""
    roll_degrees: Degrees
    """Leans to the subject's left shoulder."""


class PictureForm(Form):
    """Something asked of a picture."""

    image: Image
    """Base64 of a JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF."""


@dataclass(frozen=True, slots=True)
class FaceAnswer(Answer):
    """A face in a picture."""

    box: tuple[int, int, int, int]
    """x1 y1 x2 y2 in pixels of the picture."""
    score: Score
    """How sure the detector is, 0…1."""
    quality: ViewQuality
    """Of the view, 0…1."""
    reason: Reason | None
    """Why it cannot be judged, or nobody is named."""
    pose: PoseAnswer | None
    """Null where that cannot be told."""
    landmarks: dict[str, tuple[Tenths, Tenths]]
    """Points of the face by name, x and y in pixels of the picture; right and left are the subject's own."""


@dataclass(frozen=True, slots=True)
class PictureAnswer(Answer):
    """What a picture shows."""

    size: tuple[int, int]
    """Width and height in pixels."""
    faces: tuple[FaceAnswer, ...]
    """The largest first."""
    left_out: int
    """How many smaller faces there are beside those told."""


MOST_RANKED = 100
"""People who are named for one face, at most: so many rows of 20 faces make an answer of 200 kB."""


class Recognise(PictureForm):
    """`…/request/recognise`: who each face of a picture is."""

    top: Annotated[Whole, Field(ge=0, le=MOST_RANKED)] = 0
    """How many of the people who are most alike to name for each face."""


@dataclass(frozen=True, slots=True)
class RankedPerson(Answer):
    """Somebody enrolled, and how like them a face is."""

    person: str
    """The id."""
    display_name: str
    """The name to show."""
    similarity: Similarity
    """Cosine to their nearest template, −1…1."""


@dataclass(frozen=True, slots=True)
class RecognisedFace(FaceAnswer):
    """A face and who it is."""

    person: str | None
    """The id; null where nobody is recognised."""
    display_name: str | None
    """The name to show."""
    stranger: str | None
    """A remembered stranger who looks like this."""
    similarity: Similarity | None
    """Cosine to the nearest template of anybody, −1…1."""
    margin: Similarity | None
    """Lead over the best template of another person."""
    threshold: Similarity
    """The similarity that is needed."""
    ranking: tuple[RankedPerson, ...]
    """The people who are most alike, as many as were asked for, whether they are alike enough or not."""


@dataclass(frozen=True, slots=True)
class RecogniseAnswer(PictureAnswer):
    """Who each face is."""

    faces: tuple[RecognisedFace, ...]


RECOGNISE = Verb("recognise", Recognise, RecogniseAnswer, group="recognise")


class Verify(PictureForm):
    """`…/request/verify`: whether a face is this person's, or the same as one of another picture."""

    person: Name | None = None
    """Id, or name to show, of a person."""
    other_image: Image | None = None
    """In place of a person: another picture."""

    @model_validator(mode="after")
    def _one_other(self) -> Verify:
        if (self.person is None) == (self.other_image is None):
            raise refused("Give either a 'person' or a second picture as 'other_image'.")
        return self


@dataclass(frozen=True, slots=True)
class VerifyAnswer(Answer):
    """Whether it is the same person."""

    person: str | None
    """The id; null where two pictures were compared."""
    same: bool
    """The answer."""
    similarity: Similarity | None
    """Cosine, −1…1; null where the person has no template of this network."""
    threshold: Similarity
    """The similarity that is needed."""
    reason: Reason | None
    """Why not."""
    face: FaceAnswer
    """The face of the picture that was compared: of several the most similar, of those that can be judged."""
    faces: int
    """How many faces there are in the picture."""
    other_face: FaceAnswer | None
    """That of the other picture."""
    other_faces: int | None
    """How many faces there are in the other picture."""


VERIFY = Verb("verify", Verify, VerifyAnswer, group="recognise")


class DenseForm(PictureForm):
    """Something asked of a picture that may be told with the many points of each face."""

    dense_landmarks: Switch = False
    """Whether also `dense_landmarks` of each face are told."""


@dataclass(frozen=True, slots=True)
class DenseAnswer(Answer):
    """What the network of dense landmarks sees of a face, see `models.landmarks`."""

    points: tuple[tuple[Tenths, Tenths], ...]
    """The 68 points of the older convention (iBUG 300-W) in its order, x y in pixels of the picture."""
    pose: PoseAnswer
    """By Perspective-n-Point; finer than the `pose` of five landmarks."""
    right_eye_openness: Score
    """Height over width of the subject's right eye: some 0.3 open, near 0 shut."""
    left_eye_openness: Score
    """The same of the left eye."""


@dataclass(frozen=True, slots=True)
class AnalysedFace(FaceAnswer):
    """A face with expression, age and gender; null where the view does not suffice."""

    emotion: str | None
    """The likeliest expression."""
    probabilities: dict[str, Score] | None
    """Of each expression."""
    age_range: tuple[int, int] | None
    """Years, both inclusive."""
    age_years: Tenths | None
    """The mean of what is likely."""
    gender: Gender | None
    """The likelier."""
    female: Score | None
    """Probability of being female, 0…1."""
    dense_landmarks: DenseAnswer | None
    """Where they were asked for and are found."""


class Analyse(DenseForm):
    """`…/request/analyse`: expression, age range and gender of each face of a picture."""


@dataclass(frozen=True, slots=True)
class AnalyseAnswer(PictureAnswer):
    """Expression, age and gender of each face."""

    faces: tuple[AnalysedFace, ...]


ANALYSE = Verb("analyse", Analyse, AnalyseAnswer, group="recognise")


@dataclass(frozen=True, slots=True)
class RepresentedFace(FaceAnswer):
    """A face with its embedding."""

    embedding: tuple[Component, ...]
    """Of length 1."""


class Represent(PictureForm):
    """`…/request/represent`: the embedding of each face of a picture."""


@dataclass(frozen=True, slots=True)
class RepresentAnswer(PictureAnswer):
    """The embedding of each face."""

    faces: tuple[RepresentedFace, ...]
    model: str
    """The network it is of."""


REPRESENT = Verb("represent", Represent, RepresentAnswer, group="recognise")


class Extract(DenseForm):
    """`…/request/extract`: each head of a picture as a picture of its own."""


@dataclass(frozen=True, slots=True)
class ExtractedFace(FaceAnswer):
    """A face with its picture."""

    image: Base64
    """Base64 of a JPEG of the head."""
    dense_landmarks: DenseAnswer | None
    """Where they were asked for and are found, in pixels of the whole picture."""


@dataclass(frozen=True, slots=True)
class ExtractAnswer(PictureAnswer):
    """Each head cut out."""

    faces: tuple[ExtractedFace, ...]


EXTRACT = Verb("extract", Extract, ExtractAnswer, group="recognise")
