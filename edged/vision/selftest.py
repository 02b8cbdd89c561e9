"""The golden self-test: a picture whose answer is known goes through the whole path.

Knows that a wrong colour order, swapped landmarks or a broken file give a wrong answer here, and silence elsewhere.
"""

from __future__ import annotations

import hashlib
import tomllib
from typing import TYPE_CHECKING, Annotated

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edged.errors import ModelError, PictureError
from edged.types import Box, Landmarks
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader

FOLDER = "golden"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Picture(_Strict):
    name: str
    sha256: str


class _Detection(_Strict):
    score: float
    box_xyxy: tuple[float, float, float, float]
    landmarks: dict[str, tuple[float, float]]


class _Small(_Strict):
    side_px: Annotated[int, Field(gt=0)]
    score: float


class _Embedding(_Strict):
    values: Annotated[tuple[float, ...], Field(min_length=1)]


class _Tolerance(_Strict):
    score: float
    small_score: float
    box_iou: float
    landmark_px: float
    cosine: float


class Golden(_Strict):
    """`models/golden/golden.toml`: the picture, its one face, and how far an answer may be from it."""

    picture: _Picture
    detection: _Detection
    small: _Small
    embedding: _Embedding
    tolerance: _Tolerance


def test_golden(reader: FaceReader, models: Path) -> float:
    """Read the golden picture with the detector and the embedder; the similarity to the known embedding.

    Raises:
        ModelError: the picture is missing or changed, or the answer is not what it should be; says which figure.
    """
    golden = _read(models / FOLDER / "golden.toml")
    picture = models / FOLDER / golden.picture.name
    try:
        pixels = read_picture(picture)
    except PictureError as error:
        raise ModelError(f"The golden picture cannot be used: {error}") from error
    if hashlib.sha256(picture.read_bytes()).hexdigest() != golden.picture.sha256:
        raise ModelError(f"The golden picture {picture} has been changed; restore it from the repository.")
    _check_detection(reader, pixels, golden)
    _check_small(reader, pixels, golden)
    return _check_embedding(reader, pixels, golden)


def _read(path: Path) -> Golden:
    try:
        with path.open("rb") as file:
            return Golden.model_validate(tomllib.load(file))
    except OSError as error:
        raise ModelError(f"The golden answer {path} cannot be read ({error.strerror}); is the models folder complete?") from error
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ModelError(f"The golden answer {path} is not usable: {error}") from error


def _check_detection(reader: FaceReader, pixels: Uint8Array, golden: Golden) -> None:
    known, allowed = golden.detection, golden.tolerance
    found = reader.detector.detect(pixels)
    if not found:
        raise _wrong("number of faces", 0, 1)
    if abs(found[0].score - known.score) > allowed.score:
        raise _wrong("detection score", found[0].score, known.score)
    overlap = found[0].box.iou(Box(*known.box_xyxy))
    if overlap < allowed.box_iou:
        raise _wrong("overlap of the box", overlap, allowed.box_iou)
    distance = _farthest(found[0].landmarks, known.landmarks)
    if not distance <= allowed.landmark_px:
        raise _wrong("distance of a landmark in pixels", distance, allowed.landmark_px)


def _check_small(reader: FaceReader, pixels: Uint8Array, golden: Golden) -> None:
    """A large face is found in any colours; a small one needs the right order."""
    width, height = reader.detector.network((pixels.shape[1], pixels.shape[0])).input_size
    side = golden.small.side_px
    frame = np.zeros((height, width, 3), dtype=np.uint8)
    frame[:side, :side] = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    score = max((face.score for face in reader.detector.detect(frame)), default=0.0)
    if abs(score - golden.small.score) > golden.tolerance.small_score:
        raise _wrong("score of the face when it is small", score, golden.small.score)


def _check_embedding(reader: FaceReader, pixels: Uint8Array, golden: Golden) -> float:
    """The embedder by itself: the face is aligned on the known landmarks."""
    known = golden.detection.landmarks
    landmarks = Landmarks(tuple(known), np.array(list(known.values()), dtype=np.float32))
    vector = reader.embedder.embed(reader.aligner.align(pixels, landmarks)).vector
    expected = np.array(golden.embedding.values, dtype=np.float32)
    if vector.shape != expected.shape:
        raise _wrong("length of the embedding", vector.size, expected.size)
    similarity = float(vector @ expected)
    if not similarity >= golden.tolerance.cosine:
        raise _wrong("similarity of the embedding", similarity, golden.tolerance.cosine)
    return similarity


def _farthest(landmarks: Landmarks, known: dict[str, tuple[float, float]]) -> float:
    expected = np.array([known.get(name, (np.inf, np.inf)) for name in landmarks.names])
    return float(np.max(np.hypot(*(landmarks.points_xy - expected).T)))


def _wrong(what: str, found: float, expected: float) -> ModelError:
    return ModelError(
        f"The golden picture is read wrongly: the {what} is {found:.3f} where {expected:.3f} is right. "
        "The networks, their cards or the model runtime do not fit together; nobody would be recognised."
    )
