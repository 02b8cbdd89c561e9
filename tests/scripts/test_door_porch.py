"""The porch is the same every time, and nothing in it looks like a face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from door_porch import porch

if TYPE_CHECKING:
    from edged.vision.faces import FaceReader


def test_the_porch_has_the_size_it_was_asked_for_and_is_the_same_every_time() -> None:
    assert porch((320, 180)).shape == (180, 320, 3)
    assert np.array_equal(porch((320, 180)), porch((320, 180)))


@pytest.mark.parametrize("size", [(640, 480), (1280, 720)])
def test_there_is_no_face_in_it(reader: FaceReader, size: tuple[int, int]) -> None:
    assert reader.detector.detect(porch(size)) == []
