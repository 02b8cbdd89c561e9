"""Recorded sources: a video file, a picture, and a folder of pictures, played once or over and over.

They give their frames the clip's own times and never wait; whoever takes the frames knows whether to hold them back.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import cv2

from edged.camera.buffers import FrameBuffers
from edged.camera.clock import ClipClock
from edged.camera.ffmpeg import InterlaceWatch, leave_unturned, limit_messages
from edged.camera.pixels import as_bgr
from edged.camera.shaping import geometry_of
from edged.camera.source import AS_IT_SHALL_BE
from edged.errors import CameraEnded, CameraError
from edged.system.private import Private
from edged.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.camera.clock import Moment
    from edged.camera.source import Geometry, SourceOptions
    from edged.types import Uint8Array

logger = logging.getLogger(__name__)

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm"})
"""Endings of files that are taken for pictures in a folder; anything else there, such as notes and thumbnails' databases, is passed
over."""
PLAUSIBLE_RATES = (0.1, 240.0)
"""Frames per second that a container may claim; clips without a fixed rate claim 0, or their timestamps' 90 000."""
MOST_SKIPPED = 10
"""Late frames left out in a row: where even decoding is slower than the clip, one must be seen now and then."""


class Pictures:
    """The pictures of a folder in the order of their names, or one picture, as a clip with a fixed rate."""

    geometry = AS_IT_SHALL_BE  # OpenCV turns each as its EXIF orientation says
    frozen_after_seconds = None
    decoder = None

    def __init__(self, camera: str, path: Path, options: SourceOptions) -> None:
        """List the pictures.

        Raises:
            CameraError: the folder cannot be read or holds no picture.
        """
        self.live, self._loop = options.pace == "realtime", options.loop
        self._camera, self._path = camera, path
        self._interval = 1.0 / options.frames_per_second
        self._clock = ClipClock(self._interval)
        self._warned: set[Path] = set()
        self._number = self._looked_at = self._readable = 0
        self._rest = self._listed()

    def read(self) -> Frame:
        """Give the next picture that can be read; in real time, those that are late already are passed over unread.

        Every file has its number and its time, also one that cannot be read, so that they are the same at any speed. Fails as
        Source.read(), and where the folder has vanished or holds nothing that can be read.
        """
        while True:
            for path in self._rest:
                moment = self._clock.place(None)
                self._number += 1
                if self.live and _is_late(moment, self._interval):
                    continue
                pixels = self._pixels(path)
                if pixels is not None:
                    return Frame(self._camera, self._number - 1, *moment, pixels)
            self._begin_again()

    def close(self) -> None:
        """Do nothing: no file is open between two pictures."""

    def _listed(self) -> Iterator[Path]:
        try:
            paths = sorted(self._path.iterdir()) if self._path.is_dir() else [self._path]
        except OSError as error:
            raise CameraError(f"The folder {self._path} cannot be read: {error.strerror}.") from error
        paths = [path for path in paths if path.suffix.lower() in PICTURE_SUFFIXES]
        if not paths:
            raise CameraError(f"The folder {self._path} holds no picture; known are {', '.join(sorted(PICTURE_SUFFIXES))}.")
        return iter(paths)

    def _begin_again(self) -> None:
        if self._looked_at and not self._readable:
            raise CameraError(f"Nothing in {self._path} can be read as a picture.")
        if not self._loop:
            raise CameraEnded(f"All pictures of {self._path} have been shown.")
        self._looked_at = self._readable = 0
        self._rest = self._listed()

    def _pixels(self, path: Path) -> Uint8Array | None:
        self._looked_at += 1
        try:
            pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)  # of grey or transparent pictures too, and turned as EXIF says
        except cv2.error:  # more pixels than OpenCV allows
            pixels = None
        if pixels is not None:
            self._readable += 1
            return as_bgr(pixels)
        if path not in self._warned:  # once, not in every loop
            self._warned.add(path)
            logger.warning("camera %s: %s cannot be read as a picture and is left out", self._camera, Private(str(path), "a file"))
        return None


class VideoFile:
    """A video file, whose frames carry the times of its container: the same at any speed of playing."""

    frozen_after_seconds = None
    decoder = None

    def __init__(self, camera: str, path: Path, options: SourceOptions) -> None:
        """Open the file.

        Raises:
            CameraError: it is not a video that can be decoded here.
        """
        self.live, self._loop = options.pace == "realtime", options.loop
        self._camera, self._path = camera, path
        self._capture, self._buffers, self._watch = self._opened(), FrameBuffers(), InterlaceWatch(str(path))
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self._interval = 1.0 / (rate if PLAUSIBLE_RATES[0] <= rate <= PLAUSIBLE_RATES[1] else options.frames_per_second)
        self._clock, self._number, self._decoded = ClipClock(self._interval), 0, False

    def read(self) -> Frame:
        """Give the next frame; in real time, late ones are passed over without being converted. Fails as Source.read()."""
        try:
            moment = self._next_moment()
            pixels = self._buffers.retrieve(self._capture)
        except cv2.error as error:
            raise CameraError(f"{self._path} cannot be decoded: {error.err}") from error
        if pixels is None:
            raise CameraError(f"Frame {self._number - 1} of {self._path} cannot be converted.")
        self._watch.check(pixels)
        return Frame(self._camera, self._number - 1, *moment, pixels)

    @property
    def geometry(self) -> Geometry:
        """What the container says of the last frame."""
        return geometry_of(self._capture)

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _opened(self) -> cv2.VideoCapture:
        limit_messages()
        try:
            # One decoder thread: a second one keeps several frames more in memory and takes the networks' core.
            capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        except cv2.error as error:
            raise CameraError(f"{self._path} cannot be opened as a video: {error.err}") from error
        if not capture.isOpened():
            raise CameraError(
                f"{self._path} is not a video that edged can decode, or may not be read;"
                " see whether ffprobe can, and convert it to H.264 in MP4 where not."
                if self._path.exists()
                else f"The video file {self._path} has vanished."
            )
        leave_unturned(capture)
        return capture

    def _next_moment(self) -> Moment:
        """Go on to the next frame to be shown, and give its time."""
        for skipped in range(MOST_SKIPPED + 1):
            moment = self._grabbed()
            self._number += 1
            if skipped == MOST_SKIPPED or not (self.live and _is_late(moment, self._interval)):
                break
        return moment

    def _grabbed(self) -> Moment:
        while not self._capture.grab():
            self._begin_again()
        self._decoded = True
        # After the grab, and only relative to the first: OpenCV's versions differ in whether it is this frame's or the next one's.
        return self._clock.place(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)

    def _begin_again(self) -> None:
        if not self._decoded:
            raise CameraError(f"No frame of {self._path} can be decoded.")
        if not self._loop:
            raise CameraEnded(f"The video {self._path} has ended.")
        # Opened anew rather than sought back to 0: seeking is inexact in some containers, and a file that has gone is noticed.
        self._capture.release()
        self._capture = self._opened()
        self._decoded = False


def _is_late(moment: Moment, interval_seconds: float) -> bool:
    """Say whether the time of the frame after this one has passed too."""
    return moment.monotonic_seconds + interval_seconds < time.monotonic()
