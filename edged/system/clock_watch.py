"""The wall time against the seconds that only grow: when it was set, when it was synchronised, and which moments that makes wrong.

It does not know where moments are kept.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from edged.system.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

STEP_SECONDS = 0.25
"""Seconds by which the wall time must leave the running one to have been set: a leap second is more; what passes between reading two
clocks on a busy device, of three tries, is less."""
SLACK_SECONDS = STEP_SECONDS + 0.05
"""Seconds by which a moment may lie outside the time for which a setting held: a step that is too small to be seen, and what passes between
reading two clocks."""
SETTLED_SECONDS = 24 * 3600.0
"""Seconds for which a synchronised clock must not have been set, for the time between two boots to be counted by it: a server that is
wrong, or a hand that sets the clock, is seen by then. What is lost is only that somebody is forgotten later."""
MOST_SPANS = 100
"""Settings of the clock that are remembered; one that is set all day makes no list that grows."""
TRIES = 3
AHEAD_SECONDS = 24 * 3600.0
"""Seconds by which a moment of this run may lie in the future: the times of clips run ahead where they are played fast."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""The first and last moments that are told: a day within the calendar, so that every time zone can show them."""


class Stamp(NamedTuple):
    """A moment as it is to be kept: put right where that is possible.

    running is when it was, in seconds since the boot; None where it is none of this run's. wall_offset is what the wall time was ahead
    of the running seconds where it is still wrong, and None where it is right or nothing is known of it.
    """

    moment: datetime
    running: float | None
    is_synchronised: bool
    wall_offset: float | None


class _Span(NamedTuple):
    """A time without a change: from which running second, by how much wall time is ahead of running, whether it is synchronised."""

    began: float
    offset: float
    is_synchronised: bool


class ClockWatch:
    """Follows the clocks. Each call that needs to know looks at them, in a few microseconds. Not thread-safe, by design."""

    def __init__(self, clock: SystemClock | None = None) -> None:
        """Begin with the state of these clocks now; None: the device's."""
        self.clock = clock or SystemClock()
        running, offset = self._read()
        self.began = self.steady_since = running
        """The running seconds of the first look, and of the last setting of the clock."""
        self._spans = [_Span(running, offset, self.clock.is_synchronised())]

    @property
    def boot(self) -> str:
        """The name of this boot."""
        return self.clock.boot

    @property
    def is_synchronised(self) -> bool:
        """Whether it was at the last look."""
        return self._spans[-1].is_synchronised

    @property
    def offset(self) -> float:
        """Seconds by which wall time was ahead of the running seconds at the last look."""
        return self._spans[-1].offset

    @property
    def is_settled(self) -> bool:
        """Whether it has been synchronised, and was not set, for long enough to be believed."""
        last = self._spans[-1]
        return last.is_synchronised and self.clock.running() - last.began >= SETTLED_SECONDS

    def look(self) -> bool:
        """See whether the clock was set, or is or is not synchronised any more; whether anything is new."""
        running, offset = self._read()
        last, is_synchronised = self._spans[-1], self.clock.is_synchronised()
        was_set = abs(offset - last.offset) >= STEP_SECONDS
        if not was_set and is_synchronised == last.is_synchronised:
            return False
        self._spans = [*self._spans[1 - MOST_SPANS :], _Span(running, offset, is_synchronised)]
        if was_set:
            self.steady_since = running
        return True

    def stamp(self, moment: datetime) -> Stamp:
        """Say what a moment (aware) of the wall time is worth, which was read from the clock in this run or comes from elsewhere.

        Raises:
            ValueError: the moment has no time zone.
        """
        if moment.tzinfo is None:
            raise ValueError(f"{moment!r} has no time zone.")
        self.look()
        seconds = (moment - EPOCH).total_seconds()
        span = self._span_of(seconds)
        if span is None:
            return Stamp(moment, None, is_synchronised=self.is_synchronised, wall_offset=None)
        running, last = seconds - span.offset, self._spans[-1]
        if span.is_synchronised:
            return Stamp(moment, running, is_synchronised=True, wall_offset=None)
        if last.is_synchronised:
            return Stamp(shifted(moment, last.offset - span.offset), running, is_synchronised=True, wall_offset=None)
        return Stamp(moment, running, is_synchronised=False, wall_offset=span.offset)

    def _span_of(self, seconds: float) -> _Span | None:
        """The setting under which this was the time. Where that may be several, the one by which it was last: what is stored just was.

        So a moment is at most wrong by how old it is when it is stored.

        By the present one it may be a time before it, as when somebody left is counted back from now, or in the future, as in a clip that
        is played faster than it was taken.
        """
        last, now = self._spans[-1], self.clock.running()
        bounds = [(span.began, following.began) for span, following in pairwise(self._spans)] + [(self.began, now)]
        fitting = [
            span
            for span, (begin, end) in zip(self._spans, bounds, strict=True)
            if begin - SLACK_SECONDS <= seconds - span.offset <= end + SLACK_SECONDS
        ]
        if not fitting:
            return last if now < seconds - last.offset <= now + AHEAD_SECONDS else None
        return min(reversed(fitting), key=lambda span: span.offset)

    def _read(self) -> tuple[float, float]:
        """The running seconds, and by how much wall time is ahead; of several tries the one that took the least time."""
        tries = [_read_once(self.clock.running, self.clock.wall) for _ in range(TRIES)]
        _, running, offset = min(tries)
        return running, offset


def shifted(moment: datetime, seconds: float) -> datetime:
    """Give a moment so many seconds later, and the first or last that there is where that is none."""
    try:
        return min(max(moment + timedelta(seconds=seconds), EARLIEST), LATEST)
    except OverflowError:
        return LATEST if seconds > 0 else EARLIEST


def _read_once(running: Callable[[], float], wall: Callable[[], float]) -> tuple[float, float, float]:
    before, seconds, after = running(), wall(), running()
    middle = (before + after) / 2
    return after - before, middle, seconds - middle
