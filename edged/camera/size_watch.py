"""Notices that a stream goes on with pictures of another size, which OpenCV hides: it scales them to the size that it began with.

It knows neither where a stream comes from nor what its pictures are for.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from edged.camera.shaping import geometry_of
from edged.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from edged.camera.source import Geometry
    from edged.types import Uint8Array

logger = logging.getLogger(__name__)

ROWS, COLUMNS = 18, 32
"""Pixels that are compared between two frames, about: they take 0.03 ms, and a picture that was stretched differs in most of them."""
LEAST_JUMP = 0.2
"""Mean difference of the compared pixels, in standard deviations of the picture, that is a jump. In clips of a door, a hall and selfies at
10 frames a second it is 0.18 at most; where the picture changes between 16:9 and 4:3, 0.22 to 0.85, and on its side 0.6 and more."""
TIMES_USUAL = 2.5
"""The same in means of the last frames' differences: in a street full of people the usual is 0.2, and such a change 0.7."""
USUAL_SHARE = 0.05
"""Share of the newest difference in that mean, so that it is one of twenty frames or so."""
STILL_SECONDS = 3.0
"""Seconds without the least difference: OpenCV 4.11 gives its last picture again and again once the stream's are larger."""
LEAST_DEVIATION = 4.0
"""Grey levels below which the deviation of a picture is noise."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 60.0, 3600.0
"""Seconds between two looks at a stream, doubled by each that finds nothing: a light that is switched jumps too, and a camera serves few at
once. A jump in a pause is looked at when it is over; after as long again without one the pauses are short again."""


class StreamPicture(NamedTuple):
    """What a stream says of its pictures when it is opened."""

    width: int
    height: int
    geometry: Geometry

    @classmethod
    def of(cls, capture: cv2.VideoCapture) -> StreamPicture:
        """Ask the capture."""
        width, height = (round(capture.get(key)) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        return cls(width, height, geometry_of(capture))

    def __str__(self) -> str:
        """Name the size, and what else is unusual."""
        ratio, rotation = self.geometry.pixel_ratio, self.geometry.rotation
        wide = f" that are {ratio:.3g} times as wide as high" if ratio != 1.0 else ""
        return f"{self.width}×{self.height} pixels{wide}{f', to be turned by {rotation}°' if rotation else ''}"


class SizeWatch:
    """Looks for jumps between frames, and for stillness; then a second connection, on a thread of its own, is asked for the size.

    Nothing else tells: neither the size nor the sample aspect ratio that OpenCV's FFmpeg names ever changes while it reads (4.11 and 5.0).
    The frames that are read meanwhile are those of the old connection, so that a jump that means nothing costs none.
    """

    def __init__(self, camera: str, open_: Callable[[], cv2.VideoCapture], picture: StreamPicture) -> None:
        """Take what opens the stream, a CameraError where it cannot be, and what it said of its pictures."""
        self._camera, self._open, self._picture = camera, open_, picture
        self._before: npt.NDArray[np.int16] | None = None
        self._usual: float | None = None
        self._moved_at = 0.0
        self._pause, self._due = FIRST_PAUSE_SECONDS, 0.0
        self._lock = threading.Lock()  # guards the three below
        self._is_pending = False
        self._found: cv2.VideoCapture | None = None
        self._is_closed = False

    def see(self, pixels: Uint8Array, now: float) -> None:
        """Compare a frame, as the capture gave it, with the one before; now is in seconds of time.monotonic()."""
        height, width = pixels.shape[:2]
        seen = pixels[:: -(-height // ROWS), :: -(-width // COLUMNS), 1].astype(np.int16)
        before, self._before = self._before, seen
        if before is None or before.shape != seen.shape:
            return
        jump = float(np.abs(seen - before).mean()) / max(LEAST_DEVIATION, float(before.std()))
        usual = jump if self._usual is None else self._usual
        self._usual = usual + USUAL_SHARE * (jump - usual)
        if jump or not self._moved_at:
            self._moved_at = now
        is_strange = jump > max(LEAST_JUMP, TIMES_USUAL * usual) or now - self._moved_at > STILL_SECONDS
        if is_strange:
            self._set_pending()
        if self._is_pending and now >= self._due:
            self._begin_look(now)

    def take(self) -> cv2.VideoCapture | None:
        """Give the second connection where its pictures are others than those of the first, once; None where there is none."""
        with self._lock:
            found, self._found = self._found, None
            self._is_pending = self._is_pending and found is None
        if found is not None:
            picture = StreamPicture.of(found)
            logger.warning("Camera %s: its stream went from %s to %s; edged has opened it again.", self._camera, self._picture, picture)
            self._picture, self._before, self._usual, self._moved_at = picture, None, None, 0.0
            self._pause, self._due = FIRST_PAUSE_SECONDS, 0.0
        return found

    def close(self) -> None:
        """Let go of what was found, now or later."""
        with self._lock:
            self._is_closed = True
            found, self._found = self._found, None
        if found is not None:
            found.release()

    def _set_pending(self) -> None:
        with self._lock:
            self._is_pending = True

    def _begin_look(self, now: float) -> None:
        with self._lock:
            self._is_pending = False  # before it begins: a jump that comes while it lasts is another's to explain
        if now - self._due > self._pause:
            self._pause = FIRST_PAUSE_SECONDS
        self._due, self._pause = now + self._pause, min(2 * self._pause, LONGEST_PAUSE_SECONDS)
        threading.Thread(target=self._look, name=f"{self._camera}-size", daemon=True).start()

    def _look(self) -> None:
        try:
            capture = self._open()
            is_other = StreamPicture.of(capture) != self._picture
        except (CameraError, cv2.error) as error:  # a camera may serve one only
            logger.debug("camera %s: a second connection, to learn the size, was not possible: %s", self._camera, error)
            self._set_pending()
            return
        with self._lock:
            if is_other and not self._is_closed and self._found is None:
                self._found = capture
                return
        capture.release()
