"""Rates by group: galleries and strangers of one gender and part of the world, at the threshold that the product would take.

It knows embeddings by person and group, and not how a picture became one, nor by which rule a threshold follows.

Visitors of a household are often as alike as its people, so strangers of the same group are the honest ones. A gallery of N people is
drawn at random from those of a group with enough pictures; their other pictures are looks of visits that should be found (FNIR), and
all others of the group are strangers who visit once (FPIR). A stranger counts as named where the nearest template reaches the
threshold; the rule of the margin, which refuses some of these, is left out there, and counts where people are missed. Intervals hold 95
% and are bootstrapped over people, as pictures of one person depend on each other (Bolle, Ratha, Pankanti, "Error analysis of pattern
recognition systems: the subsets bootstrap", Comput. Vis. Image Underst. 93, 2004).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edged.evaluation.identification import SIMILARITIES, Curve, make_gallery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from edged.evaluation.identification import Fuse, PersonPictures
    from edged.types import Float32Array

    Floats = npt.NDArray[np.float64]
    Threshold = Callable[[int, int, int], float]

SIZES = (10, 20, 50, 200)
LEAST_STRANGERS = 5
LEAST_PEOPLE = SIZES[0] + LEAST_STRANGERS
"""People of a group at least; a group of fewer is told by its name only."""
SEARCHES, LEAST_DRAWS = 3000, 30
"""Visits of enrolled people in all galleries of one size, about; and galleries at least."""
RESAMPLES = 500
PERCENTILES = (2.5, 97.5)
RULE_OF_THREE = 3.0
"""Where nothing was counted of n people, less than three in n is true with 95 %; a bootstrap of zeros would say none."""


class VisitKind(NamedTuple):
    """How many templates each has, and how many looks a visit."""

    templates: int
    looks: int


VISITS = (VisitKind(1, 1), VisitKind(2, 3))


@dataclass(frozen=True, slots=True)
class Share:
    """A share, 0…1, the interval that holds it with 95 %, and how many people it was counted of."""

    estimate: float
    low: float
    high: float
    people: int


@dataclass(frozen=True, slots=True)
class GroupSearch:
    """What galleries of one size gave in a group; fnir is None where nobody has pictures enough for templates and looks."""

    people: int
    templates: int
    looks: int
    threshold: float
    fpir: Share
    fnir: Share | None
    curve: Curve


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One group; fmr and fnmr are of single looks against single templates at the least threshold, fnmr None where all have one picture."""

    people: int
    pictures: int
    fmr: Share
    fnmr: Share | None
    searches: list[GroupSearch]


@dataclass(frozen=True, slots=True)
class AcrossGroups:
    """All groups that allow galleries of one size, each weighing the same; fnir of those that have one."""

    people: int
    templates: int
    looks: int
    threshold: float
    groups: int
    fpir: float
    worst_fpir: float
    worst_group: str
    fnir: float | None


@dataclass(frozen=True, slots=True)
class GroupRates:
    """Rates by group and of all, what was asked for, and the groups that are too small."""

    asked: float
    least_threshold: float
    groups: dict[str, GroupFigures]
    across: list[AcrossGroups]
    too_small: list[str]


@dataclass(frozen=True, slots=True)
class Product:
    """What the product does: its least threshold, the one for people, templates and looks, its margin, and how it fuses looks."""

    asked: float
    least_threshold: float
    threshold: Threshold
    margin: float
    fuse: Fuse


def measure_groups(groups: Mapping[str, Sequence[PersonPictures]], product: Product) -> GroupRates:
    """Measure each group that has enough people, and all of these together."""
    figures = {name: _figures(people, product) for name, people in groups.items() if len(people) >= LEAST_PEOPLE}
    kinds = dict.fromkeys((one.people, one.templates, one.looks) for of in figures.values() for one in of.searches)
    across = [
        _across(kind, {name: one for name, of in figures.items() for one in of.searches if _kind(one) == kind}) for kind in sorted(kinds)
    ]
    return GroupRates(product.asked, product.least_threshold, figures, across, [name for name in groups if name not in figures])


def _figures(people: Sequence[PersonPictures], product: Product) -> GroupFigures:
    searches = [_search(people, size, visit, product) for visit in VISITS for size in SIZES]
    fmr, fnmr = _pair_rates(people, product.least_threshold)
    return GroupFigures(len(people), sum(map(len, people)), fmr, fnmr, [one for one in searches if one])


def _kind(search: GroupSearch) -> tuple[int, int, int]:
    return search.people, search.templates, search.looks


def _across(kind: tuple[int, int, int], found: Mapping[str, GroupSearch]) -> AcrossGroups:
    worst = max(found, key=lambda name: found[name].fpir.estimate)
    missed = [one.fnir.estimate for one in found.values() if one.fnir]
    return AcrossGroups(
        *kind,
        threshold=found[worst].threshold,
        groups=len(found),
        fpir=float(np.mean([one.fpir.estimate for one in found.values()])),
        worst_fpir=found[worst].fpir.estimate,
        worst_group=worst,
        fnir=float(np.mean(missed)) if missed else None,
    )


def _search(people: Sequence[PersonPictures], size: int, visit: VisitKind, product: Product) -> GroupSearch | None:
    """Draw galleries and search them; None where there are too few people or strangers."""
    counts, random = np.array([len(person) for person in people]), np.random.default_rng(0)
    whole = np.flatnonzero(counts >= sum(visit))
    pool, strangers = whole if len(whole) >= size else np.flatnonzero(counts >= visit.templates), np.flatnonzero(counts >= visit.looks)
    if len(pool) < size or len(strangers) - size < LEAST_STRANGERS:
        return None
    visits = np.array([_fused(people[int(row)], random.permutation(counts[row])[: visit.looks], product) for row in strangers])
    threshold = product.threshold(size, size * visit.templates, visit.looks)
    named, missed = _Tally(len(people), threshold), _Tally(len(people), threshold)
    for _ in range(max(LEAST_DRAWS, SEARCHES // size)):
        enrolled = random.permutation(pool)[:size]
        dealt = [np.split(random.permutation(counts[row])[: sum(visit)], [visit.templates]) for row in enrolled]
        gallery = make_gallery([people[row].templates[mine] for row, (mine, _) in zip(enrolled, dealt, strict=True)])
        others = ~np.isin(strangers, enrolled)
        named.add(strangers[others], gallery.search(visits[others]).similarities)
        if pool is whole:
            found = gallery.search(np.array([_fused(people[row], looks, product) for row, (_, looks) in zip(enrolled, dealt, strict=True)]))
            missed.add(enrolled, np.where(found.people == np.arange(size), found.scores(product.margin), -np.inf))
    fnir, curve = (missed.share(below=True), missed.curve(below=True)) if pool is whole else (None, None)
    return GroupSearch(size, *visit, threshold, named.share(), fnir, Curve(tuple(SIMILARITIES.tolist()), named.curve(), curve))


def _fused(person: PersonPictures, rows: npt.NDArray[np.intp], product: Product) -> Float32Array:
    return product.fuse(person.looks[rows], person.qualities[rows].tolist())


class _Tally:
    """Of each person how many visits there were and how many reach the threshold, and of all together how many reach each similarity."""

    def __init__(self, people: int, threshold: float) -> None:
        """Begin with none."""
        self._threshold, self._reached, self._visits = threshold, np.zeros(people), np.zeros(people)
        self._beyond = np.zeros(len(SIMILARITIES))

    def add(self, rows: npt.NDArray[np.intp], scores: npt.NDArray[np.floating]) -> None:
        """Add one visit of each of these, and how similar it was."""
        self._visits[rows] += 1
        self._reached[rows] += scores >= self._threshold
        self._beyond += len(scores) - np.searchsorted(np.sort(scores), SIMILARITIES)

    def curve(self, *, below: bool = False) -> tuple[float, ...]:
        """The share of all visits that reach each similarity, or that are below it."""
        shares = self._beyond / self._visits.sum()
        return tuple((1.0 - shares if below else shares).tolist())

    def share(self, *, below: bool = False) -> Share:
        """The share over all visits that reach the threshold, or are below it, resampled over people."""
        came = self._visits > 0
        visits = self._visits[came]
        counted = visits - self._reached[came] if below else self._reached[came]
        weights = _resampled(int(came.sum()))
        return _share(float(counted.sum() / visits.sum()), (weights @ counted) / (weights @ visits), int(came.sum()))


def _pair_rates(people: Sequence[PersonPictures], threshold: float) -> tuple[Share, Share | None]:
    """FMR and FNMR of single looks against single templates, each pair of people, and each person, weighing the same."""
    starts = np.cumsum([0, *(len(person) for person in people[:-1])])
    counts = np.array([len(person) for person in people], dtype=np.float64)
    accepted = (np.concatenate([one.looks for one in people]) @ np.concatenate([one.templates for one in people]).T) >= threshold
    np.fill_diagonal(accepted, val=False)
    sums = np.add.reduceat(np.add.reduceat(accepted.astype(np.float64), starts, axis=0), starts, axis=1)
    within = counts > 1
    own = 1.0 - np.diag(sums)[within] / (counts * (counts - 1))[within]
    rates = sums / np.outer(counts, counts)
    np.fill_diagonal(rates, 0.0)
    size, weights = len(people), _resampled(len(people))
    pairs = weights.sum(axis=1) ** 2 - (weights**2).sum(axis=1)
    fmr = _share(float(rates.sum() / (size * (size - 1))), ((weights @ rates) * weights).sum(axis=1) / pairs, size)
    if not len(own):
        return fmr, None
    mine = _resampled(len(own))
    return fmr, _share(float(own.mean()), mine @ own / mine.sum(axis=1), len(own))


def _resampled(people: int) -> Floats:
    """How often each of so many people is drawn, with replacement, in each resample, (RESAMPLES, people)."""
    return np.random.default_rng(0).multinomial(people, np.full(people, 1.0 / people), size=RESAMPLES).astype(np.float64)


def _share(estimate: float, resampled: Floats, people: int) -> Share:
    low, high = np.nanpercentile(resampled, PERCENTILES)
    return Share(estimate, float(low), float(high) if estimate > 0.0 else min(1.0, RULE_OF_THREE / people), people)
