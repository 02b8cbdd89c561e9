"""The part of the golden answer that the two attribute networks give, and what mistakes make of it.

It knows how the portrait is changed for them, and nothing of how their files are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import cv2
import numpy as np

from netbuild import tiny_xception, xception
from netbuild.align import REFERENCE, SIDE
from netbuild.attributes import AGE_REFERENCE, EMOTION_REFERENCE, EMOTION_TEMPERATURE, cut
from netbuild.cards import Section

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from netbuild.attributes import Networks

    FloatArray = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

Mistake = Literal[
    "",
    "colour order",
    "left for right",
    "upright crop",
    "embedder's crop",
    "mirrored",
    "blue",
    "green",
    "red",
    "mean of colours",
    "off by 128",
]
MISTAKES: tuple[Mistake, ...] = get_args(Mistake)
"""What may go wrong with the input, none first."""
TOLERANCE = {"emotion": 0.03, "age_years": 6.0, "female": 0.1}
"""Between what correct int8 files give and what the mistakes give: see models/golden/README.md."""


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What the networks tell: a probability of each label of `xception.LABELS`, the mean age, the probability of female."""

    emotion: FloatArray
    age_years: float
    female: float


def changed(picture: Pixels, landmarks: FloatArray) -> tuple[Pixels, FloatArray]:
    """The (height, width, 3) BGR portrait a quarter turn to the left, grey in red and its negative in blue; its (5, 2) landmarks."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    tinted = np.rot90(np.dstack([255 - grey, np.full_like(grey, _GREEN_LEVEL), grey]))
    return np.ascontiguousarray(tinted), np.stack([landmarks[:, 1], picture.shape[1] - 1 - landmarks[:, 0]], axis=1)


def answer(picture: Pixels, landmarks: FloatArray, networks: Networks, mistake: Mistake = "") -> Told:
    """What the networks tell of the changed portrait, with a mistake or none."""
    lying, points = changed(picture, landmarks)
    expression = _spoilt(_crop(lying, points, EMOTION_REFERENCE, xception.SIDE, mistake), mistake)
    logits = networks.emotion.run(_shifted(_grey(expression), mistake))[0]
    face = _shifted(_spoilt(_crop(lying, points, AGE_REFERENCE, tiny_xception.SIDE, mistake), mistake), mistake)
    age, _, _, female = networks.tables.read(*(output.ravel().astype(np.float64) for output in networks.age_gender.run(face)))
    return Told(_softmax(logits, EMOTION_TEMPERATURE), age.item(), female.item())


def compare(told: Told, known: Told) -> dict[str, float]:
    """How far an answer is from the known one, in the terms of the tolerances."""
    return {
        "emotion": float(np.abs(told.emotion - known.emotion).max()),
        "age_years": abs(told.age_years - known.age_years),
        "female": abs(told.female - known.female),
    }


def sections(known: Told) -> list[Section]:
    """What stands in `golden.toml`."""
    emotion = {label: round(float(share), 4) for label, share in zip(xception.LABELS, known.emotion, strict=True)}
    return [
        Section("[attributes]", {"green_level": _GREEN_LEVEL}, _CHANGED),
        Section("[attributes.emotion]", emotion),
        Section("[attributes.age_gender]", {"age_years": round(known.age_years, 2), "female": round(known.female, 4)}),
    ]


def _crop(picture: Pixels, points: FloatArray, reference: FloatArray, side: int, mistake: Mistake) -> Pixels:
    if mistake == "left for right":
        points = points[[1, 0, 2, 4, 3]]
    if mistake == "embedder's crop":
        reference = REFERENCE * np.float32(side / SIDE)
    if mistake == "upright crop":
        middle, half = points.mean(axis=0), side / 2
        radius = np.abs(points - middle).max() * _AROUND
        points = middle + np.array([[-1, -1], [1, -1], [1, 1]], np.float32) * radius
        reference = half + np.array([[-1, -1], [1, -1], [1, 1]], np.float32) * half
    return cut([(picture, points)], reference, side)[0]


def _spoilt(crop: Pixels, mistake: Mistake) -> Pixels:
    changes: dict[Mistake, Callable[[], Pixels]] = {
        "colour order": lambda: crop[..., ::-1],
        "mirrored": lambda: crop[:, ::-1],
        "blue": lambda: crop[..., [0, 0, 0]],
        "green": lambda: crop[..., [1, 1, 1]],
        "red": lambda: crop[..., [2, 2, 2]],
        "mean of colours": lambda: np.repeat(crop.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8),
    }
    return np.ascontiguousarray(changes[mistake]()) if mistake in changes else crop


def _grey(crop: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), np.uint8)[..., None]


def _shifted(pixels: Pixels, mistake: Mistake) -> Pixels:
    """Pixels taken for the stored int8 values: the sign bit is not turned."""
    return pixels ^ np.uint8(128) if mistake == "off by 128" else pixels


def _softmax(logits: FloatArray, temperature: float) -> FloatArray:
    flat = logits.ravel()
    powers = np.exp((flat - flat.max()) / temperature)
    return np.asarray(powers / powers.sum(), np.float32)


_GREEN_LEVEL = 96
_AROUND = 2.0
"""How much larger a crop by the box is than the landmarks reach."""
_CHANGED = (
    "The portrait made grey; the red channel holds that grey, the blue one its negative, the green one green_level; then a quarter\n"
    "turn to the left. Read on the landmarks above, turned with it, by the float networks: the probability of each expression,\n"
    "the mean age, the probability of female. Lying down, only an aligned crop shows a face; in these colours only the right\n"
    "order, and the right weights of grey, show its light and shade."
)
