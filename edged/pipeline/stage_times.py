"""How long the stages of a frame take, for health and the benchmark; it knows no stage's work.

It is the one place behind the camera that looks at a clock: nothing is decided by it.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from statistics import median

STAGES = ("detect", "align", "embed", "match", "attributes", "track")
TIMED_FRAMES = 100
"""Frames that the stage times are the median of."""


@dataclass
class StageTimes:
    """The seconds that each stage took in the last frames."""

    seconds: dict[str, deque[float]] = field(default_factory=lambda: {stage: deque(maxlen=TIMED_FRAMES) for stage in STAGES})
    _started: float = 0.0
    _spent: dict[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        """Begin a frame."""
        self._spent, self._started = dict.fromkeys(STAGES, 0.0), time.perf_counter()

    def note(self, stage: str) -> None:
        """Count the time since the last note to this stage."""
        now = time.perf_counter()
        self._spent[stage] += now - self._started
        self._started = now

    def end(self) -> None:
        """End the frame."""
        for stage, seconds in self._spent.items():
            self.seconds[stage].append(seconds)

    def median_ms(self) -> dict[str, float]:
        """The median of each stage in milliseconds; nothing before the first frame."""
        return {stage: median(taken) * 1000 for stage, taken in self.seconds.items() if taken}
