"""Crops: heads cut out of frames, and pictures made small enough to be sent.

It does not know who is shown, nor who is sent what.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.types import Crop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edged.types import Box, Uint8Array

HEAD_PADDING = 0.5
"""Padding added to a face's box on each side, in its longer side: the box holds the face alone, a head has hair, ears and a neck."""
QUALITIES = (85, 75, 60, 45, 30)
"""JPEG qualities tried one after the other until the picture is small enough."""
LEAST_BYTES = 2_000
"""Bytes below which no JPEG is asked for: its tables alone take 600."""
MARK_BGR = (0, 200, 0)
MARK_SHARE = 1 / 300
"""Width of a mark's line in the picture's longer side."""


def cut_head(pixels: Uint8Array, box: Box) -> Crop:
    """Copy the face at box of pixels (H, W, 3) BGR, padded to show the head as far as the picture does."""
    height, width = pixels.shape[:2]
    padding = HEAD_PADDING * max(box.width, box.height)
    left, right = _within(box.x1 - padding, box.x2 + padding, width)
    top, bottom = _within(box.y1 - padding, box.y2 + padding, height)
    return Crop(pixels[top:bottom, left:right].copy())


def encode_jpeg(pixels: Uint8Array, *, most_bytes: int, longest_side: int) -> bytes:
    """Encode pixels (H, W, 3) BGR as a JPEG: made smaller where a side is longer, then poorer, and then smaller again until it fits.

    Raises:
        ValueError: fewer bytes than any JPEG needs.
    """
    if most_bytes < LEAST_BYTES:
        raise ValueError(f"A JPEG needs {LEAST_BYTES} bytes, not {most_bytes}.")
    while True:
        pixels = _shrunk(pixels, longest_side)
        for quality in QUALITIES:
            content = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
            if content.size <= most_bytes:
                return content.tobytes()
        longest_side = max(pixels.shape[:2]) // 2


def marked(pixels: Uint8Array, boxes: Iterable[Box]) -> Uint8Array:
    """Copy pixels (H, W, 3) BGR and draw a frame around each box."""
    copy = pixels.copy()
    width = max(1, round(MARK_SHARE * max(pixels.shape[:2])))
    for box in boxes:
        cv2.rectangle(copy, (round(box.x1), round(box.y1)), (round(box.x2), round(box.y2)), MARK_BGR, width)
    return copy


def _within(low: float, high: float, size: int) -> tuple[int, int]:
    """Give the pixels from low to high that there are of size, one at least."""
    first = min(max(0, round(low)), size - 1)
    return first, max(first + 1, min(size, round(high)))


def _shrunk(pixels: Uint8Array, longest_side: int) -> Uint8Array:
    height, width = pixels.shape[:2]
    scale = longest_side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(scale * width)), max(1, round(scale * height)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
