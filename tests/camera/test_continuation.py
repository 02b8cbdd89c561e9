"""Frames over reopenings of a camera: numbers go on, and time never goes back."""

from __future__ import annotations

from datetime import timedelta

from edged.camera.continuation import LEAST_STEP_SECONDS, Continuation

from .conftest import frame


def test_frames_of_one_opening_are_left_as_they_are() -> None:
    continuation, opening = Continuation(), object()
    first, second = frame(3, monotonic_seconds=7.0), frame(9, monotonic_seconds=6.0)
    assert continuation.follow(opening, first) is first
    assert continuation.follow(opening, second) is second


def test_numbers_go_on_and_a_live_cameras_times_are_its_own() -> None:
    continuation = Continuation()
    continuation.follow("first", frame(41, monotonic_seconds=10.0))
    again = [continuation.follow("second", frame(number, monotonic_seconds=12.0 + number)) for number in range(3)]
    assert [moved.number for moved in again] == [42, 43, 44]
    assert [moved.monotonic_seconds for moved in again] == [12.0, 13.0, 14.0]


def test_a_clip_that_ran_ahead_of_the_clock_goes_on_where_it_was() -> None:
    continuation = Continuation()
    continuation.follow("first", frame(5, monotonic_seconds=100.0))
    begun = frame(0, monotonic_seconds=60.0)
    moved = continuation.follow("second", begun)
    assert moved.monotonic_seconds == 100.0 + LEAST_STEP_SECONDS
    assert moved.captured_at - begun.captured_at == timedelta(seconds=40.0 + LEAST_STEP_SECONDS)
    assert continuation.follow("second", frame(1, monotonic_seconds=60.5)).monotonic_seconds == moved.monotonic_seconds + 0.5


def test_a_third_opening_follows_the_second() -> None:
    continuation = Continuation()
    numbers = [continuation.follow(opening, frame(number)).number for opening in "abc" for number in range(2)]
    assert numbers == [0, 1, 2, 3, 4, 5]
