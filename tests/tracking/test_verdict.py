"""Verdicts on written-out looks: who is announced, when, and when not again."""

from __future__ import annotations

import numpy as np

from edged.tracking.verdict import VerdictKeeper, VerdictRules
from edged.types import Box, Detection, Embedding, Landmarks, Look, Match, Presence, Quality, Reason, Verdict

RULES = VerdictRules(trigger_level=3, stranger_after_seconds=1.0, refractory_seconds=30.0)
DETECTION = Detection(Box(0, 0, 100, 100), Landmarks((), np.empty((0, 2), np.float32)), 0.9)


def face(number: int) -> Embedding:
    """The embedding of one of several faces that are nothing alike."""
    vector = np.zeros(8, np.float32)
    vector[number] = 1.0
    return Embedding(vector, "test")


def look(person: str | None, *, quality: float = 0.8, similarity: float = 0.7, of: int = 0) -> Look:
    match = Match(person, similarity, 0.3, 0.4, None if person else Reason.BELOW_THRESHOLD)
    return Look(DETECTION, Quality(quality, None), face(of), match)


POOR = Look(DETECTION, Quality(0.1, Reason.BLURRED), None, None)


def announced(keeper: VerdictKeeper, looks: list[Look], *, start: float = 0.0, track: int = 1, every: float = 0.1) -> list[Verdict]:
    taken = [keeper.consider(track, one, start + every * number, RULES) for number, one in enumerate(looks)]
    return [verdict for verdict in taken if verdict]


def test_a_person_is_announced_once_after_agreeing_looks() -> None:
    keeper = VerdictKeeper()
    assert announced(keeper, [look("alice")] * 2) == []
    assert [verdict.person for verdict in announced(keeper, [look("alice")] * 20, start=0.2)] == ["alice"]


def test_looks_that_disagree_begin_again() -> None:
    looks = [look("alice"), look("alice"), look("bob"), look("alice"), look("alice")]
    assert announced(VerdictKeeper(), looks) == []


def test_poor_looks_do_not_vote_and_do_not_interrupt() -> None:
    looks = [look("alice"), POOR, look("alice"), POOR, look("alice")]
    assert len(announced(VerdictKeeper(), looks)) == 1


def test_the_best_look_speaks_for_the_verdict() -> None:
    looks = [look("alice", quality=0.4, similarity=0.5), look("alice", quality=0.9, similarity=0.8), look("alice", quality=0.6)]
    [verdict] = announced(VerdictKeeper(), looks)
    assert (verdict.similarity, verdict.quality, verdict.looks) == (0.8, 0.9, 3)


def test_a_stranger_is_announced_only_after_a_while() -> None:
    keeper = VerdictKeeper()
    assert announced(keeper, [look(None)] * 10) == []
    [verdict] = announced(keeper, [look(None)] * 10, start=1.0)
    assert (verdict.person, verdict.reason) == (None, Reason.BELOW_THRESHOLD)


def test_somebody_who_comes_closer_is_named_and_not_called_a_stranger_first() -> None:
    looks = [look(None)] * 9 + [look("alice")] * 5
    assert [verdict.person for verdict in announced(VerdictKeeper(), looks)] == ["alice"]


def test_a_stranger_who_is_recognised_later_is_announced_again() -> None:
    looks = [look(None)] * 20 + [look("alice")] * 5
    assert [verdict.person for verdict in announced(VerdictKeeper(), looks)] == [None, "alice"]


def test_a_broken_track_does_not_announce_the_same_person_twice() -> None:
    keeper = VerdictKeeper()
    announced(keeper, [look("alice")] * 5)
    keeper.forget_tracks([1])
    assert announced(keeper, [look("alice")] * 5, start=2.0, track=2) == []


def test_who_stays_away_long_enough_is_announced_again() -> None:
    keeper = VerdictKeeper()
    announced(keeper, [look("alice")] * 5)
    keeper.forget_tracks([1])
    assert len(announced(keeper, [look("alice")] * 5, start=31.0, track=2)) == 1


def test_who_stays_for_an_hour_is_announced_once() -> None:
    keeper = VerdictKeeper()
    assert len(announced(keeper, [look("alice")] * 3600, every=1.0)) == 1
    keeper.forget_tracks([1])
    assert announced(keeper, [look("alice")] * 5, start=3605.0, track=2) == []


def test_two_strangers_are_two_announcements_and_one_stranger_in_two_tracks_is_one() -> None:
    keeper = VerdictKeeper()
    assert len(announced(keeper, [look(None, of=1)] * 20, track=1)) == 1
    assert len(announced(keeper, [look(None, of=2)] * 20, track=2)) == 1
    assert announced(keeper, [look(None, of=1)] * 20, start=3.0, track=3) == []


def test_somebody_who_is_forgotten_is_not_present_any_more() -> None:
    keeper = VerdictKeeper()
    announced(keeper, [look("alice")] * 5, track=1)
    announced(keeper, [look("bob")] * 5, track=2)
    keeper.keep_people({"bob"})
    assert keeper.presence == Presence(("bob",), 0)
    assert [verdict.person for verdict in announced(keeper, [look(None)] * 30, start=1.0)] == [None]


def test_presence_follows_the_living_tracks() -> None:
    keeper = VerdictKeeper()
    assert keeper.presence == Presence((), 0)
    announced(keeper, [look("bob")] * 5, track=1)
    announced(keeper, [look("alice")] * 5, track=2)
    announced(keeper, [look(None)] * 20, track=3)
    assert keeper.presence == Presence(("alice", "bob"), 1)
    keeper.forget_tracks([1, 3])
    assert keeper.presence == Presence(("alice",), 0)
