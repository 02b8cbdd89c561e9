"""Expressions, ages and genders measured on real faces, small ones and pictures without a face to the detector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.errors import LabelsError
from edged.measure.attributes import measure_age_gender, measure_emotion
from edged.vision.attribute_readers import AgeGenderReader, EmotionReader
from edged.vision.model_card import AgeGenderCard, EmotionCard
from tests.conftest import MODELS

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader


@pytest.fixture
def small_face(astronaut: Uint8Array) -> Uint8Array:
    """A face of 48×48 pixels, cut as closely as FER-2013 does."""
    return np.asarray(cv2.resize(astronaut[50:200, 150:300], (48, 48), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def test_a_small_face_is_found_and_one_that_is_not_is_read_whole(reader: FaceReader, small_face: Uint8Array, tmp_path: Path) -> None:
    for label, name, pixels in (
        ("happy", "1.png", small_face),
        ("happy", "2.png", small_face),
        ("neutral", "1.png", np.zeros_like(small_face)),
    ):
        (tmp_path / label).mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / label / name), pixels)
    done = measure_emotion(reader.detector, EmotionReader(EmotionCard.read(MODELS / "emotion_xception")), tmp_path)
    assert (done.pictures, done.without_face) == (3, 1)
    assert done.per_class["happy"] == 1.0
    assert sum(done.confusion["neutral"].values()) == 1
    assert done.ms > 0


def test_age_and_gender_are_measured_against_the_name(reader: FaceReader, astronaut: Uint8Array, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "36_1_0_1.png"), astronaut)
    done = measure_age_gender(reader.detector, AgeGenderReader(AgeGenderCard.read(MODELS / "age_gender_faceres")), tmp_path)
    assert (done.pictures, done.without_face, done.gender_accuracy) == (1, 0, 1.0)
    assert done.age_mae < 10
    assert list(done.age_mae_by_decade) == ["30-39"]


def test_a_folder_that_says_nothing_is_refused(reader: FaceReader, tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="has no pictures"):
        measure_emotion(reader.detector, EmotionReader(EmotionCard.read(MODELS / "emotion_xception")), tmp_path)
