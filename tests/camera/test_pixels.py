"""Whatever a camera gives becomes BGR, and what cannot is refused with a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from edged.camera.pixels import as_bgr
from edged.errors import CameraError


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.full((3, 5), 7, np.uint8), [7, 7, 7]),
        (np.full((3, 5, 1), 7, np.uint8), [7, 7, 7]),
        (np.full((3, 5, 3), (1, 2, 3), np.uint8), [1, 2, 3]),
        (np.full((3, 5, 4), (1, 2, 3, 9), np.uint8), [1, 2, 3]),
        (np.full((3, 5), 0x1234, np.uint16), [0x12, 0x12, 0x12]),
        (np.full((3, 10, 3), (1, 2, 3), np.uint8)[:, ::2], [1, 2, 3]),
    ],
)
def test_it_becomes_bgr(given: npt.NDArray[Any], expected: list[int]) -> None:
    pixels = as_bgr(given)
    assert pixels.shape == (3, 5, 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert pixels[2, 4].tolist() == expected


def test_what_is_right_is_not_copied() -> None:
    pixels = np.zeros((3, 5, 3), np.uint8)
    assert as_bgr(pixels) is pixels


@pytest.mark.parametrize(
    "given", [np.zeros((3, 5, 2), np.uint8), np.zeros((3, 5, 3), np.float32), np.zeros((0, 5, 3), np.uint8), np.zeros(9)]
)
def test_anything_else_is_refused(given: npt.NDArray[Any]) -> None:
    with pytest.raises(CameraError, match="not grey, BGR or BGRA"):
        as_bgr(given)
