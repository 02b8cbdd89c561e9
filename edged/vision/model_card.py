"""Model cards: `models/<name>/model.toml`, where every constant of a network stands, read and checked.

It knows the form of a card and where its files lie, and loads no network.
"""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edged.errors import ModelError
from edged.evaluation.impostor_tail import ImpostorTail
from edged.tracking.attribute_means import AgeGenderRules, EmotionRules
from edged.types import Landmarks

CHANNELS = ("cls", "obj", "dx", "dy", "log_width", "log_height")
"""The first channels of a detector's output; the landmarks follow."""

Unit = Annotated[float, Field(ge=0, le=1)]
Cosine = Annotated[float, Field(ge=-1, le=1)]
Positive = Annotated[int, Field(gt=0)]
Table = Annotated[tuple[float, ...], Field(min_length=2)]
"""Values at the places of another table."""
LEAST_RANGE_YEARS = 3
"""Years, the least width of an age range: the labels that any range is measured by are known no better."""
StrictT = TypeVar("StrictT", bound="Strict")


class Strict(BaseModel):
    """A section of a TOML file of which every field is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def read_toml(form: type[StrictT], path: Path, what: str, **known: Path) -> StrictT:
    """Read a TOML file of this form, to which some fields are added that are known.

    Raises:
        ModelError: missing, unreadable, or of another form; says what it is.
    """
    try:
        return form.model_validate({**tomllib.loads(path.read_text(encoding="utf-8")), **known})
    except OSError as error:
        raise ModelError(f"The {what} {path} cannot be read ({error.strerror}); is the models folder complete?") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"The {what} {path} is not usable: {error}.") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
        raise ModelError(f"The {what} {path} is not usable: {problems}.") from error


class WeightsSource(Strict):
    """Where the weights come from: a package of a registry, its version, the file in it and that file's SHA-256."""

    package: str
    version: str
    file: str
    sha256: str


class ModelFile(Strict):
    """One `.tflite` file: its SHA-256 and its input's width and height in pixels."""

    name: str
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    width: Positive
    height: Positive


class Input(Strict):
    """What the network is fed: channel order and range of pixels, and the value of padding; normalisation is in the graph."""

    colour: Literal["BGR", "RGB", "GREY"]
    low: Literal[0]
    high: Literal[255]
    padding: Annotated[int, Field(ge=0, le=255)] = 0


class _Card(Strict):
    id: str
    """Tags everything the network gives; changes whenever its numbers change."""
    network: str
    version: str
    licence: str
    source: WeightsSource
    file: Annotated[tuple[ModelFile, ...], Field(min_length=1)]
    input: Input
    folder: Path

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read `model.toml` of a network.

        Raises:
            ModelError: missing, unreadable, or the card of another task.
        """
        return read_toml(cls, folder / "model.toml", "model card", folder=folder)


class Score(Strict):
    """How logits become a score, the score below which there is no face, and how much two faces may overlap."""

    formula: Literal["sqrt(sigmoid(cls) * sigmoid(obj))"]
    threshold: Annotated[float, Field(gt=0, lt=1)]
    nms_iou: Unit


class LandmarkNames(Strict):
    """The landmarks that are given, in this order."""

    names: tuple[str, ...]


class Decoding(Strict):
    """The meaning of the channels of every output: logits, the box's deltas, the landmarks' deltas."""

    channels: tuple[str, ...]


class Output(Strict):
    """One output, (1, height / stride, width / stride, channels): value = dequantised · scale + offset, by channel."""

    tensor: str
    index: int
    stride: Positive
    scale: tuple[float, ...]
    offset: tuple[float, ...]


class FaceProportions(Strict):
    """Usual proportions of faces as a detector shows them, and how far they spread (standard deviations of the logarithms).

    box is width over height of the box, eyes the distance of the eyes over that to the mouth. Of a picture squeezed to k times its width,
    the box's ratio changes by k to the power of box_follows. Faces below least_score were not measured.
    """

    box: Annotated[float, Field(gt=0)]
    box_spread: Annotated[float, Field(gt=0)]
    box_follows: Annotated[float, Field(gt=0, le=1)]
    eyes: Annotated[float, Field(gt=0)]
    eyes_spread: Annotated[float, Field(gt=0)]
    least_score: Unit


class DetectionCard(_Card):
    """A face detector without anchors: each cell of each stride may hold a face."""

    task: Literal["detection"]
    score: Score
    landmarks: LandmarkNames
    proportions: FaceProportions | None = None
    decoding: Decoding
    output: Annotated[tuple[Output, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _channels_are_known(self) -> DetectionCard:
        points = [f"{name}_{axis}" for name in self.landmarks.names for axis in "xy"]
        if list(self.decoding.channels) != [*CHANNELS, *points]:
            raise ValueError(f"decoding.channels must be {', '.join(CHANNELS)}, and x and y of each landmark")
        if any(len(values) != len(self.decoding.channels) for row in self.output for values in (row.scale, row.offset)):
            raise ValueError("every output needs a scale and an offset for each channel")
        return self


class EmbeddingSpace(Strict):
    """The output of an embedder, how long it is, and how two of them are compared."""

    tensor: str
    index: int
    dimensions: Positive
    metric: Literal["cosine"]


class Matching(Strict):
    """The operating point: least similarity, and least lead over the best other person.

    People whose templates are look_alike_similarity alike, or more, need a lead of look_alike_margin over each other.
    """

    match_threshold: Cosine
    margin: Annotated[float, Field(ge=0, le=2)]
    look_alike_similarity: Cosine
    look_alike_margin: Annotated[float, Field(ge=0, le=2)]


class _AlignedCard(_Card):
    """A network whose input is a face warped onto reference landmarks, in pixels of its input."""

    reference_landmarks: dict[str, tuple[float, float]]

    @property
    def reference(self) -> Landmarks:
        """The reference landmarks in pixels of the input."""
        points = np.array(list(self.reference_landmarks.values()), dtype=np.float32)
        return Landmarks(tuple(self.reference_landmarks), points)


class EmbeddingCard(_AlignedCard):
    """An embedder: its vectors, its operating point, and what strangers do."""

    task: Literal["embedding"]
    embedding: EmbeddingSpace
    matching: Matching
    impostor_tail: ImpostorTail


class EmotionOutput(Strict):
    """The output with one logit a label; softmax of logits / temperature.

    Below the probability least_confidence none is named, nor where the likeliest leads the next by less than least_margin.
    """

    index: int
    labels: Annotated[tuple[str, ...], Field(min_length=2)]
    temperature: Annotated[float, Field(gt=0)]
    least_confidence: Unit
    least_margin: Unit


class EmotionCard(_AlignedCard):
    """A network that reads a facial expression, perhaps with weights from a second source."""

    task: Literal["emotion"]
    second_source: WeightsSource | None = None
    emotion: EmotionOutput

    @property
    def rules(self) -> EmotionRules:
        """When an expression is named."""
        return EmotionRules(self.emotion.least_confidence, self.emotion.least_margin)


class AgeOutput(Strict):
    """The output with one number, raw years, and what they mean: years, and the range from low to high, at these raw years.

    Between them lines are drawn, beyond them the last values hold. A range wider than max_range_years is not given.
    """

    index: int
    raw_years: Table
    years: Table
    low: Table
    high: Table
    max_range_years: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _tables_fit_together(self) -> AgeOutput:
        if any(len(table) != len(self.raw_years) for table in (self.years, self.low, self.high)):
            raise ValueError("age.years, age.low and age.high need one value for each of age.raw_years")
        if any(_falls(table) for table in (self.raw_years, self.years, self.low, self.high)):
            raise ValueError("age.raw_years must rise, and age.years, age.low and age.high must not fall")
        if any(not low <= years <= high for low, years, high in zip(self.low, self.years, self.high, strict=True)):
            raise ValueError("age.years must lie between age.low and age.high")
        if any(high - low < LEAST_RANGE_YEARS for low, high in zip(self.low, self.high, strict=True)):
            raise ValueError(f"age.low and age.high must be {LEAST_RANGE_YEARS} years apart, or more: no face shows an age more exactly")
        return self


class GenderOutput(Strict):
    """The output with one logit, high for male: probability of male = sigmoid(scale · logit + offset).

    Scale and offset stand at these years, calibrated ones, with lines between them: a child's face says less, and otherwise.
    """

    index: int
    years: Table
    scale: Table
    offset: Table
    least_confidence: Annotated[float, Field(ge=0.5, le=1)]

    @model_validator(mode="after")
    def _tables_fit_together(self) -> GenderOutput:
        if len(self.scale) != len(self.years) or len(self.offset) != len(self.years) or _falls(self.years):
            raise ValueError("gender.years must rise, and gender.scale and gender.offset need one value for each")
        return self


class AgeGenderCard(_AlignedCard):
    """A network that reads age and gender."""

    task: Literal["age_gender"]
    age: AgeOutput
    gender: GenderOutput

    @property
    def rules(self) -> AgeGenderRules:
        """When age and gender are given."""
        return AgeGenderRules(self.gender.least_confidence, self.age.max_range_years)


def _falls(table: tuple[float, ...]) -> bool:
    return any(later < earlier for earlier, later in itertools.pairwise(table))
