"""What the requests on pictures give: the forms of `data` in their responses.

Knows the form of answers; how faces are read is not known here.
"""

from __future__ import annotations

from edged.interface.payload import Payload
from edged.types import Gender, Reason  # noqa: TC001 - pydantic reads the annotations


class PoseAnswer(Payload):
    """How a head is held, in degrees."""

    yaw_degrees: float
    """Turned to the subject's left."""
    pitch_degrees: float
    """Looks up."""
    roll_degrees: float
    """Leans to the subject's left shoulder."""


class FaceAnswer(Payload):
    """A face in a picture."""

    box: tuple[int, int, int, int]
    """x1 y1 x2 y2 in pixels of the picture."""
    score: float
    """How sure the detector is, 0…1."""
    quality: float
    """Of the view, 0…1."""
    reason: Reason | None
    """Why it cannot be judged, or nobody is named."""
    pose: PoseAnswer | None
    """Null where that cannot be told."""


class PictureAnswer(Payload):
    """What a picture shows."""

    size: tuple[int, int]
    """Width and height in pixels."""
    left_out: int
    """How many smaller faces there are beside those told."""


class RecognisedFace(FaceAnswer):
    """A face and who it is."""

    person: str | None
    """The id; null where nobody is recognised."""
    display_name: str | None
    """The name to show."""
    stranger: str | None
    """A remembered stranger who looks like this."""
    similarity: float | None
    """Cosine to the nearest template of anybody, −1…1."""
    margin: float | None
    """Lead over the best template of another person."""
    threshold: float
    """The similarity that is needed."""


class RecogniseAnswer(PictureAnswer):
    """Who each face is."""

    faces: tuple[RecognisedFace, ...]
    """The largest first."""


class VerifyAnswer(Payload):
    """Whether it is the same person."""

    person: str | None
    """The id; null where two pictures were compared."""
    same: bool
    """The answer."""
    similarity: float | None
    """Cosine, −1…1; null where the person has no template of this network."""
    threshold: float
    """The similarity that is needed."""
    reason: Reason | None
    """Why not."""
    face: FaceAnswer
    """The face of the picture."""
    other_face: FaceAnswer | None
    """That of the other picture."""


class AnalysedFace(FaceAnswer):
    """A face with expression, age and gender; null where the view does not suffice."""

    emotion: str | None
    """The likeliest expression."""
    probabilities: dict[str, float] | None
    """Of each expression."""
    age_range: tuple[int, int] | None
    """Years, both inclusive."""
    age_years: float | None
    """The mean of what is likely."""
    gender: Gender | None
    """The likelier."""
    female: float | None
    """Probability of being female, 0…1."""


class AnalyseAnswer(PictureAnswer):
    """Expression, age and gender of each face."""

    faces: tuple[AnalysedFace, ...]
    """The largest first."""


class RepresentedFace(FaceAnswer):
    """A face with its embedding."""

    embedding: tuple[float, ...]
    """Of length 1."""


class RepresentAnswer(PictureAnswer):
    """The embedding of each face."""

    faces: tuple[RepresentedFace, ...]
    """The largest first."""
    model: str
    """The network it is of."""


class ExtractedFace(FaceAnswer):
    """A face with its picture."""

    image: str
    """Base64 of a JPEG of the head."""


class ExtractAnswer(PictureAnswer):
    """Each head cut out."""

    faces: tuple[ExtractedFace, ...]
    """The largest first."""
