"""What is done now and then beside frames and requests: the gallery file is looked at, networks are freed, limits are kept.

What any of it does is known to the parts; here stands how often.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.control.self_test import NOT_SYNCHRONISED
from edged.errors import GalleryError
from edged.storage.age_clock import AgeClock
from edged.storage.unset_times import UnsetTimes
from edged.system import device

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edged.control.gallery_reader import GalleryReader
    from edged.daemon.budget import Budget
    from edged.daemon.cameras import RunningCamera
    from edged.gallery.store import Gallery
    from edged.storage.database import Database
    from edged.storage.last_number import LastNumber

log = logging.getLogger(__name__)

GALLERY_SECONDS, GALLERY_RETRY_SECONDS = 0.25, 2.0
"""Seconds between two looks for other processes' changes of the gallery, and until the next look where it could not be read."""
ERASURE_SECONDS = 60.0
"""Seconds between two tries of an erasure that another process held up."""
EXPIRY_SECONDS = 6 * 3600.0
"""Seconds between two times that strangers who were not seen for too long are forgotten; after it the whole file is written anew."""
CLOCK_SECONDS, AGE_SECONDS = 0.25, 600.0
"""Seconds between two looks at the clock, and between two times that the age of the file is written down: a power cut loses so much of it,
by which strangers are remembered for longer, and an SD card takes 144 writes a day for decades."""
UNSET_PATIENCE_SECONDS = 300.0
"""Seconds for which a clock may be unsynchronised before that is logged: after a power cut the router needs minutes too."""
UNUSED_SECONDS = 5.0
"""Seconds after which a network that nothing has needed is freed. A camera looks every two seconds; one that gives frames seldom, is
paused or gone has its network loaded again when it looks."""
BUDGET_SECONDS = 5.0
"""Seconds between two readings of processor time and temperature: long enough for a mean of many frames, short against the heat."""


@dataclass(slots=True)
class Every:
    """Says once in so many seconds that it is time; due_at is when next, 0 for at once."""

    seconds: float
    due_at: float = 0.0

    def is_due(self, now: float) -> bool:
        """Whether it is time at monotonic time now; the next time is then so many seconds later."""
        if now < self.due_at:
            return False
        self.due_at = now + self.seconds
        return True


class GalleryUpkeep:
    """Keeps what is in memory true to the file, and the file rid of what was erased or is too old."""

    def __init__(self, reader: GalleryReader, gallery: Gallery, *, on_failure: Callable[[GalleryError], None]) -> None:
        """Look for the first time at once; on_failure is called where the disk refuses."""
        self._reader, self._gallery, self._on_failure = reader, gallery, on_failure
        self._changes, self._erasure, self._expiry = Every(GALLERY_SECONDS), Every(ERASURE_SECONDS), Every(EXPIRY_SECONDS)

    def run(self, now: float) -> None:
        """Do what is due at monotonic time now."""
        try:
            if self._changes.is_due(now):
                self._reader.refresh()
            if self._erasure.is_due(now):
                self._gallery.finish_erasure()
            if self._expiry.is_due(now):
                self._reader.expire()
        except GalleryError as error:
            self._changes.due_at = now + GALLERY_RETRY_SECONDS
            self._on_failure(error)


class RunUpkeep:
    """Notes on the disk that this run has begun, as soon as the disk takes it."""

    def __init__(self, last: LastNumber, *, on_failure: Callable[[GalleryError], None]) -> None:
        """Try in the first round; on_failure is called where the disk refuses."""
        self._last, self._on_failure, self._tries = last, on_failure, Every(GALLERY_RETRY_SECONDS)

    def run(self, now: float) -> None:
        """Do what is due at monotonic time now."""
        if self._last.has_begun or not self._tries.is_due(now):
            return
        try:
            self._last.begin()
        except GalleryError as error:
            self._on_failure(error)


class ClockUpkeep:
    """Follows the clock: keeps how old the file is, and puts moments right when the clock is set."""

    def __init__(self, database: Database, *, on_correction: Callable[[], None], on_failure: Callable[[GalleryError], None]) -> None:
        """Look for the first time at once; on_correction is called where moments were put right, on_failure where the disk refuses."""
        self._clock, self._age, self._times = database.clock, AgeClock(database), UnsetTimes(database)
        self._on_correction, self._on_failure = on_correction, on_failure
        self._looks, self._keeps = Every(CLOCK_SECONDS), Every(AGE_SECONDS)
        self._unset_since: float | None = None
        self._has_warned = False

    def run(self, now: float) -> None:
        """Do what is due at monotonic time now."""
        if not self._looks.is_due(now):
            return
        is_due = self._keeps.is_due(now)
        try:
            if self._clock.look() or is_due:
                self._put_right()
            if is_due:
                self._age.keep()
        except GalleryError as error:
            self._keeps.due_at = now + GALLERY_RETRY_SECONDS
            self._on_failure(error)
        self._tell(now)

    def _put_right(self) -> None:
        if corrected := self._times.put_right():
            log.info("The clock is synchronised now; %d times that were noted before are put right.", corrected)
            self._on_correction()

    def _tell(self, now: float) -> None:
        """Log once that the clock stays unset, and once when that is over: each boot begins without, and ends it in its first minute."""
        if self._clock.is_synchronised:
            if self._has_warned:
                log.info("The clock is synchronised again.")
            self._unset_since, self._has_warned = None, False
            return
        self._unset_since = now if self._unset_since is None else self._unset_since
        if not self._has_warned and now - self._unset_since >= UNSET_PATIENCE_SECONDS:
            log.warning("%s", NOT_SYNCHRONISED)
            self._has_warned = True


class DeviceUpkeep:
    """Keeps to the limits of the device, and frees networks that nothing needs."""

    def __init__(
        self, budget: Budget, cameras: Sequence[RunningCamera], free: Callable[[], None], cpu_percent: Callable[[], float] | None = None
    ) -> None:
        """Measure from now on; free() drops the networks that nothing has needed since its last call.

        cpu_percent gives the processor time since its last call, in percent of one core.
        """
        self._budget, self._cameras, self._free = budget, cameras, free
        self._cpu_percent = cpu_percent or device.CpuMeter().percent
        self._limits, self._unused = Every(BUDGET_SECONDS, time.monotonic() + BUDGET_SECONDS), Every(UNUSED_SECONDS)

    def run(self, now: float) -> None:
        """Do what is due at monotonic time now."""
        if self._limits.is_due(now):
            self._budget.update(self._cpu_percent(), device.temperature_celsius())
            for camera in self._cameras:
                if camera.keeps_budget:
                    camera.pipeline.slowdown = self._budget.slowdown
        if self._unused.is_due(now):
            self._free()
