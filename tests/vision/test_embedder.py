"""The embedder: unit vectors under its card's id, and a card that says what the network is not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.errors import ModelError
from edged.types import AlignedFace
from edged.vision.embedder import Embedder
from edged.vision.model_card import EmbeddingCard
from tests.conftest import MODELS

if TYPE_CHECKING:
    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader


def test_an_embedding_has_unit_length_and_its_models_name(reader: FaceReader, astronaut: Uint8Array) -> None:
    face = reader.largest(astronaut)
    assert face
    assert float(np.linalg.norm(face.embedding.vector)) == pytest.approx(1.0, abs=1e-5)
    assert face.embedding.model_id == reader.embedding_card.id


def test_a_face_and_its_mirror_image_together_are_the_same_from_either(reader: FaceReader, astronaut: Uint8Array) -> None:
    face = reader.largest(astronaut)
    assert face
    mirrored = AlignedFace(np.ascontiguousarray(face.aligned.pixels[:, ::-1]))
    once, again = (reader.embedder.embed_with_mirror(aligned).vector for aligned in (face.aligned, mirrored))
    assert float(once @ again) == pytest.approx(1.0, abs=1e-5)
    alone = reader.embedder.embed(face.aligned).vector
    assert 0.8 < float(once @ alone) < 0.9999


@pytest.mark.parametrize(("right", "wrong"), [("dimensions = 128", "dimensions = 64"), ("width = 112", "width = 96")])
def test_a_card_that_says_another_form_is_refused(tmp_path: Path, right: str, wrong: str) -> None:
    folder = Path(shutil.copytree(MODELS / "embedding_sface", tmp_path / "embedding"))
    card = (folder / "model.toml").read_text(encoding="utf-8")
    assert right in card
    (folder / "model.toml").write_text(card.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(ModelError, match="is not of the form that its card says"):
        Embedder(EmbeddingCard.read(folder))
