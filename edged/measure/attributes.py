"""Measuring expressions, ages and genders on folders of face pictures, through the product's detector and readers.

Here pictures meet the networks.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Generic, TypeVar

import cv2
import numpy as np

from edged.evaluation.attribute_figures import (
    AgeGenderFigures,
    EmotionFigures,
    judge_ages_and_genders,
    judge_emotions,
    labelled_pictures,
    utkface_pictures,
)
from edged.tracking.attribute_means import AgeGenderRules, answer_of
from edged.types import Box, Landmarks
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edged.types import Uint8Array
    from edged.vision.attribute_readers import AgeGenderReader, AttributeReader, EmotionReader
    from edged.vision.detector import Detector
    from edged.vision.tflite import Network

AnswerT = TypeVar("AnswerT")

BORDER = 0.5
"""Width of the border in a picture's shorter side: such pictures are cut so closely around a face that the detector needs room."""
LEAST_SIDE_PX = 144
"""Shorter side in pixels below which pictures are enlarged for the detector by a whole number: FER-2013's 48×48 threefold."""


@dataclass(frozen=True, slots=True)
class MeasuredEmotions(EmotionFigures):
    """Figures, pictures, those without a face to us (read whole), and the median milliseconds of one bare inference."""

    pictures: int
    without_face: int
    ms: float


@dataclass(frozen=True, slots=True)
class MeasuredAgeGender(AgeGenderFigures):
    """The same of ages and genders."""

    pictures: int
    without_face: int
    ms: float


@dataclass(frozen=True, slots=True, eq=False)
class _Located:
    """A bordered picture and the landmarks in it; the picture itself as a crop where no face was found."""

    pixels: Uint8Array
    landmarks: Landmarks | None


@dataclass(frozen=True, slots=True)
class _Answers(Generic[AnswerT]):
    """What was read of each picture, how many of them showed no face, and the median milliseconds of one bare inference."""

    answers: list[AnswerT]
    without_face: int
    ms: float


def measure_emotion(detector: Detector, reader: EmotionReader, images: Path) -> MeasuredEmotions:
    """Read the expression of every picture of `images/<label>/`, each face together with its mirror image.

    Raises:
        LabelsError: the folder is not of that form.
        PictureError: a picture is damaged.
    """
    pictures = labelled_pictures(images, reader.card.emotion.labels)
    done = _read_all(detector, reader, [path for path, _ in pictures])
    figures = judge_emotions([scores.likeliest for scores in done.answers], [label for _, label in pictures])
    return MeasuredEmotions(**asdict(figures), pictures=len(pictures), without_face=done.without_face, ms=done.ms)


def measure_age_gender(detector: Detector, reader: AgeGenderReader, images: Path) -> MeasuredAgeGender:
    """Read age and gender of every picture of a folder with UTKFace's names, each face together with its mirror image.

    Raises:
        LabelsError: the folder is not of that form.
        PictureError: a picture is damaged.
    """
    people, card = utkface_pictures(images), reader.card
    rules = AgeGenderRules(least_confidence=card.gender.least_confidence, max_range_years=card.age.max_range_years)
    done = _read_all(detector, reader, [person.path for person in people])
    figures = judge_ages_and_genders([answer_of(mean, rules) for mean in done.answers], people)
    return MeasuredAgeGender(**asdict(figures), pictures=len(people), without_face=done.without_face, ms=done.ms)


def _read_all(detector: Detector, reader: AttributeReader[AnswerT], paths: Sequence[Path]) -> _Answers[AnswerT]:
    answers, milliseconds, without = [], [], 0
    for path in paths:
        place = _locate(detector, read_picture(path))
        if place.landmarks is None:
            without += 1
            answers.append(reader.read_crop(place.pixels, mirror=True))
        else:
            answers.append(reader.read_with_mirror(place.pixels, place.landmarks))
        milliseconds.append(_inference_ms(reader.network))
    return _Answers(answers, without, median(milliseconds))


def _locate(detector: Detector, pixels: Uint8Array) -> _Located:
    """Find the face nearest the middle of a picture that is given a border first.

    The detector finds more faces in a black border; for the crop the picture's edge is repeated, since a face that the
    picture cuts off would have black in it.
    """
    side = min(pixels.shape[:2])
    border, factor = round(side * BORDER), math.ceil(LEAST_SIDE_PX / side)
    seen = _bordered(pixels, border, cv2.BORDER_CONSTANT)
    if factor > 1:
        seen = np.asarray(cv2.resize(seen, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    middle = Box(0, 0, seen.shape[1], seen.shape[0]).centre
    found = min(detector.detect(seen), key=lambda face: math.dist(face.box.centre, middle), default=None)
    if found is None:
        return _Located(pixels, None)
    # Pixel centres lie at whole numbers, so a pixel's edge lies half a pixel before it.
    points = (found.landmarks.points_xy + np.float32(0.5)) / np.float32(factor) - np.float32(0.5)
    return _Located(_bordered(pixels, border, cv2.BORDER_REPLICATE), Landmarks(found.landmarks.names, points))


def _bordered(pixels: Uint8Array, border: int, kind: int) -> Uint8Array:
    return np.asarray(cv2.copyMakeBorder(pixels, border, border, border, border, kind), dtype=np.uint8)


def _inference_ms(network: Network) -> float:
    started = time.perf_counter()
    network.invoke_again()
    return (time.perf_counter() - started) * 1000
