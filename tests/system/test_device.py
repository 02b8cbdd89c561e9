"""What the device says of itself."""

from __future__ import annotations

import mmap
import os
import time
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from edged.system import device

linux = pytest.mark.skipif(not device.OWN_INPUT_OUTPUT.is_file(), reason="only Linux tells what a process uses")


@linux
def test_memory_that_is_used_is_resident() -> None:
    """Pages are asked of the kernel: malloc may hand out what an earlier test has used and freed, which is resident already."""
    before = device.rss_mb()
    with mmap.mmap(-1, 50_000_000) as used:
        for place in range(0, len(used), mmap.PAGESIZE):
            used[place] = 1
        grown = device.rss_mb() - before
    assert grown == pytest.approx(50, abs=5)


def test_the_share_of_a_core_is_that_since_the_last_call() -> None:
    meter = device.CpuMeter()
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    assert 0 < meter.percent() < 150


@pytest.mark.parametrize(("text", "celsius"), [("48312\n", 48.312), ("-5000", -5.0), ("", None)])
def test_the_temperature_is_in_degrees(tmp_path: Path, text: str, celsius: float | None) -> None:
    (tmp_path / "temp").write_text(text)
    assert device.temperature_celsius(tmp_path / "temp") == celsius
    assert device.temperature_celsius(tmp_path / "gone") is None


@pytest.mark.parametrize(("text", "throttled"), [("0\n", False), ("50000\n", False), ("50005\n", True), ("1", True), ("8", True)])
def test_only_what_slows_a_pi_down_now_counts(tmp_path: Path, text: str, *, throttled: bool) -> None:
    """The upper bits say what was since it was switched on."""
    (tmp_path / "get_throttled").write_text(text)
    assert device.throttled(tmp_path / "get_throttled") is throttled
    assert device.throttled(tmp_path / "gone") is None


def test_what_is_written_is_told_for_a_day_and_no_longer(tmp_path: Path) -> None:
    source, hour, told = tmp_path / "io", 3600.0, list[float | None]()
    meter = device.WriteMeter(source)
    for number in range(50):
        source.write_text(f"rchar: 5\nwrite_bytes: {1_000_000 * number}\ncancelled_write_bytes: 7\n")
        told.append(meter.day_mb(number * hour))
    assert told == [*range(25), *[24] * 25]


def test_a_device_that_does_not_tell_what_is_written_has_no_figure(tmp_path: Path) -> None:
    assert device.WriteMeter(tmp_path / "none").day_mb(0.0) is None


@linux
def test_writing_a_file_counts() -> None:
    """Beside the code, where there is a disk: the folder for temporary files is in memory on many a system."""
    meter = device.WriteMeter()
    assert meter.day_mb(0.0) == 0
    with TemporaryFile(dir=Path(__file__).parent) as file:
        file.write(os.urandom(3 << 20))
        file.flush()
        os.fsync(file.fileno())
    written = meter.day_mb(1.0)
    assert written is not None
    assert 3 <= written < 6
