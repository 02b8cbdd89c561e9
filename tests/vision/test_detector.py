"""The detector on real faces: where they are, in frames of any shape, and the memory that it takes."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.errors import ModelError
from edged.types import Box
from edged.vision.detection_card import DetectionCard
from edged.vision.detector import Detector, interpolation
from tests.conftest import MODELS

if TYPE_CHECKING:
    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader


def test_a_face_is_found_with_its_landmarks_where_they_are(reader: FaceReader, astronaut: Uint8Array) -> None:
    [face] = reader.detector.detect(astronaut)
    points = dict(zip(face.landmarks.names, face.landmarks.points_xy, strict=True))
    assert face.score > 0.8
    assert points["right_eye"] == pytest.approx((198, 109), abs=8)  # the subject's right: on the picture's left
    assert points["left_eye"] == pytest.approx((246, 108), abs=8)
    assert points["nose_tip"] == pytest.approx((221, 127), abs=8)
    assert points["left_mouth_corner"][0] > points["right_mouth_corner"][0]
    assert all(face.box.x1 < x < face.box.x2 and face.box.y1 < y < face.box.y2 for x, y in points.values())


@pytest.mark.parametrize("shape", [(480, 640), (720, 1280), (1280, 720), (250, 250), (1080, 1920), (97, 501)])
def test_boxes_are_in_pixels_of_the_frame_whatever_its_shape(reader: FaceReader, astronaut: Uint8Array, shape: tuple[int, int]) -> None:
    frame = np.full((*shape, 3), 90, np.uint8)
    side = min(shape)
    small = cv2.resize(astronaut, (side, side), interpolation=cv2.INTER_AREA)
    frame[:side, shape[1] - side :] = small
    [face] = reader.detector.detect(frame)
    scale = side / astronaut.shape[0]
    assert face.box.centre == pytest.approx((shape[1] - side + 225 * scale, 120 * scale), abs=20 * scale)


def test_a_frame_does_not_remember_the_one_before(reader: FaceReader, astronaut: Uint8Array) -> None:
    before = [face.score for face in reader.detector.detect(astronaut)]
    assert reader.detector.detect(np.zeros_like(astronaut)) == []
    assert reader.detector.detect(np.full((300, 700, 3), 128, np.uint8)) == []
    assert [face.score for face in reader.detector.detect(astronaut)] == before


def test_nothing_is_found_where_there_is_nobody(reader: FaceReader) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    assert reader.largest(noise) is None
    assert reader.largest(np.zeros((480, 640, 3), np.uint8)) is None


def test_an_input_width_that_there_is_not_is_refused() -> None:
    with pytest.raises(ModelError, match="333 pixels wide; there are"):
        Detector(DetectionCard.read(MODELS / "detection_yunet"), input_width=333)


def test_what_is_unloaded_gives_its_memory_back_at_once(reader: FaceReader, astronaut: Uint8Array) -> None:
    """Without waiting for the garbage collector: 20 MB on a device that has few."""
    height, width = astronaut.shape[:2]
    network = weakref.ref(reader.detector.network((width, height)))
    gc.disable()
    try:
        reader.detector.unload()
        assert network() is None
    finally:
        gc.enable()


def test_pictures_of_many_shapes_take_the_memory_of_one() -> None:
    detector = Detector(DetectionCard.read(MODELS / "detection_yunet"), most_loaded=2)
    frame_size = (1280, 720)
    camera, pictures = weakref.ref(detector.network(frame_size)), []
    gc.disable()
    try:
        for size in ((600, 600), (640, 480)):
            pictures.append(weakref.ref(detector.network(size)))
            assert detector.network(frame_size) is camera(), "the camera's stays"
        assert [picture() is None for picture in pictures] == [True, False]
    finally:
        gc.enable()


def test_what_a_picture_needed_is_freed_and_what_the_camera_needs_stays(reader: FaceReader) -> None:
    detector, frame = reader.detector, np.zeros((720, 1280, 3), np.uint8)
    camera, picture = (weakref.ref(detector.network(size)) for size in ((1280, 720), (600, 600)))
    gc.disable()
    try:
        detector.unload_unused()
        assert None not in {camera(), picture()}, "both were needed just now"
        detector.detect(frame)
        detector.unload_unused()
        assert (camera() is None, picture() is None) == (False, True)
    finally:
        gc.enable()


def test_parts_of_frames_and_crops_share_a_network_until_nobody_needs_it() -> None:
    detector = Detector(DetectionCard.read(MODELS / "detection_yunet"))
    crops, frame = detector.for_crops(0.5), np.zeros((720, 1280, 3), np.uint8)
    assert detector.detect_around(frame, [Box(600, 300, 700, 400)]) == []
    crops.detect(frame[:256, :320])
    shared = weakref.ref(detector.last_network or crops)
    assert shared() is crops.last_network
    gc.disable()
    try:
        detector.unload()
        assert shared() is crops.last_network, "one of them needs it"
        crops.unload()
        assert shared() is None
    finally:
        gc.enable()


def test_a_frame_of_twice_the_size_is_averaged(astronaut: Uint8Array) -> None:
    """In whole numbers, as every processor has them."""
    height, width = (size // 2 for size in astronaut.shape[:2])
    blocks = astronaut[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3).astype(np.uint16)
    shrunk = cv2.resize(astronaut[: 2 * height, : 2 * width], (width, height), interpolation=interpolation(0.5))
    assert (shrunk == (blocks.sum(axis=(1, 3)) + 2) // 4).all()
