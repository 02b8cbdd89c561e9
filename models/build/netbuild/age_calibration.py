"""Fits what the card of ages says: years, range and gender by what the network gives, on labelled faces of all ages.

It knows numbers, and neither networks nor pictures. Every fit is least squares repeated with other weights, so the same
numbers always give the same tables.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

RAW_KNOTS = (1.0, 6.0, 12.0, 25.0, 40.0, 55.0, 70.0, 85.0)
"""Years that the network itself says, at which the tables of years stand; between them lines, beyond them the last value."""
GENDER_KNOTS = (0.0, 6.0, 15.0, 30.0, 60.0, 80.0)
"""Calibrated years at which scale and offset of the gender's logit stand."""
LOW_SHARE, HIGH_SHARE = 0.1, 0.9
"""Where the ends of the range begin: 0.8 of all are covered."""
COVERAGE = 0.86
"""The coverage that each decade is drawn towards: what is promised is 0.75 to 0.95."""
WIDEST, NARROWEST = 24.0, 4.0
"""Widths in years at a knot: whole years, rounded outwards, make the widest 25; and nobody's age shows to less than four years."""
_DECADE, _LAST_DECADE, _LEAST_FACES = 10, 9, 100
"""All decades up to 99 years weigh alike, but one with fewer faces than that less. Older people are few, and the network knows none."""
_RIDGE = 1e-5
_GENDER_RIDGE = 1e-3
_ROUNDS = 60
_STEPS = (2.0, 1.0, 0.5)
"""Years by which a knot of the range is moved."""
_SOFT_YEARS = 1.5
"""Width of the edge of a range in which a face is counted as covered in part: whole faces would make the search jump."""
_WIDTH_COST, _BEND_COST, _LEAST_GAIN = 2e-4, 2e-4, 1e-7
"""What a year of width and a bend cost beside the squares of the decades' missing coverage."""
_LOGIT_UNIT = 3.0
"""The logits' usual size, so that the ridge weighs scale and offset alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Labelled faces: (faces, looks) raw years and logits of each, (faces,) true years, and whether the label says male."""

    raw_years: FloatArray
    logits: FloatArray
    years: FloatArray
    male: NDArray[np.bool_]

    def part(self, chosen: NDArray[np.bool_]) -> Faces:
        """Some of the faces."""
        return Faces(self.raw_years[chosen], self.logits[chosen], self.years[chosen], self.male[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Values at RAW_KNOTS (years, low, high) and at GENDER_KNOTS (scale, offset)."""

    years: FloatArray
    low: FloatArray
    high: FloatArray
    scale: FloatArray
    offset: FloatArray

    def read(self, raw_years: FloatArray, logits: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Years, ends of the range, and probability of female of looks."""
        years, low, high = (np.interp(raw_years, RAW_KNOTS, table) for table in (self.years, self.low, self.high))
        scale, offset = (np.interp(years, GENDER_KNOTS, table) for table in (self.scale, self.offset))
        return years, low, high, 1 / (1 + np.exp(scale * logits + offset))


def fit(faces: Faces) -> Tables:
    """The tables for these faces up to 99 years: of each every look, and their mean, counts as one."""
    faces = faces.part(faces.years < (_LAST_DECADE + 1) * _DECADE)
    raw, logits = _with_mean(faces.raw_years), _with_mean(faces.logits)
    looks = raw.shape[1]
    true, male = np.repeat(faces.years, looks), np.repeat(faces.male, looks)
    decades = decades_of(true)
    hats = _hats(raw.ravel(), RAW_KNOTS)
    years = _fitted(hats, true, _even(decades), lambda rest: 1 / np.maximum(np.abs(rest), 1.0))
    low, high = _range(hats, true, decades)
    years = np.maximum.accumulate(np.clip(years, 0, None))
    low, high = np.minimum(low, years), np.maximum(high, years)
    rounded = np.round(years, 1)
    scale, offset = _gender(np.interp(raw.ravel(), RAW_KNOTS, rounded), logits.ravel(), male, _even(2 * decades + male))
    return Tables(rounded, np.round(low, 1), np.round(high, 1), np.round(scale, 2), np.round(offset, 2))


def decades_of(years: FloatArray) -> NDArray[np.int64]:
    """The decade of each age, from 90 on the last."""
    return np.minimum(years // _DECADE, _LAST_DECADE).astype(np.int64)


def _with_mean(looks: FloatArray) -> FloatArray:
    return np.concatenate([looks, looks.mean(axis=1, keepdims=True)], axis=1)


def _even(groups: NDArray[np.int64]) -> FloatArray:
    """Weights with which all groups count alike, but for tiny ones."""
    weights: FloatArray = 1.0 / np.maximum(np.bincount(groups), _LEAST_FACES)[groups]
    return weights / weights.mean()


def _hats(values: FloatArray, knots: tuple[float, ...]) -> FloatArray:
    """(values, knots) shares with which a line between knots mixes their values."""
    place = np.interp(values, knots, np.arange(len(knots)))
    hats: FloatArray = np.maximum(0.0, 1 - np.abs(place[:, None] - np.arange(len(knots))))
    return hats


def _fitted(hats: FloatArray, true: FloatArray, weights: FloatArray, again: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Values at knots by weighted least squares, each round with weights from what is left of the last."""
    values, extra = np.zeros(hats.shape[1]), np.ones(len(true))
    for _ in range(_ROUNDS):
        weighted = hats * (weights * extra)[:, None]
        values = np.linalg.solve(weighted.T @ hats + _RIDGE * len(true) * np.eye(hats.shape[1]), weighted.T @ true)
        extra = again(true - hats @ values)
    return values


def _quantile(share: float) -> Callable[[FloatArray], FloatArray]:
    return lambda rest: np.where(rest > 0, share, 1 - share) / np.maximum(np.abs(rest), 0.3)


def _range(hats: FloatArray, true: FloatArray, decades: NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
    """Both ends: quantiles first (Koenker and Bassett 1978), then moved knot by knot while the decades' coverage gains by it.

    Quantiles by what the network says leave people uncovered where it errs one way: the oldest, and some in the middle.
    """
    weights = _even(decades)
    low, high = (_fitted(hats, true, weights, _quantile(share)) for share in (LOW_SHARE, HIGH_SHARE))
    ends = np.concatenate(_bounded(low, high))
    knots, counts = hats.shape[1], np.bincount(decades, minlength=_LAST_DECADE + 1)

    def loss(ends: FloatArray) -> float:
        low, high = ends[:knots], ends[knots:]
        inside = np.minimum(true + 1 - hats @ low, hats @ high + 1 - true)  # an end is rounded to the whole year outside
        covered = np.bincount(decades, np.clip(inside / _SOFT_YEARS, 0, 1), _LAST_DECADE + 1) / np.maximum(counts, 1)
        missed = np.where(counts, np.abs(COVERAGE - covered), 0)
        return float((missed**2).sum() + _WIDTH_COST * (weights * (hats @ (high - low))).mean() + _BEND_COST * _bends(low, high))

    best = loss(ends)
    for step in _STEPS:
        moved = True
        while moved:
            moved = False
            for place, sign in itertools.product(range(2 * knots), (-1, 1)):
                changed = ends.copy()
                changed[place] += sign * step
                changed = np.concatenate(_bounded(changed[:knots], changed[knots:]))
                if (value := loss(changed)) < best - _LEAST_GAIN:
                    ends, best, moved = changed, value, True
    return ends[:knots], ends[knots:]


def _bends(low: FloatArray, high: FloatArray) -> float:
    """How much the slopes of both ends change from knot to knot: a smooth range errs less on other people."""
    gaps = np.diff(RAW_KNOTS)
    return float(sum((np.diff(np.diff(end) / gaps) ** 2).sum() for end in (low, high)))


def _bounded(low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ends that rise with the knots, and are neither too near nor too far apart."""
    low, high = np.maximum.accumulate(np.clip(low, 0, None)), np.maximum.accumulate(high)
    spare, missing = np.maximum(high - low - WIDEST, 0) / 2, np.maximum(NARROWEST - (high - low), 0)
    low, high = low + spare, high - spare
    below = np.minimum(missing / 2, low)
    return low - below, high + missing - below


def _gender(years: FloatArray, logits: FloatArray, male: NDArray[np.bool_], weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Scale and offset of the logit by years, by logistic regression (Newton's steps)."""
    hats = _hats(years, GENDER_KNOTS)
    rows = np.concatenate([hats * (logits / _LOGIT_UNIT)[:, None], hats], axis=1)
    values = np.zeros(rows.shape[1])
    ridge = _GENDER_RIDGE * len(rows) * np.eye(rows.shape[1])
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-rows @ values))
        bend = (rows * (weights * chance * (1 - chance))[:, None]).T @ rows + ridge
        values = values + np.linalg.solve(bend, rows.T @ (weights * (male - chance)) - ridge @ values)
    knots = len(GENDER_KNOTS)
    return values[:knots] / _LOGIT_UNIT, values[knots:]
