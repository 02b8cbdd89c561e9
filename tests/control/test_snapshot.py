"""The newest frame of a camera as a picture."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np

from edged.control.snapshot import SNAPSHOT_BYTES, Scene
from edged.vision.pictures import decode_sent
from tests import forms
from tests.control.asking import shown
from tests.household import Household, asked, refused

if TYPE_CHECKING:
    from edged.types import Uint8Array


def test_a_snapshot_is_the_newest_frame_and_small_enough(control: Household, astronaut: Uint8Array) -> None:
    control.show(shown(astronaut))
    for camera in (None, "front"):
        answer = asked(control, forms.snapshot(camera, marked=False))
        assert (answer["camera"], answer["frame_size"], answer["faces"]) == ("front", [512, 512], None)
        assert np.abs(decode_sent(base64.b64decode(answer["image"])).astype(int) - astronaut).mean() < 5
    noise = np.random.default_rng(0).integers(0, 255, (1080, 1920, 3), dtype=np.uint8)
    control.show(shown(noise))
    image = base64.b64decode(asked(control, forms.snapshot(None, marked=False))["image"])
    assert len(image) <= SNAPSHOT_BYTES
    assert decode_sent(image).size


def test_faces_are_marked_where_that_is_asked_for(control: Household, astronaut: Uint8Array) -> None:
    control.show(shown(astronaut))
    plain, with_marks = (asked(control, forms.snapshot(None, marked=marked)) for marked in (False, True))
    assert with_marks["faces"] == 1
    assert with_marks["image"] != plain["image"]


def test_no_snapshot_of_what_is_not_there(control: Household, astronaut: Uint8Array) -> None:
    assert refused(control, forms.snapshot(None, marked=False)).code == "no_camera"
    control.show({**shown(astronaut), "back": Scene(None, is_online=False, reason="It is unplugged.")})
    assert refused(control, forms.snapshot(None, marked=False)).code == "no_camera"
    gone = refused(control, forms.snapshot("back", marked=False))
    assert gone.code == "no_frame"
    assert "unplugged" in str(gone)
    control.scenes["front"].is_online = False
    assert refused(control, forms.snapshot("front", marked=False)).code == "no_frame", "an old frame is not passed off as new"
