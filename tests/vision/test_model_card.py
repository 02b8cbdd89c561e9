"""Model cards: the ones that ship are read, and damaged or wrong ones are refused with a sentence."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from edged.errors import ModelError
from edged.vision.attribute_cards import AgeGenderCard, EmotionCard
from edged.vision.detection_card import DetectionCard
from edged.vision.model_card import EmbeddingCard
from tests.conftest import MODELS, face_reader


@pytest.fixture
def models_copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODELS, tmp_path / "models", ignore=shutil.ignore_patterns("build")))


def test_the_cards_that_ship_say_what_their_networks_need() -> None:
    detection = DetectionCard.read(MODELS / "detection_yunet")
    embedding = EmbeddingCard.read(MODELS / "embedding_sface")
    assert set(embedding.reference.names) <= set(detection.landmarks.names)
    assert embedding.reference.points_xy.shape == (len(embedding.reference_landmarks), 2)
    assert "happy" in EmotionCard.read(MODELS / "emotion_xception").emotion.labels
    age = AgeGenderCard.read(MODELS / "age_gender_xception").age
    assert age.max_range_years <= 25
    assert age.raw_years == tuple(sorted(age.raw_years))


def test_a_card_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.toml cannot be read \(No such file or directory\)"):
        EmotionCard.read(tmp_path)


def test_a_card_of_another_task_is_refused() -> None:
    with pytest.raises(ModelError, match=r"model\.toml is for 'detection', and one for 'embedding' is needed; name another folder"):
        EmbeddingCard.read(MODELS / "detection_yunet")


@pytest.mark.parametrize(("right", "wrong"), [('"dx"', '"du"'), ("scale = [", "scale = [1.0, ")])
def test_a_detector_whose_channels_are_unknown_is_refused(models_copy: Path, right: str, wrong: str) -> None:
    folder = models_copy / "detection_yunet"
    card = (folder / "model.toml").read_text(encoding="utf-8")
    assert right in card
    (folder / "model.toml").write_text(card.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(ModelError, match=r"channels must be|for each channel"):
        DetectionCard.read(folder)


@pytest.mark.parametrize("damage", [b"", b"not toml [", b'id = "x"', b"\xff\xfe"])
def test_a_damaged_card_is_refused(models_copy: Path, damage: bytes) -> None:
    (models_copy / "detection_yunet" / "model.toml").write_bytes(damage)
    with pytest.raises(ModelError, match="is not usable") as refused:
        face_reader(models_copy)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("similarities", "[0.4, 0.3, 0.2, 0.1]"),
        ("similarities", "[0.3, 0.4]"),
        ("similarities", "[0.3, 0.4, 0.5, 1.5]"),
        ("false_match_rates", "[0.01, 0.001, 0.0001, 0.0]"),
        ("fused_offset", "-0.1"),
    ],
)
def test_a_card_with_a_tail_of_strangers_that_is_none_is_refused(models_copy: Path, key: str, value: str) -> None:
    card = models_copy / "embedding_sface" / "model.toml"
    card.write_text(re.sub(rf"^{key} = .*$", f"{key} = {value}", card.read_text(), flags=re.MULTILINE))
    with pytest.raises(ModelError, match="impostor_tail"):
        face_reader(models_copy)
