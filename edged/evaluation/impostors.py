"""How similar different people are: the tail of all comparisons between them, and whether a threshold learned from it holds.

It knows embeddings by person, and not how they were made, nor by which rule a threshold follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from edged.evaluation.identification import make_gallery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from edged.evaluation.identification import PersonPictures
    from edged.types import Float32Array

    Rows = npt.NDArray[np.intp]
    Rule = Callable[["Tail", int, int, float], float]

RATES = {"1e-2": 1e-2, "1e-3": 1e-3, "1e-4": 1e-4, "1e-5": 1e-5, "1e-6": 1e-6, "1e-7": 1e-7}
LEAST_ACCEPTED = 100
"""Comparisons that must reach a rate for it to be given: with fewer, one person who is in the set under two names shows."""
BINS = 20_000
"""Bins of similarity from −1 to 1: thresholds are exact to 1e-4, four decimals."""
HELD_OUT_SIZES, HELD_OUT_TEMPLATES = (10, 50, 200, 1000), (1, 5)
LEAST_RATES = 2
"""Rates that a tail needs at least: it is a line."""
LEAST_LOOKS = 2
DRAWS = 25


@dataclass(frozen=True, slots=True)
class Tail:
    """The least similarity that at most this share of comparisons of different people reaches, by rate; and how many there were."""

    similarities: dict[str, float]
    comparisons: int


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A threshold learned on half of the people and used on the other: what was asked for, and what came.

    templates is how many people had in the mean; fpir is the share of strangers' visits that were named, deviation its
    standard deviation over galleries, searches the number of visits in all of them.
    """

    people: int
    templates: float
    asked: float
    threshold: float
    fpir: float
    deviation: float
    searches: int


def measure_tail(people: Sequence[PersonPictures], probes: Sequence[Float32Array]) -> Tail:
    """Compare all probes (n, d) of each person with all templates of all others."""
    templates = np.concatenate([person.templates for person in people]).T
    ends = np.cumsum([len(person) for person in people])
    counts = np.zeros(BINS, dtype=np.int64)
    for person, end, mine in zip(people, ends, probes, strict=True):
        similarities = mine @ templates
        similarities[:, end - len(person) : end] = -1.0
        bins = ((similarities.ravel() + 1) * (BINS / 2)).astype(np.int64)
        counts += np.bincount(bins.clip(0, BINS - 1), minlength=BINS)
        counts[0] -= len(mine) * len(person)  # their own, which were put there
    reached = np.cumsum(counts[::-1])[::-1]
    total = int(reached[0])
    given = {name: rate for name, rate in RATES.items() if rate * total >= LEAST_ACCEPTED}
    first = {name: int(np.argmax(reached <= rate * total)) for name, rate in given.items()}
    return Tail({name: round(2 * place / BINS - 1, 4) for name, place in first.items()}, total)


def hold_out(people: Sequence[PersonPictures], visits: Float32Array, asked: Sequence[float], rule: Rule) -> list[HeldOut]:
    """Learn the tail on every second person, and search galleries of the others with strangers of theirs; and the other way round.

    Where several templates are wanted, galleries are drawn from those with most pictures. Strangers are those who bring
    several looks: their probes are fused. Sizes that the people do not allow are left out.

    Args:
        people: Everybody, one after the other.
        visits: One probe (d,) of each as a stranger, (people, d).
        asked: Shares of strangers' visits, FPIR, to be kept.
        rule: The threshold for a tail, numbers of people and of templates, and an FPIR.
    """
    halves = [np.arange(len(people))[start::2] for start in (0, 1)]
    tails = [measure_tail([people[row] for row in half], [people[row].looks for row in half]) for half in halves]
    if any(len(tail.similarities) < LEAST_RATES for tail in tails):
        return []
    figures = []
    for size, templates in product(HELD_OUT_SIZES, HELD_OUT_TEMPLATES):
        trials = [
            trial
            for half, learned in zip(halves, reversed(tails), strict=True)
            for trial in _trials(people, visits, half, learned, size, templates)
        ]
        figures += [_held_out(size, share, trials, rule) for share in asked if trials]
    return figures


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """One gallery: how many templates it had, how near strangers came, and what was known of strangers."""

    templates: int
    similarities: Float32Array
    learned: Tail


def _trials(
    people: Sequence[PersonPictures], visits: Float32Array, half: Rows, learned: Tail, size: int, templates: int
) -> Iterator[_Trial]:
    random = np.random.default_rng(0)
    counts = np.array([len(people[row]) for row in half])
    if size >= len(half):
        return
    pool = half[counts >= min(templates, np.sort(counts)[-size])]
    for _ in range(DRAWS):
        enrolled = random.permutation(pool)[:size]
        strangers = np.setdiff1d(half[counts >= LEAST_LOOKS], enrolled)
        rows = [people[row].templates[:templates] for row in enrolled]
        if len(strangers):
            yield _Trial(sum(map(len, rows)), make_gallery(rows).search(visits[strangers]).similarities, learned)


def _held_out(size: int, asked: float, trials: Sequence[_Trial], rule: Rule) -> HeldOut:
    thresholds = [rule(trial.learned, size, trial.templates, asked) for trial in trials]
    named = [np.mean(trial.similarities >= threshold) for trial, threshold in zip(trials, thresholds, strict=True)]
    return HeldOut(
        people=size,
        templates=float(np.mean([trial.templates for trial in trials])) / size,
        asked=asked,
        threshold=float(np.mean(thresholds)),
        fpir=float(np.mean(named)),
        deviation=float(np.std(named)),
        searches=sum(len(trial.similarities) for trial in trials),
    )
