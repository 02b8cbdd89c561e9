"""The faces that go into and come out of the gallery file, and how a vector becomes bytes.

It does not know SQLite, nor what an embedding was computed from.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import numpy.typing as npt

    from edged.types import Embedding, Float32Array

STORED = np.dtype("<f4")
"""Type of stored numbers, little-endian float32 whatever the machine: a gallery moves between a Raspberry Pi and a server."""

UNIT_TOLERANCE = 1e-3
"""Distance of a squared length from 1 that is allowed; float32 normalisation errs by 1e-6, a forgotten normalisation by far more."""


class Origin(StrEnum):
    """Who wanted a template; one that is only suggested is compared with nothing, and counts for nothing until the owner accepts it."""

    ENROLLED = "enrolled"
    LEARNED = "learned"
    SUGGESTED = "suggested"


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    embedding: Embedding
    quality: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.quality <= 1.0:
            raise ValueError(f"A quality is 0…1, not {self.quality}.")
        check_unit(self.embedding.vector)


@dataclass(frozen=True, slots=True, eq=False)
class NewTemplate(_View):
    """A template to be enrolled.

    quality is 0…1, source says in a word where the picture came from, created_at is aware. aligned_png is the aligned
    face as PNG, from which another model can embed it again, or None where the owner keeps no pictures. typicality is that of
    `Quality`; it is judged before and not stored.
    """

    source: str
    created_at: datetime
    aligned_png: bytes | None
    typicality: float = 0.0
    origin: Origin = Origin.ENROLLED


@dataclass(frozen=True, slots=True, eq=False)
class Sighting(_View):
    """One view of a stranger, or several fused into one; seen_at is aware, the rest as in NewTemplate, of the best view."""

    seen_at: datetime
    aligned_png: bytes | None
    typicality: float = 0.0


class StoredEmbedding(NamedTuple):
    """An embedding as it stands in the file: the row's id, the id of the person or stranger, and bytes that may be damaged."""

    id: int
    owner: str
    embedding: bytes


@dataclass(frozen=True, slots=True, eq=False)
class TemplateRows:
    """All templates of one model, sorted by person.

    embeddings is (N, d) float32, rows of unit length; row i belongs to persons[i]. damaged holds the ids of templates whose
    bytes are no embedding, as a failing SD card leaves them; they are left out, so that the others still open the door.
    """

    model_id: str
    persons: list[str]
    embeddings: Float32Array
    damaged: list[int]


def check_unit(vector: Float32Array) -> None:
    """Accept a finite vector (d,) of unit length; anything else, NaN included, is a ValueError."""
    if vector.ndim != 1 or not is_unit(vector):
        raise ValueError(
            f"An embedding is a finite vector of unit length, not one of shape {vector.shape} and {np.linalg.norm(vector)} long."
        )


def is_unit(vector: Float32Array) -> bool:
    """Whether a vector (d,) has unit length; False for NaN and infinity."""
    return abs(float(vector.dot(vector)) - 1.0) <= UNIT_TOLERANCE  # dot, unlike @, does not warn of NaN


def are_unit(matrix: Float32Array) -> npt.NDArray[np.bool_]:
    """Tell for each row of a matrix (N, d) whether it has unit length; False for NaN and infinity."""
    with np.errstate(over="ignore", invalid="ignore"):
        close: npt.NDArray[np.bool_] = np.abs(np.einsum("nd,nd->n", matrix, matrix) - 1.0) <= UNIT_TOLERANCE
    return close


def to_blob(embedding: Embedding) -> bytes:
    """Give the bytes of an embedding: d little-endian float32."""
    return embedding.vector.astype(STORED).tobytes()


def from_blobs(model_id: str, stored: Sequence[StoredEmbedding]) -> TemplateRows:
    """Decode embeddings of one model; those that are none go to damaged."""
    sizes = Counter(len(one.embedding) for one in stored if len(one.embedding) % STORED.itemsize == 0)
    size = max(sizes, key=lambda one: sizes[one], default=0)
    whole = [one for one in stored if len(one.embedding) == size]
    matrix = np.frombuffer(b"".join(one.embedding for one in whole), STORED).astype(np.float32)
    matrix = matrix.reshape(len(whole), size // STORED.itemsize)
    unit = are_unit(matrix)
    kept = [one for one, good in zip(whole, unit, strict=True) if good]
    damaged = sorted({one.id for one in stored} - {one.id for one in kept})
    return TemplateRows(model_id, [one.owner for one in kept], matrix if unit.all() else matrix[unit], damaged)
