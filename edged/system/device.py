"""What the device says of itself: memory, processor time, heat.

It knows where Linux and the Raspberry Pi's firmware say it, and not what is tolerable.
"""

from __future__ import annotations

import ctypes
import os
import re
import time
from collections import deque
from pathlib import Path
from typing import NamedTuple

THERMAL_ZONE = Path("/sys/class/thermal/thermal_zone0/temp")
THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
THROTTLED_NOW = 0xF
"""Bits of the Raspberry Pi's firmware that say undervoltage, capped, throttled and soft temperature limit, now."""
OWN_INPUT_OUTPUT = Path("/proc/self/io")
"""What this process has read and written (Linux, proc(5)); `write_bytes` is what it has had written to the storage."""
DAY_SECONDS, HOUR_SECONDS = 86400.0, 3600.0


def rss_mb() -> float:
    """Give the resident memory of this process, 10^6 bytes."""
    return sum(resident())


class Resident(NamedTuple):
    """Resident memory, 10^6 bytes: what is this process's own, and pages of libraries and other files that are mapped."""

    own_mb: float
    files_mb: float


def resident() -> Resident:
    """Give the resident memory of this process by its kinds; takes microseconds."""
    pages, in_files = map(int, Path("/proc/self/statm").read_text(encoding="ascii").split()[1:3])
    page_mb = os.sysconf("SC_PAGESIZE") / 1_000_000
    return Resident((pages - in_files) * page_mb, in_files * page_mb)


def release_free_memory() -> None:
    """Give back what is free between blocks that are in use, which glibc keeps after a large request; takes milliseconds."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))


def temperature_celsius(zone: Path = THERMAL_ZONE) -> float | None:
    """Give the processor's temperature; None where the device does not say."""
    text = _read(zone)
    return int(text) / 1000 if text else None


def throttled(firmware: Path = THROTTLED) -> bool | None:
    """Say whether a Raspberry Pi is slowed down now; None elsewhere."""
    text = _read(firmware)
    return bool(int(text, 16) & THROTTLED_NOW) if text else None


class CpuMeter:
    """Processor time of this process between two readings."""

    def __init__(self) -> None:
        """Begin now."""
        self._wall, self._busy = time.monotonic(), time.process_time()

    def percent(self) -> float:
        """Give percent of one core since the last call."""
        wall, busy = time.monotonic(), time.process_time()
        spent, elapsed = busy - self._busy, wall - self._wall
        self._wall, self._busy = wall, busy
        return 100 * spent / elapsed if elapsed > 0 else 0.0


class WriteMeter:
    """What this process writes to the storage in a day, which an SD card bears only so often."""

    def __init__(self, source: Path = OWN_INPUT_OUTPUT) -> None:
        """Begin to count with the first reading."""
        self._source = source
        self._marks: deque[tuple[float, int]] = deque()

    def day_mb(self, now: float) -> float | None:
        """Give what was written in the day before monotonic time now, 10^6 bytes, to the hour; None where Linux does not say.

        While edged runs for less than a day, since the first reading.
        """
        written = self._written()
        if written is None:
            return None
        if not self._marks or now - self._marks[-1][0] >= HOUR_SECONDS:
            self._marks.append((now, written))
        while len(self._marks) > 1 and now - self._marks[1][0] >= DAY_SECONDS:
            self._marks.popleft()
        return (written - self._marks[0][1]) / 1_000_000

    def _written(self) -> int | None:
        found = re.search(r"^write_bytes: (\d+)$", _read(self._source) or "", re.MULTILINE)
        return int(found[1]) if found else None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
