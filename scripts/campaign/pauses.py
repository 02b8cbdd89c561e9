"""How long the machine let nobody run: a thread that does nothing but wait, and how much too late it was woken.

A long step of a door in the same time may be the machine's; which door was held up is not known here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PERIOD_SECONDS = 0.02
"""Seconds that the thread waits each time: short beside the pauses that are looked for."""


@dataclass(slots=True)
class Pauses:
    """Every wait that took too long, with when it ended by the monotonic clock."""

    now: Callable[[], float] = time.monotonic
    _late: list[tuple[float, float]] = field(default_factory=list)

    def watch(self, has_ended: Callable[[float], bool]) -> None:
        """Wait again and again, until the wait of these seconds gives true."""
        began = self.now()
        while not has_ended(PERIOD_SECONDS):
            woken = self.now()
            late = woken - began - PERIOD_SECONDS
            if late > PERIOD_SECONDS:
                self._late.append((woken, late))
            began = woken

    def longest(self, since: float) -> float:
        """Seconds of the longest pause that ended after this time."""
        return max((late for at, late in self._late if at >= since), default=0.0)
