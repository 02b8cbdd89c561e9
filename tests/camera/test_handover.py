"""Frames handed over from the threads that read to the one that looks."""

from __future__ import annotations

import time

import pytest

from edged.camera.handover import Handover
from edged.camera.reader import Reader
from edged.errors import CameraEnded, CameraError, NoPicture
from edged.types import Problem

from .conftest import ScriptedSource, frame


class Changes:
    """Counts how often whoever looks is woken."""

    count = 0

    def __call__(self) -> None:
        self.count += 1


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def handover(changes: Changes) -> Handover:
    return Handover("door", changes)


@pytest.fixture
def reader(handover: Handover) -> Reader:
    """A reader that was not started: what it would call is called by the test."""
    return Reader("door", ScriptedSource, handover)


def test_the_newest_frame_is_taken_once_and_the_rest_is_counted(handover: Handover, reader: Reader, changes: Changes) -> None:
    for number in range(3):
        handover.deliver(reader, frame(number), live=True)
    taken = handover.take()
    assert taken is not None
    assert (taken.number, handover.take()) == (2, None)
    assert (handover.frames_read, handover.frames_dropped, changes.count) == (3, 2, 3)
    assert handover.state.status == "online"


def test_a_frame_of_a_reader_that_was_given_up_is_dropped(handover: Handover, reader: Reader, changes: Changes) -> None:
    handover.abandon(reader)
    assert not handover.wants(reader)
    handover.deliver(reader, frame(0), live=True)
    handover.lose(reader, CameraError("Too late."))
    assert (handover.take(), handover.frames_read, handover.state.status, changes.count) == (None, 0, "starting", 0)
    assert handover.still_hung() == [reader]


def test_a_camera_that_hangs_still_is_named_with_the_next_reason(handover: Handover, reader: Reader) -> None:
    handover.abandon(reader)
    handover.lose(Reader("door", ScriptedSource, handover), CameraError("It is in use."))
    assert handover.state.reason == "It is in use. An earlier read of it still hangs in its driver."


def test_the_same_state_is_reported_once(handover: Handover, changes: Changes) -> None:
    for reason in ("No picture.", "No picture.", "Still none."):
        handover.report_offline(reason)
    assert (handover.state.reason, changes.count) == ("Still none.", 2)


def test_an_end_is_an_end_when_the_last_frame_is_taken(handover: Handover, reader: Reader) -> None:
    handover.deliver(reader, frame(0), live=True)
    handover.lose(reader, CameraEnded("The video has ended."))
    assert (handover.is_played_out, handover.has_ended) == (True, False)
    handover.take()
    assert handover.has_ended


def test_closing_lets_go_of_who_waits_and_takes_nothing_more(handover: Handover, reader: Reader, changes: Changes) -> None:
    handover.deliver(reader, frame(0), live=True)
    handover.close()
    began = time.monotonic()
    handover.deliver(reader, frame(1, monotonic_seconds=began + 3600), live=True)
    handover.deliver(reader, frame(2), live=False)
    assert handover.wait(lambda: handover.is_closing, None)
    assert time.monotonic() - began < 60
    handover.report_offline("It is closed.")
    assert (handover.frames_read, handover.state.status, changes.count) == (1, "online", 1)


def test_frames_that_are_no_pictures_do_not_bring_the_camera_back_at_every_try(
    handover: Handover, reader: Reader, changes: Changes
) -> None:
    for _ in range(3):
        for number in range(12):
            handover.deliver(reader, frame(number), live=True)
        handover.lose(reader, NoPicture("It is interlaced."))
        assert (handover.state.status, handover.state.problem) == ("offline", Problem.NO_PICTURE)
    assert changes.count == 12 + 1
    for number in range(30):
        handover.deliver(reader, frame(number), live=True)
    assert handover.state.status == "online"
    handover.lose(reader, CameraError("It was unplugged."))
    assert handover.state.problem is Problem.NO_FRAMES
