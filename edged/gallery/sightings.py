"""What is kept of a stranger's visits: the value that goes in, and how many of their looks have a place.

It does not know SQLite, nor who the stranger is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.gallery.templates import check_unit

if TYPE_CHECKING:
    from datetime import datetime

    from edged.types import Embedding

MOST_LOOKS = 5
"""Looks kept of one stranger: with and without glasses, by day and by night. More find them hardly better, but make it likelier
that somebody else is taken for them."""

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
