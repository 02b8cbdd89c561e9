"""What the benchmark says of the machine, and how durations become two figures."""

from __future__ import annotations

import os
import platform

from bench_machine import Milliseconds, available_bytes, machine, versions


def test_percentiles_are_in_milliseconds() -> None:
    assert Milliseconds.of([0.001] * 50 + [0.002] * 50 + [0.003]) == Milliseconds(p50=2.0, p99=2.0)


def test_the_machine_is_this_one() -> None:
    found = machine()
    assert found["processor"]
    assert found["cores"] == len(os.sched_getaffinity(0))
    assert platform.machine() in str(found["system"])


def test_available_memory_is_part_of_all() -> None:
    assert 0 < available_bytes() < int(machine()["memory_mb"]) * 1_000_000


def test_versions_are_of_what_is_installed() -> None:
    assert {"python", "edged", "numpy"} <= versions().keys()
    assert all(versions().values())
