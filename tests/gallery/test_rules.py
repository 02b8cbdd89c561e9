"""What the rules make of several templates: the arithmetic by hand, and the matcher that follows them."""

from __future__ import annotations

import numpy as np
import pytest

from edged.gallery.matcher import Matcher
from edged.gallery.rules import OUT, RULES, RuleName, best, mean, vote
from edged.types import Embedding, Reason

SIMILARITIES = np.array([[0.6, 0.1, 0.1, 0.5, 0.5, 0.5], [0.1, 0.2, 0.3, 0.4, 0.1, 0.1]], np.float32)
BEGINS = np.array([0, 3])


def test_the_best_the_mean_and_the_votes_of_each_person() -> None:
    assert best(SIMILARITIES, BEGINS) == pytest.approx(np.array([[0.6, 0.5], [0.3, 0.4]]))
    assert mean(SIMILARITIES, BEGINS) == pytest.approx(np.array([[0.8 / 3, 0.5], [0.2, 0.2]]))
    assert vote(SIMILARITIES, BEGINS) == pytest.approx(np.array([[OUT, 0.5], [0.3, OUT]]))


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_finds_anybody_more_alike_than_the_best_template(rule: RuleName) -> None:
    """So the threshold that keeps strangers out holds under each."""
    scores = np.random.default_rng(0).uniform(-1, 1, (200, 30)).astype(np.float32)
    begins = np.array([0, 1, 4, 12, 20])
    assert (RULES[rule](scores, begins) <= best(scores, begins) + 1e-6).all()


def at(*degrees: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@pytest.mark.parametrize(("rule", "person"), [("best", "one"), ("mean", "two"), ("vote", "two")])
def test_the_matcher_names_by_its_rule(rule: RuleName, person: str) -> None:
    """One template of the first is nearest, and all of the second are near."""
    matcher = Matcher(["one", "two", "one", "two", "two", "one"], at(5, 25, 100, 26, 27, 110), "m", rule=rule)
    match = matcher.match(Embedding(at(0)[0], "m"), threshold=0.5, margin=0.01)
    assert match.person == person
    assert matcher.standing(Embedding(at(0)[0], "m"), "one").similarity == pytest.approx(np.cos(np.radians(5)))


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_refuses_strangers_and_twins_and_knows_the_only_person(rule: RuleName) -> None:
    probe = Embedding(at(0)[0], "m")
    assert Matcher(["one", "one"], at(10, 20), "m", rule=rule).match(probe, threshold=0.5, margin=0.1).person == "one"
    assert Matcher(["one"], at(80), "m", rule=rule).match(probe, threshold=0.5, margin=0.1).reason is Reason.BELOW_THRESHOLD
    assert Matcher(["one", "two"], at(10, -10), "m", rule=rule).match(probe, threshold=0.5, margin=0.0).reason is Reason.AMBIGUOUS
    assert Matcher([], np.empty((0, 2), np.float32), "m", rule=rule).match(probe, threshold=0.5, margin=0.0).person is None
