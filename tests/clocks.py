"""A device whose clocks the tests turn: time passes, the wall clock jumps, a time server is heard or lost, the power is cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from edged.storage.database import open_database
from edged.system.clock import SystemClock
from edged.system.clock_watch import ClockWatch

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database

TRUTH = datetime(2026, 1, 31, 12, 0, 0, 123_000, tzinfo=UTC)
"""What time it really is at first."""
HOUR, DAY, YEAR = 3600.0, 24 * 3600.0, 365.25 * 24 * 3600.0


@dataclass
class Device:
    """What the device shows, and what nobody but the test knows: since how many seconds the test runs."""

    true_seconds: float = 0.0
    running: float = 100.0
    ahead: float = 0.0
    is_synchronised: bool = True
    boots: int = 1

    @property
    def wall(self) -> float:
        """Seconds since 1970 as the device shows them."""
        return TRUTH.timestamp() + self.true_seconds + self.ahead

    @property
    def now(self) -> datetime:
        """The same as a moment, such as a frame carries."""
        return datetime.fromtimestamp(self.wall, UTC)

    @property
    def truth(self) -> datetime:
        """What time it really is."""
        return TRUTH + timedelta(seconds=self.true_seconds)

    def clock(self) -> SystemClock:
        """The clocks of this boot as edged reads them."""
        return SystemClock(lambda: self.wall, lambda: self.running, f"boot-{self.boots}", lambda: self.is_synchronised)

    def start(self, path: Path | None) -> Database:
        """Open the gallery file as a process that starts now."""
        return open_database(path, clock=ClockWatch(self.clock()))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.true_seconds += seconds
        self.running += seconds

    def jump(self, seconds: float) -> None:
        """Set the clock wrong, as by hand."""
        self.ahead += seconds
        self.is_synchronised = False

    def synchronise(self) -> None:
        """Hear a time server."""
        self.ahead, self.is_synchronised = 0.0, True

    def cut_power(self, *, off_seconds: float, ahead: float) -> None:
        """Be off for some time, and come back with a clock that is wrong by so much and that nobody has set."""
        self.true_seconds += off_seconds
        self.running, self.ahead, self.is_synchronised = 20.0, ahead, False
        self.boots += 1
