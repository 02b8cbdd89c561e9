"""What is done now and then for the device: memory that was needed for a moment is given back."""

from __future__ import annotations

import subprocess
import sys

import pytest

from edged.system import mapped_files

GIVES_BACK = """
import time, cv2, numpy, pydantic
from edged.daemon.device_upkeep import LIBRARY_SECONDS, LOOK_SECONDS, MemoryUpkeep
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
upkeep.run(now + LIBRARY_SECONDS + 1)
print(grown.own_mb - usual.own_mb, after.own_mb - usual.own_mb, after.files_mb - resident().files_mb, len(kept))
"""


@pytest.mark.skipif(not mapped_files.MAPPINGS.is_file(), reason="only Linux tells what a process has mapped")
def test_what_lies_free_between_blocks_in_use_and_what_is_read_no_more_of_libraries_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", GIVES_BACK], capture_output=True, text=True, check=True)
    grown_mb, left_mb, libraries_mb, _ = map(float, done.stdout.split())
    assert grown_mb > 40
    assert left_mb < 10
    assert libraries_mb > 5
