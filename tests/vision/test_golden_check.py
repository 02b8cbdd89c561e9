"""The golden check: networks that are right pass, and those whose answers would be nonsense do not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.errors import ModelError
from edged.vision.attribute_cards import AgeGenderCard, EmotionCard
from edged.vision.attribute_readers import AgeGenderReader, EmotionReader
from edged.vision.golden_check import check_golden, check_golden_age_gender, check_golden_emotion
from tests.conftest import MODELS, face_reader

if TYPE_CHECKING:
    from edged.types import AgeGender, EmotionScores, Landmarks, Uint8Array
    from edged.vision.faces import FaceReader

DETECTOR, SFACE, MOBILEFACENET = "detection_yunet", "embedding_sface", "embedding_mobilefacenet"
EMOTION, AGE_GENDER = "emotion_xception", "age_gender_xception"


class OtherOrder(EmotionReader):
    """Takes red for blue: its card names no order, since the network sees grey."""

    def read(self, pixels: Uint8Array, landmarks: Landmarks) -> EmotionScores:
        return super().read(np.ascontiguousarray(pixels[..., ::-1]), landmarks)


class UprightEmotions(EmotionReader):
    """Cuts the square around the landmarks, however the face lies."""

    def read(self, pixels: Uint8Array, landmarks: Landmarks) -> EmotionScores:
        return self.read_crop(around(pixels, landmarks), mirror=False)


class UprightAges(AgeGenderReader):
    """The same."""

    def read(self, pixels: Uint8Array, landmarks: Landmarks) -> AgeGender:
        return self.read_crop(around(pixels, landmarks), mirror=False)


def around(pixels: Uint8Array, landmarks: Landmarks) -> Uint8Array:
    (left, top), (right, bottom) = landmarks.points_xy.min(axis=0), landmarks.points_xy.max(axis=0)
    x, y, reach = int(left + right) // 2, int(top + bottom) // 2, int(max(right - left, bottom - top))
    return np.ascontiguousarray(pixels[y - reach : y + reach, x - reach : x + reach])


def test_what_ships_passes(reader: FaceReader) -> None:
    assert check_golden(reader) > 0.95
    check_golden_emotion(EmotionReader(EmotionCard.read(MODELS / EMOTION)), MODELS)
    check_golden_age_gender(AgeGenderReader(AgeGenderCard.read(MODELS / AGE_GENDER)), MODELS)


@pytest.mark.parametrize(
    ("name", "embedding"),
    [
        (DETECTOR, (SFACE,)),
        (SFACE, (SFACE,)),
        (MOBILEFACENET, (MOBILEFACENET,)),
        (SFACE, (SFACE, MOBILEFACENET)),
        (MOBILEFACENET, (SFACE, MOBILEFACENET)),
    ],
)
def test_faces_in_a_wrong_colour_order_do_not_pass(tmp_path: Path, name: str, embedding: tuple[str, ...]) -> None:
    changed(tmp_path, name, 'colour = "BGR"', 'colour = "RGB"')
    for folder in {DETECTOR, *embedding, "+".join(embedding), "golden"} - {name}:
        shutil.copytree(MODELS / folder, tmp_path / folder)
    with pytest.raises(ModelError, match="golden"):
        check_golden(face_reader(tmp_path, embedding=embedding))


def test_every_embedder_that_ships_passes_alone_and_beside_the_other() -> None:
    for embedding in ((MOBILEFACENET,), (SFACE, MOBILEFACENET)):
        assert check_golden(face_reader(embedding=embedding)) > 0.99


def test_an_embedder_that_the_golden_answer_does_not_know_is_named(tmp_path: Path) -> None:
    changed(tmp_path, SFACE, 'network = "SFace"', 'network = "Own"')
    for folder in (DETECTOR, "golden"):
        shutil.copytree(MODELS / folder, tmp_path / folder)
    with pytest.raises(ModelError, match="does not know the embedder Own"):
        check_golden(face_reader(tmp_path))


def test_a_network_may_lie_deeper_in_the_models_folder(tmp_path: Path) -> None:
    for folder, place in (("detection_yunet", "yunet"), ("embedding_sface", "other/sface"), ("golden", "golden")):
        shutil.copytree(MODELS / folder, tmp_path / place)
    assert check_golden(face_reader(tmp_path, detection="yunet", embedding="other/sface")) > 0.95


@pytest.mark.parametrize("reader", [OtherOrder, UprightEmotions])
def test_expressions_of_wrong_colours_or_crops_do_not_pass(reader: type[EmotionReader]) -> None:
    with pytest.raises(ModelError, match="golden picture is read wrongly: the probability of"):
        check_golden_emotion(reader(EmotionCard.read(MODELS / EMOTION)), MODELS)


def test_ages_of_a_wrong_crop_do_not_pass() -> None:
    with pytest.raises(ModelError, match="golden picture is read wrongly"):
        check_golden_age_gender(UprightAges(AgeGenderCard.read(MODELS / AGE_GENDER)), MODELS)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("right_eye = [20.014, 23.759]\nleft_eye = [42.986, 23.759]", "right_eye = [42.986, 23.759]\nleft_eye = [20.014, 23.759]"),
        ('"happy", "sad"', '"sad", "happy"'),
        ("temperature = 2.0", "temperature = 1.0"),
    ],
    ids=["landmarks", "labels", "temperature"],
)
def test_a_card_of_expressions_that_is_wrong_does_not_pass(tmp_path: Path, right: str, wrong: str) -> None:
    with pytest.raises(ModelError, match="golden picture is read wrongly"):
        check_golden_emotion(EmotionReader(EmotionCard.read(changed(tmp_path, EMOTION, right, wrong))), MODELS)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('colour = "BGR"', 'colour = "RGB"'),
        ("right_eye = [65.682, 63.759]\nleft_eye = [157.318, 63.759]", "right_eye = [157.318, 63.759]\nleft_eye = [65.682, 63.759]"),
    ],
    ids=["colour", "landmarks"],
)
def test_a_card_of_ages_that_is_wrong_does_not_pass(tmp_path: Path, right: str, wrong: str) -> None:
    with pytest.raises(ModelError, match="golden picture is read wrongly"):
        check_golden_age_gender(AgeGenderReader(AgeGenderCard.read(changed(tmp_path, AGE_GENDER, right, wrong))), MODELS)


def changed(folder: Path, network: str, right: str, wrong: str) -> Path:
    """A copy of a network's folder whose card has one mistake."""
    copy = Path(shutil.copytree(MODELS / network, folder / network))
    card = (copy / "model.toml").read_text(encoding="utf-8")
    assert right in card
    (copy / "model.toml").write_text(card.replace(right, wrong), encoding="utf-8")
    return copy
