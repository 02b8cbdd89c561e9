"""The balanced tail: how often two people of one group are alike, each group weighing the same, with intervals over people.

It knows embeddings by person and group, and no rule of thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edged.evaluation.identification import PersonPictures

    FloatArray = NDArray[np.float64]

LOWEST, STEP = 0.25, 0.0005
"""The similarity from which comparisons are told apart, and how finely."""
BINS = round((1 - LOWEST) / STEP)
INTERVAL = (2.5, 97.5)
"""Percentiles of the bootstrap that hold 95 %."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """The comparisons of a group's people: who brought the probe, whose template, and the bin of the similarity, of those from LOWEST on.

    probes and templates (people,) are how many of each everybody brought.
    """

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    bins: NDArray[np.intp]
    probes: FloatArray
    templates: FloatArray

    def rates(self, weights: FloatArray) -> FloatArray:
        """Say what share of comparisons reaches each bin, (BINS,), where people count as often as their weights (people,) say."""
        reached = np.bincount(self.bins, weights[self.first] * weights[self.second], minlength=BINS)[::-1].cumsum()[::-1]
        probes, templates = weights * self.probes, weights * self.templates
        found: FloatArray = reached / (probes.sum() * templates.sum() - probes @ templates)
        return found


def compare(people: Sequence[PersonPictures], probes: Sequence[NDArray[np.float32]]) -> Comparisons:
    """Compare the probes (m, d) of each with the templates of all others of the group."""
    owners = np.repeat(np.arange(len(people)), [len(one) for one in people])
    templates = np.concatenate([one.templates for one in people]).T
    first, second, bins = [], [], []
    for row, mine in enumerate(probes):
        if not len(mine):
            continue
        similarities = mine @ templates
        places, columns = np.nonzero((similarities >= LOWEST) & (owners != row))
        first.append(np.full(len(columns), row))
        second.append(owners[columns])
        bins.append(((similarities[places, columns] - LOWEST) / STEP).astype(np.intp).clip(0, BINS - 1))
    counts = np.array([len(mine) for mine in probes], dtype=np.float64), np.array([len(one) for one in people], dtype=np.float64)
    return Comparisons(np.concatenate(first), np.concatenate(second), np.concatenate(bins), *counts)


def similarities(
    groups: Sequence[Comparisons], rates: Sequence[float], draws: int, *, most_alike: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Give the similarities that these shares reach in the mean of all groups, (rates,), and their intervals, (2, rates).

    most_alike takes the mean of that half of the groups, at each similarity, whose people are the most alike.

    Each draw takes as many people of each group as there are, with replacement; whoever is drawn twice is not compared with themselves.
    """
    random = np.random.default_rng(0)
    kept = len(groups) // 2 if most_alike else len(groups)
    whole = _reached(_mean([one.rates(np.ones(len(one.probes))) for one in groups], kept), rates)
    drawn = [_reached(_mean([one.rates(_weights(len(one.probes), random)) for one in groups], kept), rates) for _ in range(draws)]
    return whole, np.percentile(drawn, INTERVAL, axis=0) if draws else np.empty((2, 0))


def _mean(curves: Sequence[FloatArray], kept: int) -> FloatArray:
    """Give the mean of the highest so many."""
    mean: FloatArray = np.sort(curves, axis=0)[-kept:].mean(axis=0)
    return mean


def _weights(people: int, random: np.random.Generator) -> FloatArray:
    return np.bincount(random.integers(0, people, people), minlength=people).astype(np.float64)


def _reached(curve: FloatArray, rates: Sequence[float]) -> FloatArray:
    return np.array([LOWEST + STEP * int(np.argmax(curve <= rate)) for rate in rates])
