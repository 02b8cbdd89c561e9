"""A camera that gives a picture every few seconds: who stands before it is one visitor, told once, and gone when they have left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from edged.config import Config
from edged.daemon.opening import open_attributes
from edged.pipeline.pipeline import Pipeline
from edged.types import Announcement, Departure, Frame, Presence
from tests.door import FPS, NEW_YEAR, film, shared_state, stands, summaries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.types import Event
    from edged.vision.faces import FaceReader

from door_acts import Act, Pose, Role


def nobody(seconds: float) -> Act:
    return Act(seconds, "nobody")


def slowly(rate: float, *acts: Act) -> list[Frame]:
    """What a camera with this many frames a second gives of a film."""
    return film(*acts)[:: round(FPS / rate)]


def watch(reader: FaceReader, frames: Sequence[Frame], *enrolled: str) -> tuple[list[Event], list[Presence]]:
    """The events, and who was present after each frame."""
    pipeline = Pipeline("front", reader, shared_state(reader, *enrolled), networks=open_attributes(Config()), max_fps=15.0)
    events: list[Event] = []
    present = []
    for frame in frames:
        events += pipeline.step(frame)
        present.append(pipeline.presence)
    return events, present


@pytest.mark.parametrize("rate", [0.2, 0.5, 1.0])
def test_who_stands_there_is_told_once_and_leaves(reader: FaceReader, rate: float) -> None:
    seconds = 6 / rate
    frames = slowly(rate, nobody(2 / rate), stands("obama", seconds, face_px=150.0), nobody(40 + 10 / rate))
    events, present = watch(reader, frames, "obama")
    assert summaries(events) == [("recognised", "obama"), ("departed", "obama")]
    came, left = (event.fact for event in events)
    assert isinstance(came, Announcement)
    assert isinstance(left, Departure)
    assert events[0].frame_at - NEW_YEAR == timedelta(seconds=(2 + 2) / rate), "at the third look"
    assert left.seconds == pytest.approx(5 / rate)
    gone = [presence for presence, frame in zip(present, frames, strict=True) if frame.monotonic_seconds >= 8 / rate + 2.5 / rate]
    assert set(gone) == {Presence((), 0)}


def test_two_people_beside_each_other_stay_two(reader: FaceReader) -> None:
    roles = (Role("obama", (Pose(0.0, 0.3, 150.0),)), Role("biden", (Pose(0.0, 0.7, 150.0),)))
    frames = slowly(0.2, Act(40.0, "two", roles))
    events, present = watch(reader, frames, "obama", "biden")
    assert sorted(summaries(events)) == [("recognised", "biden"), ("recognised", "obama")]
    assert present[-1] == Presence(("biden", "obama"), 0)


def test_somebody_else_in_the_same_place_is_somebody_else(reader: FaceReader) -> None:
    frames = slowly(0.2, stands("obama", 30.0, face_px=150.0), stands("biden", 40.0, face_px=150.0))
    events, present = watch(reader, frames, "obama", "biden")
    assert summaries(events) == [("recognised", "obama"), ("recognised", "biden"), ("departed", "obama")]
    assert present[-1] == Presence(("biden",), 0)


def test_a_missed_look_loses_nobody(reader: FaceReader) -> None:
    frames = slowly(0.2, stands("obama", 40.0, face_px=150.0))
    blank = slowly(0.2, nobody(5.0))[0]
    frames[5] = Frame("front", 5, frames[5].captured_at, frames[5].monotonic_seconds, blank.pixels)
    events, present = watch(reader, frames, "obama")
    assert {event.track for event in events} == {1}
    assert summaries(events) == [("recognised", "obama")]
    assert present[5] == present[6] == Presence(("obama",), 0)
