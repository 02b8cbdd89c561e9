"""Embeddings as bytes: there and back, and what a failing disk makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from edged.gallery.templates import NewTemplate, Sighting, StoredEmbedding, are_unit, check_unit, from_blobs, is_unit, to_blob
from edged.types import Embedding
from tests.gallery.conftest import MODEL, NOON, embedding


def stored(*blobs: bytes) -> list[StoredEmbedding]:
    return [StoredEmbedding(number, f"person_{number}", blob) for number, blob in enumerate(blobs, start=1)]


def test_an_embedding_is_little_endian_float32_whatever_the_machine() -> None:
    assert to_blob(Embedding(np.array([1.0, 0.0], dtype=">f4"), MODEL)) == b"\x00\x00\x80\x3f\x00\x00\x00\x00"


def test_embeddings_come_back_as_they_were_in_their_order() -> None:
    first, second = embedding(1), embedding(2)
    rows = from_blobs(MODEL, stored(to_blob(first), to_blob(second)))
    assert (rows.model_id, rows.persons, rows.damaged) == (MODEL, ["person_1", "person_2"], [])
    np.testing.assert_array_equal(rows.embeddings, [first.vector, second.vector])
    assert rows.embeddings.dtype == np.float32


def test_without_any_there_is_an_empty_matrix() -> None:
    rows = from_blobs(MODEL, [])
    assert (rows.persons, len(rows.embeddings), rows.damaged) == ([], 0, [])


@pytest.mark.parametrize("damaged", [b"", b"\x00" * 512, b"\xff" * 512, b"\x00" * 7, to_blob(embedding(3))[:256]])
def test_what_is_no_embedding_is_left_out_and_named(damaged: bytes) -> None:
    rows = from_blobs(MODEL, stored(to_blob(embedding(1)), damaged, to_blob(embedding(2))))
    assert (rows.persons, rows.damaged, rows.embeddings.shape) == (["person_1", "person_3"], [2], (2, 128))


def test_a_face_has_a_quality_from_0_to_1_and_a_unit_vector() -> None:
    for quality in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="A quality is 0…1"):
            NewTemplate(embedding(1), quality, "test", NOON, None)
        with pytest.raises(ValueError, match="A quality is 0…1"):
            Sighting(embedding(1), quality, NOON, None)
    for vector in (np.ones(4, np.float32), np.full(4, np.nan, np.float32)):
        with pytest.raises(ValueError, match="finite vector of unit length"):
            NewTemplate(Embedding(vector, MODEL), 0.5, "test", NOON, None)
        with pytest.raises(ValueError, match="finite vector of unit length"):
            Sighting(Embedding(vector, MODEL), 0.5, NOON, None)


def test_unit_length_is_told_without_a_warning_also_of_what_is_no_number() -> None:
    vectors = np.array([[1, 0], [0.9, 0], [np.nan, 0], [np.inf, 0], [1e38, 1e38]], dtype=np.float32)
    assert are_unit(vectors).tolist() == [True, False, False, False, False]
    assert [is_unit(vector) for vector in vectors[:-1]] == [True, False, False, False]
    check_unit(vectors[0])
