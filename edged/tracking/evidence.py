"""Evidence: the looks of one track, fused into one probe in which the better looks weigh more.

Knows embeddings and how good each view was; whose they are, and what is decided on them, is not known here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edged.types import Embedding

if TYPE_CHECKING:
    from edged.types import Float32Array

WEIGHT_POWER = 4
"""A look weighs its quality to this power.

Measured on 180 people of LFW View 1 with at least four pictures: one as the template, the others looks; small, blurred and dark
copies of one picture stand for the poor looks of a visit. Two good looks and 15 poor ones miss 1.9, 1.2, 0.6, 0.5 and 0.5 % at
FPIR 1 % with powers 0, 1, 2, 4 and 6 (N = 180, 1,440 visits), four good and 15 poor ones 0.8, 0.4, 0.4, 0.1 and 0.1 %; where
poor looks are of different pictures or all are good no power matters. The mean of the best three or five looks misses 0.7 and 0.6 %
of the first and gains nothing elsewhere; summed log-likelihood ratios, linear in the similarity, miss 3.0 %.
"""
LEAST_QUALITY = 0.01
"""The weight of a look of no quality is small but not none, so that there is a probe where there are no others."""
CLEAR_QUALITY = 0.2
"""A look of less is not one to know a face by: 8 % of them match their own person (pairsDevTest, made worse), and looks of hair, of
profiles and of two heads in one box, which are among them, resemble each other whoever they show."""
CANCELLED = 1e-6
"""A sum this much shorter than its weight is rounding errors, and has no direction."""


@dataclass(frozen=True, slots=True, eq=False)
class FusedProbe:
    """What the looks of a track say together.

    embedding is the weighted mean of theirs, brought to unit length. effective_looks is the number of equally good looks that
    would weigh as evenly (Kish), 1…looks; quality is that of the best look, 0…1.
    """

    embedding: Embedding
    looks: int
    effective_looks: float
    quality: float


class Evidence:
    """The running sum of one track's looks: whatever their number, one vector."""

    def __init__(self) -> None:
        """Begin without a look."""
        self._sum: Float32Array | None = None
        self._model_id = ""
        self._weight = self._squared_weight = self._quality = 0.0
        self._looks = 0
        self._fused: FusedProbe | None = None

    @property
    def looks(self) -> int:
        """How many there are."""
        return self._looks

    def add(self, embedding: Embedding, quality: float) -> None:
        """Take one look.

        Args:
            embedding: Of the view.
            quality: How good the view is, 0…1.

        Raises:
            ValueError: another model's embedding than the looks before, or a quality that is none.
        """
        if not 0.0 <= quality <= 1.0 or (self._sum is not None and embedding.model_id != self._model_id):
            raise ValueError(f"A look has a quality of 0…1 and the model of those before, not {quality} and {embedding.model_id!r}.")
        weight = weight_of(quality)
        weighted = embedding.vector * np.float32(weight)
        if self._sum is None:
            self._sum = weighted
        else:
            self._sum += weighted
        self._model_id = embedding.model_id
        self._weight += weight
        self._squared_weight += weight * weight
        self._quality = max(self._quality, quality)
        self._looks += 1
        self._fused = None

    def fused(self) -> FusedProbe | None:
        """All looks as one probe; None before the first, and where they cancel each other out."""
        if self._sum is None or self._fused is not None:
            return self._fused
        length = math.sqrt(float(self._sum.dot(self._sum)))
        if length <= CANCELLED * self._weight:
            return None
        vector = self._sum / np.float32(length)
        effective = self._weight * self._weight / self._squared_weight
        self._fused = FusedProbe(Embedding(vector, self._model_id), self._looks, effective, self._quality)
        return self._fused


def weight_of(quality: float) -> float:
    """What a look of this quality weighs."""
    return max(quality, LEAST_QUALITY) ** WEIGHT_POWER
