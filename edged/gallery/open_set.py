"""The open set: how similar a face must be at this size of gallery, so that strangers keep being strangers.

Arithmetic on what a model's card tells of strangers; it does not know templates, nor who is searched for.

A stranger is compared with every template, so the chance that one of T says yes is at most T times the chance of one (the
union bound). Five templates of one person look alike and count as 4.4 (LFW View 1, 81 people, at a similarity of 0.42), which
would lower the threshold by 0.003: not worth a second number.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

LEAST_POINTS = 2
CACHED = 64
"""Thresholds remembered: every look asks for the one of its camera, and the gallery seldom changes."""


@dataclass(frozen=True, slots=True)
class ImpostorTail:
    """How often two different people are as similar as that, or more.

    similarities rise, −1…1, and false_match_rates fall with them, 0…1: at least two points. Between them, and beyond
    both ends, the logarithm of the rate is taken to be linear. fused_offset is what a probe fused of several looks is more
    similar to strangers than a single look is at the same rate.
    """

    similarities: tuple[float, ...]
    false_match_rates: tuple[float, ...]
    fused_offset: float = 0.0

    def __post_init__(self) -> None:
        rising = all(low < high for low, high in pairwise(self.similarities))
        falling = all(low > high > 0 for low, high in pairwise(self.false_match_rates))
        if not (rising and falling and len(self.similarities) == len(self.false_match_rates) >= LEAST_POINTS):
            raise ValueError("An impostor tail needs rising similarities and as many falling rates, at least two of each.")

    def similarity_at(self, rate: float) -> float:
        """The similarity that a fused probe of a stranger reaches at this rate, at most 1."""
        segment = self._segment(bisect_left([-known for known in self.false_match_rates], -rate))
        (low, high), (frequent, rare) = self._ends(segment)
        share = math.log(rate / frequent) / math.log(rare / frequent)
        return min(1.0, low + share * (high - low) + self.fused_offset)

    def rate_at(self, similarity: float) -> float:
        """How often a fused probe of a stranger is at least as similar as this to one template, at most 1."""
        single = similarity - self.fused_offset
        segment = self._segment(bisect_left(self.similarities, single))
        (low, high), (frequent, rare) = self._ends(segment)
        exponent = (single - low) / (high - low) * math.log(rare / frequent)
        return min(1.0, frequent * math.exp(exponent))

    def _segment(self, place: int) -> int:
        return min(max(place - 1, 0), len(self.similarities) - 2)

    def _ends(self, segment: int) -> tuple[tuple[float, float], tuple[float, float]]:
        low, high = self.similarities[segment : segment + 2]
        frequent, rare = self.false_match_rates[segment : segment + 2]
        return (low, high), (frequent, rare)


@lru_cache(maxsize=CACHED)
def threshold_for(templates: int, max_false_alarms: float, tail: ImpostorTail, floor: float) -> float:
    """The threshold that keeps strangers from being named in a gallery of this size.

    Beyond the rates of the tail the line of its last two points goes on: a guess, on LFW a good one for a decade.

    Args:
        templates: T, how many the gallery holds, of all people together.
        max_false_alarms: FPIR, the share of strangers' visits that may be given a name, 0…1, both exclusive.
        tail: What the model's card tells of strangers.
        floor: The least threshold, −1…1, however small the gallery.

    Raises:
        ValueError: a share that is none, or a negative number of templates.
    """
    if not 0.0 < max_false_alarms < 1.0 or templates < 0:
        raise ValueError(f"A share of visits lies between 0 and 1 and templates are not negative, not {max_false_alarms} and {templates}.")
    return max(floor, tail.similarity_at(max_false_alarms / max(templates, 1)))


def false_alarm_chance(similarity: float, templates: int, tail: ImpostorTail) -> float:
    """How sure a name is: the chance, 0…1, that a stranger's visit comes as near as this to any of the templates.

    It judges the name against strangers only, and says nothing of how often people of the gallery are taken for each other.
    """
    return min(1.0, templates * tail.rate_at(similarity))
