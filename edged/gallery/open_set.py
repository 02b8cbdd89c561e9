"""The open set: how similar a face must be at this size of gallery, so that strangers keep being strangers.

Arithmetic on the figures of strangers on a model's card; it does not know templates, nor who is searched for.

A stranger is compared with every template, so the chance that one of T says yes is at most T times the chance of one (the
union bound). Five templates of one person look alike and count as 4.4 (LFW View 1, 81 people, at a similarity of 0.42), which
would lower the threshold by 0.003: not worth a second number.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edged.evaluation.impostor_tail import ImpostorTail

CACHED = 64
"""Thresholds remembered: every look asks for the one of its camera, and the gallery seldom changes."""


@lru_cache(maxsize=CACHED)
def threshold_for(templates: int, max_false_alarms: float, tail: ImpostorTail, floor: float) -> float:
    """Give the threshold that keeps strangers from being named in a gallery of this size.

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
    """Give the chance, 0…1, that a stranger's visit comes as near as this to any of the templates: how sure a name is.

    It judges the name against strangers only, and says nothing of how often people of the gallery are taken for each other.
    """
    return min(1.0, templates * tail.rate_at(similarity))
