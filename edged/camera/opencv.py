"""Live cameras read through OpenCV: V4L2 devices, and network streams through its FFmpeg.

A read here may hang in C for as long as a driver likes, so that who reads must be a thread that can be left behind.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from edged.camera.addresses import origin
from edged.camera.buffers import FrameBuffers
from edged.camera.clock import Moment, RateLimit
from edged.camera.closed import why_closed
from edged.camera.ffmpeg import InterlaceWatch, leave_unturned, limit_messages
from edged.camera.shaping import geometry_of
from edged.camera.size_watch import SizeWatch, StreamPicture
from edged.camera.source import AS_IT_SHALL_BE, FROZEN_AFTER_SECONDS, Geometry
from edged.errors import CameraError
from edged.types import Frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.camera.source import SourceOptions

OPEN_TIMEOUT_MSEC = 10_000
"""Milliseconds for the connection and the first look at the stream."""
READ_TIMEOUT_MSEC = 10_000
"""Milliseconds without a frame; more than the feed's patience, which notices first: the first read waits for a key frame, and some cameras
send one every 10 s."""
V4L2_SELECT_TIMEOUT_SECONDS = 3
"""Seconds after which OpenCV gives up waiting for a device; its own 10 s would keep the device from being opened again."""
MOST_BROKEN_FRAMES = 10
"""Frames in a row that may be undecodable, as after a lost packet, before the camera counts as lost."""
RAW_BYTES_PER_SECOND = 20_000_000
"""Uncompressed YUYV that USB 2 carries with certainty; above it the camera is asked for MJPEG, which costs decoding."""
YUYV_BYTES_PER_PIXEL = 2


class LiveCapture:
    """An opened cv2.VideoCapture of a live camera."""

    live = True
    frozen_after_seconds = FROZEN_AFTER_SECONDS
    decoder: str | None = None

    def __init__(
        self, camera: str, capture: cv2.VideoCapture, frames_per_second: float, lost: str, interlace: InterlaceWatch | None = None
    ) -> None:
        """Take over the capture; lost is the sentence to raise when it gives no more, and interlace looks at what FFmpeg decodes."""
        self._interlace = interlace
        self._camera, self._capture, self._lost = camera, capture, lost
        self._buffers, self._limit, self._number = FrameBuffers(), RateLimit(frames_per_second), 0

    def read(self) -> Frame:
        """Wait for a frame, passing over those above the rate that was asked for without converting them; fails as Source.read()."""
        try:
            for _ in range(MOST_BROKEN_FRAMES):
                moment = self._grabbed()
                pixels = self._buffers.retrieve(self._capture)
                if pixels is not None:
                    if self._interlace:
                        self._interlace.check(pixels)
                    frame = Frame(self._camera, self._number, *moment, pixels)
                    self._number += 1
                    return frame
        except cv2.error as error:
            raise CameraError(f"{self._lost} OpenCV says: {error.err}") from error
        raise CameraError(f"{self._lost} Its pictures cannot be decoded.")

    @property
    def geometry(self) -> Geometry:
        """A device tells nothing."""
        return AS_IT_SHALL_BE

    def close(self) -> None:
        """Release the device or connection."""
        self._capture.release()

    def _grabbed(self) -> Moment:
        while self._capture.grab():
            moment = Moment.now()
            if self._limit.wants(moment.monotonic_seconds):
                return moment
        raise CameraError(self._lost)


class StreamCapture(LiveCapture):
    """The same of a network stream, which may tell of pixels that are not square and of a turn, and may go on in another size."""

    decoder = "software"

    def __init__(
        self, camera: str, open_: Callable[[], cv2.VideoCapture], frames_per_second: float, lost: str, interlace: InterlaceWatch
    ) -> None:
        """Open the stream, and keep in mind how it is opened."""
        capture = open_()
        super().__init__(camera, capture, frames_per_second, lost, interlace)
        self._watch = SizeWatch(camera, open_, StreamPicture.of(capture))

    def read(self) -> Frame:
        """The same; where the stream has pictures of another size now, from a new connection."""
        if (changed := self._watch.take()) is not None:
            self._capture.release()
            self._capture = changed
        frame = super().read()
        self._watch.see(frame.pixels, frame.monotonic_seconds)
        return frame

    def close(self) -> None:
        """Release the connection, and the second where there is one."""
        self._watch.close()
        super().close()

    @property
    def geometry(self) -> Geometry:
        """What the stream says of the last frame."""
        return geometry_of(self._capture)


def open_device(camera: str, path: str, options: SourceOptions) -> LiveCapture:
    """Open a V4L2 device such as /dev/video0 or /dev/v4l/by-id/….

    Raises:
        CameraError: it is missing, may not be opened, is in use, or is no camera.
    """
    _look_at_device(path)
    # OpenCV reads this once, when it first waits for a device; what the user has set wins.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(V4L2_SELECT_TIMEOUT_SECONDS))
    capture = _captured(path, cv2.CAP_V4L2, [])
    if not capture.isOpened():
        raise CameraError(
            f"{path} cannot be opened as a camera: another program may be using it (see `fuser {path}`),"
            " or it is not the node that gives pictures (see `v4l2-ctl --list-devices`)."
        )
    _ask_for(capture, options)
    return LiveCapture(camera, capture, options.frames_per_second, f"The camera {path} gives no more pictures; it may have been unplugged.")


def open_stream(camera: str, url: str, options: SourceOptions, *, open_timeout_msec: int = OPEN_TIMEOUT_MSEC) -> StreamCapture:
    """Open a network stream; RTSP goes over TCP, since lost UDP packets smear faces.

    Raises:
        CameraError: it cannot be reached, refuses, or is no video.
    """
    limit_messages()
    # The only way to hand FFmpeg an option through OpenCV; read at every opening, and what the user has set wins.
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    read_timeout_msec = int(1000 * options.patience_seconds(READ_TIMEOUT_MSEC / 1000))
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, open_timeout_msec, cv2.CAP_PROP_READ_TIMEOUT_MSEC, read_timeout_msec]
    open_, lost = partial(_connected, url, timeouts), f"The stream {origin(url)} has stopped."
    return StreamCapture(camera, open_, options.frames_per_second, lost, InterlaceWatch(url, timeouts))


def _connected(url: str, timeouts: list[int]) -> cv2.VideoCapture:
    capture = _captured(url, cv2.CAP_FFMPEG, timeouts)
    if not capture.isOpened():
        raise CameraError(f"The stream {origin(url)} cannot be opened: {why_closed(url)}")
    leave_unturned(capture)
    return capture


def _captured(name: str, backend: int, parameters: list[int]) -> cv2.VideoCapture:
    try:
        return cv2.VideoCapture(name, backend, parameters)
    except cv2.error as error:
        raise CameraError(f"{origin(name)} cannot be opened: {error.err}") from error


def _look_at_device(path: str) -> None:
    if not Path(path).exists():
        present = ", ".join(sorted(str(found) for found in Path("/dev").glob("video[0-9]*"))) or "none"
        raise CameraError(f"There is no camera {path}; present are: {present}. Is it plugged in?")
    if not os.access(path, os.R_OK | os.W_OK):
        raise CameraError(f"The camera {path} may not be opened; add edged's user to the group video: `sudo usermod -aG video USER`.")


def _ask_for(capture: cv2.VideoCapture, options: SourceOptions) -> None:
    # A driver may refuse any of these and gives the nearest it has, so the answers are not looked at.
    bytes_per_second = options.width * options.height * YUYV_BYTES_PER_PIXEL * options.frames_per_second
    if bytes_per_second > RAW_BYTES_PER_SECOND:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))  # before the size: the size is of this format
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, options.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, options.height)
    capture.set(cv2.CAP_PROP_FPS, options.frames_per_second)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # a queue in the driver would only make faces late
