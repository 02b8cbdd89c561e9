"""The golden answer: a portrait, and what every network must say of it.

It knows the form of its file and that the portrait is the one meant, and no network.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from edged.errors import ModelError, PictureError
from edged.types import Landmarks
from edged.vision.detection_card import GoldenFace
from edged.vision.model_card import Positive, Strict, read_toml
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Uint8Array
    from edged.vision.detection_card import DetectionCard


class _Picture(Strict):
    name: str
    sha256: str


class _Detection(Strict):
    score: float
    box_xyxy: tuple[float, float, float, float]
    landmarks: dict[str, tuple[float, float]]


class _Small(Strict):
    side_px: Positive
    score: float


class _AgeGender(Strict):
    age_years: float
    female: float


class _Attributes(Strict):
    green_level: Annotated[int, Field(ge=0, le=255)]
    emotion: Annotated[dict[str, float], Field(min_length=2)]
    age_gender: _AgeGender


class _Tolerance(Strict):
    score: float
    small_score: float
    box_iou: float
    landmark_px: float
    cosine: float
    emotion: float
    age_years: float
    female: float


class Golden(Strict):
    """`models/golden/golden.toml`: the picture, its one face, and how far an answer may be from it."""

    picture: _Picture
    detection: _Detection
    small: _Small
    embedding: dict[str, tuple[float, ...]]
    """By the name of the network."""
    attributes: _Attributes
    tolerance: _Tolerance

    def of_detector(self, card: DetectionCard) -> GoldenFace:
        """What this detector must say: what its card says, or what is written here."""
        face, small, allowed = self.detection, self.small, self.tolerance
        return card.golden or GoldenFace(
            score=face.score,
            score_tolerance=allowed.score,
            box_xyxy=face.box_xyxy,
            small_side_px=small.side_px,
            small_score=small.score,
            small_tolerance=allowed.small_score,
        )

    @property
    def landmarks(self) -> Landmarks:
        """Where the landmarks of the face are known to be, in pixels of the picture."""
        known = self.detection.landmarks
        return Landmarks(tuple(known), np.array(list(known.values()), dtype=np.float32))


def read_golden(models: Path) -> tuple[Golden, Uint8Array]:
    """Read the golden answer below models, and the pixels (H, W, 3) BGR of its picture.

    Raises:
        ModelError: the answer or the picture is missing or changed.
    """
    golden = read_toml(Golden, models / "golden" / "golden.toml", "golden answer")
    picture = models / "golden" / golden.picture.name
    try:
        pixels = read_picture(picture)
    except PictureError as error:
        raise ModelError(f"The golden picture cannot be used: {error}") from error
    if hashlib.sha256(picture.read_bytes()).hexdigest() != golden.picture.sha256:
        raise ModelError(f"The golden picture {picture} has been changed; restore it from the repository.")
    return golden, pixels
