"""Regions: they hold the faces, begin on cells and lie in the frame; and what the detector finds in one is what it finds in the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.types import Box
from edged.vision.detection_card import DetectionCard
from edged.vision.detector import Detector
from edged.vision.regions import MARGIN, Region, region_around
from tests.conftest import MODELS
from tests.walking import CLIP, pictures

if TYPE_CHECKING:
    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader

INPUT = (320, 256)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (640, 300), (1230, 660), (17, 660), (1240, 3)])
@pytest.mark.parametrize(("frame_size", "scale"), [((1280, 720), 0.5), ((1920, 1080), 1 / 3), ((640, 480), 1.0)])
def test_a_region_holds_the_face_with_room_as_far_as_the_frame_goes(x: int, y: int, frame_size: tuple[int, int], scale: float) -> None:
    x, y = x * frame_size[0] // 1280, y * frame_size[1] // 720
    box = Box(x, y, x + 40, y + 60)
    region = region_around([box], frame_size, INPUT, scale)
    assert region
    assert (region.width, region.height) == (round(320 / scale), round(256 / scale))
    assert 0 <= region.x1 <= max(0, box.x1 - MARGIN * 60)
    assert 0 <= region.y1 <= max(0, box.y1 - MARGIN * 60)
    assert region.x1 + region.width >= min(frame_size[0], box.x2 + MARGIN * 60)
    assert region.y1 + region.height >= min(frame_size[1], box.y2 + MARGIN * 60)


def test_a_region_in_the_middle_begins_on_a_cell_of_the_whole_frame() -> None:
    region = region_around([Box(600, 300, 660, 380)], (1280, 720), INPUT, 0.5)
    assert region
    assert (region.x1 % 64, region.y1 % 64) == (0, 0)


@pytest.mark.parametrize(
    "boxes",
    [[], [Box(0, 0, 50, 60), Box(700, 0, 750, 60)], [Box(100, 100, 560, 600)]],
    ids=["nobody", "too far apart", "too large"],
)
def test_there_is_no_region_where_the_faces_do_not_fit(boxes: list[Box]) -> None:
    assert region_around(boxes, (1280, 720), INPUT, 0.5) is None


def test_there_is_no_region_of_a_frame_that_is_hardly_larger() -> None:
    assert region_around([Box(10, 10, 50, 60)], (640, 480), INPUT, 0.5) is None


def test_a_face_that_the_border_cuts_is_left_for_the_whole_frame_and_one_at_the_frame_s_own_edge_is_not() -> None:
    region = Region(0, 64, 640, 512)
    assert region.is_whole(Box(-5, 100, 60, 200), (1280, 720))
    assert not region.is_whole(Box(600, 100, 642, 200), (1280, 720))
    assert not region.is_whole(Box(100, 66, 160, 200), (1280, 720))
    assert region.is_whole(Box(100, 500, 160, 570), (1280, 576))


@pytest.mark.skipif(not CLIP.exists(), reason="the development data is not here")
def test_people_who_walk_are_found_around_where_they_were(reader: FaceReader) -> None:
    """Of the faces of at least 40 px that the whole frame shows, all but one in a hundred, and where it shows them."""
    detector, shown = reader.detector, pictures()[::2]
    pairs = missed = 0
    for before, now in zip(map(detector.detect, shown[:-1]), shown[1:], strict=True):
        whole = detector.detect(now)
        for face in before:
            there = max(whole, key=lambda other: other.box.iou(face.box), default=None)
            if min(face.box.width, face.box.height) < 40 or there is None or there.box.iou(face.box) < 0.2:
                continue
            found = detector.detect_around(now, [face.box])
            assert found is not None
            pairs, missed = pairs + 1, missed + all(other.box.iou(there.box) < 0.5 for other in found)
    assert pairs > 200
    assert missed <= pairs / 100


def test_what_was_loaded_for_parts_is_freed_when_none_is_looked_at(astronaut: Uint8Array) -> None:
    detector = Detector(DetectionCard.read(MODELS / "detection_yunet"))
    frame = np.zeros((720, 1280, 3), np.uint8)
    frame[:480, 400:880] = cv2.resize(astronaut, (480, 480), interpolation=cv2.INTER_AREA)
    [face] = detector.detect(frame)
    found = detector.detect_around(frame, [face.box])
    assert found is not None
    [again] = found
    assert again.box.iou(face.box) > 0.85
    part = detector.last_network
    assert part is not detector.network((1280, 720))
    detector.unload_unused()
    detector.unload_unused()
    del part
    assert detector.last_network is None
