"""Selection: which of many looks at one person become templates, as frames of a video or of a camera: good ones, of different views.

It knows embeddings and how good each view was, and takes them one by one; where they come from, and whose they are, is not known here.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np

from edged.gallery.diversity import superfluous
from edged.vision.typical_view import UNLIKE_ALL

if TYPE_CHECKING:
    from edged.types import Embedding

GOOD = 0.7
"""Quality, 0…1, from which a look may be taken: it leaves about so much of the similarity to a good picture (`judge_pixels`).
487 of 500 pictures of LFW View 1, the first of each of 500 people drawn at random, reach it."""
FEWEST, MOST = 2, 5
"""Templates that an enrollment from many looks makes: with one of each person edged misses several times as many as with two,
with more than five hardly fewer (models/README.md)."""


class ManyLooked(Protocol):
    """A look that may be chosen: its embedding, quality, 0…1, and typicality as that of `Quality`."""

    @property
    def embedding(self) -> Embedding:
        """Of unit length."""

    @property
    def quality(self) -> float:
        """0…1."""

    @property
    def typicality(self) -> float:
        """0 and more: like the views that the embedder learnt."""


LookT = TypeVar("LookT", bound=ManyLooked)


class Offered(Enum):
    """What became of a look that was offered."""

    KEPT = auto()
    POOR = auto()
    SOMEBODY_ELSE = auto()
    SEEN_BEFORE = auto()


class Selection(Generic[LookT]):
    """The best look at one person, and those that differ most from it and from each other; never holds more than it chooses.

    others counts the good looks that were of somebody else than those before: where they are many there is more than one person.
    """

    def __init__(self, match_threshold: float, most: int = MOST) -> None:
        """Choose at most so many; match_threshold is the similarity, −1…1, from which two looks are held to be one person's.

        Raises:
            ValueError: none is to be chosen.
        """
        if most < 1:
            raise ValueError(f"{most} looks; at least one is to be chosen.")
        self.others = 0
        self._match_threshold, self._most = match_threshold, most
        self._kept: list[LookT] = []

    @property
    def kept(self) -> tuple[LookT, ...]:
        """The looks chosen so far, the best first; no two of one view (`ALIKE`)."""
        return tuple(sorted(self._kept, key=lambda look: -look.quality))

    def offer(self, look: LookT) -> Offered:
        """Take in a look, which may push out a worse one of the same view; the first good one says whom all others must show."""
        nearest = self._nearest(look)
        if look.quality < GOOD or look.typicality < (UNLIKE_ALL if self._kept else 0):  # the first is what vouches for the others
            return Offered.POOR
        if self._kept and nearest < self._match_threshold:
            self.others += 1
            return Offered.SOMEBODY_ELSE
        self._kept.append(look)
        vectors = np.array([one.embedding.vector for one in self._kept])
        out = superfluous(vectors, [one.quality for one in self._kept], most=self._most)
        return Offered.SEEN_BEFORE if out and self._kept.pop(out.row) is look else Offered.KEPT

    def _nearest(self, look: LookT) -> float:
        return max((float(look.embedding.vector @ one.embedding.vector) for one in self._kept), default=-1.0)
