"""The open-set protocol on people that were made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.errors import LabelsError
from edged.evaluation.identification import PersonPictures, SearchCounts, SearchSetting, draw_pool, identify, make_gallery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.types import Float32Array

ONE = SearchSetting("one", 1, 1, 2)
FIVE = SearchSetting("five", 5, 5, 10)
SIZE = 128


def mean(looks: Float32Array, qualities: Sequence[float]) -> Float32Array:
    vector = np.average(looks, axis=0, weights=qualities)
    fused: Float32Array = (vector / np.linalg.norm(vector)).astype(np.float32)
    return fused


def pictured(*vectors: Float32Array) -> PersonPictures:
    rows = np.array(vectors, dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return PersonPictures(rows, rows, np.full(len(rows), 0.5))


def crowd(pictures: Sequence[int], noise: float, seed: int = 0) -> list[PersonPictures]:
    """People with so many pictures each, whose embeddings scatter around their own."""
    random = np.random.default_rng(seed)
    people = []
    for count in pictures:
        own = random.standard_normal(SIZE)
        people.append(pictured(*(own + noise * random.standard_normal((count, SIZE)))))
    return people


def test_people_who_are_all_alike_in_their_own_pictures_are_found() -> None:
    done = identify(crowd([2] * 20 + [1] * 100, 0.1), 10, ONE, 0.05, mean, draws=20)
    for errors in (done, done.with_margin):
        assert errors.fnir_at_fpir == errors.deviation == {"1e-2": 0.0, "1e-3": 0.0}
        assert 0.1 < errors.threshold["1e-2"] < errors.threshold["1e-3"] < 0.7
    assert (done.drawn_from, done.templates, done.looks, done.searches) == (20, 1.0, 1.0, SearchCounts(200, 20 * 110))


def test_no_picture_is_both_template_and_look() -> None:
    """Pictures of a person that have nothing in common: only a look at a template itself would find anybody."""
    vectors = np.eye(SIZE, dtype=np.float32)
    people = [pictured(*vectors[4 * row : 4 * row + 4]) for row in range(20)] + [pictured(vector) for vector in vectors[80:]]
    for setting in (ONE, FIVE):
        assert identify(people, 10, setting, 0.0, mean, draws=10).fnir_at_fpir["1e-2"] == 1.0


def test_more_templates_and_looks_miss_fewer() -> None:
    people = crowd([12] * 30 + [1] * 300, 1.6)
    one, five = (identify(people, 20, setting, 0.0, mean, draws=20).fnir_at_fpir["1e-3"] for setting in (ONE, FIVE))
    assert 0.05 < one < 0.95
    assert five < one / 2


def test_strangers_who_look_like_the_enrolled_raise_the_threshold_above_them() -> None:
    people = crowd([2] * 10, 0.1)
    people += [pictured(person.looks[0]) for person in people]
    done = identify(people, 10, ONE, 0.0, mean, draws=5)
    assert done.threshold["1e-2"] > 0.9
    assert done.fnir_at_fpir["1e-2"] == 1.0


def test_of_twins_one_is_taken_for_the_other_unless_a_margin_is_asked() -> None:
    people = crowd([3] * 6, 0.05)
    twins = [pictured(*person.looks[::-1]) for person in people]
    everybody = [*people, *twins, *crowd([1] * 50, 0.1, seed=1)]
    done = identify(everybody, 12, ONE, 0.2, mean, draws=30)
    assert 0.1 < done.fnir_at_fpir["1e-2"] < 0.9
    assert done.with_margin.fnir_at_fpir["1e-2"] == 1.0


def test_whoever_has_few_pictures_shares_them_out() -> None:
    done = identify(crowd([4] * 10 + [1] * 20, 0.1), 10, FIVE, 0.0, mean, draws=3)
    assert (done.templates, done.looks) == (2.0, 2.0)
    done = identify(crowd([2] * 10 + [1] * 20, 0.1), 10, FIVE, 0.0, mean, draws=3)
    assert (done.templates, done.looks) == (1.0, 1.0)
    done = identify(crowd([30] * 10 + [1] * 20, 0.1), 10, FIVE, 0.0, mean, draws=3)
    assert (done.templates, done.looks) == (5.0, 5.0)


def test_people_with_enough_pictures_are_drawn_from_or_those_with_most() -> None:
    people = crowd([12, 3, 1, 10, 11, 2, 7], 0.1)
    assert draw_pool(people, 2, FIVE).tolist() == [0, 3, 4]
    assert draw_pool(people, 4, FIVE).tolist() == [0, 3, 4, 6]


def test_a_gallery_that_the_people_do_not_allow_is_refused() -> None:
    with pytest.raises(LabelsError, match="too few"):
        draw_pool(crowd([2] * 10, 0.1), 10, ONE)
    with pytest.raises(LabelsError, match="at least 2 pictures"):
        draw_pool(crowd([2] * 9 + [1] * 9, 0.1), 10, ONE)


def test_the_same_people_give_the_same_figures() -> None:
    people = crowd([3] * 15 + [1] * 30, 1.0)
    assert identify(people, 10, FIVE, 0.05, mean, draws=5) == identify(people, 10, FIVE, 0.05, mean, draws=5)


def test_a_search_finds_the_nearest_of_all_templates_and_its_lead() -> None:
    people = crowd([3, 1, 5, 2], 0.5)
    probes = np.concatenate([person.looks for person in crowd([4, 4], 0.5, seed=1)])
    found = make_gallery([person.templates for person in people]).search(probes)
    best = np.array([[(probe @ person.templates.T).max() for person in people] for probe in probes])
    assert found.people.tolist() == best.argmax(axis=1).tolist()
    assert found.similarities == pytest.approx(best.max(axis=1), abs=1e-6)
    ordered = np.sort(best, axis=1)
    assert found.leads == pytest.approx(ordered[:, -1] - ordered[:, -2], abs=1e-6)
