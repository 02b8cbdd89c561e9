"""Visits on written-out comings and goings: what is news, who is here, and when a visit is over."""

from __future__ import annotations

import pytest

from edged.tracking.visits import Visits
from edged.types import Box, Identity, Presence, Verdict

REFRACTORY = 30.0
VERDICT = Verdict("alice", 0.7, None, 0.43, None, 3, 0.8)


def person(name: str) -> Identity:
    return Identity(name, name, name.title(), None)


def unknown(key: str, *, ignored: bool = False) -> Identity:
    return Identity(key, None, None, None, ignored=ignored)


@pytest.fixture
def visits() -> Visits:
    return Visits()


def test_a_coming_is_news_once_in_however_many_tracks(visits: Visits) -> None:
    assert visits.join(1, person("alice"), VERDICT, 0.0, 0.0)
    visits.leave(1)
    assert visits.end(10.0, REFRACTORY) == []
    assert not visits.join(2, person("alice"), VERDICT, 10.0, 10.0)


def test_a_visit_is_over_when_nobody_was_seen_for_the_refractory_time(visits: Visits) -> None:
    visits.join(1, person("alice"), VERDICT, 2.0, 0.0)
    visits.see(1, 5.0)
    assert visits.end(100.0, REFRACTORY) == []
    visits.leave(1)
    assert visits.end(35.0, REFRACTORY) == []
    [over] = visits.end(35.1, REFRACTORY)
    assert (over.identity.person, over.seconds, over.last_seen) == ("alice", 5.0, 5.0)
    assert visits.end(35.2, REFRACTORY) == []
    assert visits.join(2, person("alice"), VERDICT, 36.0, 36.0)


def test_who_stays_for_an_hour_pays_one_visit(visits: Visits) -> None:
    visits.join(1, person("alice"), VERDICT, 0.0, 0.0)
    for second in range(3600):
        visits.see(1, float(second))
        assert visits.end(float(second), REFRACTORY) == []


def test_presence_follows_the_living_tracks(visits: Visits) -> None:
    assert visits.presence == Presence((), 0)
    visits.join(1, person("bob"), VERDICT, 0.0, 0.0)
    visits.join(2, person("alice"), VERDICT, 0.0, 0.0)
    visits.join(3, unknown("stranger-1"), VERDICT, 0.0, 0.0)
    assert visits.presence == Presence(("alice", "bob"), 1)
    visits.leave(1)
    visits.leave(3)
    assert visits.presence == Presence(("alice",), 0)


def test_one_stranger_in_two_tracks_is_one(visits: Visits) -> None:
    visits.join(1, unknown("stranger-1"), VERDICT, 0.0, 0.0)
    visits.join(2, unknown("stranger-1"), VERDICT, 0.0, 0.0)
    assert visits.presence == Presence((), 1)


def test_who_is_ignored_is_not_counted(visits: Visits) -> None:
    visits.join(1, unknown("stranger-1", ignored=True), VERDICT, 0.0, 0.0)
    assert visits.presence == Presence((), 0)


def test_a_track_that_is_held_to_be_another_leaves_the_first(visits: Visits) -> None:
    visits.join(1, unknown("stranger-1"), VERDICT, 0.0, 0.0)
    visits.join(1, person("alice"), VERDICT, 1.0, 1.0)
    assert visits.presence == Presence(("alice",), 0)
    visit = visits.of(1)
    assert visit
    assert visit.identity.person == "alice"


def test_who_is_erased_leaves_without_a_word(visits: Visits) -> None:
    visits.join(1, person("alice"), VERDICT, 0.0, 0.0)
    visits.keep(lambda identity: identity.person != "alice")
    assert visits.presence == Presence((), 0)
    assert visits.end(1000.0, REFRACTORY) == []


# Two faces of one identity.


def shown(visits: Visits, now: float, *tracks: int) -> None:
    """A frame that shows these tracks, far apart."""
    for track in tracks:
        visits.see(track, now)
        visits.sights.see(track, now, Box(100 * track, 0, 100 * track + 50, 50))


@pytest.fixture
def two(visits: Visits) -> Visits:
    """A portrait in track 1, and Alice in track 2, each with a visit."""
    shown(visits, 0.0, 1)
    visits.join(1, person("alice"), VERDICT, 0.0, 0.0)
    visits.find(lambda _: True).told.add(1)  # type: ignore[union-attr] # there is one
    shown(visits, 1.0, 1, 2)
    assert not visits.join(2, person("alice"), VERDICT, 1.0, 1.0)
    [(visit, goes, stays)] = visits.seen_together(1.0)
    assert (goes, stays) == (2, 1)
    visits.split(visit, 2, (VERDICT, VERDICT), 1.0)
    return visits


def test_two_faces_have_a_visit_each_and_are_one_in_presence(two: Visits) -> None:
    assert list(two.seen_together(1.0)) == []
    assert two.presence == Presence(("alice",), 0)
    two.leave(2)
    [over] = two.end(1.0 + REFRACTORY + 0.1, REFRACTORY)
    assert (over.track, over.all_tracks) == (2, {2})
    assert two.presence == Presence(("alice",), 0)


def test_a_new_track_continues_the_face_that_is_not_seen_elsewhere(two: Visits) -> None:
    two.leave(2)
    shown(two, 2.0, 1, 3)
    assert not two.join(3, person("alice"), VERDICT, 2.0, 2.0)
    assert list(two.seen_together(2.0)) == []
    visit = two.of(3)
    assert visit
    assert visit.all_tracks == {2, 3}


def test_who_was_announced_stays_where_they_were(visits: Visits) -> None:
    shown(visits, 0.0, 1, 2)
    visits.join(2, person("alice"), VERDICT, 0.0, 0.0)
    visits.find(lambda _: True).told.add(2)  # type: ignore[union-attr] # there is one
    visits.join(1, person("alice"), VERDICT, 0.0, 0.0)
    [(_, goes, stays)] = visits.seen_together(0.0)
    assert (goes, stays) == (1, 2)


def test_a_person_is_still_where_all_faces_are(two: Visits) -> None:
    two.see(1, 2.0, is_still=True)
    assert two.presence == Presence(("alice",), 0)
    two.leave(2)
    assert two.presence == Presence(("alice",), 0, still=("alice",))
    two.join(4, unknown("stranger-1"), VERDICT, 2.0, 2.0)
    two.see(4, 3.0, is_still=True)
    assert two.presence == Presence(("alice",), 1, ("alice",), 1)


def test_a_late_word_of_somebody_does_not_set_their_last_sight_back(visits: Visits) -> None:
    visits.join(1, person("alice"), VERDICT, 5.0, 0.0)
    visits.join(2, person("alice"), VERDICT, 3.0, 2.0)
    visit = visits.of(2)
    assert visit
    assert (visit.last_seen, visit.all_tracks) == (5.0, {1, 2})
