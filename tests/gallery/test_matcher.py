"""The open-set decision, against a plain reference."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.errors import WrongModel
from edged.gallery import matcher as searching
from edged.gallery.matcher import LookAlikes, Matcher, Nearest
from edged.types import Embedding, Match, Reason
from tests.gallery.conftest import MODEL, embedding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.types import Float32Array

AXES = [tuple(sign * (axis == i) for i in range(4)) for axis in range(4) for sign in (1.0, -1.0)]
CORNERS = list(itertools.product((0.5, -0.5), repeat=4))
EXACT = st.sampled_from(AXES + CORNERS)
"""Unit vectors whose products (0, ±0.5, ±1) are exact in float32, so that ties and thresholds can be met to the bit."""


def matrix(rows: Sequence[Sequence[float]], size: int = 4) -> Float32Array:
    return np.array(rows, dtype=np.float32).reshape(len(rows), size)


def probe(vector: Sequence[float]) -> Embedding:
    return Embedding(np.array(vector, dtype=np.float32), MODEL)


def reference(
    persons: Sequence[str], rows: Sequence[Sequence[float]], vector: Sequence[float], threshold: float, margin: float
) -> set[Match]:
    """Every answer that is right: where several people are nearest, any of them may be the one compared from."""
    scores = [sum(a * b for a, b in zip(row, vector, strict=True)) for row in rows]
    if not scores:
        return {Match(None, None, None, threshold, Reason.BELOW_THRESHOLD)}
    best = max(scores)
    answers = set()
    for person in {name for name, score in zip(persons, scores, strict=True) if score == best}:
        others = [score for name, score in zip(persons, scores, strict=True) if name != person]
        lead = best - max(others) if others else None
        if best < threshold:
            answers.add(Match(None, best, lead, threshold, Reason.BELOW_THRESHOLD))
        elif lead is not None and (lead < margin or lead == 0):
            answers.add(Match(None, best, lead, threshold, Reason.AMBIGUOUS))
        else:
            answers.add(Match(person, best, lead, threshold, None))
    return answers


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), EXACT), max_size=12),
    EXACT,
    st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0]),
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
)
def test_it_answers_as_the_definition_to_the_bit(
    templates: list[tuple[str, tuple[float, ...]]], vector: tuple[float, ...], threshold: float, margin: float
) -> None:
    persons, rows = [person for person, _ in templates], [row for _, row in templates]
    matcher = Matcher(persons, matrix(rows), MODEL)
    for _ in range(2):  # the second search meets the buffer of the first
        assert matcher.match(probe(vector), threshold=threshold, margin=margin) in reference(persons, rows, vector, threshold, margin)


@given(st.integers(1, 60), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_figures_agree_with_double_precision(count: int, people: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = random.standard_normal((count + 1, 128)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    persons = [f"p{number}" for number in random.integers(people, size=count)]
    nearest = Matcher(persons, rows[:count], MODEL).nearest(Embedding(rows[count], MODEL))
    assert nearest is not None
    scores = rows[:count].astype(np.float64) @ rows[count].astype(np.float64)
    others = [score for person, score in zip(persons, scores, strict=True) if person != nearest.person]
    assert nearest.similarity == pytest.approx(scores.max(), abs=1e-6)
    assert nearest.other_similarity == (pytest.approx(max(others), abs=1e-6) if others else None)


@pytest.mark.parametrize(
    ("vector", "threshold", "margin", "person", "reason"),
    [
        ((1, 0, 0, 0), 0.5, 0.25, "alice", None),
        ((1, 0, 0, 0), 1.0, 1.0, "alice", None),
        ((0.5, 0.5, 0.5, 0.5), 0.5, 0.0, None, Reason.AMBIGUOUS),
        ((0, 0, 1, 0), 0.5, 0.25, None, Reason.BELOW_THRESHOLD),
        ((1, 0, 0, 0), float("nan"), 0.0, None, Reason.BELOW_THRESHOLD),
        ((1, 0, 0, 0), 0.5, float("nan"), None, Reason.AMBIGUOUS),
    ],
)
def test_who_opens_the_door(vector: Sequence[float], threshold: float, margin: float, person: str | None, reason: Reason | None) -> None:
    matcher = Matcher(["bob", "alice", "bob"], matrix([(0, 1, 0, 0), (1, 0, 0, 0), (0, 0, 0, 1)]), MODEL)
    match = matcher.match(probe(vector), threshold=threshold, margin=margin)
    assert (match.person, match.reason) == (person, reason)


def test_templates_of_the_same_person_are_no_runners_up() -> None:
    matcher = Matcher(["alice", "alice"], matrix([(1, 0, 0, 0), (0.5, 0.5, 0.5, 0.5)]), MODEL)
    assert matcher.match(probe((1, 0, 0, 0)), threshold=0.5, margin=0.9) == Match("alice", 1.0, None, 0.5, None)


def test_a_similarity_never_exceeds_one() -> None:
    for seed in range(50):
        face = embedding(seed)
        match = Matcher(["alice"], face.vector[np.newaxis], MODEL).match(face, threshold=0.5, margin=0.1)
        assert match.similarity is not None
        assert 0.999999 < match.similarity <= 1.0


def test_an_empty_gallery_knows_nobody() -> None:
    for empty in (np.empty((0, 0), np.float32), np.empty((0, 128), np.float32)):
        matcher = Matcher([], empty, MODEL)
        assert len(matcher) == 0
        assert matcher.match(embedding(1), threshold=-1.0, margin=0.0) == Match(None, None, None, -1.0, Reason.BELOW_THRESHOLD)
        assert matcher.standing(embedding(1), "alice") == Nearest("alice", None, None, None)


def test_another_models_probe_is_refused_even_by_an_empty_gallery() -> None:
    for matcher in (Matcher([], np.empty((0, 0), np.float32), MODEL), Matcher(["a"], embedding(1).vector[np.newaxis], MODEL)):
        with pytest.raises(WrongModel, match="'other' cannot be compared with those of 'face_embedding_a'"):
            matcher.match(embedding(1, "other"), threshold=0.0, margin=0.0)


@pytest.mark.parametrize("vector", [(0, 0, 0, 0), (np.nan, 0, 0, 0), (np.inf, 0, 0, 0), (2, 0, 0, 0), (1, 0, 0)])
def test_what_is_no_face_never_matches(vector: Sequence[float]) -> None:
    matcher = Matcher(["alice"], matrix([(1, 0, 0, 0)]), MODEL)
    with pytest.raises(ValueError, match=r"unit length|operand"):
        matcher.match(probe(vector), threshold=-1.0, margin=0.0)


@pytest.mark.parametrize("row", [(np.nan, 0, 0, 0), (0, 0, 0, 0), (3, 0, 0, 0)])
def test_one_bad_template_cannot_win_every_search(row: Sequence[float]) -> None:
    with pytest.raises(ValueError, match="rows of unit length"):
        Matcher(["alice", "eve"], matrix([(1, 0, 0, 0), row]), MODEL)


def test_people_and_rows_are_counted() -> None:
    with pytest.raises(ValueError, match="1 templates need as many rows"):
        Matcher(["alice"], matrix([(1, 0, 0, 0), (1, 0, 0, 0)]), MODEL)


def test_the_callers_matrix_is_copied() -> None:
    rows = matrix([(1, 0, 0, 0), (0, 1, 0, 0)])
    matcher = Matcher(["alice", "bob"], rows, MODEL)
    rows[:] = rows[::-1].copy()
    assert matcher.match(probe((1, 0, 0, 0)), threshold=0.5, margin=0.1).person == "alice"


def test_a_matrix_that_nobody_can_write_to_is_shared_where_it_is_grouped() -> None:
    rows = matrix([(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0)])
    rows.setflags(write=False)
    grouped, mixed = Matcher(["alice", "bob", "bob"], rows, MODEL).rows, Matcher(["bob", "alice", "bob"], rows, MODEL).rows
    assert grouped.persons == ["alice", "bob", "bob"]
    assert np.shares_memory(grouped.embeddings, rows)
    assert mixed.persons == ["bob", "bob", "alice"]
    np.testing.assert_array_equal(mixed.embeddings, rows[[0, 2, 1]])


def test_standing_of_a_person_who_is_not_the_nearest() -> None:
    matcher = Matcher(["bob", "alice", "alice"], matrix([(1, 0, 0, 0), (0, 1, 0, 0), (0.5, 0.5, 0.5, 0.5)]), MODEL)
    assert matcher.standing(probe((1, 0, 0, 0)), "alice") == Nearest("alice", 0.5, "bob", 1.0)
    assert matcher.standing(probe((1, 0, 0, 0)), "eve") == Nearest("eve", None, "bob", 1.0)


def turned(*degrees: float) -> Float32Array:
    """Faces in one plane: two are the more alike the nearer their angles are."""
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("look_alikes", "margin", "named"),
    [
        (None, 0.05, True),
        (LookAlikes(0.8, 0.15), 0.05, True),
        (LookAlikes(0.7, 0.15), 0.05, False),
        (LookAlikes(0.7, 0.09), 0.05, True),
        (LookAlikes(0.7, 0.05), 0.15, False),
    ],
)
def test_look_alikes_need_a_larger_lead_over_each_other(look_alikes: LookAlikes | None, margin: float, *, named: bool) -> None:
    matcher = Matcher(["cain", "abel", "abel"], turned(0, 44, 130), MODEL, look_alikes=look_alikes)
    assert matcher.likeness("cain", "abel") == pytest.approx(0.719, abs=1e-3)
    found = matcher.match(Embedding(turned(14.7)[0], MODEL), threshold=0.4, margin=margin)
    assert found.margin == pytest.approx(0.095, abs=1e-3)
    assert (found.person, found.reason) == (("cain", None) if named else (None, Reason.AMBIGUOUS))


def test_everybody_is_ranked_by_their_best_template_and_no_more_than_asked_for() -> None:
    matcher = Matcher(["b", "a", "b", "c"], matrix([(0, 1, 0, 0), (1, 0, 0, 0), (0.5, 0.5, 0.5, 0.5), (0, 0, -1, 0)]), MODEL)
    assert matcher.ranking(probe((0, 0, 1, 0)), 9) == [("b", 0.5), ("a", 0.0), ("c", -1.0)]
    assert matcher.ranking(probe((0, 0, 1, 0)), 1) == [("b", 0.5)]
    assert matcher.ranking(probe((0, 0, 1, 0)), 0) == []
    assert Matcher([], matrix([]), MODEL).ranking(probe((0, 0, 1, 0)), 9) == []


def test_who_has_no_template_is_like_nobody() -> None:
    assert Matcher(["cain"], turned(0), MODEL).likeness("cain", "abel") is None


@given(st.lists(st.tuples(st.sampled_from("abc"), EXACT), min_size=1, max_size=8), EXACT)
def test_look_alikes_change_nothing_but_who_is_ambiguous(templates: list[tuple[str, Sequence[float]]], vector: Sequence[float]) -> None:
    persons, rows = [person for person, _ in templates], [row for _, row in templates]
    usual = Matcher(persons, matrix(rows), MODEL).match(probe(vector), threshold=0.4, margin=0.05)
    strict = Matcher(persons, matrix(rows), MODEL, look_alikes=LookAlikes(0.4, 0.6)).match(probe(vector), threshold=0.4, margin=0.05)
    assert strict == usual or (usual.person, strict.person, strict.reason) == (usual.person, None, Reason.AMBIGUOUS)
    assert (strict.similarity, strict.margin) == (usual.similarity, usual.margin)


def test_who_has_one_template_only_is_told() -> None:
    assert Matcher(["b", "a", "c", "a"], np.eye(4, dtype=np.float32), MODEL).single_template_people == ("b", "c")
    assert Matcher([], np.zeros((0, 4), np.float32), MODEL).single_template_people == ()


def test_the_nearest_of_anybody_else_is_that_of_all_templates() -> None:
    known = Matcher(["a", "a", "b", "c"], matrix([(1, 0, 0, 0), (0, 1, 0, 0), (0, 0.6, 0.8, 0), (0.6, 0, 0, 0.8)]), MODEL)
    assert known.closest_other("a") == pytest.approx(0.6)
    assert known.closest_other("nobody") is None
    assert Matcher(["a"], matrix([(1, 0, 0, 0)]), MODEL).closest_other("a") is None


@pytest.mark.parametrize("is_one", [True, False], ids=["by BLAS", "by einsum"])
def test_a_large_gallery_is_searched_the_same_whichever_way_the_product_is_worked_out(
    monkeypatch: pytest.MonkeyPatch, *, is_one: bool
) -> None:
    monkeypatch.setattr(searching, "has_one_blas_thread", lambda: is_one)
    rows = np.random.default_rng(0).normal(size=(200, 128)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    known = Matcher([f"p{row // 2}" for row in range(200)], rows, MODEL)
    found = known.nearest(Embedding(rows[77], MODEL))
    others = np.delete(rows @ rows[77], [76, 77])
    assert found is not None
    assert found.person == "p38"
    assert found.similarity == pytest.approx(1.0)
    assert found.other_similarity == pytest.approx(float(others.max()), abs=1e-6)
