"""Groups of strangers who look like one person, so that the owner gives a name once.

Arithmetic on embeddings; it does not know who is ignored, nor what becomes of a group.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from edged.evaluation.impostor_tail import ImpostorTail
    from edged.gallery.templates import TemplateRows
    from edged.system.beside import Turns
    from edged.types import Float32Array

GROUPED_SHARE = 0.1
"""Share of strangers who may be grouped with somebody else, by the model's card: more than may be given a name, since the owner sees the
faces before. Of 219 lists of 5 to 200 strangers from world_dev, two looks each, 5 had a pair of two people at it."""
ROWS_AT_ONCE = 500
"""Looks that are compared in one step: some milliseconds."""


@dataclass(frozen=True, slots=True)
class Group:
    """Strangers who look like one person, in the order of their ids' places; similarity is that of the two least alike, −1…1."""

    strangers: tuple[str, ...]
    similarity: float


def group_threshold(people: int, looks: int, tail: ImpostorTail) -> float:
    """Give the similarity from which two of so many strangers, with so many looks together, are one person most likely."""
    return tail.similarity_at(GROUPED_SHARE / tail.comparisons(people - 1, looks - looks // people))


def groups_of(rows: TemplateRows, tail: ImpostorTail) -> Turns[list[Group]]:
    """Group the strangers whose looks these are, all of a group being alike each other; those who are like nobody are in none."""
    names, starts = np.unique(np.array(rows.persons), return_index=True)
    order = np.argsort(starts)
    names, starts = names[order], starts[order]
    if len(names) < 2:  # noqa: PLR2004 - a group has two
        return []
    likeness = yield from _likeness(rows.embeddings, starts)
    least = group_threshold(len(names), len(rows.persons), tail)
    return [
        Group(tuple(str(names[one]) for one in members), float(min(likeness[one, other] for one, other in _pairs(members))))
        for members in _linked(likeness, least)
    ]


def _likeness(looks: Float32Array, starts: np.ndarray) -> Turns[Float32Array]:
    """(N, N) similarities: of all looks of one to the nearest look of the other, and of both ways the lesser."""
    sums = np.add.reduceat(looks, starts, axis=0)
    fused = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    found = np.empty((len(looks), len(starts)), np.float32)
    for row in range(0, len(looks), ROWS_AT_ONCE):
        found[row : row + ROWS_AT_ONCE] = looks[row : row + ROWS_AT_ONCE] @ fused.T
        yield None
    nearest = np.maximum.reduceat(found, starts, axis=0)
    return np.minimum(nearest, nearest.T)


def _linked(likeness: Float32Array, least: float) -> list[list[int]]:
    """Complete linkage: the most alike first, and nobody joins a group unless they are alike everybody in it."""
    groups = {one: [one] for one in range(len(likeness))}
    firsts, seconds = np.nonzero(np.triu(likeness >= least, k=1))
    for one, other in sorted(zip(firsts.tolist(), seconds.tolist(), strict=True), key=lambda pair: -float(likeness[pair])):
        mine, theirs = groups[one], groups[other]
        if mine is not theirs and all(likeness[pair] >= least for pair in product(mine, theirs)):
            mine += theirs
            for member in theirs:
                groups[member] = mine
    return [sorted(members) for one, members in groups.items() if len(members) > 1 and min(members) == one]


def _pairs(members: list[int]) -> list[tuple[int, int]]:
    return [(one, other) for one, other in product(members, members) if one < other]
