"""The times of stages: their medians over the last frames."""

from __future__ import annotations

from edged.pipeline.stage_times import STAGES, TIMED_FRAMES, StageTimes


def test_before_the_first_frame_there_is_no_median() -> None:
    assert StageTimes().median_ms() == {}


def test_time_counts_to_the_stage_that_is_noted_next() -> None:
    times = StageTimes()
    times.begin()
    sum(range(100_000))
    times.note("detect")
    times.note("track")
    times.note("detect")
    times.end()
    medians = times.median_ms()
    assert medians.keys() == set(STAGES)
    assert medians["detect"] > medians["track"] > 0
    assert medians["embed"] == 0


def test_only_the_last_frames_count() -> None:
    times = StageTimes()
    for number in range(2 * TIMED_FRAMES):
        times.begin()
        if number < TIMED_FRAMES:
            times.note("match")
        times.end()
    assert times.median_ms()["match"] == 0
