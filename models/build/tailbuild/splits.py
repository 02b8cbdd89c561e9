"""Random halves: the tail fitted to one half of the people and tried on the other, over and over, and how far the trials spread.

It knows people by group and the product's protocol, and not how a tail is fitted.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from edged.evaluation.groups import measure_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from edged.evaluation.groups import AcrossGroups, Product
    from edged.evaluation.identification import PersonPictures

    People = Mapping[str, Sequence[PersonPictures]]
    Kind = tuple[int, int, int]

MOST_MEAN, MOST_WORST = 0.01, 0.025
"""What is asked of strangers of a group: the mean of groups named at most, and the worst group."""
SPREAD = (5, 95)
"""Percentiles of the trials that are shown."""


def trials(people: People, splits: int, product_for: Callable[[People], Product]) -> dict[Kind, list[AcrossGroups]]:
    """Fit to a half and try it on the other, both ways for each split; the rows of all trials by people, templates and looks."""
    found = defaultdict(list)
    for fitted, tried in _halves(people, splits):
        for row in measure_groups(tried, product_for(fitted)).across:
            found[row.people, row.templates, row.looks].append(row)
    return found


def lines(found: Mapping[Kind, Sequence[AcrossGroups]]) -> Iterator[str]:
    """What the trials gave, a line for each size of gallery and kind of visit."""
    for (people, templates, looks), rows in found.items():
        mean, worst = (np.array([getattr(row, name) for row in rows]) for name in ("fpir", "worst_fpir"))
        threshold = np.mean([row.threshold for row in rows])
        kept = f"in {np.mean(mean <= MOST_MEAN):.0%} and {np.mean(worst <= MOST_WORST):.0%} of {len(rows)} trials within what is asked"
        shares = f"mean {_spread(mean)}, worst of {rows[0].groups} groups {_spread(worst)}"
        yield f"N {people}, {templates} and {looks}, threshold {threshold:.3f}: {shares}; {kept}"


def _halves(people: People, splits: int) -> Iterator[tuple[People, People]]:
    for split in range(splits):
        random = np.random.default_rng(split)
        chosen = {name: random.permutation(len(of)) % 2 == 0 for name, of in people.items()}
        first, second = ({name: _where(of, chosen[name] == way) for name, of in people.items()} for way in (0, 1))
        yield first, second
        yield second, first


def _where(people: Sequence[PersonPictures], chosen: NDArray[np.bool_]) -> list[PersonPictures]:
    return [one for one, is_chosen in zip(people, chosen, strict=True) if is_chosen]


def _spread(values: NDArray[np.float64]) -> str:
    low, high = np.percentile(values, SPREAD)
    return f"{values.mean():.2%} ({low:.2%} to {high:.2%})"
