"""Frames from a program that decodes a stream with the board's hardware, and writes them as YUV4MPEG2, which says their size itself.

It does not know which program that is, nor what it decodes with. The form is that of mjpegtools' yuv4mpeg(5): 4:2:0 takes half the bytes of
BGR, and is what decoders give, so that no program in between converts it.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.camera.buffers import FrameBuffers
from edged.camera.clock import Moment, RateLimit
from edged.camera.pipe import START_TIMEOUT_SECONDS
from edged.camera.program import Program
from edged.camera.shaping import MOST_STRETCHED
from edged.camera.source import AS_IT_SHALL_BE, FROZEN_AFTER_SECONDS, Geometry
from edged.errors import CameraError
from edged.types import Frame

if TYPE_CHECKING:
    from edged.camera.source import SourceOptions
    from edged.types import Uint8Array

SIGNATURE, FRAME = b"YUV4MPEG2 ", b"FRAME\n"
MOST_HEADER_BYTES = 300
"""Bytes of the first line; ffmpeg and GStreamer write fewer than 100."""


class Y4mStream:
    """A running program that writes pictures of one size in 4:2:0.

    Frames above the rate that was asked for are passed over unconverted.
    """

    live = True
    frozen_after_seconds = FROZEN_AFTER_SECONDS

    def __init__(self, camera: str, decoder: str, command: str, source: str, options: SourceOptions) -> None:
        """Start the program, and wait for its first picture; decoder is what it decodes with, for people.

        Raises:
            CameraError: it cannot be started, ends, gives nothing in time, or something else.
        """
        self._camera, self.decoder, self._number = camera, decoder, 0
        self._timeout = options.patience_seconds(options.frame_timeout_seconds)
        self._limit, self._buffers, self._mark = RateLimit(options.frames_per_second), FrameBuffers(), bytearray(len(FRAME))
        self._program = Program(camera, command, source, options, decoder)
        try:
            began, seconds = time.monotonic(), start_seconds(options)
            width, height, self.geometry = _header(self._line(seconds, began))
            self._planes = np.empty((height * 3 // 2, width), np.uint8)
            self._fill(seconds, began)
        except BaseException:
            self._program.close()
            raise
        self._is_filled = True

    def read(self) -> Frame:
        """Wait for the next frame; fails as Source.read(), with the program's last line."""
        while True:
            if not self._is_filled:
                self._fill(self._timeout)
            self._is_filled = False
            moment = Moment.now()
            if self._limit.wants(moment.monotonic_seconds):
                break
        frame = Frame(self._camera, self._number, *moment, self._converted())
        self._number += 1
        return frame

    def close(self) -> None:
        """End the program and all that it has started."""
        self._program.close()

    def _line(self, timeout_seconds: float, since: float) -> bytes:
        """Read to the end of the first line, byte by byte: what follows it is a picture."""
        line, one = b"", bytearray(1)
        while not line.endswith(b"\n") and len(line) < MOST_HEADER_BYTES:
            self._program.fill(memoryview(one), timeout_seconds, since)
            line += one
        return line

    def _fill(self, timeout_seconds: float, since: float | None = None) -> None:
        self._program.fill(memoryview(self._mark), timeout_seconds, since)
        if self._mark != FRAME:
            raise CameraError(f"The decoder {self.decoder} of {self._camera} writes something else than pictures.")
        self._program.fill(self._planes.data.cast("B"), timeout_seconds, since)

    def _converted(self) -> Uint8Array:
        rows, width = self._planes.shape
        pixels = self._buffers.spare((rows * 2 // 3, width, 3))
        cv2.cvtColor(self._planes, cv2.COLOR_YUV2BGR_I420, dst=pixels)
        return pixels


def start_seconds(options: SourceOptions) -> float:
    """Give the seconds within which a program has to give its first picture."""
    return options.patience_seconds(START_TIMEOUT_SECONDS)


def _header(line: bytes) -> tuple[int, int, Geometry]:
    """Read the first line: width, height, and whether pixels are square.

    Raises:
        CameraError: it is none, or of pictures that are not 4:2:0 or of an odd size.
    """
    told = {part[:1]: part[1:] for part in line.removeprefix(SIGNATURE).decode(errors="replace").split()}
    width, height = told.get("W", ""), told.get("H", "")
    if not (line.startswith(SIGNATURE) and width.isdecimal() and height.isdecimal() and told.get("C", "420").startswith("420")):
        raise CameraError("The decoder does not write pictures in YUV4MPEG2, 4:2:0.")
    size = int(width), int(height)
    if min(size) < 1 or size[0] % 2 or size[1] % 2:
        raise CameraError(f"The decoder writes pictures of {width}×{height} pixels; only even sizes can be read.")
    return *size, _geometry(told.get("A", ""))


def _geometry(aspect: str) -> Geometry:
    """How its pixels lie, by their own aspect as 4:3; 0:0 is not known."""
    sides = re.fullmatch(r"([1-9]\d*):([1-9]\d*)", aspect)
    ratio = int(sides[1]) / int(sides[2]) if sides else 1.0
    return AS_IT_SHALL_BE if ratio == 1.0 or not 1 / MOST_STRETCHED <= ratio <= MOST_STRETCHED else Geometry(ratio)
