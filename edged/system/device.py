"""What the device says of itself: memory, processor time, heat.

It knows where Linux and the Raspberry Pi's firmware say it, and not what is tolerable.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

THERMAL_ZONE = Path("/sys/class/thermal/thermal_zone0/temp")
THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
THROTTLED_NOW = 0xF
"""Bits of the Raspberry Pi's firmware that say undervoltage, capped, throttled and soft temperature limit, now."""
MADV_DONTNEED = 4
MAPPINGS = Path("/proc/self/smaps")
MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)")
"""First line of a mapping (Linux, proc(5)): addresses, flags and file; lines about the mapping follow."""
OWN_PAGES, LAST_LINE = ("Anonymous:", "Swap:"), "VmFlags:"
"""Beginnings of the lines that say how much of a mapping is in no file, in memory and in swap; and of the last."""
M_ARENA_MAX, M_MMAP_THRESHOLD = -8, -3
"""Options of glibc's mallopt(), from malloc.h; other C libraries have no such function, or ignore it."""
OWN_INPUT_OUTPUT = Path("/proc/self/io")
"""What this process has read and written (Linux, proc(5)); `write_bytes` is what it has had written to the storage."""
DAY_SECONDS, HOUR_SECONDS = 86400.0, 3600.0
TURN_SECONDS = 0.0005
"""Seconds for which one thread keeps Python's lock while others want it. A frame lets go of it some dozens of times, at each call of OpenCV
and of a network, and waits for so long each time while a thread works in Python alone. Beside such a thread a look at a frame took 40, 39
and 28 ms in the median with Python's 5 ms, and 38, 14 and 17 ms with this (2 busy cores, 150 looks each, taking turns)."""
FRAME_BYTES = 512 * 1024
"""Size from which on memory is given back as soon as it is free: a frame is larger, and nothing else that comes and goes."""


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


def prepare_for_threads() -> None:
    """Have the threads of this process share one heap and take short turns; to be called before there are any."""
    use_one_arena()
    sys.setswitchinterval(TURN_SECONDS)


def use_one_arena() -> None:
    """Have glibc keep one heap for all threads, before there are any: one for each thread holds 6 MB more."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_THRESHOLD, FRAME_BYTES)


def release_free_memory() -> None:
    """Give back what is free between blocks that are in use, which glibc keeps after a large request; takes milliseconds."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))


def release_pages(path: Path) -> None:
    """Give back the pages of a file that this process has mapped; what is read again comes back from the kernel's cache."""
    _release(lambda file, _: file == str(path.resolve()))


def release_libraries() -> None:
    """Give back the pages of libraries: most were read only while edged started, and those that are used come back from the kernel's cache.

    A mapping that holds pages of its own, such as relocated tables, is left alone, since those are in no file.
    """
    _release(lambda file, flags: file.startswith("/") and "w" not in flags and flags.endswith("p"))


def _release(wanted: Callable[[str, str], bool]) -> None:
    """Give back what is mapped of the files wanted, chosen by their name and the mapping's flags, and holds nothing that is in no file."""
    madvise = getattr(ctypes.CDLL(None), "madvise", None)
    if madvise is None:
        return
    for low, size in _in_files_alone(wanted):
        madvise(ctypes.c_void_p(low), ctypes.c_size_t(size), MADV_DONTNEED)


def _in_files_alone(wanted: Callable[[str, str], bool]) -> Iterator[tuple[int, int]]:
    """List address and size of each mapping wanted of which nothing is in memory, or in swap, that is in no file."""
    span = range(0)
    for line in (_read(MAPPINGS) or "").splitlines():
        if found := MAPPING.match(line):
            low, high, flags, file = found.groups()
            span = range(int(low, 16), int(high, 16)) if wanted(file, flags) else range(0)
        elif line.startswith(OWN_PAGES) and line.split()[1] != "0":
            span = range(0)
        elif span and line.startswith(LAST_LINE):
            yield span.start, len(span)


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
