"""The tail of comparisons of different people, and thresholds that are learned from it, on people that were made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.evaluation.impostor_tail import ImpostorTail
from edged.evaluation.impostors import RATES, hold_out, measure_tail
from edged.gallery.open_set import threshold_for
from tests.evaluation.test_identification import crowd

if TYPE_CHECKING:
    from edged.evaluation.impostors import Tail


def test_the_tail_is_that_of_all_comparisons_of_different_people() -> None:
    people = crowd([1, 3, 2, 1, 5] * 60, 0.5)
    tail = measure_tail(people, [person.looks for person in people])
    looks = np.concatenate([person.looks for person in people])
    owner = np.repeat(np.arange(len(people)), [len(person) for person in people])
    similarities = np.sort((looks @ looks.T)[owner[:, None] != owner])[::-1]
    assert tail.comparisons == len(similarities)
    assert list(tail.similarities) == ["1e-2", "1e-3"]  # 518,400 comparisons: fewer than 100 reach the next
    for name, similarity in tail.similarities.items():
        assert similarity == pytest.approx(similarities[int(RATES[name] * len(similarities))], abs=2e-4)


def test_probes_may_be_of_some_people_only() -> None:
    people = crowd([2] * 200, 0.5)
    tail = measure_tail(people, [person.looks[:1] if row % 2 else person.looks[:0] for row, person in enumerate(people)])
    assert tail.comparisons == 100 * 398


def rule(tail: Tail, people: int, templates: int, asked: float) -> float:
    known = ImpostorTail(tuple(tail.similarities.values()), tuple(RATES[name] for name in tail.similarities), 0.0)
    return threshold_for(templates, asked, known, -1.0, people=people)


def test_a_threshold_learned_on_half_of_the_people_keeps_the_strangers_of_the_other_out() -> None:
    people = crowd([6] * 150 + [2] * 450, 0.8)
    done = hold_out(people, np.array([person.looks[0] for person in people]), [1e-1, 1e-2], rule)
    assert [(one.people, one.asked) for one in done] == [(size, asked) for size in (10, 50, 200) for _ in "15" for asked in (1e-1, 1e-2)]
    assert [one.templates for one in done[:8]] == [1, 1, 5, 5, 1, 1, 5, 5]
    for one in done:
        assert 0.2 * one.asked < one.fpir <= 1.3 * one.asked


def test_too_few_people_tell_nothing() -> None:
    people = crowd([2] * 30, 0.5)
    assert hold_out(people, np.array([person.looks[0] for person in people]), [1e-2], rule) == []
