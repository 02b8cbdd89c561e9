"""Look-alikes made of numbers: two people with much in common, and views of each that differ as those of real people do."""

from __future__ import annotations

import numpy as np

from edged.gallery.templates import NewTemplate, TemplateRows
from edged.types import Embedding, Float32Array
from tests.gallery.conftest import MODEL, NOON, embedding

COMMON, OWN = 0.65, 0.8
"""Similarity of two twins, and share of a view that is the person's: views of one are 0.8 alike, of two about 0.5."""


def twin(seed: int, common_seed: int = 1) -> Float32Array:
    """Somebody like everybody of the same common seed, of length 1."""
    return unit(np.sqrt(COMMON) * embedding(common_seed).vector + np.sqrt(1 - COMMON) * embedding(seed).vector)


def views(person: Float32Array, count: int, seed: int) -> Float32Array:
    """So many views of somebody, (count, d)."""
    noise = np.array([embedding(1000 * seed + number).vector for number in range(count)])
    return unit(np.sqrt(OWN) * person + np.sqrt(1 - OWN) * noise)


def unit(vectors: np.typing.ArrayLike) -> Float32Array:
    found = np.asarray(vectors, dtype=np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=-1, keepdims=True), dtype=np.float32)


def household(templates: int = 3) -> dict[str, Float32Array]:
    """Two twins, and somebody who is like nobody."""
    return {"ann": views(twin(10), templates, 1), "bea": views(twin(11), templates, 2), "cid": views(embedding(12).vector, templates, 3)}


def rows(people: dict[str, Float32Array]) -> TemplateRows:
    """Templates as the gallery gives them; nobody is possible."""
    vectors = np.concatenate(list(people.values())) if people else np.empty((0, 128), np.float32)
    return TemplateRows(MODEL, [person for person, of in people.items() for _ in of], vectors, [])


def templates_of(vectors: Float32Array, model_id: str = MODEL) -> list[NewTemplate]:
    """The same, to be enrolled."""
    return [NewTemplate(Embedding(vector, model_id), 0.8, "test", NOON, None) for vector in vectors]
