"""What is done now and then for the device: memory that was needed for a moment is given back."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.daemon.device_upkeep import LIBRARY_SECONDS, LibraryUpkeep, NetworkUpkeep
from edged.system import device, mapped_files
from edged.system.mapped_files import Libraries
from edged.vision.detection_card import DetectionCard
from edged.vision.detector import Detector
from tests.conftest import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GIVES_BACK = """
import mmap, os, sys, time, cv2, numpy, pydantic
from edged.daemon.device_upkeep import IN_USE_SECONDS, LIBRARY_SECONDS, LOOK_SECONDS, LibraryUpkeep, MemoryUpkeep
from edged.system.device import resident
from edged.system.mapped_files import LIBRARIES
upkeep, libraries, now = MemoryUpkeep(), LibraryUpkeep(), time.monotonic()
upkeep.run(now)
usual = resident()
blocks = [bytes(1000) for _ in range(60_000)]
kept = blocks[::100]
blocks.clear()
grown = resident()
upkeep.run(now + LOOK_SECONDS)
after = resident()
LIBRARIES.release()
libraries.run(LIBRARIES.released_at + IN_USE_SECONDS)
opened = os.open(sys.argv[1], os.O_RDONLY)
library = mmap.mmap(opened, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
sum(library[::4096])
read = resident()
libraries.run(LIBRARIES.released_at + IN_USE_SECONDS + LIBRARY_SECONDS)
again = resident()
print(grown.own_mb - usual.own_mb, after.own_mb - usual.own_mb, read.files_mb - again.files_mb, len(kept))
"""


class Counted(Libraries):
    """Counts how often pages are given back, at a time that a test says."""

    def __init__(self) -> None:
        """Begin at 0, when pages were given back."""
        super().__init__()
        self.now = self.released_at = 0.0
        self.times: list[float] = []

    def release(self) -> None:
        """Note when."""
        self.released_at = self.now
        self.times.append(self.now)


def given_back(seconds: int, files_mb: Callable[[Counted], float]) -> list[float]:
    """When pages of libraries are given back in so many seconds, of which so much is in memory at each look."""
    libraries = Counted()
    upkeep = LibraryUpkeep(libraries, lambda: device.Resident(100.0, files_mb(libraries)))
    for look in range(1, int(seconds / LIBRARY_SECONDS)):
        libraries.now = look * LIBRARY_SECONDS
        upkeep.run(libraries.now)
    return libraries.times


@pytest.mark.skipif(not mapped_files.MAPPINGS.is_file(), reason="only Linux tells what a process has mapped")
def test_what_lies_free_between_blocks_in_use_and_what_is_read_no_more_of_libraries_is_given_back(tmp_path: Path) -> None:
    (tmp_path / "library").write_bytes(bytes(8 << 20))
    done = subprocess.run([sys.executable, "-c", GIVES_BACK, str(tmp_path / "library")], capture_output=True, text=True, check=True)
    grown_mb, left_mb, again_mb, _ = map(float, done.stdout.split())
    assert again_mb > 7
    assert grown_mb > 40
    assert left_mb < 10


def test_what_was_read_of_libraries_for_a_moment_is_given_back_at_once() -> None:
    def read_at_100(libraries: Counted) -> float:
        return 40.0 if libraries.now >= 100 and libraries.released_at < 100 else 30.0

    [at] = [time for time in given_back(120, read_at_100) if 99 < time < 104]
    assert at == pytest.approx(100, abs=2 * LIBRARY_SECONDS)


def test_where_more_of_libraries_is_in_use_to_give_it_back_is_left() -> None:
    """It takes 2 ms of the worker, and is in memory again at once."""

    def grown_at_100(libraries: Counted) -> float:
        return 40.0 if libraries.now >= 100 else 30.0

    times = given_back(3700, grown_at_100)
    assert len([time for time in times if 100 <= time < 115]) <= 6
    assert len([time for time in times if 200 <= time < 3600]) <= 10
    assert max(times) > 2000, "now and then, since less may be in use again"


def test_a_picture_of_another_shape_takes_the_place_of_the_camera_s_network_for_a_look_but_in_a_flood() -> None:
    detector, waiting, camera = Detector(DetectionCard.read(MODELS / "detection_yunet")), list[str](), (1280, 720)
    picture = np.zeros((600, 600, 3), np.uint8)
    upkeep = NetworkUpkeep(detector, [], lambda: len(waiting))
    gc.disable()
    try:
        upkeep.run(0.0)
        of_camera = weakref.ref(detector.network(camera))
        detector.detect_in_picture(picture)
        assert (of_camera(), detector.last_network) == (None, None)
        again = weakref.ref(detector.network(camera))
        waiting.append("another")
        upkeep.run(1.0)
        detector.detect_in_picture(picture)
        assert (again() is None, detector.last_network is None) == (False, False)
    finally:
        gc.enable()
