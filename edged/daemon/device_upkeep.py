"""What is done now and then for the device: limits are kept, and networks and memory that nothing needs any more are given back.

How they are given back is known to the parts; who needed them is not known here.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from edged.daemon.upkeep import Every
from edged.system import device
from edged.system.mapped_files import Libraries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edged.daemon.budget import Budget
    from edged.daemon.cameras import RunningCamera

UNUSED_SECONDS = 5.0
"""Seconds after which a network that nothing has needed is freed. A camera looks every two seconds; one that gives frames seldom, is
paused or gone has its network loaded again when it looks."""
BUDGET_SECONDS = 5.0
"""Seconds between two readings of processor time and temperature: long enough for a mean of many frames, short against the heat."""
LOOK_SECONDS = 1.0
"""Seconds between two looks at how much memory there is, which take microseconds."""
LIBRARY_SECONDS = 10.0
"""Seconds between two looks at the pages of libraries: giving them back takes 10 ms here, and those in use are soon there
again."""
MOST_LIBRARY_SECONDS = 40.0
"""The same where giving them back gained nothing, since all are in use."""
GROWN_MB = 4.0
"""Growth, 10^6 bytes, after which memory is given back: a request on a picture takes more, and what a quiet door takes and frees, less."""


class MemoryUpkeep:
    """Gives memory back after it has grown: large requests leave free blocks, and to load a network reads much of a library once."""

    def __init__(self, read: Callable[[], device.Resident] = device.resident) -> None:
        """Look at libraries for the first time when cameras have had theirs; read() gives what is in memory."""
        self._read, self._libraries = read, Libraries()
        self._looks, self._library_looks = Every(LOOK_SECONDS), Every(LIBRARY_SECONDS, time.monotonic() + LIBRARY_SECONDS)
        self._least_own = 0.0
        self._least_files, self._released_files = math.inf, 0.0

    def run(self, now: float) -> None:
        """Do what is due at monotonic time now."""
        if self._looks.is_due(now):
            self._give_back_own()
        if self._library_looks.is_due(now):
            self._give_back_libraries()

    def _give_back_own(self) -> None:
        found = self._read().own_mb
        if found >= self._least_own + GROWN_MB:
            device.release_free_memory()
            found = self._least_own = self._read().own_mb
        self._least_own = min(self._least_own, found)

    def _give_back_libraries(self) -> None:
        """After a release the pages in use come back: how many these are is known at the next look."""
        found, before = self._read().files_mb, self._released_files
        if before:
            is_worth_it = found <= before - GROWN_MB
            self._library_looks.seconds = LIBRARY_SECONDS if is_worth_it else min(2 * self._library_looks.seconds, MOST_LIBRARY_SECONDS)
            self._least_files, self._released_files = min(self._least_files, found), 0.0
        elif not math.isfinite(self._least_files) or found >= self._least_files + GROWN_MB:
            self._libraries.release()
            self._released_files = found


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
        self._memory = MemoryUpkeep()
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
