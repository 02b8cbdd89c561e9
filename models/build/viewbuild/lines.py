"""The lines before the corners of the embedding space: logistic regression, and where a line's 0 and −1 lie.

It knows rows of numbers, and neither pictures nor what is made of the lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

RIDGE = 2e-2
"""Weight of the squared length of a line's weights, after every feature has been brought to a deviation of 1. With a tenth of it lines of
500 people refuse 10 % of others' untouched pictures where 3 % of their own are."""
STEPS = 25
"""Steps of Newton's method; the loss is convex, and fewer do."""
REFUSED = {
    "turned": 0.001,
    "squeezed": 0.003,
    "bulging": 0.003,
    "blurred": 0.018,
    "covered": 0.012,
    "masked": 0.006,
    "badly lit": 0.006,
    "negative": 0.001,
}
"""Share of untouched pictures, of people by whom a line was not found, that lie beyond it: in all 4 %.

Set so that of pairs of different people in the same distortion about 0.02 % at most are accepted where one is a template; most where a
corner is nearest to ordinary views."""
FAR = 2.0
"""Logarithm of the odds from a line's 0 to its −1: of faces upside down 1 % are not as far, of untouched ones 1 in 1,000 is."""
GOOD_WEIGHT = 6.0
"""Weight of untouched pictures beside each kind of good ones that were made a little worse."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """The rows (n, k) of one kind of views, with the number of the person of each row; both sides of a line have several kinds."""

    rows: FloatArray
    people: NDArray[np.intp]
    is_good: bool
    weight: float = 1.0

    def of(self, half: int) -> Kind:
        """The rows of every other person."""
        chosen = self.people % 2 == half
        return Kind(self.rows[chosen], self.people[chosen], self.is_good, self.weight)


def find_line(kinds: Sequence[Kind], untouched: Kind, refused: float) -> FloatArray:
    """The line, (k,), on whose upper side the good rows lie, and the others below.

    Logistic regression with a ridge, by Newton's method; both sides weigh the same, and so do the kinds of a side but for their weight.
    Where the line lies is found by cross-fitting: refused is the share of the untouched below lines of the other half of the people.
    """
    line = _line(kinds)
    halves = [untouched.of(half).rows @ _line([kind.of(1 - half) for kind in kinds]) for half in (0, 1)]
    line[-1] -= np.quantile(np.concatenate(halves), refused)
    line /= FAR
    return line


def _line(kinds: Sequence[Kind]) -> FloatArray:
    totals = {side: sum(kind.weight for kind in kinds if kind.is_good is side) for side in (True, False)}
    rows = np.concatenate([kind.rows for kind in kinds])
    sides = np.concatenate([np.full(len(kind.rows), float(kind.is_good)) for kind in kinds])
    weights = np.concatenate([np.full(len(kind.rows), kind.weight / totals[kind.is_good] / len(kind.rows) / 2) for kind in kinds])
    scale = rows.std(axis=0)
    scale[scale == 0] = 1.0  # the bias
    line: FloatArray = _regression(rows / scale, sides, weights) / scale
    return line


def _regression(rows: FloatArray, sides: FloatArray, weights: FloatArray) -> FloatArray:
    ridge = RIDGE * np.eye(rows.shape[1])
    ridge[-1, -1] = 0.0
    line = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        odds = 1 / (1 + np.exp(-np.clip(rows @ line, -50, 50)))
        gradient = rows.T @ (weights * (odds - sides)) + ridge @ line
        curvature = (rows * (weights * odds * (1 - odds))[:, None]).T @ rows + ridge
        line -= np.linalg.solve(curvature, gradient)
    return line
