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
    from edged.vision.detector import Detector

UNUSED_SECONDS = 5.0
"""Seconds after which a network that nothing has needed is freed. A camera looks every two seconds; one that gives frames seldom, is
paused or gone has its network loaded again when it looks."""
BUDGET_SECONDS = 5.0
"""Seconds between two readings of processor time and temperature: long enough for a mean of many frames, short against the heat."""
LOOK_SECONDS = 1.0
"""Seconds between two looks at how much memory there is, which take microseconds."""
LIBRARY_SECONDS, MOST_LIBRARY_SECONDS = 0.2, 3.2
"""Seconds between two looks at the pages of libraries, of which a network that is loaded, or a picture of another format, reads some MB in
a moment; and the same where giving them back, which takes 2 ms, gains nothing, since more of them are in use now."""
IN_USE_SECONDS = 4.0
"""Seconds after which those that are in use are there again."""
GROWN_MB = 4.0
"""Growth, 10^6 bytes, after which memory is given back: a request on a picture takes more, and what a quiet door takes and frees, less."""

FILES_GROWN_MB = 2.0
"""The same of the pages of libraries."""


class MemoryUpkeep:
    """Gives memory back after it has grown: large requests leave free blocks, and to load a network reads much of a library once."""

    def __init__(self, read: Callable[[], device.Resident] = device.resident) -> None:
        """Look at libraries for the first time when cameras have had theirs; read() gives what is in memory."""
        self._read, self._libraries = read, Libraries()
        self._looks, self._library_looks = Every(LOOK_SECONDS), Every(LIBRARY_SECONDS, time.monotonic() + IN_USE_SECONDS)
        self._least_own, self._in_use = 0.0, math.inf
        self._released_at: float | None = None

    def run(self, now: float) -> None:
        """Do what is due at monotonic time now."""
        if self._looks.is_due(now):
            self._give_back_own()
        if self._library_looks.is_due(now):
            self._give_back_libraries(now)

    def _give_back_own(self) -> None:
        found = self._read().own_mb
        if found >= self._least_own + GROWN_MB:
            device.release_free_memory()
            found = self._least_own = self._read().own_mb
        self._least_own = min(self._least_own, found)

    def _give_back_libraries(self, now: float) -> None:
        """Have no more in memory than what is in use, which is known some time after the first release."""
        found, looks = self._read().files_mb, self._library_looks
        if self._released_at is None:
            self._libraries.release()
            self._released_at, looks.due_at = now, now + IN_USE_SECONDS
        elif not math.isfinite(self._in_use):
            self._in_use = found
        elif found >= self._in_use + FILES_GROWN_MB:
            is_calm = now - self._released_at >= IN_USE_SECONDS
            looks.seconds = LIBRARY_SECONDS if is_calm else min(2 * looks.seconds, MOST_LIBRARY_SECONDS)
            self._libraries.release()
            self._released_at, looks.due_at = now, now + looks.seconds
        else:
            self._in_use = min(self._in_use, found)


class NetworkUpkeep:
    """Has the detector hold one network for each camera; that for a picture of another shape takes the place of one until the next frame.

    While requests wait it holds one more: each may bring a picture, and to load two networks for each takes longer than to look through it.
    """

    def __init__(self, detector: Detector, cameras: Sequence[RunningCamera], waiting: Callable[[], int]) -> None:
        """Take the cameras, and what says how many requests wait."""
        self._detector, self._cameras, self._waiting = detector, cameras, waiting

    def run(self, _now: float) -> None:
        """Look whether any wait."""
        self._detector.most_loaded = max(1, len(self._cameras)) + bool(self._waiting())


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
