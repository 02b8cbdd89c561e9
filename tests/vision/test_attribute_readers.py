"""The attribute readers: what the shipped networks say of real faces, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.errors import ModelError
from edged.tracking.attribute_means import answer_of
from edged.vision.attribute_cards import AgeGenderCard, EmotionCard
from edged.vision.attribute_readers import AgeGenderReader, EmotionReader
from tests.conftest import MODELS

if TYPE_CHECKING:
    from edged.types import Landmarks, Uint8Array
    from edged.vision.faces import FaceReader

EMOTION, AGE_GENDER = MODELS / "emotion_xception", MODELS / "age_gender_xception"


@pytest.fixture(scope="module")
def emotions() -> EmotionReader:
    return EmotionReader(EmotionCard.read(EMOTION))


@pytest.fixture(scope="module")
def ages() -> AgeGenderReader:
    return AgeGenderReader(AgeGenderCard.read(AGE_GENDER))


@pytest.fixture(scope="module")
def landmarks(reader: FaceReader, astronaut: Uint8Array) -> Landmarks:
    return reader.detector.detect(astronaut)[0].landmarks


def test_a_smile_is_happy(emotions: EmotionReader, astronaut: Uint8Array, landmarks: Landmarks) -> None:
    for scores in (emotions.read(astronaut, landmarks), emotions.read_with_mirror(astronaut, landmarks)):
        assert scores.labels[int(np.argmax(scores.probabilities))] == "happy"
        assert sum(scores.probabilities) == pytest.approx(1, abs=1e-5)


def test_a_woman_of_thirty_five_is_read_so(ages: AgeGenderReader, astronaut: Uint8Array, landmarks: Landmarks) -> None:
    for told in (ages.read(astronaut, landmarks), ages.read_with_mirror(astronaut, landmarks)):
        assert told.female > 0.7
        assert 25 < told.age_years < 50
        assert told.age_low <= told.age_years <= told.age_high


def test_every_range_is_between_three_and_twenty_five_years_wide_and_holds_the_age(ages: AgeGenderReader) -> None:
    rules = ages.card.rules
    for raw in np.arange(-20, 140, 0.5, dtype=np.float32):
        told = answer_of(ages._answer([np.array([raw]), np.array([3.0], dtype=np.float32)]), rules)
        assert told.age_range is not None
        low, high = told.age_range
        assert 3 <= high - low <= 25
        assert 0 <= low <= told.mean.age_years <= high


def test_the_same_answer_of_the_network_says_less_of_a_childs_gender(ages: AgeGenderReader) -> None:
    child, adult = (ages._answer([np.array([raw], np.float32), np.array([3.0], np.float32)]).female for raw in (2.0, 30.0))
    assert adult < 0.1 < child < 0.5


def test_men_are_told_as_men(reader: FaceReader, ages: AgeGenderReader, portraits: dict[str, Path]) -> None:
    for name in ("obama", "biden"):
        face = reader.largest(np.asarray(cv2.imread(str(portraits[name])), dtype=np.uint8))
        assert face is not None
        told = ages.read(np.asarray(cv2.imread(str(portraits[name])), dtype=np.uint8), face.detection.landmarks)
        assert told.female < 0.3
        assert told.age_years > 35


def test_with_the_mirror_a_mirrored_face_reads_the_same(emotions: EmotionReader, astronaut: Uint8Array) -> None:
    crop = astronaut[60:190, 160:290]
    once, again = (emotions.read_crop(np.ascontiguousarray(face), mirror=True) for face in (crop, crop[:, ::-1]))
    assert once.probabilities == pytest.approx(again.probabilities, abs=0.05)


def test_a_look_does_not_remember_the_one_before(ages: AgeGenderReader, astronaut: Uint8Array, landmarks: Landmarks) -> None:
    before = ages.read(astronaut, landmarks)
    ages.read(np.zeros_like(astronaut), landmarks)
    assert ages.read(astronaut, landmarks) == before


@pytest.mark.parametrize("folder", ["emotion_xception", "age_gender_xception"])
@pytest.mark.parametrize(("damage", "sentence"), [("gone", "cannot be read"), ("changed", "is not the one its card names")])
def test_a_missing_or_changed_network_is_refused(tmp_path: Path, folder: str, damage: str, sentence: str) -> None:
    copy = Path(shutil.copytree(MODELS / folder, tmp_path / folder))
    file = next(copy.glob("*.tflite"))
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match=sentence):
        _open(copy)


@pytest.mark.parametrize(
    ("folder", "right", "wrong", "sentence"),
    [
        ("emotion_xception", '"happy", ', "", "its card says"),
        ("emotion_xception", "width = 64", "width = 48", "its card says"),
        ("age_gender_xception", "index = 1", "index = 2", "its card says"),
        ("emotion_xception", 'task = "emotion"', 'task = "detection"', "is for 'detection', and one for 'emotion' is needed"),
        ("age_gender_xception", "raw_years = [1.0, 6.0", "raw_years = [6.0, 1.0", "age.raw_years must rise"),
        ("age_gender_xception", "raw_years = [1.0, ", "raw_years = [", "need one value for each"),
        ("age_gender_xception", "\nlow = [0.0", "\nlow = [2.5", "age.years must lie between|years apart"),
        ("age_gender_xception", "\nscale = [", "\nscale = [1.0, ", "need one value for each"),
        ("age_gender_xception", "\nmax_range_years", "\nmost_range_years", "is not usable"),
    ],
)
def test_a_card_of_another_form_or_with_a_mistake_is_refused(tmp_path: Path, folder: str, right: str, wrong: str, sentence: str) -> None:
    copy = Path(shutil.copytree(MODELS / folder, tmp_path / folder))
    card = (copy / "model.toml").read_text()
    assert right in card
    (copy / "model.toml").write_text(card.replace(right, wrong, 1))
    with pytest.raises(ModelError, match=sentence):
        _open(copy)


def _open(folder: Path) -> EmotionReader | AgeGenderReader:
    if folder.name == EMOTION.name:
        return EmotionReader(EmotionCard.read(folder))
    return AgeGenderReader(AgeGenderCard.read(folder))
