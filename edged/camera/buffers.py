"""Memory for the frames of one source, used anew once nobody holds the frame that lay there.

It knows neither cameras nor what their frames are for.
"""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING

import numpy as np

from edged.camera.pixels import as_bgr

if TYPE_CHECKING:
    import cv2

    from edged.types import Uint8Array

MOST_BUFFERS = 3
"""Frames that one source keeps memory for: one being filled, one waiting, and one being looked at, which is the one that is kept.
Whoever keeps more, as on a machine that is late, gets memory of their own."""


class FrameBuffers:
    """Gives arrays for frames. Fresh memory for each would cost a page fault for every 4 kB of it.

    What a source once needed it keeps until it is closed, at most MOST_BUFFERS frames.
    """

    def __init__(self) -> None:
        """Begin without any memory."""
        self._shape: tuple[int, ...] = ()
        self._lent: list[tuple[bytearray, weakref.ref[Uint8Array]]] = []

    def spare(self, shape: tuple[int, ...]) -> Uint8Array:
        """Give an array of this shape, uint8 and C-contiguous, of any content; it is the taker's while they or a view of it hold it."""
        self._fit(shape)
        free = next((number for number, (_, lent) in enumerate(self._lent) if lent() is None), None)
        if free is None and len(self._lent) == MOST_BUFFERS:
            return np.empty(shape, np.uint8)
        memory = bytearray(math.prod(shape)) if free is None else self._lent.pop(free)[0]
        # No array may own the memory: views would hold that one, and not the array that is lent and watched.
        array = np.ndarray(shape, np.uint8, memory)
        self._lent.append((memory, weakref.ref(array)))
        return array

    def retrieve(self, capture: cv2.VideoCapture) -> Uint8Array | None:
        """Convert what the capture has grabbed to BGR, in an array that is the taker's; None where it cannot be decoded."""
        found, pixels = capture.retrieve(self.spare(self._shape) if self._shape else None)
        if not found:
            return None
        self._fit(pixels.shape)
        return as_bgr(pixels)

    def _fit(self, shape: tuple[int, ...]) -> None:
        """Let go of the memory for frames of another shape."""
        if shape != self._shape:
            self._shape, self._lent = shape, []
