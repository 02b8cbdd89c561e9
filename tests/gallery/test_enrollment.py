"""Which embeddings may become templates."""

from __future__ import annotations

import numpy as np
import pytest

from edged.errors import TemplateRejected, WrongModel
from edged.gallery.enrollment import judge
from edged.gallery.matcher import Matcher
from edged.types import Embedding
from tests.gallery.conftest import MODEL, embedding


def towards(face: Embedding, similarity: float) -> Embedding:
    """A face of just this similarity to another one."""
    away = embedding(999).vector
    away = away - (away @ face.vector) * face.vector
    vector = similarity * face.vector + np.sqrt(1 - similarity**2) * away / np.linalg.norm(away)
    return Embedding(vector.astype(np.float32), face.model_id)


ALICE, BOB = embedding(1), embedding(2)


@pytest.fixture
def matcher() -> Matcher:
    return Matcher(["alice", "bob"], np.stack([ALICE.vector, BOB.vector]), MODEL)


def test_another_view_of_the_same_person_is_welcome(matcher: Matcher) -> None:
    assert judge(towards(ALICE, 0.7), "alice", matcher, match_threshold=0.4) is None


def test_a_new_person_is_welcome(matcher: Matcher) -> None:
    assert judge(embedding(3), "eve", matcher, match_threshold=0.4) is None
    assert judge(embedding(3), "eve", Matcher([], np.empty((0, 0), np.float32), MODEL), match_threshold=0.4) is None


@pytest.mark.parametrize("person", ["alice", "eve"])
def test_a_face_like_somebody_elses_is_refused_with_the_figures(matcher: Matcher, person: str) -> None:
    with pytest.raises(TemplateRejected, match=r"looks like 'bob' \(similarity 0\.55, a match from 0\.40\)") as caught:
        judge(towards(BOB, 0.55), person, matcher, match_threshold=0.4)
    assert caught.value.code == "looks_like_other"


def test_the_same_picture_twice_is_refused(matcher: Matcher) -> None:
    with pytest.raises(TemplateRejected, match="has this picture already") as caught:
        judge(towards(ALICE, 0.9995), "alice", matcher, match_threshold=0.4)
    assert caught.value.code == "duplicate"
    assert judge(towards(ALICE, 0.99), "alice", matcher, match_threshold=0.4) is None


def test_the_same_picture_twice_in_one_request_is_refused(matcher: Matcher) -> None:
    eve = embedding(3)
    with pytest.raises(TemplateRejected, match="'eve' has this picture already"):
        judge(eve, "eve", matcher, match_threshold=0.4, accepted=[embedding(4), eve])


def test_a_face_unlike_the_persons_others_is_noted_not_refused(matcher: Matcher) -> None:
    note = judge(towards(ALICE, 0.2), "alice", matcher, match_threshold=0.4)
    assert note is not None
    assert note.code == "unlike_own"
    assert "similarity 0.20, a match from 0.40" in note.message
    assert judge(embedding(4), "eve", matcher, match_threshold=0.4, accepted=[embedding(3)]) is not None


def test_another_models_face_is_refused(matcher: Matcher) -> None:
    with pytest.raises(WrongModel):
        judge(embedding(1, "other"), "alice", matcher, match_threshold=0.4)


def test_a_relative_who_looks_alike_is_taken_where_that_is_allowed(matcher: Matcher) -> None:
    note = judge(towards(BOB, 0.55), "eve", matcher, match_threshold=0.4, allow_alike=True)
    assert note is not None
    assert note.code == "looks_like_other"
    assert "'bob' (similarity 0.55, a match from 0.40)" in note.message
    with pytest.raises(TemplateRejected, match="has this picture already"):
        judge(BOB, "bob", matcher, match_threshold=0.4, allow_alike=True)


def test_a_face_nearer_to_somebody_else_than_to_its_own_is_noted_with_both_figures(matcher: Matcher) -> None:
    note = judge(towards(BOB, 0.35), "alice", matcher, match_threshold=0.4)
    assert note is not None
    assert note.code == "nearer_to_other"
    assert "'bob' (similarity 0.35)" in note.message
