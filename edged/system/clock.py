"""The clocks of the device: wall time, the seconds since it was started, and whether its wall time is synchronised.

It does not know what the times are for.
"""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
"""File that systemd-timesyncd and systemd-time-wait-sync make when the clock was synchronised in this boot."""
MOST_ERROR_MICROSECONDS = 16_000_000
"""Error of the kernel's clock from which on it is not synchronised, NTP_PHASE_LIMIT of Linux: whatever sets the clock by hand sets it, and
it grows to it within 9 hours where no server is heard. `timedatectl` judges by the same; STA_UNSYNC is set by chrony all the time."""
TIMEX_BYTES = 512
"""Bytes given to the kernel for its answer; struct timex has at most 208."""


class _Timex(ctypes.Structure):
    """The beginning of struct timex of adjtimex(2); the rest is only room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * TIMEX_BYTES),
    )


def kernel_error_microseconds() -> int | None:
    """Read by how much the kernel's clock may be wrong; None where it does not say, as under systemd's ProtectClock=."""
    adjtimex = _adjtimex()
    answer = _Timex()
    if adjtimex is None or adjtimex(ctypes.byref(answer)) < 0:
        return None
    return int(answer.maxerror)


def is_synchronised(error_microseconds: Callable[[], int | None] = kernel_error_microseconds, file: Path = SYNCHRONISED) -> bool:
    """Whether something keeps the wall time right; False where nobody can say. The file counts only where the kernel says nothing."""
    error = error_microseconds()
    return file.exists() if error is None else error < MOST_ERROR_MICROSECONDS


def boot_id(file: Path = BOOT_ID) -> str:
    """Read the name of this boot; a new name at each call where the system has none, since nothing is known of its boots then."""
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return f"unknown-{time.time_ns()}"


def running_seconds() -> float:
    """Seconds since the device was started, those of sleep included; no clock that is set changes them."""
    return time.clock_gettime(_RUNNING)


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The clocks to go by: wall gives seconds since 1970, running those since the start of the boot of this name."""

    wall: Callable[[], float] = time.time
    running: Callable[[], float] = running_seconds
    boot: str = field(default_factory=boot_id)
    is_synchronised: Callable[[], bool] = is_synchronised


_RUNNING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@cache
def _adjtimex() -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), "adjtimex", None)
