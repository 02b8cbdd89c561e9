"""The clocks of the device, and whether anybody keeps them right."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from edged.system.clock import MOST_ERROR_MICROSECONDS, SystemClock, boot_id, is_synchronised, kernel_error_microseconds, running_seconds

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("error", "has_file", "expected"),
    [
        (0, False, True),
        (MOST_ERROR_MICROSECONDS - 1, False, True),
        (MOST_ERROR_MICROSECONDS, False, False),
        (MOST_ERROR_MICROSECONDS, True, False),  # the file stays when the clock is set by hand afterwards
        (None, True, True),
        (None, False, False),
    ],
)
def test_the_kernel_says_whether_it_is_synchronised_and_where_it_may_not_a_file(
    tmp_path: Path, error: int | None, *, has_file: bool, expected: bool
) -> None:
    if has_file:
        (tmp_path / "synchronized").touch()
    assert is_synchronised(lambda: error, tmp_path / "synchronized") is expected


def test_the_kernel_is_asked_without_rights() -> None:
    error = kernel_error_microseconds()
    assert error is None or 0 <= error <= MOST_ERROR_MICROSECONDS


def test_a_boot_has_a_name_and_where_there_is_none_each_process_is_a_boot_of_its_own(tmp_path: Path) -> None:
    assert boot_id() == boot_id()
    assert boot_id(tmp_path / "nothing") != boot_id(tmp_path / "nothing")


def test_the_running_seconds_go_on_as_the_monotonic_ones() -> None:
    first = running_seconds() - time.monotonic()
    assert running_seconds() - time.monotonic() == pytest.approx(first, abs=1.0)
    clock = SystemClock()
    assert clock.running() <= running_seconds()
    assert clock.wall() == pytest.approx(time.time(), abs=1.0)
