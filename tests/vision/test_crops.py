"""Crops: that a head is whole, that what is sent is small enough, and that what is cut out is a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.types import Box
from edged.vision.crops import cut_head, encode_jpeg, marked
from edged.vision.pictures import decode_sent

if TYPE_CHECKING:
    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader

NOISE = np.random.default_rng(0).integers(0, 255, (1080, 1920, 3), dtype=np.uint8)


def test_a_head_is_found_again_in_its_own_crop(reader: FaceReader, astronaut: Uint8Array) -> None:
    [face] = reader.detector.detect(astronaut)
    crop = cut_head(astronaut, face.box).pixels
    [again] = reader.detector.detect(np.asarray(cv2.copyMakeBorder(crop, 50, 50, 50, 50, cv2.BORDER_CONSTANT), np.uint8))
    assert again.score > 0.8
    assert crop.shape[0] > 1.5 * face.box.height
    assert crop.shape[1] > 1.5 * face.box.width


def test_a_crop_does_not_change_with_its_frame(astronaut: Uint8Array) -> None:
    frame = astronaut.copy()
    crop = cut_head(frame, Box(170, 60, 275, 185))
    before = crop.pixels.copy()
    frame[:] = 0
    assert np.array_equal(crop.pixels, before)


BEYOND = [Box(-50, -50, 20, 20), Box(500, 500, 700, 700), Box(900, 900, 950, 950), Box(-90, -90, -80, -80), Box(0, 0, 512, 512)]


@pytest.mark.parametrize("box", BEYOND)
def test_a_face_at_the_edge_or_beyond_gives_a_picture_all_the_same(astronaut: Uint8Array, box: Box) -> None:
    height, width = cut_head(astronaut, box).pixels.shape[:2]
    assert 1 <= height <= 512
    assert 1 <= width <= 512


@pytest.mark.parametrize("most_bytes", [200_000, 100_000, 20_000, 2_000])
@pytest.mark.parametrize("shape", [(1080, 1920), (1080, 20), (1, 1)])
def test_any_picture_is_made_to_fit(most_bytes: int, shape: tuple[int, int]) -> None:
    """Noise is the worst that a camera can give."""
    jpeg = encode_jpeg(NOISE[: shape[0], : shape[1]], most_bytes=most_bytes, longest_side=1280)
    assert len(jpeg) <= most_bytes
    decode_sent(jpeg)


def test_a_picture_that_fits_keeps_its_size(astronaut: Uint8Array) -> None:
    jpeg = encode_jpeg(astronaut, most_bytes=100_000, longest_side=512)
    assert decode_sent(jpeg).shape == (512, 512, 3)
    assert np.abs(decode_sent(jpeg).astype(int) - astronaut).mean() < 5


def test_marks_are_drawn_on_a_copy(astronaut: Uint8Array) -> None:
    before = astronaut.copy()
    assert not np.array_equal(marked(astronaut, [Box(170, 60, 275, 185)]), before)
    assert np.array_equal(astronaut, before)
