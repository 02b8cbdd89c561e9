"""What is kept of a stranger's visits: the value that goes in, and which of their looks are worth a place.

It does not know SQLite, nor who the stranger is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edged.gallery.templates import check_unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from edged.types import Embedding, Float32Array

MOST_LOOKS = 5
"""Looks kept of one stranger: with and without glasses, by day and by night. More find them hardly better, but make it likelier
that somebody else is taken for them."""

ALIKE = 0.9
"""Similarity from which two looks stand for the same view, so that the better one is enough: 0.5 % of the 3,142 pairs of pictures
of one person in LFW View 1 reach it (usable faces, int8 SFace), so that another day's look nearly always has a place."""

BETTER_BY = 0.05
"""Gain in quality over the best look that makes another one of the same visit worth writing. Somebody who comes closer is seen a
little better in each frame: without a step each would go to the SD card, with it at most 20 do."""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One view of a stranger, or several fused into one.

    quality is 0…1, seen_at aware. aligned_png is the aligned face of the best view as PNG, or None where the owner keeps no
    pictures.
    """

    embedding: Embedding
    quality: float
    seen_at: datetime
    aligned_png: bytes | None

    def __post_init__(self) -> None:
        if not 0.0 <= self.quality <= 1.0:
            raise ValueError(f"A quality is 0…1, not {self.quality}.")
        check_unit(self.embedding.vector)


def superfluous(embeddings: Float32Array, qualities: Sequence[float]) -> int | None:
    """Which look to do without, of those kept and a new one, which stands last; None where all are worth their place.

    Of the two that are most alike it is the worse one. So the best look stays, and the others show what differs from it.

    Args:
        embeddings: (N, d) float32, rows of unit length.
        qualities: N qualities, 0…1.
    """
    if len(embeddings) == 1:
        return None
    similarities = embeddings @ embeddings.T
    np.fill_diagonal(similarities, -np.inf)
    first, second = sorted(map(int, np.unravel_index(similarities.argmax(), similarities.shape)))
    if similarities[first, second] < ALIKE and len(embeddings) <= MOST_LOOKS:
        return None
    return first if qualities[second] > qualities[first] else second
