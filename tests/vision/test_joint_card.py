"""Joint cards: two networks give one embedding whose similarity is the mean of theirs, and a card that is not for them is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.errors import ModelError
from edged.types import AlignedFace
from edged.vision.joint_card import read_embedder_card
from edged.vision.pictures import read_picture
from edged.vision.quality import QualityLimits
from edged.vision.typical_view import features
from tests.conftest import MODELS, face_reader

if TYPE_CHECKING:
    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader

SFACE, MOBILEFACENET = "embedding_sface", "embedding_mobilefacenet"
JOINT = f"{SFACE}+{MOBILEFACENET}"


@pytest.fixture(scope="module")
def both() -> FaceReader:
    return face_reader(embedding=(SFACE, MOBILEFACENET))


@pytest.fixture(scope="module")
def alone() -> dict[str, FaceReader]:
    return {name: face_reader(embedding=name) for name in (SFACE, MOBILEFACENET)}


@pytest.fixture
def models_copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODELS, tmp_path / "models", ignore=shutil.ignore_patterns("build")))


def changed(models: Path, folder: str, right: str, wrong: str) -> Path:
    card = models / folder / "model.toml"
    text = card.read_text(encoding="utf-8")
    assert right in text
    card.write_text(text.replace(right, wrong), encoding="utf-8")
    return models


def test_one_similarity_is_the_weighted_mean_of_those_of_the_networks(
    both: FaceReader, alone: dict[str, FaceReader], portraits: dict[str, Path]
) -> None:
    faces = [face for name in ("obama", "obama_again", "biden") if (face := both.largest(read_picture(portraits[name])))]
    weights = np.array([part.weight for part in read_embedder_card(MODELS, (SFACE, MOBILEFACENET)).part])  # type: ignore[attr-defined]
    for how in ("embed", "embed_with_mirror"):
        made = {
            name: [getattr(reader.embedder, how)(face.aligned).vector for face in faces] for name, reader in (alone | {"": both}).items()
        }
        assert all(float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5) for vector in made[""])
        parts = [float(made[name][0] @ made[name][row]) for name in (SFACE, MOBILEFACENET) for row in (1, 2)]
        expected = (weights / weights.sum()) @ np.reshape(parts, (2, 2))
        assert [float(made[""][0] @ made[""][row]) for row in (1, 2)] == pytest.approx(expected, abs=1e-5)


def test_an_embedding_stays_what_it_is_when_another_face_is_embedded(both: FaceReader, astronaut: Uint8Array) -> None:
    face = both.largest(astronaut)
    assert face
    first = both.embedder.embed(face.aligned)
    before = first.vector.copy()
    both.embedder.embed(AlignedFace(np.ascontiguousarray(face.aligned.pixels[::-1])))
    assert np.array_equal(first.vector, before)


def test_networks_may_be_named_in_any_order_and_are_one_embedder(both: FaceReader) -> None:
    other = read_embedder_card(MODELS, (MOBILEFACENET, SFACE))
    assert other == both.embedding_card
    assert both.embedding_card.id not in {read_embedder_card(MODELS, (name,)).id for name in (SFACE, MOBILEFACENET)}
    assert both.embedding_card.dimensions == sum(read_embedder_card(MODELS, (name,)).dimensions for name in (SFACE, MOBILEFACENET))


def test_views_are_judged_by_the_first_network_as_if_it_were_alone(
    both: FaceReader, alone: dict[str, FaceReader], astronaut: Uint8Array
) -> None:
    """As strictly as alone: its vector is a shorter part of the whole."""
    (face,) = both.detect(astronaut)
    upside_down = np.ascontiguousarray(both.view(astronaut, face, QualityLimits()).aligned.pixels[::-1])
    for pixels in (both.view(astronaut, face, QualityLimits()).aligned.pixels, upside_down):
        found = [reader.embedder.embed(AlignedFace(pixels)) for reader in (both, alone[SFACE])]
        judged = [
            reader.typical.judge(reader.view(astronaut, face, QualityLimits()).quality, embedding, face)[0].typicality
            for reader, embedding in zip((both, alone[SFACE]), found, strict=True)
        ]
        assert judged[0] == pytest.approx(judged[1], abs=1e-4)
        assert len(features(found[0], face, 128)) == len(features(found[1], face))


def test_networks_without_a_card_of_their_own_are_refused_with_what_to_do() -> None:
    with pytest.raises(ModelError, match=r"No card says how embedding_sface and detection_yunet make one embedding: .* is missing\."):
        read_embedder_card(MODELS, (SFACE, "detection_yunet"))


def test_a_network_that_has_changed_since_the_card_was_measured_is_refused(models_copy: Path) -> None:
    changed(models_copy, MOBILEFACENET, 'id = "mobilefacenet-0.0.1-int8-1"', 'id = "mobilefacenet-0.0.1-int8-2"')
    with pytest.raises(ModelError, match=r"mobilefacenet-0\.0\.1-int8-2"):
        read_embedder_card(models_copy, (SFACE, MOBILEFACENET))


def test_networks_that_want_other_faces_are_refused(models_copy: Path) -> None:
    changed(models_copy, MOBILEFACENET, "right_eye = [38.2946, 51.6963]", "right_eye = [40.0, 51.6963]")
    with pytest.raises(ModelError, match="aligned in different ways"):
        read_embedder_card(models_copy, (SFACE, MOBILEFACENET))


@pytest.mark.parametrize(("right", "wrong"), [("weight = 1.0", "weight = 0.0"), ("weight = 1.0", "wait = 1.0")])
def test_a_joint_card_of_another_form_is_refused(models_copy: Path, right: str, wrong: str) -> None:
    changed(models_copy, JOINT, right, wrong)
    with pytest.raises(ModelError, match="is not usable"):
        read_embedder_card(models_copy, (SFACE, MOBILEFACENET))
