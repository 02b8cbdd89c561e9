"""The real program before a camera whose pixels are not square: it says which key helps, and with that key it says nothing.

The people are of LFW View 1; knows nothing of how they are recognised.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.vision.pictures import read_picture
from tests.broker import wait_until
from tests.program import Daemon

if TYPE_CHECKING:
    from tests.broker import Mosquitto, Subscriber

LFW = Path(__file__).resolve().parents[3] / "shared" / "data" / "lfw_view1" / "images"
PEOPLE = 12
SQUEEZED = (640, 720)
"""Pixels of a picture that is meant to be 1280×720."""

pytestmark = pytest.mark.skipif(not LFW.exists(), reason="the development data is not here")


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures, two a second: each person for three seconds before the camera, squeezed, and two without anybody between."""
    folder = tmp_path_factory.mktemp("visits")
    by_person = defaultdict(list)
    for path in sorted(LFW.rglob("*.jpg")):
        by_person[path.stem.rsplit("_", 1)[0]].append(path)
    for number, paths in enumerate(list(by_person.values())[::30][:PEOPLE]):
        portrait = cv2.resize(read_picture(paths[0]), (400, 400))
        for step in range(10):
            frame = np.full((720, 1280, 3), 90, np.uint8)
            if step < 6:
                frame[160:560, 400 + 8 * step : 800 + 8 * step] = portrait
            cv2.imwrite(str(folder / f"{number:02}_{step}.jpg"), cv2.resize(frame, SQUEEZED, interpolation=cv2.INTER_AREA))
    return folder


def test_a_camera_whose_faces_are_squeezed_says_which_key_helps(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visits: Path
) -> None:
    with Daemon(tmp_path, broker.port, visits, camera={"pace": "fast", "frames_per_second": 2.0, "loop": True}) as daemon:
        wait_until(lambda: 'camera.aspect to "16:9"' in str(hint(subscriber)), f"the hint:\n{daemon.log}")
        assert daemon.stop() == 0


def test_with_that_key_it_says_nothing(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visits: Path) -> None:
    with Daemon(tmp_path, broker.port, visits, camera={"pace": "fast", "frames_per_second": 2.0, "aspect": "16:9"}) as daemon:
        assert daemon.wait() == 0
    assert {json.loads(message)["hint"] for message in subscriber.on("/front/status")} == {None}


def hint(subscriber: Subscriber) -> object:
    """The newest hint; None before there was any status."""
    told = subscriber.on("/front/status")
    return json.loads(told[-1])["hint"] if told else None
