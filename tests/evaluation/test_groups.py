"""Rates by group, on people that were made up and whose rates are known."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.evaluation.groups import LEAST_PEOPLE, Product, measure_groups
from tests.evaluation.test_identification import crowd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.types import Float32Array


def mean(looks: Float32Array, _qualities: Sequence[float]) -> Float32Array:
    total: Float32Array = looks.sum(axis=0)
    return total / np.float32(np.linalg.norm(total))


def always(similarity: float, _people: int, _templates: int, _looks: int) -> float:
    return similarity


def product(threshold: float) -> Product:
    return Product(0.01, threshold, partial(always, threshold), 0.0, mean)


def test_everybody_is_named_at_no_threshold_and_nobody_at_one() -> None:
    low = measure_groups({"here": crowd([5] * 40, 0.8)}, product(-1.0))
    high = measure_groups({"here": crowd([5] * 40, 0.8)}, product(1.1))
    assert [(row.people, row.templates, row.looks) for row in low.across] == [(10, 1, 1), (10, 2, 3), (20, 1, 1), (20, 2, 3)]
    assert {(row.fpir, row.worst_fpir, row.worst_group) for row in low.across} == {(1.0, 1.0, "here")}
    assert {(row.fpir, row.fnir) for row in high.across} == {(0.0, 1.0)}
    figures = high.groups["here"]
    assert (figures.people, figures.pictures) == (40, 200)
    assert (figures.fmr.estimate, figures.fmr.low) == (0.0, 0.0)
    assert figures.fmr.high == pytest.approx(3 / 40), "none of forty people is no proof that there is none"
    assert figures.fnmr is not None
    assert figures.fnmr.estimate == 1.0


def test_a_gallery_names_as_many_strangers_as_its_pairs_say() -> None:
    done = measure_groups({"here": crowd([1] * 300, 0.8)}, product(0.25))
    fmr, ten, fifty = done.groups["here"].fmr, done.across[0], done.across[2]
    assert fmr.low < fmr.estimate < fmr.high
    assert ten.fpir == pytest.approx(1 - (1 - fmr.estimate) ** 10, rel=0.15)
    assert fifty.fpir == pytest.approx(1 - (1 - fmr.estimate) ** 50, rel=0.15)
    assert (ten.fnir, done.groups["here"].fnmr) == (None, None), "nobody has a second picture"


def test_groups_weigh_the_same_and_the_worst_is_named() -> None:
    alike = crowd([1] * 60, 0.8)
    shared = np.float32(0.5) * alike[0].looks[0]
    for person in alike:
        person.looks[:] = person.looks + shared  # they are the templates, too
        person.looks[:] /= np.linalg.norm(person.looks, axis=1, keepdims=True)
    done = measure_groups({"mixed": crowd([1] * 200, 0.8), "alike": alike, "few": crowd([1] * (LEAST_PEOPLE - 1), 0.8)}, product(0.4))
    row = done.across[0]
    assert (row.worst_group, row.groups, done.too_small) == ("alike", 2, ["few"])
    both = [of.searches[0].fpir.estimate for of in done.groups.values()]
    assert row.fpir == pytest.approx(np.mean(both))
    assert row.worst_fpir == max(both) > min(both)


def test_the_same_people_give_the_same_figures() -> None:
    assert measure_groups({"here": crowd([3] * 30, 0.8)}, product(0.3)) == measure_groups({"here": crowd([3] * 30, 0.8)}, product(0.3))


def test_the_curves_go_through_what_the_threshold_gives_and_never_rise_or_fall_the_wrong_way() -> None:
    for threshold in (0.3, 0.5):
        (search, *_) = measure_groups({"here": crowd([5] * 40, 0.8)}, product(threshold)).groups["here"].searches
        place = int(np.argmin(np.abs(np.array(search.curve.similarities) - threshold)))
        assert search.fnir is not None
        assert search.curve.fnir is not None
        assert search.curve.fpir[place] == pytest.approx(search.fpir.estimate, abs=0.002)
        assert search.curve.fnir[place] == pytest.approx(search.fnir.estimate, abs=0.002)
        assert list(search.curve.fpir) == sorted(search.curve.fpir, reverse=True)
        assert list(search.curve.fnir) == sorted(search.curve.fnir)


def test_who_has_one_picture_gives_no_curve_of_misses() -> None:
    assert measure_groups({"here": crowd([1] * 40, 0.8)}, product(0.3)).groups["here"].searches[0].curve.fnir is None
