"""Lines that repeat: the first are written, then few, and what was left out is counted."""

from __future__ import annotations

import logging

import pytest

from edged.system.private import Private
from edged.system.repeats import BURST, EACH, MOST_KINDS, SECONDS_A_LINE, RepeatFilter


class Log:
    """A logger of its own with the filter, whose clock is set by hand."""

    def __init__(self) -> None:
        """Nothing is logged yet."""
        self.now, self.lines = 0.0, list[str]()
        self.filter = RepeatFilter(lambda: self.now)

    def say(self, pattern: str, *args: object, extra: dict[str, object] | None = None, name: str = "edged") -> bool:
        record = logging.getLogger(name).makeRecord(name, logging.WARNING, __file__, 1, pattern, args, None, extra=extra)
        if is_written := self.filter.filter(record):
            self.lines.append(record.getMessage() + getattr(record, "repeats", ""))
        return is_written


@pytest.fixture
def log() -> Log:
    return Log()


def test_a_camera_that_comes_and_goes_all_day_writes_144_lines_more_than_the_first(log: Log) -> None:
    written = 0
    for minute in range(24 * 60):
        log.now = 60.0 * minute
        written += log.say("Camera %s is offline.", "front")
    assert BURST < written <= BURST + 24 * 3600 / SECONDS_A_LINE
    assert log.lines[-1] == "Camera front is offline. (9 more like it were left out.)"


def test_it_is_said_that_lines_are_left_out_from_now_on(log: Log) -> None:
    for _ in range(3000):
        log.say("Request %s: %s", "enroll", Private("'mallory' …", "refused, bad_request."))
    assert log.lines[-2:] == [
        "Request enroll: refused, bad_request.",
        "Request enroll: refused, bad_request. (Of more like it, one is written each 10 minutes.)",
    ]
    assert len(log.lines) == BURST


def test_another_camera_and_another_library_are_heard_all_the_same(log: Log) -> None:
    while log.say("Camera %s is offline.", "front"):
        pass
    assert log.say("Camera %s is offline.", "back")
    assert log.say("Camera %s is offline.", "front", name="library")
    assert log.say("Camera %s is online.", "front")


def test_a_sentence_is_the_same_with_other_figures_and_a_name_is_not(log: Log) -> None:
    for number in range(100):
        said = f"The pipeline of front has ended, exit status 1. It said: [tcp @ {id(object()) + number:#x}] refused after {number} ms"
        log.say("Camera %s is offline: %s", "front1", said)
    assert len(log.lines) == BURST
    assert log.say("Camera %s is offline: %s", "front2", said)
    assert log.say("Camera %s is offline: %s", "front1", "It is paused.")


def test_what_an_asker_sends_makes_no_kind_of_its_own(log: Log) -> None:
    for number in range(100):
        log.say("A request is refused: %s", ValueError(f"It has {number} bytes."))
        log.say("The file of %s: %d", Private(f"{number}", "somebody"), number)
    assert len(log.lines) == 2 * BURST


def test_of_events_each_one_is_written(log: Log) -> None:
    for number in range(10 * BURST):
        assert log.say("%s: %s (event %d)", "front", "stranger", number, extra=dict(EACH))


def test_only_so_many_kinds_are_remembered(log: Log) -> None:
    while log.say("old"):
        pass
    for number in range(MOST_KINDS):
        log.say(f"new {number}")
    assert log.say("old")
