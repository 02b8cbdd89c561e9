"""A camera kept open whatever it does: it hangs, falls, comes back, ends, or is slower or faster than its taker."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from edged.camera.feed import MOST_HUNG, Feed, Patience
from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.errors import CameraEnded, CameraError
from edged.system.back_off import BackOff

from .conftest import Opened, ScriptedSource, frame, level, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.camera.source import Source
    from edged.types import Frame


def has_no_thread() -> bool:
    return not [thread for thread in threading.enumerate() if thread.name in {"feed-door", "camera-door"}]


def test_it_is_starting_then_online_and_gives_frames(make_feed: Callable[..., Feed], hang: threading.Event) -> None:
    opened = Opened(ScriptedSource(frame(0), hang))
    feed = Feed("door", opened, on_change=lambda: None)
    assert (feed.state.status, feed.state.reason, feed.take()) == ("starting", None, None)
    feed = make_feed(opened)
    until(lambda: feed.frames_read == 1)
    taken = feed.take()
    assert taken is not None
    assert taken.number == 0
    assert (feed.state.status, feed.state.reason) == ("online", None)
    assert feed.take() is None


def test_a_read_that_never_returns_is_noticed(make_feed: Callable[..., Feed], hang: threading.Event, idle: threading.Event) -> None:
    hung = ScriptedSource(frame(0), hang)
    opened = Opened(hung, ScriptedSource(frame(0), idle))
    feed = make_feed(opened, patience=Patience(0.1, closing=0.2))
    until(lambda: feed.frames_read == 2)
    assert opened.states[:3] == [
        ("online", None),
        ("offline", "The camera has given no picture for 0.3 s; edged opens it again."),  # longer than 0.1 s: it may be a slow one
        ("online", None),
    ]
    assert feed.hung_readers >= 1
    feed.close()
    assert not hung.closed
    hang.set()
    until(lambda: hung.closed)
    assert feed.frames_read == 2  # what the hung read gave at last is nobody's


def test_closing_does_not_wait_for_a_hung_read(make_feed: Callable[..., Feed], hang: threading.Event) -> None:
    source = ScriptedSource(frame(0), hang)
    feed = make_feed(Opened(source))
    until(lambda: feed.frames_read == 1)
    feed.close()
    feed.close()
    assert not source.closed
    assert feed.state.status == "online"
    hang.set()
    until(lambda: source.closed)


def test_closing_releases_a_working_camera(make_feed: Callable[..., Feed], idle: threading.Event) -> None:
    source = ScriptedSource(*[frame(number) for number in range(3)], idle)
    source.live = False  # it waits for a taker
    feed = make_feed(Opened(source))
    until(lambda: feed.frames_read == 1)
    feed.close()
    until(lambda: source.closed)


def test_a_feed_that_was_never_started_can_be_closed() -> None:
    Feed("door", Opened(), on_change=lambda: None).close()


def test_after_several_hung_reads_no_more_are_begun_until_one_returns(make_feed: Callable[..., Feed], idle: threading.Event) -> None:
    hangs = [threading.Event() for _ in range(MOST_HUNG)]
    opened = Opened(*(ScriptedSource(frame(0), hang) for hang in hangs), ScriptedSource(frame(0), idle))
    feed = make_feed(opened, patience=Patience(0.02, closing=0.2))
    until(lambda: "has hung 4 times" in str(feed.state.reason))
    assert (feed.hung_readers, opened.times, feed.state.status) == (MOST_HUNG, MOST_HUNG, "offline")
    hangs[0].set()
    until(lambda: opened.times > MOST_HUNG)
    for hang in hangs:
        hang.set()


def test_an_opening_that_hangs_is_given_up_at_last(make_feed: Callable[..., Feed], hang: threading.Event, idle: threading.Event) -> None:
    opened = Opened(ScriptedSource(frame(0), idle))

    def open_() -> Source:
        if not opened.states:
            hang.wait()
        return opened()

    feed = make_feed(open_, patience=Patience(0.02, 0.04, 0.2), on_change=opened.on_change)
    opened.feed = feed
    until(lambda: feed.frames_read == 1)
    assert ("offline", "The camera has given no picture for 0.04 s; edged opens it again.") in opened.states
    assert feed.hung_readers >= 1


def test_a_slow_first_frame_is_waited_for_but_said(make_feed: Callable[..., Feed], hang: threading.Event, idle: threading.Event) -> None:
    opened = Opened(ScriptedSource(hang, idle))
    feed = make_feed(opened, patience=Patience(0.02, closing=0.2))
    until(lambda: feed.state.status == "offline")
    assert feed.state.reason == "The camera has given no picture for 0.02 s; edged is still waiting for its first."
    hang.set()
    until(lambda: ("online", None) in opened.states)
    assert opened.times == 1


def test_a_camera_that_falls_is_offline_with_its_reason_until_it_is_back(make_feed: Callable[..., Feed], hang: threading.Event) -> None:
    opened = Opened(
        ScriptedSource(frame(0), frame(1), CameraError("It was unplugged.")),
        CameraError("There is no camera /dev/video0."),
        CameraError("There is no camera /dev/video0."),
        ScriptedSource(frame(0), frame(1), hang),
    )
    feed = make_feed(opened)
    until(lambda: feed.frames_read == 4)
    assert opened.states == [
        ("online", None),
        ("offline", "It was unplugged."),
        ("offline", "There is no camera /dev/video0."),
        ("online", None),
    ]


def test_offline_is_since_its_beginning_whatever_the_reason(make_feed: Callable[..., Feed]) -> None:
    opened = Opened(CameraError("One."), CameraError("Two."), CameraError("Three."))
    feed = make_feed(opened)
    until(lambda: feed.state.status == "offline")
    since = feed.state.since
    until(lambda: feed.state.reason == "No source is left.")
    assert feed.state.since == since
    assert opened.states == [("offline", reason) for reason in ("One.", "Two.", "Three.", "No source is left.")]


class Pauses(BackOff):
    """No pause; keeps for how long each try had worked."""

    def __init__(self) -> None:
        """Begin with no try."""
        super().__init__(0.0)
        self.worked: list[float] = []

    def pause_seconds(self, worked_seconds: float) -> float:
        self.worked.append(worked_seconds)
        return super().pause_seconds(worked_seconds)


def test_a_pause_follows_every_try_by_how_long_it_worked(make_feed: Callable[..., Feed], hang: threading.Event) -> None:
    pauses = Pauses()
    make_feed(Opened(CameraError("One."), ScriptedSource(frame(0), CameraError("Two.")), ScriptedSource(frame(0), hang)), back_off=pauses)
    until(lambda: len(pauses.worked) == 2)
    assert pauses.worked[0] == 0
    assert pauses.worked[1] > 0


def test_closing_does_not_wait_for_the_pause(make_feed: Callable[..., Feed]) -> None:
    opened = Opened()
    feed = make_feed(opened, back_off=BackOff(3600.0))
    until(lambda: feed.state.status == "offline")
    feed.close()
    until(has_no_thread)
    assert opened.times == 1


def test_a_defect_in_a_source_does_not_end_the_feed(make_feed: Callable[..., Feed], hang: threading.Event) -> None:
    opened = Opened(ScriptedSource(ZeroDivisionError("oh")), ScriptedSource(frame(0), hang))
    feed = make_feed(opened)
    until(lambda: feed.frames_read == 1)
    assert opened.states[0] == ("offline", "A defect in edged stopped the camera; the log has more (ZeroDivisionError).")


def test_a_close_that_hangs_is_left_behind(make_feed: Callable[..., Feed], hang: threading.Event, idle: threading.Event) -> None:
    opened = Opened(ScriptedSource(frame(0), CameraError("Lost."), closing=hang), ScriptedSource(frame(0), idle))
    feed = make_feed(opened, patience=Patience(0.25, closing=0.2))
    until(lambda: feed.frames_read == 2)
    assert feed.hung_readers >= 1
    assert opened.states[:3] == [("online", None), ("offline", "Lost."), ("online", None)]


def test_the_taker_gets_the_newest_and_the_rest_is_counted(make_feed: Callable[..., Feed], hang: threading.Event) -> None:
    feed = make_feed(Opened(ScriptedSource(*[frame(number) for number in range(10)], hang)))
    until(lambda: feed.frames_read == 10)
    taken = feed.take()
    assert taken is not None
    assert (taken.number, feed.frames_dropped, feed.take()) == (9, 9, None)


def test_a_frame_is_held_back_until_its_time(make_feed: Callable[..., Feed], hang: threading.Event) -> None:
    soon = time.monotonic() + 0.05
    feed = make_feed(Opened(ScriptedSource(frame(0, monotonic_seconds=soon), frame(1, monotonic_seconds=soon + 3600), hang)))
    until(lambda: feed.take() is not None)
    assert time.monotonic() >= soon
    assert feed.take() is None
    assert feed.state.status == "online"
    feed.close()  # nor is the hour waited for in closing


def test_a_clip_does_not_decode_its_next_frame_while_the_last_is_looked_at(make_feed: Callable[..., Feed], hang: threading.Event) -> None:
    soon = time.monotonic() + 0.3
    source = ScriptedSource(frame(0, monotonic_seconds=soon), hang)
    make_feed(Opened(source))
    until(lambda: len(source.reads) > 1)
    assert source.reads[1] >= soon + 0.02


def test_a_clip_goes_on_at_once_after_a_gap_in_its_times(make_feed: Callable[..., Feed], hang: threading.Event) -> None:
    after = time.monotonic() + 1.5
    source = ScriptedSource(frame(0, monotonic_seconds=after), hang)
    make_feed(Opened(source))
    until(lambda: len(source.reads) > 1)
    assert source.reads[1] < after + 0.6


def test_waiting_for_the_taker_or_the_clock_is_no_silence(make_feed: Callable[..., Feed], idle: threading.Event) -> None:
    source = ScriptedSource(frame(0), frame(1), frame(2), idle)
    source.live = False
    feed = make_feed(Opened(source), patience=Patience(0.25, closing=0.2))
    later = time.monotonic() + 0.6
    until(lambda: time.monotonic() > later)
    assert (feed.state.status, feed.hung_readers) == ("online", 0)


def test_a_clip_played_fast_is_taken_whole_and_then_it_has_ended(make_feed: Callable[..., Feed], make_clip: Callable[..., Path]) -> None:
    path = make_clip(frames=8)
    feed = make_feed(lambda: open_source("door", str(path), SourceOptions(loop=False, pace="fast")))
    levels = []
    while not feed.ended:
        taken = feed.take()
        if taken is not None:
            levels.append(level(taken))
    assert levels == [0, 1, 2, 3, 4, 5, 6, 7]
    assert (feed.frames_read, feed.frames_dropped) == (8, 0)
    assert (feed.state.status, feed.state.reason) == ("offline", f"The video {path} has ended.")
    until(has_no_thread)


def test_it_has_not_ended_before_the_last_frame_is_taken(make_feed: Callable[..., Feed]) -> None:
    feed = make_feed(Opened(ScriptedSource(frame(0), CameraEnded("It has ended."))))
    until(lambda: feed.state.status == "offline")
    assert not feed.ended
    assert feed.take() is not None
    assert feed.ended


def test_a_file_that_vanishes_is_offline_and_online_when_it_is_back(make_feed: Callable[..., Feed], make_clip: Callable[..., Path]) -> None:
    path = make_clip(frames=3)
    feed = make_feed(lambda: open_source("door", str(path), SourceOptions(loop=True, pace="fast")))
    seen: list[Frame] = []

    def status() -> str:
        seen.extend(taken for taken in [feed.take()] if taken is not None)
        return feed.state.status

    until(lambda: status() == "online")
    content = path.read_bytes()
    path.unlink()
    until(lambda: status() == "offline")
    before = len(seen)
    path.write_bytes(content)
    until(lambda: status() == "online" and len(seen) > before + 5)
    assert [taken.number for taken in seen] == list(range(len(seen)))
    times = [taken.monotonic_seconds for taken in seen]
    assert times == sorted(set(times))  # a fast clip runs ahead of the clock, and yet never back


def test_patience_follows_the_rate_that_is_asked_for_where_it_is_slow() -> None:
    assert Patience.of(SourceOptions(frames_per_second=10.0)) == Patience() == Patience.of(SourceOptions(frames_per_second=1.0))
    slow = Patience.of(SourceOptions(frames_per_second=0.2))
    assert slow.silent_after == pytest.approx(15.0)
    assert slow.opening == 25.0
    assert Patience.of(SourceOptions(frames_per_second=0.05)).opening == pytest.approx(60.0)
