"""Pauses between tries at something that failed: each twice as long as the one before, up to a longest.

It does not know what is tried.
"""

from __future__ import annotations

import random

LONGEST_SECONDS = 30.0
"""The longest pause: who has plugged a camera in again, or started a broker, does not wait for longer than this."""

STEADY_SECONDS = 10.0
"""Seconds that a try must have worked for the next pause to be the shortest again; less is something that falls over and over."""

LEAST_SHARE = 0.5
"""The shortest pause as a share of its limit; chance keeps several devices from coming back all at once."""


class BackOff:
    """The pauses of one thing that is tried again and again.

    Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog (2015), there called equal jitter.
    """

    def __init__(self, first_seconds: float, *, longest_seconds: float = LONGEST_SECONDS) -> None:
        """Begin with the first pause.

        Args:
            first_seconds: limit of the first pause, long enough that what fails at once fills neither the log nor a core.
            longest_seconds: limit of every later one.
        """
        self._first, self._longest = first_seconds, longest_seconds
        self._next = first_seconds

    def pause_seconds(self, worked_seconds: float) -> float:
        """Give the pause before the next try, after one that worked for so long (0: that failed at once)."""
        if worked_seconds >= STEADY_SECONDS:
            self._next = self._first
        limit, self._next = self._next, min(2 * self._next, self._longest)
        return limit * random.uniform(LEAST_SHARE, 1.0)  # noqa: S311 - not a secret
