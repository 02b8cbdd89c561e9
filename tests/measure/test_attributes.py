"""Expressions, ages and genders measured on real faces, small ones and pictures without a face to the detector."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.errors import LabelsError
from edged.evaluation.attribute_figures import labelled_pictures, utkface_pictures
from edged.measure.attributes import MeasuredAgeGender, measure_age_gender, measure_emotion
from edged.vision.attribute_cards import AgeGenderCard, EmotionCard
from edged.vision.attribute_readers import AgeGenderReader, EmotionReader
from tests.conftest import MODELS

if TYPE_CHECKING:
    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LABELS = EmotionCard.read(MODELS / "emotion_xception").emotion.labels
BALANCED, FER = DATA / "utkface_balanced", DATA / "fer2013_public"
EACH_DECADE = 38
"""Pictures of each decade up to 99 years: with fewer, chance would decide."""


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
    done = measure_emotion(
        reader.detector, EmotionReader(EmotionCard.read(MODELS / "emotion_xception")), labelled_pictures(tmp_path, LABELS)
    )
    assert (done.pictures, done.without_face) == (3, 1)
    assert done.per_class["happy"] == 1.0
    assert sum(done.confusion["neutral"].values()) == 1
    assert done.ms > 0


def test_age_and_gender_are_measured_against_the_name(reader: FaceReader, astronaut: Uint8Array, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "36_1_0_1.png"), astronaut)
    done = measure_age_gender(
        reader.detector, AgeGenderReader(AgeGenderCard.read(MODELS / "age_gender_xception")), utkface_pictures(tmp_path)
    )
    assert (done.pictures, done.without_face, done.gender_accuracy) == (1, 0, 1.0)
    assert done.age_mae < 10
    assert list(done.age_mae_by_decade) == ["30-39"]


def test_a_folder_that_says_nothing_is_refused(reader: FaceReader, tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="has no pictures"):
        measure_emotion(reader.detector, EmotionReader(EmotionCard.read(MODELS / "emotion_xception")), labelled_pictures(tmp_path, LABELS))


@pytest.fixture(scope="module")
def ages(reader: FaceReader, tmp_path_factory: pytest.TempPathFactory) -> MeasuredAgeGender:
    """Figures of people of all ages, genders and groups, every decade alike."""
    folder = tmp_path_factory.mktemp("people")
    decades: dict[int, list[Path]] = {}
    for path in sorted(BALANCED.iterdir()):
        decades.setdefault(int(path.name.split("_")[0]) // 10, []).append(path)
    for decade in range(10):
        paths = decades[decade]
        for number in range(EACH_DECADE):
            (folder / paths[number * len(paths) // EACH_DECADE].name).symlink_to(paths[number * len(paths) // EACH_DECADE])
    return measure_age_gender(
        reader.detector, AgeGenderReader(AgeGenderCard.read(MODELS / "age_gender_xception")), utkface_pictures(folder)
    )


@pytest.mark.skipif(not BALANCED.exists(), reason="the development data is not here")
def test_ages_of_all_decades_are_near_and_their_ranges_hold_them_as_often_as_is_said(ages: MeasuredAgeGender) -> None:
    assert ages.pictures == 10 * EACH_DECADE
    assert ages.age_mae_of_decades <= 6.0
    for decade, coverage in ages.range_coverage_by_decade.items():
        assert coverage is not None, decade
        assert coverage >= 0.75, decade
    assert ages.range_coverage is not None
    assert 0.8 <= ages.range_coverage <= 0.95  # of all: of 38 faces of a decade all may be held by chance
    assert min(ages.range_told_by_decade.values()) >= 0.9
    assert ages.range_years is not None
    assert ages.range_years <= 25


@pytest.mark.skipif(not BALANCED.exists(), reason="the development data is not here")
def test_genders_that_are_told_are_right_at_every_age(ages: MeasuredAgeGender) -> None:
    told = ages.gender_accuracy_told_by_decade
    assert min(told[f"{first}-{first + 9}"] or 0 for first in range(10, 60, 10)) >= 0.94
    assert min(accuracy for accuracy in told.values() if accuracy is not None) >= 0.85
    assert ages.gender_told_by_decade["0-9"] < 0.4
    assert ages.gender_told_by_decade["30-39"] > 0.8


@pytest.mark.skipif(not FER.exists(), reason="the development data is not here")
def test_expressions_that_are_close_are_not_told_and_the_others_are_mostly_right(reader: FaceReader, tmp_path: Path) -> None:
    for label in sorted(FER.iterdir()):
        (tmp_path / label.name).mkdir()
        for path in sorted(label.iterdir())[1::10]:
            (tmp_path / label.name / path.name).symlink_to(path)
    done = measure_emotion(
        reader.detector, EmotionReader(EmotionCard.read(MODELS / "emotion_xception")), labelled_pictures(tmp_path, LABELS)
    )
    assert done.pictures > 350
    assert 0.75 <= done.told < 0.9
    assert done.accuracy_told is not None
    assert done.accuracy_told >= max(0.74, done.accuracy + 0.05)
