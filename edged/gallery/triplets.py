"""A linear projection of embeddings that draws look-alikes apart: triplet loss with semi-hard negatives, by gradient descent.

It knows vectors and who they are of by number; what becomes of the projection is not known here.

F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet: A unified embedding for face recognition and clustering", CVPR 2015, section 3: of an
anchor, another vector of the same person and one of somebody else, the last should be farther from the anchor by a margin of squared
distance. Semi-hard is one that is farther, but by less. Here the network stays as it is, and a matrix behind it is fitted to a handful of
vectors; that it stays near to the identity keeps it from learning them by heart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from edged.system.beside import Turns
    from edged.types import Float32Array

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

MARGIN = 1.0
"""Margin of squared distances, 0…4, between vectors of length 1. With 0.6 look-alikes of world_dev with two templates each were missed in
3.8 % of looks, with 1.0 in 2.9, with 1.4 in 2.4, without a projection in 5.6; but 1.4 stretches by 0.67 to 1.33, 1.0 by 0.78 to 1.24."""
PULL = 0.2
"""Weight of the squared distance of the matrix from the identity."""
STEPS, RATE = 150, 0.05
"""Steps of the descent, and how far each goes along the gradient. After 150 nothing changes any more."""
STEPS_AT_ONCE = 10
"""Steps between two turns for the cameras, some milliseconds for a dozen vectors."""


class _Triplets(NamedTuple):
    """Anchors and positives, (T,) each, and for each anchor who of all may be its negative, (T, N)."""

    anchors: npt.NDArray[np.intp]
    positives: npt.NDArray[np.intp]
    negatives: Bools


def fit(embeddings: Float32Array, persons: Sequence[int], alike: Bools) -> Turns[Float32Array | None]:
    """Fit a projection (d, d) that draws people apart, to be applied as `embeddings @ projection.T`, and made of length 1 again.

    Args:
        embeddings: (N, d), rows of unit length.
        persons: N numbers from 0 on, whose each is.
        alike: (P, P), who is to be drawn apart from whom; symmetric.

    Returns:
        None where there is no triplet: nobody who is to be drawn apart has two vectors.
    """
    triplets = _triplets(np.asarray(persons), alike)
    if triplets is None:
        return None
    vectors, identity = embeddings.astype(np.float64), np.eye(embeddings.shape[1])
    projection = identity.copy()
    for step in range(STEPS):
        projection -= RATE * (_gradient(projection, vectors, triplets) + 2 * PULL * (projection - identity))
        if step % STEPS_AT_ONCE == 0:
            yield None
    return projection.astype(np.float32)


def projected(embeddings: Float32Array, projection: Float32Array) -> Float32Array:
    """Give embeddings (N, d) or (d,) behind a projection, with length 1."""
    found = embeddings @ projection.T
    return np.asarray(found / np.linalg.norm(found, axis=-1, keepdims=True), dtype=np.float32)


def _triplets(persons: npt.NDArray[np.intp], alike: Bools) -> _Triplets | None:
    same = persons[:, None] == persons[None, :]
    np.fill_diagonal(same, val=False)
    negatives = alike[persons[:, None], persons[None, :]]
    has_any = np.asarray(negatives.any(axis=1))
    anchors, positives = np.nonzero(same & has_any[:, None])
    return _Triplets(anchors, positives, negatives[anchors]) if len(anchors) else None


def _gradient(projection: Floats, vectors: Floats, triplets: _Triplets) -> Floats:
    """The gradient of the mean loss of the triplets that count, by the projection."""
    seen = vectors @ projection.T
    lengths = np.linalg.norm(seen, axis=1, keepdims=True)
    unit = seen / lengths
    counted = _counted(2.0 - 2.0 * unit @ unit.T, triplets)
    if not counted.any():
        return np.zeros_like(projection)
    # The loss is a sum of squared distances, each 2 - 2 · similarity: what it changes by with each similarity.
    by_similarity = np.zeros((len(vectors), len(vectors)))
    np.add.at(by_similarity, (triplets.anchors, triplets.positives), -2.0 * counted.sum(axis=1))
    np.add.at(by_similarity, triplets.anchors, 2.0 * counted)
    by_similarity /= counted.sum()
    by_unit = (by_similarity + by_similarity.T) @ unit
    by_seen = (by_unit - (by_unit * unit).sum(axis=1, keepdims=True) * unit) / lengths
    return np.asarray(by_seen.T @ vectors)


def _counted(distances: Floats, triplets: _Triplets) -> Bools:
    """Which negatives count for each pair: the semi-hard ones, and where there is none those that are nearer than the positive."""
    near = distances[triplets.anchors, triplets.positives][:, None]
    others = distances[triplets.anchors]
    wanted = triplets.negatives & (others < near + MARGIN)
    semi_hard = wanted & (others > near)
    has_any = np.asarray(semi_hard.any(axis=1))
    return np.where(has_any[:, None], semi_hard, wanted)
