"""Keeps a camera open: reads it on a thread of its own, notices silence, and opens it again.

It does not know what kind of camera it is, nor what the frames are for.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.camera.handover import Handover
from edged.camera.reader import Reader
from edged.camera.source import MOST_INTERVALS
from edged.system.back_off import BackOff

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.camera.handover import CameraState
    from edged.camera.source import Source, SourceOptions
    from edged.types import Frame

FIRST_PAUSE_SECONDS = 2.0
"""Limit of the pause before the second try at a camera."""
MOST_HUNG = 4
"""Threads that may hang in a driver at once; each holds memory and a device, and a fifth would not help where four have not."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds a camera may give nothing, and closing it may take.

    silent_after without a frame it is offline and, if it has given any, opened again: one less than is promised, for the word to get
    out, and longer for a camera that usually gives frames less often. opening may pass before the first frame: 10 to connect, 10 to a
    key frame, and what decoders are tried for before that; offline is reported long before. closing is what close() waits at most: many
    frames' time, so that a working camera is closed in good order, and soon enough for systemd.
    """

    silent_after: float = 4.0
    opening: float = 25.0
    closing: float = 2.0

    @classmethod
    def of(cls, options: SourceOptions, seconds_before: float = 0.0) -> Patience:
        """Give the patience with a source of which frames are asked for this often, and whose opening may take so much longer."""
        usual = cls()
        return cls(options.patience_seconds(usual.silent_after), options.patience_seconds(usual.opening) + seconds_before)

    def silence(self, reader: Reader) -> float:
        """Give the silence after which a camera is offline; before its rate is known it has more time, for it may be a slow one."""
        if not reader.has_frames:
            return self.silent_after
        usual = reader.usual_seconds
        return MOST_INTERVALS * self.silent_after if usual is None else max(self.silent_after, MOST_INTERVALS * usual)

    def limit(self, reader: Reader) -> float:
        """Give the silence after which a reader is given up."""
        return self.silence(reader) if reader.has_frames else max(self.opening, self.silent_after)

    def seconds_left(self, reader: Reader) -> float:
        """Give the seconds until its silence is to be looked at again."""
        silent = reader.silent_seconds()
        return min((limit for limit in (self.silence(reader), self.limit(reader)) if limit > silent), default=silent) - silent


class Feed:
    """A camera kept open, which survives a read that never returns.

    A supervisor's thread starts one reader at a time. A reader that hangs is given up: should its call ever return,
    it closes its source and ends by itself. Numbers and times of frames run on over reopenings.
    """

    def __init__(
        self,
        camera: str,
        open_: Callable[[], Source],
        *,
        on_change: Callable[[], None],
        patience: Patience | None = None,
        back_off: BackOff | None = None,
    ) -> None:
        """Prepare the feed; start() begins.

        Args:
            camera: the camera's name, for the log.
            open_: opens the source; called again after every failure, on threads of the feed.
            on_change: called on threads of the feed when there is a new frame or a new state; must return at once and not raise.
            patience: how long it may be silent.
            back_off: the pauses between tries.
        """
        self._camera, self._open = camera, open_
        self._patience, self._back_off = patience or Patience(), back_off or BackOff(FIRST_PAUSE_SECONDS)
        self._handover = Handover(camera, on_change)
        self._reader: Reader | None = None
        self._supervisor = threading.Thread(target=self._supervise, name=f"feed-{camera}", daemon=True)

    def start(self) -> None:
        """Begin to open and read; once only."""
        self._supervisor.start()

    def close(self) -> None:
        """Stop; waits a moment for the camera to be released and leaves behind what hangs."""
        if self._handover.is_closing:
            return
        self._handover.close()
        deadline = time.monotonic() + self._patience.closing
        if self._supervisor.is_alive():
            self._supervisor.join(self._patience.closing)
        if self._reader is not None:
            self._reader.join(max(0.0, deadline - time.monotonic()))

    def take(self) -> Frame | None:
        """Give the newest frame not taken yet, or None; never blocks."""
        return self._handover.take()

    @property
    def state(self) -> CameraState:
        """How the camera is now."""
        return self._handover.state

    @property
    def frames_read(self) -> int:
        """Frames that have come from the camera, taken or not."""
        return self._handover.frames_read

    @property
    def frames_dropped(self) -> int:
        """Frames that were replaced by a newer one before they were taken."""
        return self._handover.frames_dropped

    @property
    def frozen_after_seconds(self) -> float | None:
        """For how long the pictures of the open source may be the same; None for ever."""
        return self._reader.frozen_after_seconds if self._reader else None

    @property
    def decoder(self) -> str | None:
        """What decodes the stream of the open source; None where it is no stream, or none is open."""
        return self._reader.decoder if self._reader else None

    @property
    def hung_readers(self) -> int:
        """Threads that hang in a driver now; at MOST_HUNG the camera is not opened again until one returns."""
        return len(self._handover.still_hung())

    @property
    def ended(self) -> bool:
        """Whether a source that is played once has ended and its last frame has been taken."""
        return self._handover.has_ended

    # The supervisor's thread.

    def _supervise(self) -> None:
        handover = self._handover
        while not handover.is_closing:
            self._reader = reader = Reader(self._camera, self._open, handover)
            reader.start()
            self._watch(reader)
            if handover.is_played_out:
                return
            handover.wait(lambda: handover.is_closing, self._back_off.pause_seconds(reader.good_seconds()))
            self._wait_for_hung()

    def _watch(self, reader: Reader) -> None:
        """Wait until the reader has finished, or has been given up."""
        handover = self._handover
        while not handover.wait(lambda: handover.is_closing or reader.is_finished, self._patience.seconds_left(reader)):
            silent = reader.silent_seconds()
            if silent >= self._patience.limit(reader):
                self._abandon(reader)
                return
            if silent >= self._patience.silence(reader) and handover.state.status == "starting":  # a reason given before says more
                after = f"{self._patience.silent_after:.3g} s"
                handover.report_offline(f"The camera has given no picture for {after}; edged is still waiting for its first.")

    def _abandon(self, reader: Reader) -> None:
        self._handover.abandon(reader)
        if not reader.is_lost:  # else why it was lost has been reported, and it only hangs in closing
            after = f"{self._patience.limit(reader):.3g} s"
            self._handover.report_offline(f"The camera has given no picture for {after}; edged opens it again.")

    def _wait_for_hung(self) -> None:
        if self.hung_readers < MOST_HUNG:
            return
        handover = self._handover
        handover.report_offline(
            f"The camera's driver has hung {MOST_HUNG} times and does not return; edged opens it again when it does."
            " Unplug and plug in the camera, or restart edged."
        )
        handover.wait(lambda: handover.is_closing or self.hung_readers < MOST_HUNG, None)
