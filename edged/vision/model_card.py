"""Model cards: `models/<name>/model.toml`, where every constant of a network stands, read and checked.

It knows the form of a card and where its files lie, and loads no network.
"""

from __future__ import annotations

import tomllib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edged.errors import ModelError
from edged.evaluation.impostor_tail import ImpostorTail
from edged.system.text import decoded
from edged.types import Landmarks

Unit = Annotated[float, Field(ge=0, le=1)]
Cosine = Annotated[float, Field(ge=-1, le=1)]
Positive = Annotated[int, Field(gt=0)]
StrictT = TypeVar("StrictT", bound="Strict")


class Strict(BaseModel):
    """A section of a TOML file of which every field is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def read_toml(form: type[StrictT], path: Path, what: str, **known: object) -> StrictT:
    """Read a TOML file of this form, to which some fields are added that are known.

    Raises:
        ModelError: missing, unreadable, or of another form; says what it is.
    """
    try:
        return form.model_validate({**tomllib.loads(decoded(path.read_bytes())), **known})
    except OSError as error:
        raise ModelError(f"The {what} {path} cannot be read ({error.strerror}); is the models folder complete?") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"The {what} {path} is not usable: {error}.") from error
    except ValidationError as error:
        raise ModelError(f"The {what} {path} {_wrong(error)}.") from error


def _wrong(error: ValidationError) -> str:
    """What is wrong with a file, as the rest of a sentence; of one for another task only that, since nothing else in it is of this form."""
    problems = error.errors()
    for problem in problems:
        if problem["loc"] == ("task",) and problem["type"] == "literal_error":
            return f"is for {problem['input']!r}, and one for {problem['ctx']['expected']} is needed; name another folder in [models]"
    return "is not usable: " + "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in problems)


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


class Accuracy(Strict):
    """One figure that was measured: what it is, of which data, and the command that gives it again."""

    figure: str
    value: float
    data: str
    command: str


class Card(Strict):
    """What stands on every card."""

    id: str
    """Tags everything the network gives; changes whenever its numbers change."""
    network: str
    version: str
    licence: str
    source: WeightsSource
    file: Annotated[tuple[ModelFile, ...], Field(min_length=1)]
    input: Input
    folder: Path
    accuracy: tuple[Accuracy, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read `model.toml` of a network.

        Raises:
            ModelError: missing, unreadable, or the card of another task.
        """
        return read_toml(cls, folder / "model.toml", "model card", folder=folder)


class EmbeddingSpace(Strict):
    """The output of an embedder, how long it is, and how two of them are compared."""

    tensor: str
    index: int
    dimensions: Positive
    metric: Literal["cosine"]


class Matching(Strict):
    """The operating point: least similarity, and least lead over the best other person.

    People whose templates are look_alike_similarity alike, or more, need a lead of look_alike_margin over each other. A poor view
    names somebody where the similarity is decisive_lead above the threshold.
    """

    match_threshold: Cosine
    margin: Annotated[float, Field(ge=0, le=2)]
    look_alike_similarity: Cosine
    look_alike_margin: Annotated[float, Field(ge=0, le=2)]
    decisive_lead: Annotated[float, Field(ge=0, le=2)]


class TypicalView(Strict):
    """Lines through the space of embeddings, each before a corner where views off the training geometry come out alike.

    file holds a row for each of the corners, see TypicalViews. A face in the corner `turned` is looked at in other turns; one in a corner
    of `final` is never compared.
    """

    file: str
    sha256: str
    corners: tuple[str, ...]
    turned: str
    final: frozenset[str]

    @model_validator(mode="after")
    def _final_are_corners(self) -> TypicalView:
        if not self.final | {self.turned} <= set(self.corners):
            raise ValueError(f"the turned and the final corners are some of {self.corners}")
        return self


class AlignedCard(Card):
    """A network whose input is a face warped onto reference landmarks, in pixels of its input."""

    reference_landmarks: dict[str, tuple[float, float]]

    @property
    def reference(self) -> Landmarks:
        """The reference landmarks in pixels of the input."""
        points = np.array(list(self.reference_landmarks.values()), dtype=np.float32)
        return Landmarks(tuple(self.reference_landmarks), points)


class EmbedderCard(Strict, ABC):
    """What is to be known of an embedder, be it one network or several: its id, its operating point, and what strangers do."""

    id: str
    """Tags every embedding; changes whenever their numbers change."""
    network: str
    version: str
    licence: str
    folder: Path
    accuracy: tuple[Accuracy, ...] = ()
    matching: Matching
    impostor_tail: ImpostorTail

    @property
    @abstractmethod
    def parts(self) -> tuple[EmbeddingPart, ...]:
        """The networks, and the share of each in the similarity, 0…1; shares make 1 together."""

    @property
    @abstractmethod
    def first(self) -> EmbeddingCard:
        """The first network, which says how faces are aligned and which views are ordinary."""

    @property
    def dimensions(self) -> int:
        """How long the embeddings are, d."""
        return sum(part.card.embedding.dimensions for part in self.parts)

    @property
    def face_size(self) -> tuple[int, int]:
        """Width and height of an aligned face in pixels."""
        file = self.first.file[0]
        return file.width, file.height


class EmbeddingCard(AlignedCard, EmbedderCard):
    """An embedder of one network."""

    task: Literal["embedding"]
    embedding: EmbeddingSpace
    typical_view: TypicalView | None = None
    golden_embedding: tuple[float, ...] | None = None
    """What it must say of the golden face, of length 1, where `golden.toml` does not know the network."""

    @property
    def parts(self) -> tuple[EmbeddingPart, ...]:
        """Itself alone."""
        return (EmbeddingPart(self, 1.0),)

    @property
    def first(self) -> EmbeddingCard:
        """Itself."""
        return self


class EmbeddingPart(NamedTuple):
    """A network of an embedder, and its share in the similarity, 0…1."""

    card: EmbeddingCard
    share: float
