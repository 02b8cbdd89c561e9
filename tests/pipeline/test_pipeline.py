"""The pipeline's economy: what it leaves out changes no answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.config import Config
from edged.daemon.opening import open_attributes
from edged.pipeline.pipeline import Pipeline
from edged.types import Announcement, Presence
from tests.door import FPS, RULES, clip, shared_state

if TYPE_CHECKING:
    from edged.types import Event, Frame, Uint8Array
    from edged.vision.faces import FaceReader


@pytest.fixture
def pipeline(reader: FaceReader) -> Pipeline:
    """A camera in a house where nobody is enrolled."""
    return camera(reader)


def camera(reader: FaceReader) -> Pipeline:
    return Pipeline("front", reader, shared_state(reader), networks=open_attributes(Config()), max_fps=15.0)


@pytest.fixture
def porch(astronaut: Uint8Array) -> Uint8Array:
    """Nobody before a wall with something on it."""
    return np.ascontiguousarray(np.asarray(cv2.resize(astronaut[300:, :], (640, 480)), np.uint8))


def shown(*acts: tuple[float, Uint8Array]) -> list[Frame]:
    """Each picture for so many seconds."""
    return clip(picture for seconds, picture in acts for _ in range(round(seconds * FPS)))


@pytest.fixture
def visit(porch: Uint8Array, astronaut: Uint8Array) -> list[Frame]:
    """Nobody for ten seconds, somebody for ten who stands quite still, nobody for ten."""
    visited = porch.copy()
    visited[:300, 100:500] = astronaut[:300, 50:450]
    return shown((10, porch), (10, visited), (10, porch))


def test_the_answers_are_those_of_a_look_at_every_frame(reader: FaceReader, pipeline: Pipeline, visit: list[Frame]) -> None:
    thorough = camera(reader)
    events: list[Event] = [event for frame in visit for event in pipeline.step(frame)]
    all_events = [event for frame in visit for event in thorough.look(frame)]
    assert [without_picture(event) for event in events] == [without_picture(event) for event in all_events]
    assert len(events) == 1
    assert pipeline.frames_skipped > len(visit) / 3


def without_picture(event: Event) -> tuple[int, object]:
    """What an event says, without the picture, of which each pipeline has a copy."""
    return event.track, replace(event.fact, crop=None) if isinstance(event.fact, Announcement) else event.fact


def test_an_empty_scene_is_hardly_looked_at(pipeline: Pipeline, porch: Uint8Array) -> None:
    frames = shown((20, porch))
    for frame in frames:
        pipeline.step(frame)
    assert len(frames) - pipeline.frames_skipped < 30


def test_who_leaves_is_gone_in_time_though_most_frames_are_left_out(pipeline: Pipeline, visit: list[Frame]) -> None:
    pipeline.slowdown = 20.0
    present = [bool(pipeline.step(frame)) or pipeline.presence != Presence((), 0) for frame in visit]
    last = max(number for number, is_there in enumerate(present) if is_there)
    assert 20 <= last / FPS <= 20 + RULES.lost_after_seconds


def test_nobody_in_view_is_forgotten_between_two_looks(pipeline: Pipeline, visit: list[Frame]) -> None:
    pipeline.slowdown = 20.0
    tracks = {event.track for frame in visit for event in pipeline.step(frame)}
    assert tracks == {1}


def test_who_was_seen_shortly_is_told_as_a_stranger_when_the_time_is_up_and_not_when_the_track_ends(
    reader: FaceReader, porch: Uint8Array, visit: list[Frame]
) -> None:
    rules = RULES.model_copy(update={"lost_after_seconds": 20.0})
    pipeline = Pipeline("front", reader, shared_state(reader, rules=rules), networks=open_attributes(Config()), max_fps=15.0)
    frames = shown((0.6, visit[len(visit) // 2].pixels), (4, porch))
    told = [(frame.monotonic_seconds, event.fact) for frame in frames for event in pipeline.look(frame)]
    [(at, fact)] = told
    assert isinstance(fact, Announcement)
    assert fact.verdict.person is None
    assert fact.verdict.looks == 6
    assert at == pytest.approx(RULES.stranger_after_seconds, abs=0.2)
