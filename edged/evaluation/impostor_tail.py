"""The impostor tail: how similar different people are to a network, as its card says and the thresholds of galleries follow.

It does not know how it was measured, nor what a gallery is.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LEAST_POINTS = 2
FUSED_LOOKS = 3
"""Looks from which on a probe is as near to strangers as a fused one gets: of pairs of one group in world_dev three looks reach 0.024 more
than one at the same rate, and of LFW View 1 five reach 0.019 more."""


@dataclass(frozen=True, slots=True)
class ImpostorTail:
    """How often two different people are as similar as that, or more.

    similarities rise, −1…1, and false_match_rates fall with them, 0…1, all exclusive: at least two points. Between them, and beyond
    both ends, the logarithm of the rate is taken to be linear. fused_offset is what a probe fused of several looks is more
    similar to strangers than a single look is at the same rate.

    template_power, 0…1, says how much templates of one person depend on each other: N people with T templates each count as
    N · T ** template_power comparisons. 1 is the union bound.
    """

    similarities: tuple[float, ...]
    false_match_rates: tuple[float, ...]
    fused_offset: float
    template_power: float = 1.0

    def __post_init__(self) -> None:
        similarities, rates = self.similarities, self.false_match_rates
        rising = _rises((-1.0, *similarities, 1.0))
        falling = _rises((0.0, *reversed(rates), 1.0))
        shares = (self.fused_offset, self.template_power)
        if not (rising and falling and len(similarities) == len(rates) >= LEAST_POINTS and all(0.0 <= share <= 1.0 for share in shares)):
            raise ValueError(
                "An impostor tail needs rising similarities within -1 and 1, as many falling rates within 0 and 1, at least two of each, "
                "and a fused_offset and a template_power from 0 to 1."
            )

    def comparisons(self, people: int, templates: int) -> float:
        """Say as how many independent comparisons a search counts among so many templates of so many people together; at least 1."""
        everybody = max(people, 1)
        return float(everybody * max(templates / everybody, 1.0) ** self.template_power)

    def similarity_at(self, rate: float, looks: int = FUSED_LOOKS) -> float:
        """Give the similarity that a stranger's probe of so many looks reaches at this rate, at most 1."""
        low, high, frequent, rare = self._segment(bisect_left([-known for known in self.false_match_rates], -rate))
        share = math.log(rate / frequent) / math.log(rare / frequent)
        return min(1.0, low + share * (high - low) + self._offset(looks))

    def rate_at(self, similarity: float, looks: int = FUSED_LOOKS) -> float:
        """Say how often a stranger's probe of so many looks is at least as similar as this to one template, at most 1."""
        single = similarity - self._offset(looks)
        low, high, frequent, rare = self._segment(bisect_left(self.similarities, single))
        exponent = (single - low) / (high - low) * math.log(rare / frequent)
        return min(1.0, frequent * math.exp(exponent))

    def _offset(self, looks: int) -> float:
        """What a probe of so many looks is nearer to strangers than a single one."""
        return self.fused_offset * min(max(looks - 1, 0) / (FUSED_LOOKS - 1), 1.0)

    def _segment(self, place: int) -> tuple[float, ...]:
        """Give two neighbouring similarities and their rates: those around a place, or the outermost."""
        start = min(max(place - 1, 0), len(self.similarities) - 2)
        return *self.similarities[start : start + 2], *self.false_match_rates[start : start + 2]


def _rises(numbers: Iterable[float]) -> bool:
    return all(low < high for low, high in pairwise(numbers))
