"""The lines before the corners of the embedding space: logistic regression, and where a line's 0 and −1 lie.

It knows rows of numbers, and neither pictures nor what is made of the lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

RIDGE = 1e-3
"""Weight of the squared length of a line's weights, after every feature has been brought to a deviation of 1."""
STEPS = 25
"""Steps of Newton's method; the loss is convex, and fewer do."""
REFUSED = {
    "turned": 0.001,
    "squeezed": 0.002,
    "bulging": 0.001,
    "blurred": 0.006,
    "covered": 0.008,
    "masked": 0.002,
    "badly lit": 0.002,
    "negative": 0.001,
}
"""Share of untouched pictures that lie beyond each line: in all about 3 % are no templates. Set so that of pairs of different people in the
same distortion at most 0.02 % are accepted where one is a template; most where the corner is nearest to ordinary views."""
FAR = 2.0
"""Logarithm of the odds from a line's 0 to its −1: of faces upside down 1 % are not as far, of untouched ones 1 in 1,000 is."""
GOOD_WEIGHT = 6.0
"""Weight of untouched pictures beside each kind of good ones that were made a little worse."""


def find_line(good: Sequence[FloatArray], untouched: FloatArray, corner: Sequence[FloatArray], refused: float) -> FloatArray:
    """The line, (k,), on whose upper side the good rows (n, k) lie, and the corner's below; refused is the share of untouched ones below.

    Logistic regression with a ridge, by Newton's method; both sides weigh the same, and so does each kind of a side.
    """
    kinds = [(rows, 1.0, GOOD_WEIGHT if rows is untouched else 1.0) for rows in good] + [(rows, 0.0, 1.0) for rows in corner]
    totals = {side: sum(weight for _, of, weight in kinds if of == side) for side in (0.0, 1.0)}
    rows = np.concatenate([rows for rows, _, _ in kinds])
    sides = np.concatenate([np.full(len(rows), side) for rows, side, _ in kinds])
    weights = np.concatenate([np.full(len(rows), weight / totals[side] / len(rows) / 2) for rows, side, weight in kinds])
    scale = rows.std(axis=0)
    scale[scale == 0] = 1.0  # the bias
    line: FloatArray = _regression(rows / scale, sides, weights) / scale
    line[-1] -= np.quantile(untouched @ line, refused)
    line /= FAR
    return line


def find_lines(features: Mapping[str, FloatArray], good: Sequence[str], corners: Mapping[str, Sequence[str]], first: str) -> FloatArray:
    """A line for each corner, (c, k), of rows by the name of their distortion; first is the name of the untouched ones."""
    rows = [features[name] for name in good]
    return np.array(
        [find_line(rows, features[first], [features[name] for name in names], REFUSED[corner]) for corner, names in corners.items()]
    )


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
