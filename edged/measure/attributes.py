"""Measuring expressions, ages and genders on folders of face pictures, through the product's detector and readers.

Here pictures meet the networks. A damaged picture is a PictureError.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

from edged.evaluation.attribute_figures import (
    AgeGenderFigures,
    EmotionFigures,
    judge_ages_and_genders,
    judge_emotions,
)
from edged.tracking.attribute_means import answer_of, expression_of
from edged.types import Box, Landmarks
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edged.evaluation.attribute_figures import LabelledFace
    from edged.measure.faces import Track
    from edged.types import Uint8Array
    from edged.vision.attribute_readers import AgeGenderReader, AttributeReader, EmotionReader
    from edged.vision.detector import Detector

AnswerT = TypeVar("AnswerT")

BORDER = 0.5
"""Width of the border in a picture's shorter side: such pictures are cut so closely around a face that the detector needs room."""
LEAST_SIDE_PX = 144
"""Shorter side in pixels below which pictures are enlarged for the detector by a whole number: FER-2013's 48×48 threefold."""


@dataclass(frozen=True)
class PicturesRead:
    """How many pictures were read, those without a face to us (read whole), and the median milliseconds of one bare inference."""

    pictures: int
    without_face: int
    ms: float


@dataclass(frozen=True)
class MeasuredEmotions(PicturesRead, EmotionFigures):
    """Figures of expressions, and of how they were read."""


@dataclass(frozen=True)
class MeasuredAgeGender(PicturesRead, AgeGenderFigures):
    """Figures of ages and genders, and of how they were read."""


def measure_emotion(
    detector: Detector, reader: EmotionReader, pictures: Sequence[tuple[Path, str]], track: Track = iter
) -> MeasuredEmotions:
    """Read the expression of labelled_pictures(), each face together with its mirror image."""
    answers, done = _read_all(detector, reader, [path for path, _ in pictures], track)
    rules = reader.card.rules
    figures = judge_emotions([expression_of(scores, rules) for scores in answers], [label for _, label in pictures])
    return MeasuredEmotions(**asdict(figures), **asdict(done))


def measure_age_gender(
    detector: Detector, reader: AgeGenderReader, people: Sequence[LabelledFace], track: Track = iter
) -> MeasuredAgeGender:
    """Read age and gender of utkface_pictures(), each face together with its mirror image."""
    rules = reader.card.rules
    answers, done = _read_all(detector, reader, [person.path for person in people], track)
    figures = judge_ages_and_genders([answer_of(mean, rules) for mean in answers], people)
    return MeasuredAgeGender(**asdict(figures), **asdict(done))


def _read_all(detector: Detector, reader: AttributeReader[AnswerT], paths: list[Path], track: Track) -> tuple[list[AnswerT], PicturesRead]:
    answers, seconds, without = [], [], 0
    for path in track(paths):
        pixels, landmarks = _locate(detector, read_picture(path))
        if landmarks is None:
            without += 1
            answers.append(reader.read_crop(pixels, mirror=True))
        else:
            answers.append(reader.read_with_mirror(pixels, landmarks))
        started = time.perf_counter()
        reader.network.invoke_again()
        seconds.append(time.perf_counter() - started)
    return answers, PicturesRead(len(paths), without, median(seconds) * 1000)


def _locate(detector: Detector, pixels: Uint8Array) -> tuple[Uint8Array, Landmarks | None]:
    """Find the face nearest the middle of a picture that is given a border first; without one, the picture itself is the crop.

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
        return pixels, None
    # Pixel centres lie at whole numbers, so a pixel's edge lies half a pixel before it.
    points = (found.landmarks.points_xy + np.float32(0.5)) / np.float32(factor) - np.float32(0.5)
    return _bordered(pixels, border, cv2.BORDER_REPLICATE), Landmarks(found.landmarks.names, points)


def _bordered(pixels: Uint8Array, border: int, kind: int) -> Uint8Array:
    return np.asarray(cv2.copyMakeBorder(pixels, border, border, border, border, kind), dtype=np.uint8)
