"""Typical views: what the lines say of faces, and that a file of the wrong form is named."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.errors import ModelError
from edged.types import Embedding, Quality, Reason
from edged.vision.model_card import EmbeddingCard
from edged.vision.typical_view import TypicalViews, features
from tests.conftest import MODELS

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Detection, Uint8Array
    from edged.vision.faces import FaceReader

GOOD = Quality(0.9, None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the embedder's card and lines, to be spoilt."""
    for name in ("model.toml", "typical_view.npy"):
        shutil.copy(MODELS / "embedding_sface" / name, tmp_path)
    return tmp_path


def looked_at(reader: FaceReader, pixels: Uint8Array) -> tuple[Embedding, Detection]:
    face = reader.detect(pixels)[0]
    return reader.embedder.embed(reader.aligner.align(pixels, face.landmarks)), face


def judged(reader: FaceReader, pixels: Uint8Array) -> tuple[Quality, bool]:
    return reader.typical.judge(GOOD, *looked_at(reader, pixels))


def test_a_good_portrait_is_typical_and_others_are_not(reader: FaceReader, astronaut: Uint8Array) -> None:
    good, may_lie = judged(reader, astronaut)
    assert good.is_typical
    assert not may_lie
    narrow, may_lie = judged(reader, np.ascontiguousarray(astronaut[:, ::2]))
    assert not narrow.is_typical
    assert (narrow.reason, may_lie) == (None, False)
    upside_down, may_lie = judged(reader, np.ascontiguousarray(astronaut[::-1, ::-1]))
    assert not upside_down.is_typical
    assert may_lie
    assert judged(reader, 255 - astronaut)[0].reason is Reason.UNUSUAL_VIEW


def test_an_embedding_of_the_gallery_has_no_length_and_is_not_judged(reader: FaceReader, astronaut: Uint8Array) -> None:
    embedding, face = looked_at(reader, np.ascontiguousarray(255 - astronaut))
    assert reader.typical.judge(GOOD, Embedding(embedding.vector, embedding.model_id), face) == (GOOD, False)


def test_without_lines_every_view_is_typical(folder: Path, reader: FaceReader, astronaut: Uint8Array) -> None:
    card = folder / "model.toml"
    card.write_text(card.read_text().partition("[typical_view]")[0])
    assert TypicalViews(EmbeddingCard.read(folder)).judge(GOOD, *looked_at(reader, 255 - astronaut)) == (GOOD, False)


def test_proportions_are_those_of_the_face_whatever_its_size_and_lean(reader: FaceReader, astronaut: Uint8Array) -> None:
    embedding, face = looked_at(reader, astronaut)
    again, large = looked_at(reader, np.ascontiguousarray(astronaut.repeat(2, axis=0).repeat(2, axis=1)))
    assert features(embedding, face)[-7:] == pytest.approx(features(again, large)[-7:], abs=0.1)


def test_a_missing_or_changed_file_is_named(folder: Path) -> None:
    lines = folder / "typical_view.npy"
    lines.write_bytes(lines.read_bytes() + b"0")
    with pytest.raises(ModelError, match=r"typical_view\.npy is not the file that its card means"):
        TypicalViews(EmbeddingCard.read(folder))
    lines.write_bytes(b"no array")
    with pytest.raises(ModelError, match="cannot be read"):
        TypicalViews(EmbeddingCard.read(folder))
    lines.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        TypicalViews(EmbeddingCard.read(folder))


def test_lines_for_another_network_are_refused(folder: Path) -> None:
    card = folder / "model.toml"
    card.write_text(card.read_text().replace('"squeezed", ', ""))
    with pytest.raises(ModelError, match=r"float32 numbers of shape \(8, 137\), and not float32 of \(7, 137\)"):
        TypicalViews(EmbeddingCard.read(folder))
    card.write_text(card.read_text().replace('turned = "turned"', 'turned = "lying"'))
    with pytest.raises(ModelError, match="the turned and the final corners are some of"):
        EmbeddingCard.read(folder)
