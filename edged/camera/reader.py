"""One try at a camera, on a thread of its own that may be left behind when the camera's driver hangs.

It does not know how long it is worth waiting for, nor what comes after it.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Protocol, TypeVar

from edged.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.camera.source import Source
    from edged.types import Frame

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class Taker(Protocol):
    """What a reader calls, on its own thread."""

    def wants(self, reader: Reader) -> bool:
        """Say whether frames of this reader are still wanted."""
        ...

    def deliver(self, reader: Reader, frame: Frame, *, live: bool) -> None:
        """Take a frame; may block for as long as none is wanted."""
        ...

    def lose(self, reader: Reader, error: CameraError) -> None:
        """Note that no frame will come any more, before the source is closed."""
        ...

    def finish(self, reader: Reader) -> None:
        """Note that the source is closed and the thread ends."""
        ...


class Reader:
    """Opens a source, reads it until it fails or is abandoned, and closes it, all on one thread.

    The thread is a daemon: one that hangs in a driver for ever does not keep the program from ending.
    """

    def __init__(self, camera: str, open_: Callable[[], Source], taker: Taker) -> None:
        """Prepare a try; start() begins it."""
        self._camera = camera
        self._open = open_
        self._taker = taker
        self._began = time.monotonic()
        self._entered: float | None = None
        self._first_frame_at: float | None = None
        self.is_abandoned = False
        self.is_lost = False
        self.is_finished = False
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

    def silent_seconds(self) -> float:
        """Give the seconds without a frame that should have come: since the beginning, or since the source was asked for the next one."""
        since = self._entered if self.has_frames else self._began
        return 0.0 if since is None else time.monotonic() - since

    def good_seconds(self) -> float:
        """Give the seconds for which it has given frames."""
        return 0.0 if self._first_frame_at is None else time.monotonic() - self._first_frame_at

    def _run(self) -> None:
        try:
            source = self._opened()
            if source is not None:
                self._pump(source)
                self._close(source)
        finally:
            self.is_finished = True
            self._taker.finish(self)

    def _opened(self) -> Source | None:
        try:
            return self._inside(self._open)
        except Exception as error:  # noqa: BLE001 - the daemon must outlive a defect in any one kind of camera
            self._lose(error)
            return None

    def _pump(self, source: Source) -> None:
        try:
            self._read_on(source)
        except Exception as error:  # noqa: BLE001 - the same
            self._lose(error)

    def _read_on(self, source: Source) -> None:
        while self._taker.wants(self):
            frame = self._inside(source.read)
            if self._first_frame_at is None:
                self._first_frame_at = time.monotonic()
            self._taker.deliver(self, frame, live=source.live)

    def _close(self, source: Source) -> None:
        try:
            self._inside(source.close)
        except Exception:
            logger.exception("camera %s: closing the source failed", self._camera)

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
