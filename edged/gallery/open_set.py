"""The open set: how similar a face must be at this size of gallery, so that strangers keep being strangers.

Arithmetic on the figures of strangers on a model's card; it does not know templates, nor who is searched for.

A stranger is compared with every template, so the chance that one of them says yes is at most their number times the chance of one (the
union bound). For people that is what comes (a power of 1.00, models/build/tailbuild); templates of one person are alike and count as
fewer, as the model's card says.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from edged.evaluation.impostor_tail import FUSED_LOOKS

if TYPE_CHECKING:
    from edged.evaluation.impostor_tail import ImpostorTail

CACHED = 64
"""Thresholds remembered: every look asks for the one of its camera, and the gallery seldom changes."""


@lru_cache(maxsize=CACHED)
def threshold_for(
    templates: int, max_false_alarms: float, tail: ImpostorTail, floor: float, *, people: int | None = None, looks: int = FUSED_LOOKS
) -> float:
    """Give the threshold that keeps strangers from being named in a gallery of this size.

    Beyond the rates of the tail the line of its last two points goes on: a guess, as relatives are in no public set.

    Args:
        templates: T, how many the gallery holds, of all people together.
        max_false_alarms: FPIR, the share of strangers' visits that may be given a name, 0…1, both exclusive.
        tail: What the model's card tells of strangers.
        floor: The least threshold, −1…1, however small the gallery.
        people: Whose they are; None: each is of somebody else.
        looks: How many looks the probe is fused of; with more it is nearer to everybody.

    Raises:
        ValueError: a share that is none, or a negative number of templates.
    """
    if not 0.0 < max_false_alarms < 1.0 or templates < 0:
        raise ValueError(f"A share of visits lies between 0 and 1 and templates are not negative, not {max_false_alarms} and {templates}.")
    comparisons = tail.comparisons(templates if people is None else people, templates)
    return max(floor, tail.similarity_at(max_false_alarms / comparisons, looks))


def false_alarm_chance(
    similarity: float, templates: int, tail: ImpostorTail, *, people: int | None = None, looks: int = FUSED_LOOKS
) -> float:
    """Give the chance, 0…1, that a stranger's visit comes as near as this to any of the templates: how sure a name is.

    It judges the name against strangers only, and says nothing of how often people of the gallery are taken for each other.
    people and looks are as in threshold_for.
    """
    if not templates:
        return 0.0
    return min(1.0, tail.comparisons(templates if people is None else people, templates) * tail.rate_at(similarity, looks))
