"""Keeps a camera open: reads it on a thread of its own, holds its newest frame, notices silence, and opens it again.

It does not know what kind of camera it is, nor what the frames are for.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edged.camera.back_off import back_off
from edged.camera.continuation import Continuation
from edged.camera.reader import Reader
from edged.errors import CameraEnded, CameraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.camera.source import Source
    from edged.types import Frame

logger = logging.getLogger(__name__)

SILENT_AFTER_SECONDS = 4.0
"""Without a frame for so long a camera is offline; one second less than is promised, for the word to get out."""

OPENING_SECONDS = 25.0
"""How long the first frame may take before a try is given up: 10 s to connect, 10 s to a key frame. Offline is said long before."""

STEADY_SECONDS = 10.0
"""How long a camera must have worked for the next pause to be the shortest again; less is a camera that falls over and over."""

MOST_HUNG = 4
"""Threads that may hang in a driver at once; each holds memory and a device, and a fifth would not help where four have not."""

HELD_BACK_SHARE = 0.5
"""Of the time by which a source was early: the slower it is decoded, the less it is held back."""
MOST_HELD_BACK_SECONDS = 0.1
"""Time for a look on a small device; after a gap in a clip's times a source is early by seconds, and late at once if it waits for them."""

CLOSING_SECONDS = 2.0
"""How long close() waits: many frames' time, so that a working camera is closed in good order, and soon enough for systemd."""


@dataclass(frozen=True, slots=True)
class CameraState:
    """How a camera is: since is in seconds of time.monotonic(); reason is a sentence, None unless offline."""

    status: Literal["starting", "online", "offline"]
    reason: str | None
    since: float


class Feed:
    """A camera kept open, which survives a read that never returns.

    A supervisor's thread starts one reader at a time. A reader that hangs is abandoned: should its call ever return,
    it closes its source and ends by itself. The newest frame wins where the source is live; a source that wants every
    frame taken waits for it. Numbers and times of frames run on over reopenings.
    """

    def __init__(
        self,
        camera: str,
        open_: Callable[[], Source],
        *,
        on_change: Callable[[], None],
        silent_after_seconds: float = SILENT_AFTER_SECONDS,
        opening_seconds: float = OPENING_SECONDS,
        pause_seconds: Callable[[int], float] = back_off,
    ) -> None:
        """Prepare the feed; start() begins.

        Args:
            camera: the camera's name, for the log.
            open_: opens the source; called again after every failure, on threads of the feed.
            on_change: called on threads of the feed when there is a new frame or a new state; must return at once and not raise.
            silent_after_seconds: without a frame for so long the camera is offline and, if it has given any, opened again.
            opening_seconds: how long a first frame may take before the try is given up.
            pause_seconds: the pause before the next try, from the number of failures in a row before this one.
        """
        self._camera = camera
        self._open = open_
        self._on_change = on_change
        self._silent_after = silent_after_seconds
        self._opening = opening_seconds
        self._pause_seconds = pause_seconds
        self._changed = threading.Condition()  # guards all below, and wakes whoever waits for any of it
        self._state = CameraState("starting", None, time.monotonic())
        self._frame: Frame | None = None
        self._sequel = Continuation()
        self._reader: Reader | None = None
        self._hung: list[Reader] = []
        self._played_out = False
        self._closing = False
        self._frames_read = 0
        self._frames_dropped = 0
        self._supervisor = threading.Thread(target=self._supervise, name=f"feed-{camera}", daemon=True)

    def start(self) -> None:
        """Begin to open and read; once only."""
        self._supervisor.start()

    def close(self) -> None:
        """Stop; waits a moment for the camera to be released and leaves behind what hangs."""
        with self._changed:
            if self._closing:
                return
            self._closing = True
            reader = self._reader
            if reader is not None:
                reader.abandoned = True
            self._changed.notify_all()
        deadline = time.monotonic() + CLOSING_SECONDS
        if reader is not None:
            reader.join(CLOSING_SECONDS)
        if self._supervisor.is_alive():
            self._supervisor.join(max(0.0, deadline - time.monotonic()))

    def take(self) -> Frame | None:
        """Give the newest frame not taken yet, or None; never blocks."""
        with self._changed:
            frame, self._frame = self._frame, None
            if frame is not None:
                self._changed.notify_all()  # a source that wants every frame taken waits for this
            return frame

    @property
    def state(self) -> CameraState:
        """How the camera is now."""
        return self._state

    @property
    def frames_read(self) -> int:
        """Frames that have come from the camera, taken or not."""
        return self._frames_read

    @property
    def frames_dropped(self) -> int:
        """Frames that were replaced by a newer one before they were taken."""
        return self._frames_dropped

    @property
    def hung_readers(self) -> int:
        """Threads that hang in a driver now; at MOST_HUNG the camera is not opened again until one returns."""
        with self._changed:
            return len(self._still_hung())

    @property
    def ended(self) -> bool:
        """Whether a source that is played once has ended and its last frame has been taken."""
        with self._changed:
            return self._played_out and self._frame is None

    # What a reader calls, on its thread.

    def deliver(self, reader: Reader, frame: Frame, *, live: bool) -> None:
        """Put the frame where take() finds it: at its time where the source is live, else when the one before has been taken.

        A source that was early is held back a little longer: a camera could not read its next frame at once either, and a
        clip that is decoded while the worker looks at this frame would take the networks' core.
        """
        early = frame.monotonic_seconds - time.monotonic() if live else 0.0
        with self._changed:
            if not live:
                self._changed.wait_for(lambda: self._is_over(reader) or self._frame is None)
            self._wait_until_over(reader, early)
            if self._is_over(reader):
                return
            self._frames_dropped += self._frame is not None
            self._frames_read += 1
            self._frame = self._sequel.continued(reader, frame)
            self._say("online", None)
        self._on_change()
        with self._changed:
            self._wait_until_over(reader, min(HELD_BACK_SHARE * early, MOST_HELD_BACK_SECONDS))

    def lost(self, reader: Reader, error: CameraError) -> None:
        """Say that the camera is offline, and why."""
        with self._changed:
            if self._is_over(reader):
                return
            self._played_out = isinstance(error, CameraEnded)
            hint = " An earlier read of it still hangs in its driver." if self._still_hung() else ""
            changed = self._say("offline", f"{error}{hint}")
        if changed:
            self._on_change()

    def finished(self, reader: Reader) -> None:
        """Wake the supervisor: a reader is done, the current or one that was given up."""
        with self._changed:
            if reader in self._hung:
                logger.info("camera %s: a call that hung has returned", self._camera)
            self._changed.notify_all()

    # The supervisor's thread.

    def _supervise(self) -> None:
        failures = 0
        while (reader := self._begun()) is not None:
            self._watch(reader)
            if self._played_out:
                return
            failures = 0 if reader.good_seconds() >= STEADY_SECONDS else failures
            self._wait(lambda: self._closing, self._pause_seconds(failures))
            self._wait_for_hung()
            failures += 1

    def _begun(self) -> Reader | None:
        with self._changed:
            if self._closing:
                return None
            self._reader = Reader(self._camera, self._open, self)
            self._reader.start()
            return self._reader

    def _watch(self, reader: Reader) -> None:
        """Return when the reader has finished, or has been given up."""
        while not self._wait(lambda: self._closing or reader.is_finished, self._seconds_left(reader)):
            silent = reader.silent_seconds()
            if silent >= self._patience(reader):
                self._abandon(reader)
                return
            if silent >= self._silent_after and self._state.status == "starting":  # a reason that was given before says more
                self._tell(f"The camera has given no picture for {self._silent_after:g} s; edged is still waiting for its first.")

    def _patience(self, reader: Reader) -> float:
        return self._silent_after if reader.has_frames else max(self._opening, self._silent_after)

    def _seconds_left(self, reader: Reader) -> float:
        silent = reader.silent_seconds()
        limits = (limit for limit in (self._silent_after, self._patience(reader)) if limit > silent)
        return min(limits, default=silent) - silent

    def _abandon(self, reader: Reader) -> None:
        with self._changed:
            reader.abandoned = True
            self._hung = [*self._still_hung(), reader]
        if not reader.is_lost:  # else why it was lost has been said, and it only hangs in closing
            self._tell(f"The camera has given no picture for {self._patience(reader):g} s; edged opens it again.")

    def _wait_for_hung(self) -> None:
        if self.hung_readers < MOST_HUNG:
            return
        self._tell(
            f"The camera's driver has hung {MOST_HUNG} times and does not return; edged opens it again when it does."
            " Unplug and plug in the camera, or restart edged.",
        )
        self._wait(lambda: self._closing or len(self._still_hung()) < MOST_HUNG, None)

    def _wait(self, is_so: Callable[[], bool], seconds: float | None) -> bool:
        with self._changed:
            return self._changed.wait_for(is_so, seconds)

    def _tell(self, reason: str) -> None:
        with self._changed:
            changed = not self._closing and self._say("offline", reason)
        if changed:
            self._on_change()

    # Called with the lock held.

    def _is_over(self, reader: Reader) -> bool:
        return self._closing or reader.abandoned

    def _wait_until_over(self, reader: Reader, seconds: float) -> None:
        if seconds > 0:
            self._changed.wait_for(lambda: self._is_over(reader), seconds)

    def _still_hung(self) -> list[Reader]:
        return [reader for reader in self._hung if not reader.is_finished]

    def _say(self, status: Literal["online", "offline"], reason: str | None) -> bool:
        """Set the state; says whether it is another."""
        if (self._state.status, self._state.reason) == (status, reason):
            return False
        since = self._state.since if self._state.status == status else time.monotonic()
        self._state = CameraState(status, reason, since)
        logger.debug("camera %s: %s%s", self._camera, status, f": {reason}" if reason else "")  # who publishes it says it aloud
        return True
