"""What passes from the threads that read a camera to the one that looks at its frames: the newest frame, and how the camera is.

It does not know when a camera is opened, or given up.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edged.camera.continuation import Continuation
from edged.errors import CameraEnded, NoPicture
from edged.types import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.camera.reader import Reader
    from edged.camera.sight import Sight
    from edged.errors import CameraError
    from edged.types import Frame

logger = logging.getLogger(__name__)

HELD_BACK_SHARE = 0.5
"""Share of the time by which a source was early that it is held back: the slower it is decoded, the less."""
MOST_HELD_BACK_SECONDS = 0.1
"""Seconds that a source is held back at most, time for a look on a small device: after a gap in a clip's times it is early by seconds, and
would be late at once if it waited for them."""
FRAMES_IN_DOUBT = 20
"""Frames that are passed over where those before were no pictures: more than it takes to see that they are none again, so that the camera
is not online at every try."""


@dataclass(frozen=True, slots=True)
class CameraState:
    """How a camera is: since is in seconds of time.monotonic(); reason is a sentence, None unless offline, and problem its code."""

    status: Literal["starting", "online", "offline"]
    reason: str | None
    since: float
    problem: Problem | None = None

    def seen_through(self, sight: Sight) -> CameraState:
        """How a camera is by its pictures too: one that gives some which show nothing is offline."""
        if self.status != "online" or sight.problem is None:
            return self
        return CameraState("offline", sight.reason, self.since, sight.problem)


class Handover:
    """The newest frame and the camera's state, under one lock whose condition wakes whoever waits for any of it.

    The newest frame wins where the source is live; a source that wants every frame taken waits for it. What comes from a
    reader that was given up is dropped.
    """

    def __init__(self, camera: str, on_change: Callable[[], None]) -> None:
        """Begin without a frame; on_change is called without the lock, when there is a new frame or a new state."""
        self._camera, self._on_change = camera, on_change
        self._changed = threading.Condition()  # guards all below
        self._frame: Frame | None = None
        self._continuation = Continuation()
        self._hung: list[Reader] = []
        self._doubted = 0
        self.state = CameraState("starting", None, time.monotonic())
        self.frames_read = self.frames_dropped = 0
        self.is_played_out = self.is_closing = False

    def take(self) -> Frame | None:
        """Give the newest frame not taken yet, or None; never blocks."""
        with self._changed:
            frame, self._frame = self._frame, None
            if frame is not None:
                self._changed.notify_all()  # a source that wants every frame taken waits for this
            return frame

    @property
    def has_ended(self) -> bool:
        """Whether a source that is played once has ended and its last frame has been taken."""
        with self._changed:
            return self.is_played_out and self._frame is None

    # What a reader calls, on its thread.

    def wants(self, reader: Reader) -> bool:
        """Say whether frames of this reader are still wanted."""
        return not (self.is_closing or reader.is_abandoned)

    def deliver(self, reader: Reader, frame: Frame, *, live: bool) -> None:
        """Put the frame where take() finds it: at its time where the source is live, else when the one before has been taken.

        A source that was early is held back a little longer: a camera could not read its next frame at once either, and a
        clip that is decoded while the worker looks at this frame would take the networks' core.
        """
        early = frame.monotonic_seconds - time.monotonic() if live else 0.0
        with self._changed:
            if not live:
                self._changed.wait_for(lambda: not self.wants(reader) or self._frame is None)
            self._wait_while_wanted(reader, early)
            if not self.wants(reader):
                return
            if self._doubted:
                self._doubted -= 1
                return
            self.frames_dropped += self._frame is not None
            self.frames_read += 1
            self._frame = self._continuation.follow(reader, frame)
            self._set_state("online", None)
        self._on_change()
        with self._changed:
            self._wait_while_wanted(reader, min(HELD_BACK_SHARE * early, MOST_HELD_BACK_SECONDS))

    def lose(self, reader: Reader, error: CameraError) -> None:
        """Report the camera offline, and why."""
        with self._changed:
            if not self.wants(reader):
                return
            self.is_played_out = isinstance(error, CameraEnded)
            hint = " An earlier read of it still hangs in its driver." if self.still_hung() else ""
            problem = Problem.NO_PICTURE if isinstance(error, NoPicture) else Problem.NO_FRAMES
            self._doubted = FRAMES_IN_DOUBT if isinstance(error, NoPicture) else 0
            changed = self._set_state("offline", f"{error}{hint}", problem)
        if changed:
            self._on_change()

    def finish(self, reader: Reader) -> None:
        """Wake the supervisor: a reader is done, the current one or one that was given up."""
        with self._changed:
            if reader in self._hung:
                logger.info("camera %s: a call that hung has returned", self._camera)
            self._changed.notify_all()

    # What the supervisor calls, on its thread.

    def report_offline(self, reason: str) -> None:
        """Report the camera offline, unless it is being closed."""
        with self._changed:
            changed = not self.is_closing and self._set_state("offline", reason, Problem.NO_FRAMES)
        if changed:
            self._on_change()

    def abandon(self, reader: Reader) -> None:
        """Give a reader up that hangs."""
        with self._changed:
            reader.is_abandoned = True
            self._hung = [*self.still_hung(), reader]

    def still_hung(self) -> list[Reader]:
        """Give the readers that were given up and still hang in a driver."""
        with self._changed:
            return [reader for reader in self._hung if not reader.is_finished]

    def wait(self, is_so: Callable[[], bool], seconds: float | None) -> bool:
        """Wait until it is so, for so long at most (None: for ever), and say whether it is."""
        with self._changed:
            return self._changed.wait_for(is_so, seconds)

    def close(self) -> None:
        """Take nothing more, and let go of whoever waits."""
        with self._changed:
            self.is_closing = True
            self._changed.notify_all()

    # Called with the lock held.

    def _wait_while_wanted(self, reader: Reader, seconds: float) -> None:
        if seconds > 0:
            self._changed.wait_for(lambda: not self.wants(reader), seconds)

    def _set_state(self, status: Literal["online", "offline"], reason: str | None, problem: Problem | None = None) -> bool:
        """Set the state, and say whether it is another."""
        if (self.state.status, self.state.reason) == (status, reason):
            return False
        since = self.state.since if self.state.status == status else time.monotonic()
        self.state = CameraState(status, reason, since, problem)
        logger.debug("camera %s: %s%s", self._camera, status, f": {reason}" if reason else "")  # who publishes it logs it for everybody
        return True
