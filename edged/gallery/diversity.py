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


def redundant_beside(embeddings: Float32Array, qualities: Sequence[float], learned: Sequence[bool], *, most: int) -> list[Redundant]:
    """Choose all rows to drop where some were learned and not chosen by the owner: these go first, and push no other out.

    Args:
        embeddings: (N, d) float32, rows of unit length.
        qualities: N qualities, 0…1.
        learned: Which of the N were learned.
        most: How many have a place, at least 1.
    """
    chosen = [row for row, is_learned in enumerate(learned) if not is_learned]
    found = redundant(embeddings[chosen], [qualities[row] for row in chosen], most=most)
    out = [Redundant(chosen[one.row], one.similarity) for one in found]
    kept = [row for row in chosen if row not in {one.row for one in out}]
    for row in sorted(set(range(len(embeddings))) - set(chosen), key=lambda row: (-qualities[row], row)):
        nearest = min(1.0, float((embeddings[kept] @ embeddings[row]).max(initial=-1.0)))
        if nearest >= ALIKE or len(kept) >= most:
            out.append(Redundant(row, nearest))
        else:
            kept.append(row)
    return out
