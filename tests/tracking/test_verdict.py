"""Verdicts on written-out looks: what a track is held to be, when, and when that changes."""

from __future__ import annotations

import numpy as np
import pytest

from edged.tracking.verdict import EARLY_LOOKS, RECHECK_SECONDS, FollowedFace, FollowedFaces, VerdictRules
from edged.types import Embedding, Glimpse, Match, Quality, Reason, Verdict

RULES = VerdictRules(trigger_level=3, stranger_after_seconds=1.0)
TRACK = 1


def face(number: int) -> Embedding:
    """The embedding of one of several faces that are nothing alike."""
    vector = np.zeros(8, np.float32)
    vector[number] = 1.0
    return Embedding(vector, "test")


class Watch:
    """A track that is seen ten times a second, and what the gallery says of it each time."""

    def __init__(self) -> None:
        """Begin with a new camera."""
        self.faces = FollowedFaces()
        self.now, self.rules = 0.0, RULES

    @property
    def face(self) -> FollowedFace:
        """The face, seen now."""
        return self.faces.see(TRACK, self.now)

    def leave(self) -> Glimpse | None:
        """The track ends."""
        face = self.faces.end(TRACK)
        return face.glimpse() if face else None

    def look(self, person: str | None, times: int = 1, *, quality: float = 0.8, of: int = 0) -> list[Verdict]:
        """So many looks, each voting for a person or for nobody; the verdicts that are news."""
        match = Match(person, 0.7, 0.3, 0.4, None if person else Reason.BELOW_THRESHOLD)
        told = []
        for _ in range(times):
            self.faces.see(TRACK, self.now)
            shown = self.faces.add(TRACK, face(of), Quality(quality, None), quality, self.now)
            told.append(shown and shown.consider(match, Quality(quality, None), self.now, self.rules))
            self.now += 0.1
        return [verdict for verdict in told if verdict]

    def glimpse(self, reason: Reason, times: int = 1, *, quality: float = 0.2) -> None:
        """So many looks that cannot vote."""
        for _ in range(times):
            self.face.note_poor(Quality(quality, reason), self.now)
            self.now += 0.1


@pytest.fixture
def watch() -> Watch:
    return Watch()


def people(verdicts: list[Verdict]) -> list[str | None]:
    return [verdict.person for verdict in verdicts]


def test_it_takes_agreeing_looks(watch: Watch) -> None:
    assert watch.look("alice", 2) == []
    assert people(watch.look("alice", 20)) == ["alice"]


def test_looks_that_disagree_begin_again(watch: Watch) -> None:
    assert watch.look("alice", 2) + watch.look("bob") + watch.look("alice", 2) == []


def test_poor_looks_do_not_vote_and_do_not_interrupt(watch: Watch) -> None:
    for _ in range(2):
        watch.look("alice")
        watch.glimpse(Reason.BLURRED)
    assert people(watch.look("alice")) == ["alice"]


def test_the_best_look_tells_the_quality(watch: Watch) -> None:
    watch.look("alice", quality=0.4)
    watch.look("alice", quality=0.9)
    [verdict] = watch.look("alice", quality=0.6)
    assert (verdict.quality, verdict.looks) == (0.9, 3)


def test_a_stranger_is_one_only_after_a_while(watch: Watch) -> None:
    assert watch.look(None, 10) == []
    [verdict] = watch.look(None, 5)
    assert (verdict.person, verdict.reason) == (None, Reason.BELOW_THRESHOLD)


@pytest.mark.parametrize(("after_seconds", "seconds", "told_at"), [(1.0, (0.0, 1.1, 1.2), 1.2), (1.0, (0.0, 2.1), 2.1), (0.0, (0.0,), 0.0)])
def test_a_stranger_in_sight_is_told_by_three_looks_or_after_twice_the_time(
    watch: Watch, after_seconds: float, seconds: tuple[float, ...], told_at: float
) -> None:
    watch.rules = VerdictRules(trigger_level=1, stranger_after_seconds=after_seconds)
    told = []
    for watch.now in seconds:
        now = watch.now
        told += [now for _ in watch.look(None)]
    assert told == [told_at]


def test_a_person_is_named_by_the_first_looks_that_agree_whatever_a_stranger_takes(watch: Watch) -> None:
    watch.rules = VerdictRules(trigger_level=1, stranger_after_seconds=1.0)
    assert people(watch.look("alice")) == ["alice"]


def test_who_is_out_of_sight_is_overdue_when_a_strangers_time_is_up(watch: Watch) -> None:
    watch.look(None, 3)
    overdue = [watch.faces.overdue(now, RULES) for now in (0.9, 1.0)]
    assert [[track for track, _ in faces] for faces in overdue] == [[], [TRACK]]
    [(_, face)] = overdue[1]
    verdict = face.conclude(RULES)
    assert verdict
    assert (verdict.person, verdict.looks) == (None, 3)
    assert watch.faces.overdue(2.0, RULES) == []


def test_who_is_missed_by_a_single_frame_is_not_overdue(watch: Watch) -> None:
    watch.look(None, 9)
    assert watch.faces.overdue(1.2, RULES) == []


def test_somebody_who_comes_closer_is_named_and_not_called_a_stranger_first(watch: Watch) -> None:
    assert people(watch.look(None, 9) + watch.look("alice", 5)) == ["alice"]


def test_a_stranger_who_turns_out_to_be_somebody_is_news(watch: Watch) -> None:
    assert people(watch.look(None, 20) + watch.look("alice", 5)) == [None, "alice"]


def test_a_name_is_not_taken_back_for_looks_that_are_no_better(watch: Watch) -> None:
    assert people(watch.look("alice", 5) + watch.look("bob", 5) + watch.look(None, 50)) == ["alice"]


def test_a_name_is_taken_back_for_clearly_better_looks(watch: Watch) -> None:
    assert people(watch.look("alice", 5, quality=0.6) + watch.look("bob", 5, quality=0.9)) == ["alice", "bob"]


def test_a_face_that_is_not_the_tracks_begins_anew(watch: Watch) -> None:
    assert people(watch.look("alice", 5, of=1) + watch.look("bob", 5, of=2)) == ["alice", "bob"]


def test_one_look_unlike_the_others_is_left_out(watch: Watch) -> None:
    watch.look("alice", 5, of=1)
    assert watch.faces.add(TRACK, face(2), Quality(1.0, None), 1.0, watch.now) is None
    fused = watch.face.evidence.fused()
    assert fused
    assert fused.vector @ face(1).vector == pytest.approx(1.0)


def so_like(similarity: float) -> Embedding:
    """The embedding of a face that is so like the first."""
    return Embedding(np.array([similarity, (1 - similarity**2) ** 0.5, *[0.0] * 6], np.float32), "test")


@pytest.mark.parametrize(
    ("similarity", "quality", "belongs"), [(0.45, 0.8, True), (0.35, 0.8, False), (0.35, 0.1, True), (0.15, 0.1, False)]
)
def test_a_clear_look_belongs_to_the_face_if_it_is_more_like_it_than_a_poor_one(
    watch: Watch, similarity: float, quality: float, *, belongs: bool
) -> None:
    watch.look("alice", 5)
    taken = watch.faces.add(TRACK, so_like(similarity), Quality(quality, None), quality, watch.now)
    assert (taken is not None) is belongs


def test_nothing_of_the_first_face_is_left_when_another_takes_its_place(watch: Watch) -> None:
    watch.glimpse(Reason.BLURRED)
    watch.look("alice", 5, quality=0.9, of=1)
    first = watch.face
    assert watch.look("bob", 2, quality=0.5, of=2) == []
    second = watch.faces.end(TRACK)
    assert second
    assert second is not first
    assert (second.decided, second.evidence.looks, second.evidence.quality) == (None, 1, 0.5)
    fused = second.evidence.fused()
    assert fused
    assert fused.vector == pytest.approx(face(2).vector)
    glimpse = second.glimpse()
    assert glimpse
    assert (glimpse.looks, glimpse.quality) == (1, 0.5)


def test_a_look_is_due_until_there_is_a_verdict_then_for_a_better_view_and_from_time_to_time(watch: Watch) -> None:
    watch.look("alice", 2, quality=0.5)
    assert watch.face.is_due(0.5, watch.now, RULES)
    watch.look("alice", quality=0.5)
    assert not watch.face.is_due(0.55, watch.now, RULES)
    assert watch.face.is_due(0.65, watch.now, RULES)
    assert watch.face.is_due(0.5, watch.now + RECHECK_SECONDS, RULES)


def test_who_is_enrolled_while_standing_there_is_looked_at_until_named(watch: Watch) -> None:
    watch.look(None, 20)
    assert not watch.face.is_due(0.8, watch.now, RULES)
    watch.faces.ask_again({"alice"})
    assert watch.face.is_due(0.8, watch.now, RULES)
    watch.look("alice")
    assert watch.face.is_due(0.8, watch.now, RULES)
    assert people(watch.look("alice", 2)) == ["alice"]
    assert not watch.face.is_due(0.8, watch.now, RULES)


def test_somebody_else_in_the_track_is_looked_at_at_once(watch: Watch) -> None:
    watch.look("alice", 5, of=1)
    watch.faces.add(TRACK, face(2), Quality(0.8, None), 0.8, watch.now)
    assert watch.face.is_due(0.8, watch.now, RULES)


def test_a_track_without_a_verdict_says_why_when_it_ends(watch: Watch) -> None:
    watch.glimpse(Reason.TOO_SMALL, 3, quality=0.1)
    watch.glimpse(Reason.TURNED_AWAY, 2, quality=0.3)
    glimpse = watch.leave()
    assert glimpse
    assert (glimpse.reason, glimpse.looks) == (Reason.TURNED_AWAY, 2)
    assert glimpse.seconds == pytest.approx(0.4)


def test_who_leaves_before_a_stranger_is_called_one_is_one_all_the_same(watch: Watch) -> None:
    assert watch.look(None, 5) == []
    verdict = watch.face.conclude(RULES)
    assert verdict
    assert (verdict.person, verdict.looks) == (None, 5)
    assert watch.leave() is None


@pytest.mark.parametrize(("times", "quality", "reason"), [(2, 0.8, Reason.TOO_BRIEF), (30, 0.3, Reason.UNCLEAR)])
def test_too_few_or_too_poor_looks_make_no_stranger(watch: Watch, times: int, quality: float, reason: Reason) -> None:
    assert watch.look(None, times, quality=quality) == []
    assert watch.face.conclude(RULES) is None
    glimpse = watch.leave()
    assert glimpse
    assert glimpse.reason == reason


def test_looks_that_were_too_few_are_told_as_such(watch: Watch) -> None:
    watch.glimpse(Reason.BLURRED, 3)
    watch.look("alice", 2)
    glimpse = watch.leave()
    assert glimpse
    assert glimpse.reason == Reason.TOO_BRIEF


def test_a_track_with_a_verdict_ends_without_a_word(watch: Watch) -> None:
    watch.look("alice", 5)
    assert watch.leave() is None


def test_who_is_forgotten_is_asked_for_anew(watch: Watch) -> None:
    watch.look("alice", 5)
    watch.faces.ask_again({"bob"})
    assert watch.face.decided is None
    assert people(watch.look(None, 30)) == [None]


def remembers(watch: Watch, seconds: float, quality: float) -> list[float]:
    """Looks that cannot vote, eight times a second for so long; when one was remembered."""
    moments, view = [], Quality(quality, Reason.BLURRED)
    for _ in range(round(8 * seconds)):
        if watch.face.asks_for(view, watch.now):
            watch.face.remember(face(0), view)
            moments.append(watch.now)
        watch.now += 0.125
    return moments


def test_who_may_not_vote_is_remembered_now_and_then_by_clear_looks(watch: Watch) -> None:
    assert remembers(watch, 1.25, 0.3) == [0.0, 0.5, 1.0]
    assert remembers(watch, 1.25, 0.1) == []


def test_who_could_vote_is_remembered_by_those_looks_alone(watch: Watch) -> None:
    watch.look("alice")
    assert remembers(watch, 1.25, 0.3) == []


def test_what_is_remembered_is_the_mean_and_says_nothing_of_who_it_is(watch: Watch) -> None:
    view = Quality(0.3, Reason.BLURRED)
    watch.face.remember(face(0), view)
    both = watch.face.remember(face(1), view)
    assert both.vector[:2] == pytest.approx([0.5**0.5] * 2)
    assert watch.face.evidence.fused() is None


def test_a_face_that_is_mostly_not_upright_leaves_with_that_reason(watch: Watch) -> None:
    watch.glimpse(Reason.BLURRED, 2)
    watch.glimpse(Reason.NOT_UPRIGHT, 3)
    glimpse = watch.face.glimpse()
    assert glimpse
    assert (glimpse.reason, glimpse.quality) == (Reason.NOT_UPRIGHT, 0.0)
    watch.glimpse(Reason.BLURRED)
    glimpse = watch.face.glimpse()
    assert glimpse
    assert (glimpse.reason, glimpse.quality) == (Reason.BLURRED, 0.2)


def test_a_face_that_is_not_upright_is_looked_at_again_after_a_while(watch: Watch) -> None:
    assert watch.face.is_due(0.9, watch.now, RULES)
    watch.glimpse(Reason.NOT_UPRIGHT)
    assert not watch.face.is_due(0.9, watch.now, RULES)
    assert watch.face.is_due(0.9, watch.now + 0.5, RULES)


def test_a_face_that_nobody_knows_is_looked_at_less_often_after_many_looks_and_told_no_later() -> None:
    rules, faces, looked, told = VerdictRules(trigger_level=3, stranger_after_seconds=2.0), FollowedFaces(), [], []
    match = Match(None, 0.2, 0.1, 0.4, Reason.BELOW_THRESHOLD)
    for frame in range(75):  # 25 frames a second
        now = frame / 25
        if faces.see(TRACK, now).is_due(0.8, now, rules):
            looked.append(frame)
            shown = faces.add(TRACK, face(0), Quality(0.8, None), 0.8, now)
            assert shown
            told += [frame] if shown.consider(match, Quality(0.8, None), now, rules) else []
    before = [frame for frame in looked if frame <= 50]
    assert before[:EARLY_LOOKS] == list(range(EARLY_LOOKS))
    assert before[EARLY_LOOKS:] == [*range(11, 50, 2), 50], "every second one"
    assert told == [50], "in the frame in which the time is up"
    assert len(looked) == len(before), "a face with a verdict is looked at every two seconds"


@pytest.mark.parametrize("change", ["a better view", "another face", "somebody known"])
def test_what_changes_the_answer_is_looked_at_at_once(change: str) -> None:
    rules, faces, now = VerdictRules(trigger_level=3, stranger_after_seconds=60.0), FollowedFaces(), 0.0
    unknown, known = Match(None, 0.2, 0.1, 0.4, Reason.BELOW_THRESHOLD), Match("alice", 0.7, 0.3, 0.4, None)
    for _ in range(EARLY_LOOKS):
        now += 0.04
        faces.see(TRACK, now)
        shown = faces.add(TRACK, face(0), Quality(0.8, None), 0.8, now)
        assert shown
        shown.consider(unknown, Quality(0.8, None), now, rules)
    assert not faces.of(TRACK).is_due(0.8, now + 0.04, rules)
    if change == "another face":
        assert faces.add(TRACK, face(1), Quality(0.8, None), 0.8, now) is None
    elif change == "somebody known":
        faces.of(TRACK).consider(known, Quality(0.8, None), now, rules)
    assert faces.of(TRACK).is_due(1.0 if change == "a better view" else 0.8, now + 0.04, rules)
