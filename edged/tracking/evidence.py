"""Evidence: the looks at one face, fused into one probe in which the better looks weigh more, and the best of them.

Knows embeddings and how good each view was; it does not know whose they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edged.types import Embedding

if TYPE_CHECKING:
    from datetime import datetime

    from edged.types import AlignedFace, Box, Crop, Float32Array

WEIGHT_POWER = 4
"""Power of its quality that a look weighs.

Measured on 180 people of LFW View 1 with at least four pictures: one as the template, the others looks; small, blurred and dark
copies of one picture stand for the poor looks of a visit. Two good looks and 15 poor ones miss 1.9, 1.2, 0.6, 0.5 and 0.5 % at
FPIR 1 % with powers 0, 1, 2, 4 and 6 (N = 180, 1,440 visits), four good and 15 poor ones 0.8, 0.4, 0.4, 0.1 and 0.1 %; where
poor looks are of different pictures or all are good no power matters. The mean of the best three or five looks misses 0.7 and 0.6 %
of the first and gains nothing elsewhere; summed log-likelihood ratios, linear in the similarity, miss 3.0 %.
"""
LEAST_QUALITY, CLEAR_QUALITY = 0.01, 0.2
"""Quality by which a look of none is weighed, so that there is a probe where there are no others; and that from which a face may be known
by a look: of poorer ones 8 % match their own person (pairsDevTest, made worse), and looks of hair, of profiles and of two heads in one
box, which are among them, resemble each other whoever they show."""
LEAST_TYPICALITY = -6.0
"""Typicality by which a look of less is counted, so that one bad look does not outweigh all others."""
CANCELLED = 1e-6
"""Part of its weight below which a sum's length is rounding errors, and has no direction."""


@dataclass(frozen=True, slots=True, eq=False)
class BestView:
    """A view of a face that is kept while none is better: the face, and where and when it was seen."""

    face: AlignedFace
    quality: float  # 0…1
    box: Box
    frame_size: tuple[int, int]
    at: datetime
    crop: Crop | None  # the head, None where no picture is wanted
    typicality: float = 0.0  # that of `Quality`


class Evidence:
    """The running sum of one face's looks, one vector whatever their number, and the best view among just these looks.

    looks is how many there are, quality that of the best, 0…1.
    """

    def __init__(self) -> None:
        """Begin without a look."""
        self.looks, self.quality = 0, 0.0
        self.best: BestView | None = None
        self._sum: Float32Array | None = None
        self._model_id, self._weight, self._typicality = "", 0.0, 0.0
        self._fused: Embedding | None = None

    @property
    def typicality(self) -> float:
        """The mean typicality of the looks, weighted as they are; 0 before the first."""
        return self._typicality / self._weight if self._weight else 0.0

    def add(self, embedding: Embedding, quality: float, view: BestView | None = None, *, typicality: float = 0.0) -> None:
        """Take one look of this quality, 0…1, and typicality, and the view itself where the best is to be kept.

        Raises:
            ValueError: another model's embedding than the looks before, or a quality that is none.
        """
        if not 0.0 <= quality <= 1.0 or (self._sum is not None and embedding.model_id != self._model_id):
            raise ValueError(f"A look has a quality of 0…1 and the model of those before, not {quality} and {embedding.model_id!r}.")
        if self.is_surpassed_by(quality):
            self.best = view
        weight = max(quality, LEAST_QUALITY) ** WEIGHT_POWER
        weighted = embedding.vector * np.float32(weight)
        self._sum = weighted if self._sum is None else self._sum + weighted
        self._weight += weight
        self._typicality += weight * max(typicality, LEAST_TYPICALITY)
        self.looks, self.quality = self.looks + 1, max(self.quality, quality)
        self._model_id, self._fused = embedding.model_id, None

    def is_surpassed_by(self, quality: float) -> bool:
        """Whether a look of this quality, 0…1, would be the best."""
        return not self.looks or quality > self.quality

    def fused(self) -> Embedding | None:
        """The weighted mean of all looks, brought to unit length; None before the first, and where they cancel each other out."""
        if self._sum is None or self._fused is not None:
            return self._fused
        length = math.sqrt(float(self._sum.dot(self._sum)))
        if length > CANCELLED * self._weight:
            self._fused = Embedding(self._sum / np.float32(length), self._model_id)
        return self._fused
