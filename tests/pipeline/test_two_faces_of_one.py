"""A portrait in view and whom it shows: two faces of one person at the same time are told both, and one whose track breaks is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from door_acts import Act, Pose, Role

from edged.config import Config
from edged.daemon.opening import open_attributes
from edged.gallery.memory import StrangerMemory
from edged.gallery.strangers import Strangers
from edged.interface.events import event_fields
from edged.pipeline.pipeline import Pipeline
from edged.types import Announcement, Departure, Presence
from tests.door import RULES, events_of, film, shared_state, stands, summaries

if TYPE_CHECKING:
    from edged.storage.database import Database
    from edged.types import Event, Frame
    from edged.vision.faces import FaceReader

REFRACTORY = 3.0
BRISK = RULES.model_copy(update={"refractory_seconds": REFRACTORY})
AWAY = REFRACTORY + 1.5
EILEEN = "astronaut"
PORTRAIT = Role(EILEEN, (Pose(0.0, 0.2, 150),))
COMES = (Pose(0.0, 1.3, 180), Pose(1.0, 0.7, 190), Pose(3.0, 0.72, 200), Pose(4.0, 1.3, 190))


def alone(seconds: float) -> Act:
    """The portrait alone."""
    return Act(seconds, "the portrait", (PORTRAIT,))


def with_it(person: str = EILEEN) -> Act:
    """Somebody comes, stands beside the portrait for two seconds, and leaves."""
    return Act(4.0, "the portrait and somebody", (PORTRAIT, Role(person, COMES)))


def camera(reader: FaceReader, *enrolled: str, strangers: StrangerMemory | None = None) -> Pipeline:
    known = shared_state(reader, *enrolled, rules=BRISK, strangers=strangers)
    return Pipeline("front", reader, known, networks=open_attributes(Config()), max_fps=15.0)


def beside(event: Event) -> int | None:
    assert isinstance(event.fact, Announcement)
    return event.fact.beside


@pytest.fixture(scope="module")
def visit() -> list[Frame]:
    """Eileen comes while her portrait is in view, and it stays."""
    return film(alone(2.0), with_it(), alone(AWAY))


def test_whoever_comes_while_their_portrait_is_in_view_is_told_and_their_leaving_is(reader: FaceReader, visit: list[Frame]) -> None:
    pipeline = camera(reader, EILEEN)
    told: list[Event] = []
    for frame in visit:
        told += pipeline.step(frame)
        assert pipeline.presence == Presence((EILEEN,) if told else (), 0)
    assert summaries(told) == [("recognised", EILEEN), ("recognised", EILEEN), ("departed", EILEEN)]
    portrait, herself, leaving = told
    assert beside(portrait) is None
    assert beside(herself) == portrait.track
    assert herself.track != portrait.track
    assert leaving.track == herself.track
    assert event_fields(herself).fields["beside_track"] == portrait.track
    assert isinstance(herself.fact, Announcement)
    assert herself.fact.box.centre[0] > 0.5 * herself.fact.frame_size[0]
    assert isinstance(leaving.fact, Departure)
    assert leaving.fact.seconds < 4.0
    assert (herself.frame_at - visit[0].captured_at).total_seconds() < 3.8  # while she is there


def test_both_are_told_where_nobody_is_enrolled_and_are_one_stranger(reader: FaceReader, database: Database, visit: list[Frame]) -> None:
    pipeline = camera(reader, strangers=StrangerMemory(Strangers(database), reader.embedding_card.id, days=30))
    told: list[Event] = []
    for frame in visit:
        told += pipeline.step(frame)
        assert pipeline.presence == Presence((), 1 if told else 0)
    assert summaries(told) == [("stranger", "stranger-1"), ("stranger", "stranger-1"), ("departed", "stranger-1")]
    assert Strangers(database).stranger("stranger-1").seen_count == 1


def test_who_comes_back_within_the_refractory_time_is_told_once(reader: FaceReader) -> None:
    back = film(alone(1.5), with_it(), with_it(), alone(AWAY), with_it())
    told = summaries(events_of(camera(reader, EILEEN), back))
    assert told == [("recognised", EILEEN), ("recognised", EILEEN), ("departed", EILEEN), ("recognised", EILEEN)]


def test_somebody_else_beside_the_portrait_is_nobodys_second_face(reader: FaceReader) -> None:
    told = events_of(camera(reader, EILEEN, "obama"), film(alone(2.0), with_it("obama"), alone(AWAY)))
    assert summaries(told) == [("recognised", EILEEN), ("recognised", "obama"), ("departed", "obama")]
    assert [beside(event) for event in told[:2]] == [None, None]


@pytest.mark.parametrize("together", [0, 1, 2])
@pytest.mark.parametrize("stay", [4, 7, 12])
def test_one_face_in_ever_new_places_is_told_once(reader: FaceReader, stay: int, together: int) -> None:
    """She is at one side or the other, and at both for so many frames of a change: a track breaks, and a picture of both is a ghost."""
    left, right = (film(stands(EILEEN, 8.0, x=x, face_px=180.0)) for x in (0.25, 0.75))
    both = film(Act(8.0, "a ghost", (Role(EILEEN, (Pose(0.0, 0.25, 180.0),)), Role(EILEEN, (Pose(0.0, 0.75, 180.0),)))))
    shown = []
    for number in range(len(left)):
        is_ghost = number >= stay and number % stay < together
        shown.append(both[number] if is_ghost else (left, right)[number // stay % 2][number])
    assert summaries(events_of(camera(reader, EILEEN), shown)) == [("recognised", EILEEN)]


def test_a_stranger_who_turns_out_to_be_whom_the_portrait_shows_is_corrected_once(reader: FaceReader, database: Database) -> None:
    """The rules are too strict for the second face at first; nothing is told twice."""
    known = shared_state(reader, EILEEN, rules=BRISK, strangers=StrangerMemory(Strangers(database), reader.embedding_card.id, days=30))
    pipeline = Pipeline("front", reader, known, networks=open_attributes(Config()), max_fps=15.0)
    strict = BRISK.model_copy(update={"match_threshold": 0.99})
    stays = Role(EILEEN, (Pose(0.0, 1.3, 180), Pose(1.0, 0.7, 190), Pose(9.0, 0.72, 200), Pose(10.0, 1.3, 190)))
    told: list[Event] = []
    for frame in film(alone(2.0), Act(10.0, "long", (PORTRAIT, stays)), alone(AWAY)):
        known.rules = strict if 2.0 < frame.monotonic_seconds < 6.0 else BRISK
        told += pipeline.step(frame)
    assert summaries(told) == [("recognised", EILEEN), ("stranger", "stranger-1"), ("recognised", EILEEN), ("departed", EILEEN)]
    assert [event.fact.is_correction for event in told if isinstance(event.fact, Announcement)] == [False, False, True]
    assert len({event.track for event in told[1:]}) == 1
    assert Strangers(database).strangers() == []
