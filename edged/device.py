"""What the device says of itself: memory, processor time, heat.

Knows where Linux and the Raspberry Pi's firmware tell it; what is tolerable is not known here.
"""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path

THERMAL_ZONE = Path("/sys/class/thermal/thermal_zone0/temp")
THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
THROTTLED_NOW = 0xF
"""Raspberry Pi firmware: the low four bits say undervoltage, capped, throttled and soft temperature limit, now."""
MILLIDEGREES = 1000
MEGABYTE = 1_000_000
MADV_DONTNEED = 4
M_ARENA_MAX, M_MMAP_THRESHOLD = -8, -3
"""From glibc's malloc.h; other C libraries have no such function, or ignore it."""
FRAME_BYTES = 512 * 1024
"""From this size on memory is given back as soon as it is free: a frame is larger, and nothing else that comes and goes."""


def rss_mb() -> float:
    """Resident memory of this process, 10^6 bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / MEGABYTE


def use_one_arena() -> None:
    """Have glibc keep one heap for all threads, before there are any: one for each thread holds 6 MB more."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_THRESHOLD, FRAME_BYTES)


def release_pages(path: Path) -> None:
    """Give back the pages of a file that this process has mapped; what is read again comes back from the kernel's cache."""
    madvise = getattr(ctypes.CDLL(None), "madvise", None)
    maps = Path("/proc/self/maps")
    if madvise is None or not maps.is_file():
        return
    for line in maps.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.endswith(f" {path.resolve()}"):
            low, high = (int(address, 16) for address in line.split()[0].split("-"))
            madvise(ctypes.c_void_p(low), ctypes.c_size_t(high - low), MADV_DONTNEED)


def temperature_celsius() -> float | None:
    """The processor's temperature; None where the device does not tell."""
    text = _read(THERMAL_ZONE)
    return int(text) / MILLIDEGREES if text else None


def throttled() -> bool | None:
    """Whether a Raspberry Pi is slowed down now; None elsewhere."""
    text = _read(THROTTLED)
    return bool(int(text, 16) & THROTTLED_NOW) if text else None


class CpuMeter:
    """Processor time of this process between two readings."""

    def __init__(self) -> None:
        """Begin now."""
        self._wall, self._busy = time.monotonic(), time.process_time()

    def percent(self) -> float:
        """Percent of one core since the last call."""
        wall, busy = time.monotonic(), time.process_time()
        spent, elapsed = busy - self._busy, wall - self._wall
        self._wall, self._busy = wall, busy
        return 100 * spent / elapsed if elapsed > 0 else 0.0


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return None
