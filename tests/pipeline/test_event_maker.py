"""The events of real faces that come and go: who, how often, and of those who stay unknown why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from door_acts import comes_closer, nobody, two_at_once

from edged.camera.clock import Moment
from edged.config import Config
from edged.daemon.opening import open_attributes
from edged.gallery.matcher import Matcher
from edged.gallery.memory import StrangerMemory
from edged.gallery.strangers import Strangers
from edged.pipeline.pipeline import EVERYWHERE, Pipeline
from edged.pipeline.zone import Zone
from edged.tracking.evidence import BestView
from edged.tracking.verdict import FollowedFace
from edged.types import AlignedFace, Announcement, Box, Departure, Presence, Reason, Verdict
from tests.door import FPS, NEW_YEAR, RULES, events_of, film, gallery, shared_state, stands, summaries, template

if TYPE_CHECKING:
    from edged.pipeline.shared_state import SharedState
    from edged.storage.database import Database
    from edged.types import Event, Frame
    from edged.vision.faces import FaceReader

REFRACTORY = 3.0
BRISK = RULES.model_copy(update={"refractory_seconds": REFRACTORY})
AWAY = REFRACTORY + 1.0
LEFT_HALF = Zone(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))


@pytest.fixture(scope="module")
def visit() -> list[Frame]:
    """Somebody stands before the door for three seconds, and is gone for longer than the refractory time."""
    return film(stands("astronaut", 3.0), nobody(AWAY))


def memory(database: Database, reader: FaceReader, days: int = 30) -> StrangerMemory:
    """What the file holds of strangers, read anew as at a start."""
    return StrangerMemory(Strangers(database), reader.embedding_card.id, days=days)


def started(reader: FaceReader, database: Database, days: int = 30) -> Pipeline:
    """A camera that has just been started; nobody is enrolled."""
    return camera(reader, strangers=memory(database, reader, days))


def camera(reader: FaceReader, *enrolled: str, strangers: StrangerMemory | None = None) -> Pipeline:
    """A camera of a house where these people are enrolled."""
    return pipeline_of(reader, shared_state(reader, *enrolled, rules=BRISK, strangers=strangers))


def pipeline_of(reader: FaceReader, known: SharedState, *, zone: Zone = EVERYWHERE, **own_settings: float) -> Pipeline:
    networks = open_attributes(Config())
    return Pipeline("front", reader, known, networks=networks, max_fps=15.0, zone=zone, own_settings=own_settings)


def later(frames: list[Frame], days: int) -> list[Frame]:
    """The same pictures some days later."""
    seconds = days * 86400.0
    return [
        replace(one, captured_at=one.captured_at + timedelta(days=days), monotonic_seconds=one.monotonic_seconds + seconds)
        for one in frames
    ]


def fail(*_: object) -> None:
    raise ZeroDivisionError


def announced(events: list[Event]) -> list[Announcement]:
    return [event.fact for event in events if isinstance(event.fact, Announcement)]


def departed(events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event.fact, Departure)]


def test_a_stranger_is_the_same_after_a_restart_and_counted(reader: FaceReader, database: Database, visit: list[Frame]) -> None:
    first = events_of(started(reader, database), visit)
    again = events_of(started(reader, database), later(visit, 20))
    assert summaries(first) == summaries(again) == [("stranger", "stranger-1"), ("departed", "stranger-1")]
    strangers = [event.identity.stranger for event in (first[0], again[0]) if event.identity]
    assert [stranger.seen_count for stranger in strangers if stranger] == [1, 2]
    assert [stranger.first_seen_at for stranger in strangers if stranger] == [first[0].frame_at] * 2


def test_a_stranger_who_comes_back_at_once_pays_one_visit(reader: FaceReader, database: Database) -> None:
    back = film(stands("astronaut", 3.0), nobody(1.7), stands("astronaut", 3.0))
    assert summaries(events_of(started(reader, database), back)) == [("stranger", "stranger-1")]
    assert Strangers(database).stranger("stranger-1").seen_count == 1


@pytest.mark.parametrize("days", [30, 0])
def test_of_an_ignored_stranger_there_are_no_events(reader: FaceReader, database: Database, visit: list[Frame], days: int) -> None:
    events_of(started(reader, database), visit)
    Strangers(database).ignore("stranger-1", ignored=True)
    pipeline = started(reader, database, days)
    for frame in later(visit, 1):
        assert pipeline.step(frame) == []
        assert pipeline.presence == Presence((), 0)


def test_a_departure_comes_after_the_refractory_time_and_tells_the_last_sight(reader: FaceReader) -> None:
    frames = film(nobody(1.0), comes_closer("obama", 5.0), nobody(AWAY))
    seen = [frame for frame in frames if reader.detector.detect(frame.pixels)]
    first, last = seen[0].monotonic_seconds, seen[-1].monotonic_seconds
    pipeline = camera(reader, "obama")
    at = {frame.monotonic_seconds: summaries(pipeline.step(frame)) for frame in frames}
    times = [moment for moment, events in at.items() if events]
    assert [at[moment] for moment in times] == [[("recognised", "obama")], [("departed", "obama")]]
    assert times[1] - last == pytest.approx(REFRACTORY + 1 / FPS)
    [event] = departed(events_of(camera(reader, "obama"), frames))
    assert isinstance(event.fact, Departure)
    assert event.frame_at == NEW_YEAR + timedelta(seconds=last)
    assert event.fact.seconds == pytest.approx(last - first, abs=0.3)
    assert event.fact.reason is None


def test_who_left_before_they_were_called_a_stranger_was_last_seen_when_they_were(reader: FaceReader, database: Database) -> None:
    """Also where no frame came for minutes after."""
    brief, gone = film(stands("astronaut", 0.6)), later(film(nobody(2.0)), 1)
    events = events_of(started(reader, database), [*brief, *gone])
    assert summaries(events) == [("stranger", "stranger-1"), ("departed", "stranger-1")]
    fact = departed(events)[0].fact
    assert isinstance(fact, Departure)
    assert departed(events)[0].frame_at == brief[-1].captured_at
    assert fact.seconds == pytest.approx(brief[-1].monotonic_seconds - brief[0].monotonic_seconds)


def test_who_was_before_a_camera_that_gives_no_frames_any_more_departs_in_time(reader: FaceReader) -> None:
    pipeline, shown = camera(reader, "obama"), film(stands("obama", 2.0))
    assert summaries(events_of(pipeline, shown[:-1])) == [("recognised", "obama")]
    assert pipeline.look(shown[-1]) == []
    last = shown[-1]
    for seconds, told in ((RULES.lost_after_seconds, 0), (REFRACTORY - 0.5, 0), (REFRACTORY + 0.5, 1), (REFRACTORY + 1.0, 0)):
        events = pipeline.pass_time(Moment(last.captured_at + timedelta(seconds=seconds), last.monotonic_seconds + seconds))
        assert [(event.frame_at, type(event.fact)) for event in events] == told * [(last.captured_at, Departure)]
    assert pipeline.presence == Presence((), 0)
    assert summaries(events_of(pipeline, later(shown, 1))) == [("recognised", "obama")]


def test_a_frame_that_goes_wrong_keeps_no_word_of_others_back(reader: FaceReader, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline, shown = camera(reader, "obama"), film(stands("obama", 2.0), nobody(1.0))
    after = later(film(stands("astronaut", 0.5)), 1)
    assert summaries(events_of(pipeline, shown)) == [("recognised", "obama")]
    monkeypatch.setattr(pipeline.proportions, "see", fail)
    with pytest.raises(ZeroDivisionError):
        pipeline.look(after[0])
    monkeypatch.undo()
    assert summaries(pipeline.look(after[1])) == [("departed", "obama")]
    assert pipeline.look(after[2]) == []


def test_whom_a_frame_that_goes_wrong_saw_off_is_not_told_of_once_they_are_erased(
    reader: FaceReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = shared_state(reader, "obama", rules=BRISK)
    pipeline, after = pipeline_of(reader, known), later(film(stands("astronaut", 0.2)), 1)
    events_of(pipeline, film(stands("obama", 2.0)))
    monkeypatch.setattr(pipeline.proportions, "see", fail)
    with pytest.raises(ZeroDivisionError):
        pipeline.look(after[0])
    monkeypatch.undo()
    known.display_names = {}
    pipeline.refresh_people()
    assert pipeline.look(after[1]) == []


def test_whom_a_frame_that_goes_wrong_would_have_seen_off_is_seen_off_with_the_next(
    reader: FaceReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, after = camera(reader, "obama", "biden"), later(film(nobody(0.5)), 1)
    shown = film(stands("obama", 0.2), two_at_once("obama", "biden", 2.0))
    assert len(events_of(pipeline, shown)) == 2
    monkeypatch.setattr(pipeline._stillness, "end", fail)
    with pytest.raises(ZeroDivisionError):
        pipeline.look(after[0])
    monkeypatch.undo()
    assert sorted(summaries(pipeline.look(after[1]))) == [("departed", "biden"), ("departed", "obama")]
    assert pipeline.presence == Presence((), 0)


def test_a_face_too_poor_to_tell_leaves_with_what_makes_it_so(reader: FaceReader) -> None:
    in_the_dark = replace(stands("obama", 2.0), light=(0.12, 0.12))
    pipeline = camera(reader, "obama")
    [event] = events_of(pipeline, film(in_the_dark, nobody(3.0)))
    assert summaries([event]) == [("departed", None)]
    assert isinstance(event.fact, Departure)
    assert event.fact.reason == Reason.TOO_DARK
    assert 1.5 < event.fact.seconds <= 2.0
    assert pipeline.unnamed == {Reason.TOO_DARK: 1}


def test_a_face_too_small_to_tell_is_only_counted(reader: FaceReader) -> None:
    pipeline = camera(reader, "obama")
    assert events_of(pipeline, film(stands("obama", 2.0, face_px=55.0), nobody(3.0))) == []
    assert pipeline.unnamed == {Reason.TOO_SMALL: 1}


def test_a_face_outside_the_zone_is_not_there(reader: FaceReader) -> None:
    frames = film(stands("obama", 3.0, x=0.75), nobody(AWAY))
    zoned = Pipeline(
        "front", reader, shared_state(reader, "obama", rules=BRISK), networks=open_attributes(Config()), max_fps=15.0, zone=LEFT_HALF
    )
    for frame in frames:
        assert zoned.step(frame) == []
        assert zoned.presence == Presence((), 0)
    assert summaries(events_of(camera(reader, "obama"), frames))[0] == ("recognised", "obama")


def test_a_camera_has_its_own_threshold(reader: FaceReader) -> None:
    shared = shared_state(reader, "obama")
    frames = film(stands("obama", 3.0))
    usual = pipeline_of(reader, shared)
    strict = pipeline_of(reader, shared, match_threshold=0.9)
    [named], [refused] = announced(events_of(usual, frames)), announced(events_of(strict, frames))
    assert (named.verdict.person, named.verdict.threshold) == ("obama", 0.43)
    assert (refused.verdict.person, refused.verdict.threshold, refused.verdict.reason) == (None, 0.9, Reason.BELOW_THRESHOLD)
    assert refused.verdict.similarity == pytest.approx(named.verdict.similarity, abs=0.1)


def test_somebody_as_like_one_person_as_another_is_neither(reader: FaceReader) -> None:
    known, seen = shared_state(reader, "obama", rules=BRISK), template(reader, "obama")
    known.matcher = Matcher(["obama", "twin"], np.array([seen.vector, seen.vector]), seen.model_id)
    [fact] = announced(events_of(pipeline_of(reader, known), film(stands("obama", 3.0))))
    assert (fact.verdict.person, fact.verdict.reason) == (None, Reason.AMBIGUOUS)
    assert fact.verdict.similarity is not None
    assert fact.verdict.similarity > fact.verdict.threshold


def test_each_camera_tells_strangers_apart_by_its_own_threshold(reader: FaceReader, database: Database, visit: list[Frame]) -> None:
    """The same stranger is nearer on another day than the one camera asks for, and not as near as the other does."""
    from_afar = film(stands("astronaut", 3.0, face_px=110.0), nobody(AWAY))
    known = shared_state(reader, rules=BRISK, strangers=memory(database, reader))
    assert summaries(events_of(pipeline_of(reader, known), visit)) == [("stranger", "stranger-1"), ("departed", "stranger-1")]
    strict = pipeline_of(reader, known, match_threshold=0.99)
    assert summaries(events_of(strict, later(from_afar, 1))) == [("stranger", "stranger-2"), ("departed", "stranger-2")]
    Strangers(database).forget("stranger-2")
    known.strangers.reload()
    assert summaries(events_of(pipeline_of(reader, known), later(from_afar, 2))) == [("stranger", "stranger-1"), ("departed", "stranger-1")]


def test_two_at_once_are_each_announced_once(reader: FaceReader) -> None:
    pipeline = camera(reader, "obama", "biden")
    present: set[Presence] = set()
    events: list[Event] = []
    for frame in film(nobody(1.0), two_at_once("obama", "astronaut", 6.0), nobody(AWAY)):
        events += pipeline.step(frame)
        present.add(pipeline.presence)
    assert sorted(summaries(events), key=str) == [("departed", "obama"), ("departed", None), ("recognised", "obama"), ("stranger", None)]
    assert Presence(("obama",), 1) in present
    assert all(event.identity for event in events)


def test_who_is_enrolled_meanwhile_is_corrected_and_was_no_stranger(reader: FaceReader, database: Database) -> None:
    known = shared_state(reader, rules=BRISK, strangers=memory(database, reader))
    pipeline = pipeline_of(reader, known)
    frames = film(stands("astronaut", 11.0), nobody(AWAY))
    events = events_of(pipeline, frames[:30])
    known.matcher = gallery(reader, "astronaut")
    known.display_names = {"astronaut": "Eileen"}
    events += events_of(pipeline, frames[30:])
    assert summaries(events) == [("stranger", "stranger-1"), ("recognised", "astronaut"), ("departed", "astronaut")]
    assert [fact.is_correction for fact in announced(events)] == [False, True]
    assert Strangers(database).strangers() == []


def test_somebody_in_the_place_of_another_corrects_nothing(reader: FaceReader) -> None:
    frames = film(stands("obama", 3.0), stands("astronaut", 8.0), nobody(AWAY))
    events = events_of(camera(reader, "obama", "astronaut"), frames)
    comings = [event for event in events if isinstance(event.fact, Announcement)]
    assert summaries(comings) == [("recognised", "obama"), ("recognised", "astronaut")]
    assert not any(fact.is_correction for fact in announced(events))
    assert summaries(departed(events)) == [("departed", "obama"), ("departed", "astronaut")]
    seconds = {event.identity.key: event.fact.seconds for event in departed(events) if event.identity and isinstance(event.fact, Departure)}
    assert seconds["astronaut"] < 8.0


def test_each_camera_tells_of_a_visit_and_a_stranger_is_the_same_before_both(
    reader: FaceReader, database: Database, visit: list[Frame]
) -> None:
    """The cameras look in turns, as the worker has them do, and share networks, gallery and memory."""
    known = shared_state(reader, rules=BRISK, strangers=memory(database, reader))
    front, back = pipeline_of(reader, known), pipeline_of(reader, known)
    events: dict[str, list[Event]] = {"front": [], "back": []}
    for frame in visit:
        events["front"] += front.step(frame)
        events["back"] += back.step(frame)
    assert summaries(events["front"]) == summaries(events["back"]) == [("stranger", "stranger-1"), ("departed", "stranger-1")]


def test_an_announcement_carries_the_head_unless_pictures_are_off(reader: FaceReader) -> None:
    shown = film(stands("obama", 2.0))
    for pictures in (True, False):
        known = shared_state(reader, "obama", rules=RULES.model_copy(update={"pictures": pictures}))
        pipeline = Pipeline("front", reader, known, networks=open_attributes(Config()), max_fps=30.0)
        [event] = events_of(pipeline, shown)
        assert isinstance(event.fact, Announcement)
        assert (event.fact.crop is not None) == pictures
        if event.fact.crop:
            height, width = event.fact.crop.pixels.shape[:2]
            assert height > 1.5 * event.fact.box.height
            assert width > 1.5 * event.fact.box.width
            assert reader.detector.detect(event.fact.crop.pixels)


def test_no_picture_is_sent_of_somebody_who_was_seen_before_pictures_were_switched_off(reader: FaceReader) -> None:
    known = shared_state(reader, "obama", rules=RULES)
    pipeline = Pipeline("front", reader, known, networks=open_attributes(Config()), max_fps=30.0)
    shown = film(stands("obama", 2.0))
    assert events_of(pipeline, shown[:2]) == []
    known.rules = RULES.model_copy(update={"pictures": False})
    [event] = events_of(pipeline, shown[2:])
    assert isinstance(event.fact, Announcement)
    assert event.fact.crop is None


def test_where_and_when_are_of_a_look_that_is_clear(reader: FaceReader) -> None:
    """A look too poor to tell two faces apart may complete a verdict, and be of who passes before the face."""
    pipeline, face, aligned = camera(reader, "obama"), FollowedFace(0.0, 0.3), AlignedFace(np.zeros((112, 112, 3), np.uint8))
    clear = BestView(aligned, 0.9, Box(0, 0, 60, 60), (640, 480), NEW_YEAR, None)
    poor = BestView(aligned, 0.1, Box(90, 0, 150, 60), (640, 480), NEW_YEAR + timedelta(seconds=0.3), None)
    for view in (clear, poor):
        face.evidence.add(template(reader, "obama"), view.quality, view)
    verdict = Verdict("obama", 0.7, None, 0.43, None, 3, 0.9)
    [event] = pipeline._events.announce(1, face, verdict, poor, 0.3, BRISK)
    assert isinstance(event.fact, Announcement)
    assert (event.fact.box, event.frame_at) == (clear.box, NEW_YEAR)
