"""Whether a visit teaches a new template of a person, judged by the templates that the owner enrolled, and by no learned one.

It does not know pixels, and stores nothing; who was at the door, and whether the owner wants any of this, has been decided before.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from edged.gallery.diversity import ALIKE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edged.gallery.matcher import Matcher, Nearest
    from edged.types import Embedding, Float32Array

LEAST_LOOKS = 3
"""Looks of a visit that teaches anything."""
MOST_TEMPLATES = 5
"""Templates of a person up to which one is learned: with more edged misses hardly fewer (models/README.md)."""
CLOSE = 0.1
"""Similarity below that of look-alikes from which two people are too close for either to learn anything: a template of a side view
may be as much nearer to a relative."""


class Refusal(Enum):
    """Why a visit teaches nothing."""

    TOO_FEW_LOOKS = auto()
    ENOUGH_TEMPLATES = auto()
    LOOK_ALIKE = auto()
    NOT_CLEAR = auto()
    NEAR_TO_STRANGER = auto()
    SEEN_BEFORE = auto()


@dataclass(frozen=True, slots=True, eq=False)
class ClearVisit:
    """A visit of a person: all its looks fused, and how many there were."""

    person: str
    fused: Embedding
    looks: int


@dataclass(frozen=True, slots=True)
class LearningRules:
    """What a template takes.

    threshold is the similarity, −1…1, that the whole visit needs, far above that of a name, and view_threshold that of its best view, as a
    name by one look: a view that is as similar as the visit has to be shows hardly anything new, and 300 of them made people missed as
    often as before (`tailbuild.drift`). margin is the lead of both over anybody else, twice that of a name; look_alike the similarity from
    which two people are look-alikes, and match that of one face.
    """

    threshold: float
    view_threshold: float
    margin: float
    look_alike: float
    match: float


def judge_visit(
    visit: ClearVisit, view: Embedding, anchors: Matcher, held: Sequence[Embedding], strangers: Float32Array, rules: LearningRules
) -> Refusal | None:
    """Say why a visit teaches nothing; None where its view may become a template.

    Args:
        visit: The visit.
        view: Its best view, embedded as a template is.
        anchors: The enrolled templates of everybody, without any that was learned, so that what is learned never leads on to more.
        held: All templates of the person, learned ones and those that are suggested to the owner too.
        strangers: (N, d) looks of the strangers who are remembered.
        rules: What it takes.
    """
    closest = anchors.closest_other(visit.person)
    refusals: dict[Refusal, Callable[[], bool]] = {
        Refusal.TOO_FEW_LOOKS: lambda: visit.looks < LEAST_LOOKS,
        Refusal.ENOUGH_TEMPLATES: lambda: len(held) >= MOST_TEMPLATES,
        Refusal.LOOK_ALIKE: lambda: closest is not None and closest >= rules.look_alike - CLOSE,
        Refusal.NOT_CLEAR: lambda: (
            not (
                _is_clear(anchors.standing(visit.fused, visit.person), rules.threshold, rules.margin)
                and _is_clear(anchors.standing(view, visit.person), rules.view_threshold, rules.margin)
            )
        ),
        Refusal.NEAR_TO_STRANGER: lambda: len(strangers) > 0 and float((strangers @ view.vector).max()) >= rules.match,
        Refusal.SEEN_BEFORE: lambda: any(float(one.vector @ view.vector) >= ALIKE for one in held),
    }
    return next((refusal for refusal, holds in refusals.items() if holds()), None)


def _is_clear(standing: Nearest, threshold: float, margin: float) -> bool:
    if standing.similarity is None or standing.similarity < threshold:
        return False
    return standing.lead is None or standing.lead >= margin
