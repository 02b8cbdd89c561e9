"""The pauses between tries: within their limits, by chance, and short again after a try that worked."""

from __future__ import annotations

import pytest

from edged.system.back_off import LONGEST_SECONDS, STEADY_SECONDS, BackOff


def pause_after(failures: int) -> float:
    """The pause after so many failures in a row before the last."""
    back_off = BackOff(2.0)
    return [back_off.pause_seconds(0.0) for _ in range(failures + 1)][-1]


@pytest.mark.parametrize(("failures", "least", "most"), [(0, 1, 2), (1, 2, 4), (3, 8, 16), (4, 15, 30), (1000, 15, 30)])
def test_the_pause_is_within_its_limits(failures: int, least: float, most: float) -> None:
    pauses = [pause_after(failures) for _ in range(100)]
    assert least <= min(pauses) <= max(pauses) <= most <= LONGEST_SECONDS
    assert len(set(pauses)) > 1


def test_only_a_try_that_worked_for_long_makes_the_pause_short_again() -> None:
    back_off = BackOff(2.0)
    grown = [back_off.pause_seconds(STEADY_SECONDS - 1) for _ in range(5)][-1]
    assert grown > 2
    assert back_off.pause_seconds(STEADY_SECONDS) <= 2
