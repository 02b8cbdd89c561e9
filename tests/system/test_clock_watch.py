"""The clock watched: what a moment is worth that was read before, while and after it was set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edged.system.clock_watch import EARLIEST, LATEST, MOST_SPANS, SETTLED_SECONDS, ClockWatch, Stamp, shifted
from tests.clocks import HOUR, TRUTH, YEAR, Device

JUMPS = (-10 * YEAR, -HOUR, -30.0, -1.0, 1.0, 30.0, HOUR, 10 * YEAR)


def test_a_clock_that_is_right_leaves_moments_as_they_are() -> None:
    device = Device()
    watch = ClockWatch(device.clock())
    device.wait(60)
    stamp = watch.stamp(device.now)
    assert stamp == Stamp(device.truth, stamp.running, is_synchronised=True, wall_offset=None)
    assert stamp.running == pytest.approx(device.running)
    assert not watch.look()


@pytest.mark.parametrize("seconds", JUMPS)
@pytest.mark.parametrize("age", [0.1, 1.5, 90.0])
def test_a_moment_before_the_clock_was_set_is_put_right(seconds: float, age: float) -> None:
    device = Device(ahead=seconds, is_synchronised=False)
    watch = ClockWatch(device.clock())
    device.wait(600)
    moment, truth = device.now, device.truth
    assert not watch.stamp(moment).is_synchronised
    assert watch.stamp(moment).wall_offset == pytest.approx(watch.offset)
    device.wait(age)
    device.synchronise()
    stamp = watch.stamp(moment)
    assert stamp.is_synchronised
    assert stamp.wall_offset is None
    # By a jump no longer than it is old it may as well be of the new setting: then it is wrong by no more than that.
    wrong_by = seconds if 0 < seconds <= age else 0.0
    assert (stamp.moment - truth).total_seconds() == pytest.approx(wrong_by, abs=0.001)


@pytest.mark.parametrize("seconds", [jump for jump in JUMPS if abs(jump) != 1.0])
def test_a_moment_that_is_counted_back_over_a_jump_is_of_the_new_setting(seconds: float) -> None:
    device = Device()
    watch = ClockWatch(device.clock())
    device.wait(2 * HOUR)
    device.jump(seconds)
    watch.look()
    device.wait(10)
    stamp = watch.stamp(device.now - timedelta(seconds=25))
    assert (stamp.is_synchronised, stamp.wall_offset) == (False, watch.offset)
    device.synchronise()
    assert stamp.running == pytest.approx(device.running - 25, abs=0.001)


def test_of_a_moment_of_elsewhere_nothing_is_known_and_it_stays() -> None:
    device = Device(is_synchronised=False)
    watch = ClockWatch(device.clock())
    device.wait(60)
    for moment in (TRUTH - timedelta(days=400), TRUTH + timedelta(days=400), datetime(1970, 1, 1, tzinfo=UTC), EARLIEST, LATEST):
        assert watch.stamp(moment) == Stamp(moment, None, is_synchronised=False, wall_offset=None)
    with pytest.raises(ValueError, match="has no time zone"):
        watch.stamp(datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is wrong with it


def test_a_clip_that_runs_ahead_of_time_is_dated_by_the_clock_it_was_started_by() -> None:
    device = Device(is_synchronised=False)
    watch = ClockWatch(device.clock())
    ahead = watch.stamp(device.now + timedelta(minutes=20))
    assert ahead.wall_offset == watch.offset
    assert ahead.running == pytest.approx(device.running + 1200)


def test_a_clock_is_settled_when_it_was_synchronised_and_not_set_for_a_day() -> None:
    device = Device()
    watch = ClockWatch(device.clock())
    settled = [watch.is_settled]
    device.wait(SETTLED_SECONDS)
    settled.append(watch.is_settled)
    device.ahead += 1.0  # a leap second
    assert watch.look()
    settled.append(watch.is_settled)
    assert (watch.is_synchronised, watch.steady_since) == (True, device.running)
    device.wait(SETTLED_SECONDS)
    settled.append(watch.is_settled)
    device.is_synchronised = False
    watch.look()
    assert [*settled, watch.is_settled] == [False, True, False, True, False]


def test_a_clock_that_is_set_all_day_fills_no_memory() -> None:
    device = Device()
    watch = ClockWatch(device.clock())
    for _ in range(3 * MOST_SPANS):
        device.jump(60)
        device.wait(10)
        assert watch.look()
    assert len(watch._spans) == MOST_SPANS
    assert watch.stamp(device.now).running == pytest.approx(device.running)


@pytest.mark.parametrize("moment", [EARLIEST, TRUTH, datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC), LATEST])
def test_no_shift_leaves_the_calendar(moment: datetime) -> None:
    for seconds in (-1e15, -1e11, 0.0, 1e11, 1e15):
        assert EARLIEST <= shifted(moment, seconds) <= LATEST
