"""What the device says of itself, and what the daemon does with its memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.system import device

if TYPE_CHECKING:
    from pathlib import Path

linux = pytest.mark.skipif(not device.MAPPINGS.is_file(), reason="only Linux tells what a process has mapped")

GIVES_BACK = """
import cv2, ssl, pydantic, ai_edge_litert.interpreter
from edged.system import device
before = device.rss_mb()
device.release_libraries()
after = device.rss_mb()
import numpy as np
picture = cv2.resize(np.full((8, 8, 3), 7, np.uint8), (4, 4))
print(before - after, picture.sum(), pydantic.TypeAdapter(int).validate_python("5"), ssl.create_default_context().verify_mode.name)
"""


@linux
def test_libraries_that_were_given_back_still_work() -> None:
    done = subprocess.run([sys.executable, "-c", GIVES_BACK], capture_output=True, text=True, check=True)
    freed_mb, *answers = done.stdout.split()
    assert float(freed_mb) > 10
    assert answers == [str(4 * 4 * 3 * 7), "5", "CERT_REQUIRED"]


@linux
def test_a_file_that_was_given_back_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(bytes(range(256)) * 4096 * 16)
    mapped = np.memmap(path, dtype=np.uint8, mode="r")
    known = int(mapped.sum())
    before = device.rss_mb()
    device.release_pages(path)
    assert before - device.rss_mb() > 12
    assert int(mapped.sum()) == known


@linux
@pytest.mark.parametrize(("kind", "is_kept"), [("Anonymous", True), ("Swap", True), ("Private_Clean", False)])
def test_what_is_in_swap_is_in_no_file_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, *, is_kept: bool) -> None:
    """The tables of a library that were written and then swapped out would come back as they are in the file, and crash it."""
    path = tmp_path / "library"
    path.write_bytes(bytes(16 << 20))
    mapped = np.memmap(path, dtype=np.uint8, mode="r")
    assert not mapped.any()
    low = mapped.ctypes.data
    told = tmp_path / "smaps"
    own = {"Private_Clean": 0, "Anonymous": 0, "Swap": 0} | {kind: 4}
    lines = [f"{low:x}-{low + mapped.size:x} r--p 00000000 00:00 1    {path}", *(f"{name}: {size} kB" for name, size in own.items())]
    told.write_text("\n".join([*lines, "VmFlags: rd mr"]), encoding="utf-8")
    monkeypatch.setattr(device, "MAPPINGS", told)
    before = device.rss_mb()
    device.release_libraries()
    assert (before - device.rss_mb() < 8) is is_kept


@linux
def test_what_was_written_into_memory_alone_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_bytes(bytes(1 << 20))
    mapped = np.memmap(path, dtype=np.uint8, mode="c")  # its pages are the process's own once they are written
    mapped[5] = 1
    device.release_pages(path)
    assert mapped[5] == 1
    assert cv2.countNonZero(mapped.reshape(1024, 1024)) == 1


@linux
def test_memory_that_is_used_is_resident() -> None:
    before = device.rss_mb()
    used = np.ones(50_000_000, np.uint8)
    assert device.rss_mb() - before == pytest.approx(used.nbytes / 1e6, abs=5)


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
def test_writing_a_file_counts(tmp_path: Path) -> None:
    meter = device.WriteMeter()
    assert meter.day_mb(0.0) == 0
    with (tmp_path / "file").open("wb") as file:
        file.write(os.urandom(3 << 20))
        file.flush()
        os.fsync(file.fileno())
    written = meter.day_mb(1.0)
    assert written is not None
    assert 3 <= written < 6
