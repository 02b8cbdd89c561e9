"""What is done now and then for the device: limits are kept, and networks and memory that nothing needs any more are given back.

How they are given back is known to the parts; who needed them is not known here.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from edged.daemon.upkeep import Every
from edged.system import device
from edged.system.mapped_files import LIBRARIES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edged.daemon.budget import Budget
    from edged.daemon.cameras import RunningCamera
    from edged.system.mapped_files import Libraries
    from edged.vision.detector import Detector

UNUSED_SECONDS = 5.0
"""Seconds after which a network that nothing has needed is freed. A camera looks every two seconds; one that gives frames seldom, is
paused or gone has its network loaded again when it looks."""
BUDGET_SECONDS = 5.0
"""Seconds between two readings of processor time and temperature: long enough for a mean of many frames, short against the heat."""
LOOK_SECONDS = 1.0
"""Seconds between two looks at how much memory there is, which take microseconds."""
LIBRARY_SECONDS = 0.2
"""Seconds between two looks at the pages of libraries, of which a network that is loaded, or a picture of another format, reads some MB in
a moment; and until they are given back again, which takes 2 ms, twice as many each time until it is known what is in use."""
IN_USE_SECONDS = 4.0
"""Seconds after which those that are in use are there again."""
RENEWAL_SECONDS, MOST_RENEWAL_SECONDS = 15.0, 600.0
"""Seconds after which pages are given back to see what is in use: once it has grown, and at most, twice as many where it has not."""
GROWN_MB = 4.0
"""Growth, 10^6 bytes, after which memory is given back: a request on a picture takes more, and what a quiet door takes and frees, less."""
FILES_GROWN_MB = 2.0
"""The same of the pages of libraries."""


class MemoryUpkeep:
    """Gives memory back after it has grown: large requests leave free blocks."""

    def __init__(self, read: Callable[[], device.Resident] = device.resident) -> None:
        """Look at once; read() gives what is in memory."""
        self._read, self._looks, self._least_own = read, Every(LOOK_SECONDS), 0.0

    def run(self, now: float) -> None:
        """Do what is due at monotonic time now."""
        if not self._looks.is_due(now):
            return
        found = self._read().own_mb
        if found >= self._least_own + GROWN_MB:
            device.release_free_memory()
            found = self._least_own = self._read().own_mb
        self._least_own = min(self._least_own, found)


class LibraryUpkeep:
    """Has no more pages of libraries in memory than what is in use, which is known some time after some were given back.

    Where more are in use than before, to give them back gains nothing, and is soon left.
    """

    def __init__(self, libraries: Libraries = LIBRARIES, read: Callable[[], device.Resident] = device.resident) -> None:
        """Wait until somebody gives pages back for the first time, as when cameras have had theirs; read() gives what is in memory."""
        self._libraries, self._read, self._looks = libraries, read, Every(LIBRARY_SECONDS)
        self._in_use, self._measured_at, self._pause = math.inf, -math.inf, LIBRARY_SECONDS
        self._renewal, self._renewed_at = RENEWAL_SECONDS, math.inf

    def run(self, now: float) -> None:
        """Do what is due at monotonic time now."""
        if not self._looks.is_due(now):
            return
        found, since = self._read().files_mb, now - self._libraries.released_at
        if self._measured_at < self._libraries.released_at and since >= IN_USE_SECONDS:
            self._note_in_use(found, now)
        elif now >= self._renewed_at or (found >= self._in_use + FILES_GROWN_MB and since >= self._pause):
            self._libraries.release()
            self._pause, self._renewed_at = 2 * self._pause, math.inf

    def _note_in_use(self, found: float, now: float) -> None:
        has_grown = found >= self._in_use + FILES_GROWN_MB
        self._renewal = RENEWAL_SECONDS if has_grown else min(2 * self._renewal, MOST_RENEWAL_SECONDS)
        self._in_use, self._measured_at, self._pause, self._renewed_at = found, now, LIBRARY_SECONDS, now + self._renewal


class NetworkUpkeep:
    """Has the detector hold one network for each camera; that for a picture of another shape takes the place of one for that look.

    While requests wait it holds one more: each may bring a picture, and to load two networks for each takes longer than to look through it.
    """

    def __init__(self, detector: Detector, cameras: Sequence[RunningCamera], waiting: Callable[[], int]) -> None:
        """Take the cameras, and what says how many requests wait."""
        self._detector, self._cameras, self._waiting = detector, cameras, waiting

    def run(self, _now: float) -> None:
        """Look whether any wait."""
        is_flood = self._waiting() > 0
        self._detector.most_loaded, self._detector.keeps_for_pictures = max(1, len(self._cameras)) + is_flood, is_flood


class DeviceUpkeep:
    """Keeps to the limits of the device, and frees networks and memory that nothing needs."""

    def __init__(
        self, budget: Budget, cameras: Sequence[RunningCamera], free: Callable[[], None], cpu_percent: Callable[[], float] | None = None
    ) -> None:
        """Measure from now on; free() drops the networks that nothing has needed since its last call.

        cpu_percent gives the processor time since its last call, in percent of one core.
        """
        self._budget, self._cameras, self._free = budget, cameras, free
        self._cpu_percent = cpu_percent or device.CpuMeter().percent
        self._memory, self._of_libraries = MemoryUpkeep(), LibraryUpkeep()
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
        self._memory.run(now)
        self._of_libraries.run(now)
