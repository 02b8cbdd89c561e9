"""What every figure of the benchmark shares: how many runs become one figure, what machine it was, and what can go wrong.

It does not know what is measured.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
PACKAGES = ("edged", "ai-edge-litert", "tflite-runtime", "numpy", "opencv-python-headless", "paho-mqtt", "pydantic", "sqlite-utils")


class BenchError(Exception):
    """Something cannot be measured here; the message is a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Milliseconds:
    """Many runs as two figures."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Milliseconds:
        """Median and 99th percentile of durations in seconds."""
        p50, p99 = np.percentile(seconds, (50, 99)) * 1000
        return cls(round(float(p50), 3), round(float(p99), 3))


def machine() -> dict[str, str | int]:
    """Processor, cores that may be used, memory and system."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGESIZE") / 1e6),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def versions() -> dict[str, str]:
    """Python and the packages that do the work, those that are installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def available_bytes() -> int:
    """Memory that can be had without swapping."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    raise BenchError("/proc/meminfo does not tell MemAvailable; the benchmark needs Linux.")


def _processor() -> str:
    device = Path("/proc/device-tree/model")  # a Raspberry Pi says here which one it is
    if device.is_file():
        return device.read_text(encoding="utf-8").rstrip("\0")
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    named = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("model name")]
    return named[0] if named else platform.machine()
