"""A camera that gives single pictures at a URL: it is asked for the newest as often as frames are wanted.

It does not know how pages are fetched, nor who looks at the pictures.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.camera.addresses import origin
from edged.camera.buffers import FrameBuffers
from edged.camera.clock import Moment
from edged.camera.pixels import as_bgr
from edged.camera.source import AS_IT_SHALL_BE
from edged.camera.web import WebPage
from edged.errors import CameraError, PageRefused
from edged.types import Frame

if TYPE_CHECKING:
    from edged.camera.source import SourceOptions
    from edged.types import Uint8Array

PREFIX = "snapshot+"
"""Stands before the URL of single pictures where edged is not to find out by itself."""
STREAM_SUFFIXES = (".m3u8", ".mjpg", ".mjpeg", ".ts", ".mp4", ".flv", ".mpd", ".webm", ".mkv")
"""Endings of paths that are streams; the others are asked what they are."""
PICTURES = "image/"
UNCHANGED_SECONDS = 120.0
"""Seconds for which a picture may be the same before the camera is frozen: some make a new one only now and then."""
MOST_FAILURES, RETRY_SECONDS = 3, 1.0
"""Failures in a row, each of which may pass, before the camera is lost, and seconds after one before it is asked again."""
RETRIED_SECONDS = 4.0
"""Seconds from the first of these after which none is tried again: a camera that does not answer takes 10 s each time, and the feed's
patience, which would leave the thread behind, is 25 s."""


class Snapshots:
    """The pictures at a URL. One that has not changed since is given again, so that the camera is known to answer."""

    live = True
    frozen_after_seconds = UNCHANGED_SECONDS
    decoder = None
    geometry = AS_IT_SHALL_BE  # OpenCV turns each as its EXIF orientation says

    def __init__(self, camera: str, url: str, options: SourceOptions) -> None:
        """Take the URL; it is first asked in read()."""
        self._camera, self._name, self._page = camera, origin(url), WebPage(url)
        self._interval = 1.0 / options.frames_per_second
        self._due, self._number = 0.0, 0
        self._content: bytes | None = None
        self._pixels: Uint8Array | None = None
        self._buffers = FrameBuffers()

    def read(self) -> Frame:
        """Wait until a picture is due, and ask for it; fails as Source.read()."""
        self._wait()
        last_retry = time.monotonic() + RETRIED_SECONDS
        for failures in range(1, MOST_FAILURES + 1):
            try:
                self._take(self._page.fetch().content)
                break
            except CameraError as error:
                is_final = isinstance(error, PageRefused) and not error.may_pass
                if is_final or failures == MOST_FAILURES or time.monotonic() > last_retry:
                    raise
                self._due = max(self._due, time.monotonic() + RETRY_SECONDS)
                self._wait()
        if self._pixels is None:
            raise CameraError(f"{self._name} says that its picture has not changed, and has not sent one yet.")
        frame = Frame(self._camera, self._number, *Moment.now(), self._copied(self._pixels))
        self._number += 1
        return frame

    def close(self) -> None:
        """Close the connection."""
        self._page.close()

    def _copied(self, pixels: Uint8Array) -> Uint8Array:
        copy = self._buffers.spare(pixels.shape)
        copy[:] = pixels
        return copy

    def _wait(self) -> None:
        now = time.monotonic()
        if self._due > now:
            time.sleep(self._due - now)
        self._due = max(self._due, now) + self._interval

    def _take(self, content: bytes | None) -> None:
        """Decode a picture, unless it is the one before."""
        if content is None or content == self._content:
            return
        try:
            pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
        except cv2.error:  # more pixels than OpenCV allows
            pixels = None
        if pixels is None:
            self._page.forget()
            raise CameraError(f"What {self._name} sends cannot be read as a picture.")
        self._content, self._pixels = content, as_bgr(pixels)


def is_snapshot(url: str) -> bool:
    """Whether single pictures are at this URL, by what kind its server calls them.

    Raises:
        CameraError: it cannot be reached.
        PageRefused: it refuses to say.
    """
    path = url.partition("?")[0].lower()
    return not path.endswith(STREAM_SUFFIXES) and WebPage(url).fetch(only_kind=True).kind.startswith(PICTURES)
