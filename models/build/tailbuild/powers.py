"""The powers of people and templates: as how many independent comparisons a gallery of one group counts.

It knows embeddings by person; what becomes of the powers is not known here.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from edged.evaluation.identification import PersonPictures

    FloatArray = NDArray[np.float64]
    Point = tuple[float, float, float]

SIZES, TEMPLATES, DRAWS = (3, 10, 30, 100, 200), (1, 2, 4), 3000
"""People and templates each of the galleries that are drawn; DRAWS / people of each size."""
SHARE = 0.01
"""Share of strangers' visits that is looked at: the default of `max_false_alarms`."""
LEAST_ALIKE = 30
"""Comparisons that must reach the similarity at which a gallery is looked at: of fewer, one pair decides."""
LEAST_STRANGERS = 10


def fit_powers(groups: Sequence[Sequence[PersonPictures]]) -> tuple[float, float]:
    """Give the powers of people and of templates: least squares of logarithms over all groups and sizes that these allow.

    Both are nan where they allow none.
    """
    points = np.array([point for people in groups for point in _points(people)])
    if not len(points):
        return np.nan, np.nan
    powers = np.linalg.lstsq(points[:, :2], points[:, 2], rcond=None)[0]
    return float(powers[0]), float(powers[1])


def _points(people: Sequence[PersonPictures]) -> Iterator[Point]:
    looks = np.array([person.looks[0] for person in people])
    owners = np.repeat(np.arange(len(people)), [len(person) for person in people])
    every = looks @ np.concatenate([person.templates for person in people]).T
    pairs = np.sort(every[owners != np.arange(len(people))[:, None]])
    for size, templates in product(SIZES, TEMPLATES):
        pool = [row for row, person in enumerate(people) if len(person) >= templates]
        if len(pool) < size or len(people) - size < LEAST_STRANGERS:
            continue
        nearest = _nearest(people, looks, pool, size, templates)
        threshold = float(np.quantile(nearest, 1 - SHARE))
        alike = len(pairs) - np.searchsorted(pairs, threshold)
        if alike >= LEAST_ALIKE:
            yield float(np.log(size)), float(np.log(templates)), float(np.log(np.mean(nearest >= threshold) / (alike / len(pairs))))


def _nearest(people: Sequence[PersonPictures], looks: NDArray[np.float32], pool: list[int], size: int, templates: int) -> FloatArray:
    """How near strangers come to galleries that are drawn of the pool."""
    random = np.random.default_rng(0)
    found = []
    for _ in range(max(30, DRAWS // size)):
        enrolled = random.permutation(pool)[:size]
        gallery = np.concatenate([random.permutation(people[row].templates)[:templates] for row in enrolled])
        found.append((np.delete(looks, enrolled, axis=0) @ gallery.T).max(axis=1))
    return np.concatenate(found).astype(np.float64)
