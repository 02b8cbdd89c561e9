"""The times of recorded frames, and the thinning of live ones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edged.camera.clock import ClipClock, Moment, RateLimit

START = Moment(datetime(2024, 5, 1, tzinfo=UTC), 1000.0)


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        pytest.param([0.0, 0.1, 0.25], [0.0, 0.1, 0.25], id="as the container says"),
        pytest.param([5.0, 5.1, 5.2], [0.0, 0.1, 0.2], id="whatever it begins with"),
        pytest.param([None, None, None], [0.0, 0.1, 0.2], id="by the rate where it says nothing"),
        pytest.param([0.0, 0.0, 0.0], [0.0, 0.1, 0.2], id="by the rate where it always says the same"),
        pytest.param([3.0, 3.1, 0.5, 0.6], [0.0, 0.1, 0.2, 0.3], id="never back"),
        pytest.param([0.0, 0.1, 9000.0, 9000.2], [0.0, 0.1, 0.2, 0.4], id="no pause of hours at a break in the timestamps"),
        pytest.param([0.0, 4.0], [0.0, 4.0], id="a slow clip stays slow"),
        pytest.param([0.0, 0.3, 0.0, 0.3, 0.0], [0.0, 0.3, 0.4, 0.7, 0.8], id="a looped clip goes on by its rate"),
    ],
)
def test_frames_are_placed(positions: list[float | None], expected: list[float]) -> None:
    clock = ClipClock(0.1, START)
    placed = [clock.place(position) for position in positions]
    assert [moment.monotonic_seconds - 1000.0 for moment in placed] == pytest.approx(expected)
    assert [(moment.captured_at - START.captured_at).total_seconds() for moment in placed] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("camera_rate", "limit", "expected"),
    [(30, 30, 30), (30, 15, 15), (30, 10, 10), (25, 30, 25), (30, 25, 25), (5, 10, 5), (30, 0.1, 0.1)],
)
def test_a_stream_is_thinned_to_its_rate(camera_rate: int, limit: float, expected: float) -> None:
    rate_limit = RateLimit(limit)
    jitter = 0.1 / camera_rate
    wanted = sum(rate_limit.wants(number / camera_rate + (jitter if number % 2 else 0)) for number in range(10 * camera_rate))
    assert wanted == pytest.approx(10 * expected, abs=max(1, 0.05 * 10 * expected))
