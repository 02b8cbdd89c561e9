"""The age of the file: what passed for certain, and nothing that a clock only says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.storage.age_clock import DAY_SECONDS, STEADY_SECONDS, AgeClock
from edged.system.clock_watch import SETTLED_SECONDS
from tests.clocks import DAY, HOUR, YEAR, Device

if TYPE_CHECKING:
    from pathlib import Path

JUMPS = (-10 * YEAR, -3 * YEAR, -HOUR, -1.0, 1.0, HOUR, 3 * YEAR, 10 * YEAR)


@pytest.mark.parametrize("seconds", JUMPS)
@pytest.mark.parametrize("keeps_flag", [True, False])
def test_running_time_counts_however_the_clock_jumps(path: Path, seconds: float, *, keeps_flag: bool) -> None:
    device = Device()
    with device.start(path) as database:
        age = AgeClock(database)
        began = age.keep()
        device.wait(HOUR)
        device.jump(seconds)
        device.is_synchronised = keeps_flag
        device.wait(2 * DAY)
        assert age.keep() - began == pytest.approx(2 * DAY + HOUR)
        device.synchronise()
        device.wait(DAY)
        assert age.keep() - began == pytest.approx(3 * DAY + HOUR)


def test_a_restart_of_edged_loses_nothing_in_the_same_boot(path: Path) -> None:
    device = Device(ahead=-YEAR, is_synchronised=False)
    with device.start(path) as database:
        began = AgeClock(database).keep()
    device.wait(5 * DAY)
    with device.start(path) as database:
        assert AgeClock(database).keep() - began == pytest.approx(5 * DAY)


@pytest.mark.parametrize("ahead", JUMPS)
def test_while_it_was_off_counts_by_two_clocks_that_were_settled(path: Path, ahead: float) -> None:
    device = Device()
    with device.start(path) as database:
        age = AgeClock(database)
        began = age.keep()
        device.wait(2 * DAY)
        age.keep()
    device.cut_power(off_seconds=10 * DAY, ahead=ahead)
    with device.start(path) as database:
        age = AgeClock(database)
        age.keep()
        device.wait(HOUR)
        assert age.keep() - began == pytest.approx(2 * DAY + HOUR)
        device.synchronise()
        age.keep()
        device.wait(SETTLED_SECONDS)
        assert age.keep() - began == pytest.approx(13 * DAY + HOUR)
        device.wait(SETTLED_SECONDS)
        assert age.keep() - began == pytest.approx(14 * DAY + HOUR)


@pytest.mark.parametrize("ahead", JUMPS)
def test_while_it_was_off_does_not_count_by_a_clock_that_nobody_keeps_right(path: Path, ahead: float) -> None:
    device = Device(ahead=-ahead, is_synchronised=False)
    with device.start(path) as database:
        age = AgeClock(database)
        began = age.keep()
        device.wait(2 * DAY)
        age.keep()
    device.cut_power(off_seconds=0, ahead=ahead)
    with device.start(path) as database:
        age = AgeClock(database)
        age.keep()
        device.wait(2 * DAY)
        assert age.keep() - began == pytest.approx(4 * DAY)


def test_a_clock_is_believed_when_it_is_synchronised_or_was_not_set_for_a_day(path: Path) -> None:
    device = Device(is_synchronised=False)
    with device.start(path) as database:
        assert not AgeClock(database).is_believed()
        AgeClock(database).keep()
    device.wait(STEADY_SECONDS / 2)
    with device.start(path) as database:
        age = AgeClock(database)
        age.keep()
        assert not age.is_believed()
        device.wait(STEADY_SECONDS / 2)
        assert age.is_believed()
        device.jump(HOUR)
        assert not age.is_believed()
        device.synchronise()
        assert age.is_believed()
    device.jump(3 * YEAR)
    with device.start(path) as database:
        assert not AgeClock(database).is_believed()
    assert STEADY_SECONDS == DAY_SECONDS
