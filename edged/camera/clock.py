"""The times that frames carry: live ones are stamped as they arrive, recorded ones keep the time of their clip.

Nothing here waits, and nothing here knows where the pictures come from.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

LONGEST_GAP_SECONDS = 10.0
"""Seconds between two frames of a clip above which the gap is a break in its timestamps (joined recordings
have them), not a pause worth waiting for."""
RATE_SLACK = 0.25
"""Share of the interval by which a frame may come early: cameras jitter, and a strict limit would drop every second frame."""


class Moment(NamedTuple):
    """One instant on both clocks: aware UTC wall time, and the seconds of time.monotonic()."""

    captured_at: datetime
    monotonic_seconds: float

    @classmethod
    def now(cls) -> Moment:
        """Read both clocks."""
        return cls(datetime.now(UTC), time.monotonic())


class ClipClock:
    """Places recorded frames in time: the start of playing plus the position in the clip, running on over loops."""

    def __init__(self, interval_seconds: float, start: Moment | None = None) -> None:
        """Take the usual interval of two frames, and when playing starts: by default at the first frame."""
        self._interval, self._start = interval_seconds, start
        self._elapsed: float | None = None
        self._origin: float | None = None  # the container's position that is elapsed 0

    def place(self, position_seconds: float | None) -> Moment:
        """Give the time of the next frame; the position is the container's, with any origin, None where it says nothing."""
        self._start = self._start or Moment.now()
        self._elapsed = elapsed = self._next_elapsed(position_seconds)
        return Moment(self._start.captured_at + timedelta(seconds=elapsed), self._start.monotonic_seconds + elapsed)

    def _next_elapsed(self, position: float | None) -> float:
        expected = 0.0 if self._elapsed is None else self._elapsed + self._interval
        if position is None:
            return expected
        if self._elapsed is not None and self._origin is not None:
            elapsed = position - self._origin
            if self._elapsed < elapsed <= self._elapsed + LONGEST_GAP_SECONDS:
                return elapsed
        self._origin = position - expected  # a first frame, a loop or a break: what follows is counted from here
        return expected


class RateLimit:
    """Thins a live stream to a greatest rate, so that frames nobody wants are not converted."""

    def __init__(self, frames_per_second: float) -> None:
        """Take the greatest rate."""
        self._interval = 1.0 / frames_per_second
        self._due: float | None = None

    def wants(self, monotonic_seconds: float) -> bool:
        """Say whether a frame of this time is to be used."""
        if self._due is None:
            self._due = monotonic_seconds
        if monotonic_seconds < self._due - RATE_SLACK * self._interval:
            return False
        self._due = max(self._due, monotonic_seconds - self._interval) + self._interval
        return True
