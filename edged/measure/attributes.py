"""Measuring expressions, ages and genders on folders of face pictures, through the product's detector and readers.

Here pictures meet the networks; what the figures should be is not known here.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.evaluation.attributes import (
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
    from pathlib import Path

    from edged.types import AgeGender, EmotionScores, Uint8Array
    from edged.vision.attributes import AgeGenderReader, EmotionReader
    from edged.vision.detector import Detector
    from edged.vision.model_card import AgeGenderCard
    from edged.vision.tflite import Network

BORDER = 0.5
"""Of a picture's shorter side: such pictures are cut so closely around a face that the detector needs room."""
LEAST_SIDE_PX = 144
"""Smaller pictures are enlarged for the detector by a whole number: FER-2013's 48×48 threefold."""


@dataclass(frozen=True, slots=True)
class MeasuredEmotions:
    """Figures, pictures, those without a face to us (read whole), and the median milliseconds of one bare inference."""

    figures: EmotionFigures
    pictures: int
    without_face: int
    milliseconds: float


@dataclass(frozen=True, slots=True)
class MeasuredAgeGender:
    """Figures, pictures, those without a face to us (read whole), and the median milliseconds of one bare inference."""

    figures: AgeGenderFigures
    pictures: int
    without_face: int
    milliseconds: float


@dataclass(frozen=True, slots=True, eq=False)
class _Located:
    """A bordered picture and the landmarks in it; the picture itself as a crop where no face was found."""

    pixels: Uint8Array
    landmarks: Landmarks | None


def measure_emotion(detector: Detector, reader: EmotionReader, labels: tuple[str, ...], images: Path) -> MeasuredEmotions:
    """Read the expression of every picture of `images/<label>/`, each face together with its mirror image.

    Raises:
        LabelsError: the folder is not of that form.
        PictureError: a picture is damaged.
    """
    pictures = labelled_pictures(images, labels)
    told, milliseconds, without = [], [], 0
    for path, _ in pictures:
        place = _locate(detector, read_picture(path))
        without += place.landmarks is None
        told.append(_likeliest(_read_emotion(reader, place)))
        milliseconds.append(_inference_ms(reader.network))
    return MeasuredEmotions(judge_emotions(told, [label for _, label in pictures]), len(pictures), without, median(milliseconds))


def measure_age_gender(detector: Detector, reader: AgeGenderReader, card: AgeGenderCard, images: Path) -> MeasuredAgeGender:
    """Read age and gender of every picture of a folder with UTKFace's names, each face together with its mirror image.

    Raises:
        LabelsError: the folder is not of that form.
        PictureError: a picture is damaged.
    """
    people = utkface_pictures(images)
    rules = AgeGenderRules(least_confidence=card.gender.least_confidence, max_range_years=card.age.max_range_years)
    told, milliseconds, without = [], [], 0
    for person in people:
        place = _locate(detector, read_picture(person.path))
        without += place.landmarks is None
        told.append(answer_of(_read_age_gender(reader, place), rules))
        milliseconds.append(_inference_ms(reader.network))
    return MeasuredAgeGender(judge_ages_and_genders(told, people), len(people), without, median(milliseconds))


def _locate(detector: Detector, pixels: Uint8Array) -> _Located:
    """The face nearest the middle of a picture that is given a border first.

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


def _read_emotion(reader: EmotionReader, place: _Located) -> EmotionScores:
    if place.landmarks is None:
        return reader.read_crop(place.pixels, mirror=True)
    return reader.read_with_mirror(place.pixels, place.landmarks)


def _read_age_gender(reader: AgeGenderReader, place: _Located) -> AgeGender:
    if place.landmarks is None:
        return reader.read_crop(place.pixels, mirror=True)
    return reader.read_with_mirror(place.pixels, place.landmarks)


def _likeliest(scores: EmotionScores) -> str:
    return scores.labels[scores.probabilities.index(max(scores.probabilities))]


def _inference_ms(network: Network) -> float:
    started = time.perf_counter()
    network.invoke_again()
    return (time.perf_counter() - started) * 1000
