"""The oldest OpenCV and NumPy that pyproject.toml allows, in the real program: what newer ones have renamed is not used.

Any other package is as installed; how pictures are read is tested elsewhere.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from door_acts import comes_closer, nobody

from tests.door import film_to
from tests.program import Daemon, edged

if TYPE_CHECKING:
    from tests.broker import Mosquitto, Subscriber

ROOT = Path(__file__).resolve().parent.parent
INSTALL_SECONDS = 300
BROKEN_BYTES = 9_000
"""Bytes of a portrait after which the rest is noise."""


FIRST_PYTHON_WITHOUT = (3, 12)
"""The first Python for which there is no NumPy as old as that: Debian 12, which has it, has 3.11."""


def lowest(package: str) -> str:
    """The oldest version that is allowed, as `1.24`."""
    found = re.search(rf'"{package}>=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert found
    return found[1]


@pytest.fixture(scope="module")
def oldest() -> dict[str, str]:
    """The environment of a program that finds these first; brought by pip once, without what they depend on."""
    opencv, numpy = lowest("opencv-python-headless"), lowest("numpy")
    folder = ROOT / ".cache" / f"oldest-{opencv}-{numpy}-{sys.implementation.cache_tag}"
    if not (folder / "complete").exists():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--no-deps", "--only-binary", ":all:"]
        wanted = [f"opencv-python-headless=={opencv}.*", *([f"numpy=={numpy}.*"] if sys.version_info < FIRST_PYTHON_WITHOUT else [])]
        subprocess.run([*install, "--target", str(folder), *wanted], check=True, capture_output=True, timeout=INSTALL_SECONDS)
        (folder / "complete").touch()
    found = {"PYTHONPATH": os.pathsep.join([str(folder), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]).rstrip(os.pathsep)}
    versions = subprocess.run(
        [sys.executable, "-c", "import cv2, numpy; print(cv2.__version__, numpy.__version__)"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **found},
    ).stdout.split()
    assert versions[0].startswith(opencv)
    assert versions[1].startswith(numpy) or sys.version_info >= FIRST_PYTHON_WITHOUT
    return found


def test_somebody_is_recognised_in_a_clip(
    oldest: dict[str, str], tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, portraits: dict[str, Path]
) -> None:
    clip = film_to(tmp_path / "clip.mp4", comes_closer("obama", 2), nobody(1))
    daemon = Daemon(tmp_path, broker.port, clip, camera={"pace": "fast"})
    enrolled = edged("enroll", "--config", daemon.config, "Barack", portraits["obama"], env=oldest)
    assert enrolled.returncode == 0, enrolled.stderr
    daemon.env = oldest
    with daemon:
        assert daemon.wait() == 0, daemon.log
    assert json.loads(subscriber.wait_for("/front/event")[0])["person"] == "barack"


def test_a_broken_picture_gets_our_sentence_and_nothing_of_the_librarys(
    oldest: dict[str, str], tmp_path: Path, portraits: dict[str, Path]
) -> None:
    content = portraits["obama"].read_bytes()
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(content[:BROKEN_BYTES] + b"\0" * (len(content) - BROKEN_BYTES))
    done = edged("analyse", broken, env=oldest)
    assert "Traceback" not in done.stderr
    assert [line for line in done.stderr.splitlines() if "WARN" in line or "ERROR" in line] == []
