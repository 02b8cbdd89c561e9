"""Which embeddings of one face to keep: the best view, and those that show something else.

It does not know whose face it is, nor where the embeddings are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.types import Float32Array

ALIKE = 0.9
"""Similarity from which two looks stand for the same view, so that the better one is enough: 0.5 % of the 3,142 pairs of pictures
of one person in LFW View 1 reach it (usable faces, int8 SFace), so that another day's look nearly always has a place."""


@dataclass(frozen=True, slots=True)
class Redundant:
    """A row to drop, and its similarity, −1…1, to the most alike of those that were left then."""

    row: int
    similarity: float


def superfluous(embeddings: Float32Array, qualities: Sequence[float], *, most: int) -> Redundant | None:
    """Choose the look to drop; None where all are worth keeping.

    Of the two that are most alike it is the worse one, and of equally good ones the later. So the best look stays, and the others
    show what differs from it.

    Args:
        embeddings: (N, d) float32, rows of unit length.
        qualities: N qualities, 0…1.
        most: How many have a place, at least 1.
    """
    if len(embeddings) == 1:
        return None
    similarities = embeddings @ embeddings.T
    np.fill_diagonal(similarities, -np.inf)
    first, second = sorted(map(int, np.unravel_index(similarities.argmax(), similarities.shape)))
    nearest = min(1.0, float(similarities[first, second]))
    if nearest < ALIKE and len(embeddings) <= most:
        return None
    return Redundant(first if qualities[second] > qualities[first] else second, nearest)


def redundant(embeddings: Float32Array, qualities: Sequence[float], *, most: int) -> list[Redundant]:
    """Choose all rows to drop, one after the other, as superfluous() does; the arguments are its own."""
    rows, out = list(range(len(embeddings))), list[Redundant]()
    while rows and (found := superfluous(embeddings[rows], [qualities[row] for row in rows], most=most)):
        out.append(Redundant(rows.pop(found.row), found.similarity))
    return out
