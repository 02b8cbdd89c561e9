"""One try at a camera, on a thread of its own that may be left behind when the camera's driver hangs.

It does not know how long it is worth waiting for, nor what comes after it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Protocol, TypeVar

from edged.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.camera.source import Source
    from edged.types import Frame

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

LEAST_ARRIVALS, LAST_ARRIVALS = 3, 20
"""Frames that tell how fast a source is: so many at least, and the last so many. The opening counts as one, since a source may give what
it gathered there all at once."""


class _Taker(Protocol):
    """What a reader calls, on its own thread: whether frames of it are wanted still, and three notes.

    deliver() takes a frame, and may block for as long as none is wanted; lose() says that no frame will come any more, before
    the source is closed, and finish() that it is closed and the thread ends.
    """

    def wants(self, reader: Reader) -> bool: ...
    def deliver(self, reader: Reader, frame: Frame, *, live: bool) -> None: ...
    def lose(self, reader: Reader, error: CameraError) -> None: ...
    def finish(self, reader: Reader) -> None: ...


class Reader:
    """Opens a source, reads it until it fails or is abandoned, and closes it, all on one thread.

    The thread is a daemon: one that hangs in a driver for ever does not keep the program from ending.
    """

    def __init__(self, camera: str, open_: Callable[[], Source], taker: _Taker) -> None:
        """Prepare a try; start() begins it."""
        self._camera, self._open, self._taker = camera, open_, taker
        self._began = time.monotonic()
        self._entered: float | None = None
        self._first_frame_at: float | None = None
        self._arrivals = deque([self._began], LAST_ARRIVALS)
        self.frozen_after_seconds: float | None = None
        self.decoder: str | None = None
        self.is_abandoned = self.is_lost = self.is_finished = False
        self._thread = threading.Thread(target=self._run, name=f"camera-{camera}", daemon=True)

    def start(self) -> None:
        """Begin to open and read."""
        self._thread.start()

    def join(self, timeout_seconds: float) -> None:
        """Wait for the thread to end, but no longer than this."""
        self._thread.join(timeout_seconds)

    @property
    def has_frames(self) -> bool:
        """Whether it has read any frame."""
        return self._first_frame_at is not None

    @property
    def usual_seconds(self) -> float | None:
        """The usual time from one frame to the next, None before there are enough to tell."""
        counted = len(self._arrivals) - 1
        return (self._arrivals[-1] - self._arrivals[0]) / counted if counted >= LEAST_ARRIVALS else None

    def silent_seconds(self) -> float:
        """Give the seconds without a frame that should have come: since the beginning, or since the source was asked for the next one."""
        since = self._entered if self.has_frames else self._began
        return 0.0 if since is None else time.monotonic() - since

    def good_seconds(self) -> float:
        """Give the seconds for which it has given frames."""
        return 0.0 if self._first_frame_at is None else time.monotonic() - self._first_frame_at

    def _run(self) -> None:
        try:
            self._pump()
        finally:
            self.is_finished = True
            self._taker.finish(self)

    def _pump(self) -> None:
        source: Source | None = None
        try:
            source = self._inside(self._open)
            self.frozen_after_seconds, self.decoder = source.frozen_after_seconds, source.decoder
            self._read_on(source)
        except Exception as error:  # noqa: BLE001 - the daemon must outlive a defect in any one kind of camera
            self._lose(error)
        try:
            if source is not None:
                self._inside(source.close)
        except Exception:
            logger.exception("camera %s: closing the source failed", self._camera)

    def _read_on(self, source: Source) -> None:
        while self._taker.wants(self):
            frame = self._inside(source.read)
            self._arrivals.append(time.monotonic())
            if self._first_frame_at is None:
                self._first_frame_at = self._arrivals[-1]
            self._taker.deliver(self, frame, live=source.live)

    def _inside(self, call: Callable[[], Answer]) -> Answer:
        """Call foreign code, noting since when the thread is in it."""
        self._entered = time.monotonic()
        try:
            return call()
        finally:
            self._entered = None

    def _lose(self, error: Exception) -> None:
        if not isinstance(error, CameraError):
            logger.error("camera %s: a defect in its source", self._camera, exc_info=error)
            error = CameraError(f"A defect in edged stopped the camera; the log has more ({type(error).__name__}).")
        self.is_lost = True
        self._taker.lose(self, error)
