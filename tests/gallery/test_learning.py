"""What a visit has to be to teach a template, case by case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edged.gallery.learning import CLOSE, LEAST_LOOKS, MOST_TEMPLATES, ClearVisit, LearningRules, Refusal, judge_visit
from edged.gallery.matcher import Matcher
from edged.types import Embedding

RULES = LearningRules(threshold=0.55, view_threshold=0.5, margin=0.1, look_alike=0.43, match=0.43)
NOBODY = np.zeros((0, 0), np.float32)


def view(*parts: float) -> Embedding:
    """An embedding with these components, the rest of its unit length in the last."""
    rest = max(0.0, 1.0 - sum(part * part for part in parts)) ** 0.5
    return Embedding(np.array([*parts, *[0.0] * (3 - len(parts)), rest], np.float32), "test")


ALICE, BOB = view(1.0), view(0.0, 1.0)
CLEAR = view(0.7, 0.1)
"""A look of Alice's: 0.7 like her template, 0.1 like Bob's."""
VISIT = ClearVisit("alice", view(0.8, 0.1), LEAST_LOOKS)


def gallery(alice: Embedding = ALICE, bob: Embedding = BOB) -> Matcher:
    return Matcher(["alice", "bob"], np.array([alice.vector, bob.vector]), "test")


def test_a_clear_visit_teaches_another_view() -> None:
    assert judge_visit(VISIT, CLEAR, gallery(), [ALICE], NOBODY, RULES) is None


@pytest.mark.parametrize(
    ("visit", "seen", "refusal"),
    [
        (replace(VISIT, looks=LEAST_LOOKS - 1), CLEAR, Refusal.TOO_FEW_LOOKS),
        (replace(VISIT, fused=view(0.54)), CLEAR, Refusal.NOT_CLEAR),
        (replace(VISIT, fused=view(0.6, 0.51)), CLEAR, Refusal.NOT_CLEAR),
        (VISIT, view(0.49), Refusal.NOT_CLEAR),
        (VISIT, view(0.6, 0.51), Refusal.NOT_CLEAR),
        (VISIT, view(0.95), Refusal.SEEN_BEFORE),
        (replace(VISIT, person="carol"), CLEAR, Refusal.NOT_CLEAR),
    ],
)
def test_what_is_not_far_above_doubt_or_nothing_new_teaches_nothing(visit: ClearVisit, seen: Embedding, refusal: Refusal) -> None:
    assert judge_visit(visit, seen, gallery(), [ALICE], NOBODY, RULES) is refusal


def test_whoever_has_enough_templates_gains_none() -> None:
    assert judge_visit(VISIT, CLEAR, gallery(), [ALICE] * MOST_TEMPLATES, NOBODY, RULES) is Refusal.ENOUGH_TEMPLATES


def test_look_alikes_never_learn_however_clear_a_visit_is() -> None:
    close = gallery(bob=view(RULES.look_alike - CLOSE + 0.01, 0.9))
    assert judge_visit(VISIT, CLEAR, close, [ALICE], NOBODY, RULES) is Refusal.LOOK_ALIKE


def test_a_view_like_a_stranger_who_comes_here_is_not_learned() -> None:
    assert judge_visit(VISIT, CLEAR, gallery(), [ALICE], CLEAR.vector[None], RULES) is Refusal.NEAR_TO_STRANGER


def test_what_was_learned_leads_to_no_more() -> None:
    """A view that is near to a learned template, and to no enrolled one, is as far away as before."""
    learned, next_view = view(0.6), view(0.4, 0.0, 0.2)
    assert float(learned.vector @ next_view.vector) > RULES.threshold
    visit = replace(VISIT, fused=next_view)
    assert judge_visit(visit, next_view, gallery(), [ALICE, learned], NOBODY, RULES) is Refusal.NOT_CLEAR
