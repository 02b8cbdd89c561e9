"""Brings whatever a camera or a picture file gives to the one form of a frame's pixels: (H, W, 3) uint8, BGR, C-contiguous.

It does not know where the pixels come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
import numpy.typing as npt

from edged.errors import CameraError

if TYPE_CHECKING:
    from edged.types import Uint8Array

_TO_BGR = {1: cv2.COLOR_GRAY2BGR, 4: cv2.COLOR_BGRA2BGR}
_CHANNELS_LAST = 3  # dimensions of an array that has a channel axis


def as_bgr(pixels: npt.NDArray[np.generic]) -> Uint8Array:
    """Convert grey (H, W) or (H, W, 1), BGR (H, W, 3) or BGRA (H, W, 4) pixels, without a copy where they are right already.

    They are uint8, or uint16 using its whole range.

    Raises:
        CameraError: the array is of no such form, such as a raw Bayer or YUYV picture.
    """
    if pixels.dtype == np.uint16:
        pixels = (cast("npt.NDArray[np.uint16]", pixels) >> 8).astype(np.uint8)
    channels = pixels.shape[2] if pixels.ndim == _CHANNELS_LAST else 1
    if pixels.dtype != np.uint8 or pixels.size == 0 or pixels.ndim not in {2, 3} or channels not in {1, 3, 4}:
        raise CameraError(
            f"The camera gives pictures of shape {pixels.shape} and type {pixels.dtype}, which are not grey, BGR or BGRA;"
            " choose another format or size."
        )
    checked = cast("Uint8Array", pixels)
    if channels in _TO_BGR:
        checked = cast("Uint8Array", cv2.cvtColor(checked, _TO_BGR[channels]))
    return np.ascontiguousarray(checked)
