"""What is done now and then for the device: memory that was needed for a moment is given back."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING

import pytest

from edged.daemon.device_upkeep import NetworkUpkeep
from edged.system import mapped_files
from edged.vision.detection_card import DetectionCard
from edged.vision.detector import Detector
from tests.conftest import MODELS

if TYPE_CHECKING:
    from pathlib import Path

GIVES_BACK = """
import mmap, os, sys, time, cv2, numpy, pydantic
from edged.daemon.device_upkeep import IN_USE_SECONDS, LIBRARY_SECONDS, LOOK_SECONDS, MemoryUpkeep
from edged.system.device import resident
upkeep, now = MemoryUpkeep(), time.monotonic()
upkeep.run(now)
usual = resident()
blocks = [bytes(1000) for _ in range(60_000)]
kept = blocks[::100]
blocks.clear()
grown = resident()
upkeep.run(now + LOOK_SECONDS)
after = resident()
upkeep.run(now + IN_USE_SECONDS + 1)
first = resident()
upkeep.run(now + 2 * IN_USE_SECONDS + 2)
opened = os.open(sys.argv[1], os.O_RDONLY)
library = mmap.mmap(opened, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
sum(library[::4096])
read = resident()
upkeep.run(now + 2 * IN_USE_SECONDS + 2 + LIBRARY_SECONDS)
again = resident()
print(grown.own_mb - usual.own_mb, after.own_mb - usual.own_mb, after.files_mb - first.files_mb, read.files_mb - again.files_mb, len(kept))
"""


@pytest.mark.skipif(not mapped_files.MAPPINGS.is_file(), reason="only Linux tells what a process has mapped")
def test_what_lies_free_between_blocks_in_use_and_what_is_read_no_more_of_libraries_is_given_back(tmp_path: Path) -> None:
    (tmp_path / "library").write_bytes(bytes(8 << 20))
    done = subprocess.run([sys.executable, "-c", GIVES_BACK, str(tmp_path / "library")], capture_output=True, text=True, check=True)
    grown_mb, left_mb, libraries_mb, again_mb, _ = map(float, done.stdout.split())
    assert again_mb > 7
    assert grown_mb > 40
    assert left_mb < 10
    assert libraries_mb > 5


def test_a_picture_of_another_shape_takes_the_place_of_the_camera_s_network_but_in_a_flood() -> None:
    detector, waiting, camera, picture = Detector(DetectionCard.read(MODELS / "detection_yunet")), list[str](), (1280, 720), (600, 600)
    upkeep = NetworkUpkeep(detector, [], lambda: len(waiting))
    gc.disable()
    try:
        upkeep.run(0.0)
        of_camera = weakref.ref(detector.network(camera))
        of_picture = weakref.ref(detector.network(picture))
        assert (of_camera() is None, of_picture() is None) == (True, False)
        again = weakref.ref(detector.network(camera))
        assert of_picture() is None
        waiting.append("another")
        upkeep.run(1.0)
        assert (detector.network(picture) is not None, again() is None) == (True, False)
    finally:
        gc.enable()
