"""The real program before a camera that goes over to infrared light at dusk and back at dawn: it says so in the state of the camera.

It knows nothing of who is recognised meanwhile.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from tests.program import Daemon

if TYPE_CHECKING:
    from pathlib import Path

    from tests.broker import Mosquitto, Subscriber

RATE = 2
DAY, NIGHT = 10 * RATE, 70 * RATE
"""Frames of a day and of a night."""


@pytest.fixture(scope="module")
def dusk_and_dawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures of a yard, each with noise of its own."""
    folder = tmp_path_factory.mktemp("yard")
    rng = np.random.default_rng(6)
    yard = cv2.resize(rng.integers(0, 220, (9, 16, 3), np.uint8), (320, 180), interpolation=cv2.INTER_CUBIC)
    for number in range(DAY + NIGHT + DAY):
        pixels = np.asarray(yard, np.uint8) // 8 * 7 + rng.integers(0, 6, yard.shape, np.uint8)
        is_night = DAY <= number < DAY + NIGHT
        assert cv2.imwrite(str(folder / f"{number:03}.png"), cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY) if is_night else pixels)
    return folder


def test_a_camera_says_whether_its_pictures_have_colours(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, dusk_and_dawn: Path
) -> None:
    with Daemon(tmp_path, broker.port, dusk_and_dawn, camera={"pace": "fast", "frames_per_second": float(RATE)}) as daemon:
        assert daemon.wait() == 0
        said = [json.loads(told)["colour"] for told in subscriber.on("/front/status")]
    assert [colour for colour, _ in groupby(said)] == [True, False, True]
    assert not subscriber.on("/event")


@pytest.mark.parametrize(("number", "words"), [(0, ", in colour"), (DAY, ", without colours, as by infrared light")])
def test_check_says_so_too(tmp_path: Path, dusk_and_dawn: Path, number: int, words: str) -> None:
    checked = Daemon(tmp_path, 1, dusk_and_dawn / f"{number:03}.png").run("check", "--only", "cameras")
    assert (checked.returncode, checked.stdout.rstrip().endswith(words)) == (0, True), checked.stdout
