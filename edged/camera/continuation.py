"""Lets the frames of a camera that was opened again follow those before: numbers go up, and time does not go back.

It does not know why the camera was opened again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edged.types import Frame

LEAST_STEP_SECONDS = 0.001
"""Seconds between the last frame before and the first after, so that no rate computed from them is infinite."""


class Continuation:
    """Moves the numbers, and where need be the times, of one opening's frames behind those of the opening before."""

    def __init__(self) -> None:
        """Begin with nothing to follow."""
        self._opening: object = None
        self._last: tuple[int, float] | None = None  # not the frame, which would keep its pixels
        self._numbers = 0
        self._seconds = 0.0

    def follow(self, opening: object, frame: Frame) -> Frame:
        """Give the frame as it follows the last; opening is any object that stands for its source."""
        if self._last is not None and opening is not self._opening:
            number, seconds = self._last
            self._numbers = number + 1 - frame.number
            # A clip that is played fast is ahead of the clock, and would begin again before where it was.
            self._seconds = max(0.0, seconds + LEAST_STEP_SECONDS - frame.monotonic_seconds)
        self._opening = opening
        if self._numbers or self._seconds:
            at, seconds = frame.captured_at + timedelta(seconds=self._seconds), frame.monotonic_seconds + self._seconds
            frame = replace(frame, number=frame.number + self._numbers, captured_at=at, monotonic_seconds=seconds)
        self._last = frame.number, frame.monotonic_seconds
        return frame
