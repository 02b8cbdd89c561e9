"""Whether a camera's decoder in hardware is used: it has to hold, and where it does not and software does, it is left alone for long.

It does not know what decodes, nor how a stream is opened.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.camera.source import Geometry, RawSource
    from edged.types import Frame

log = logging.getLogger(__name__)

HELD_PICTURES, HELD_SECONDS = 50, 30.0
"""Pictures, and seconds from the first of them, after which who decodes a stream works: a decoder that does not get its buffers back stops
after as many as it has, 20 to 40, and one that cannot keep up within seconds."""
LEFT_ALONE_SECONDS = 600.0, 6 * 3600.0
"""Seconds for which a decoder that did not hold, where software did, is not chosen: the first time, since the camera may just have been
starting, and each further time in a row, since a try costs the camera some seconds."""


@dataclass(slots=True)
class DecoderTrial:
    """What is held of one camera's decoder in hardware, over all tries at its stream.

    One that fails before it has held is suspected, and the next try is software's. Where that holds, the decoder was at fault, and is left
    alone for a while; where that fails too, the camera was, and the decoder is chosen again.
    """

    held_pictures: int = HELD_PICTURES
    held_seconds: float = HELD_SECONDS
    left_alone_seconds: tuple[float, ...] = LEFT_ALONE_SECONDS
    _faults: int = 0
    _suspicion: str | None = None
    _left_alone_until: float = 0.0
    _said: str | None = None

    @property
    def chooses_hardware(self) -> bool:
        """Whether the decoder is to be tried now."""
        return self._suspicion is None and time.monotonic() >= self._left_alone_until

    def suspect(self, sentence: str) -> None:
        """Have the next try be software's; the sentence is for the log, once the decoder was at fault."""
        self._suspicion = sentence

    def watch_hardware(self, source: RawSource, sentence: str) -> RawSource:
        """Give the same source; what it fails of before it has held stands behind the sentence of the suspicion."""
        return SourceOnTrial(source, self, on_hold=self._trust, on_failure=lambda error: self.suspect(f"{sentence}{error}"))

    def watch_software(self, source: RawSource) -> RawSource:
        """Give the same source, which tells whose fault it was where the decoder is suspected."""
        if self._suspicion is None:
            return source
        return SourceOnTrial(source, self, on_hold=self._convict, on_failure=self._acquit)

    def say(self, sentence: str, level: int = logging.WARNING) -> None:
        """Log this, unless it was the last that was said: each try at a stream knows nothing of those before."""
        if self._said != sentence:
            self._said = sentence
            log.log(level, "%s", sentence)

    def _trust(self) -> None:
        self._faults = 0

    def _convict(self) -> None:
        if self._suspicion is not None:
            self.say(self._suspicion)
        seconds = self.left_alone_seconds[min(self._faults, len(self.left_alone_seconds) - 1)]
        self._suspicion, self._left_alone_until = None, time.monotonic() + seconds
        self._faults += 1

    def _acquit(self, _error: CameraError) -> None:
        self._suspicion = None


class SourceOnTrial:
    """A source that notes once whether it has held, or failed before that."""

    def __init__(
        self,
        source: RawSource,
        trial: DecoderTrial,
        *,
        on_hold: Callable[[], None],
        on_failure: Callable[[CameraError], None],
    ) -> None:
        """Take over an open source; at most one of the two is called, and neither where it is closed before."""
        self._source, self._trial, self._on_hold, self._on_failure = source, trial, on_hold, on_failure
        self.live, self.frozen_after_seconds, self.decoder = source.live, source.frozen_after_seconds, source.decoder
        self._first_at: float | None = None
        self._pictures, self._is_over = 0, False

    @property
    def geometry(self) -> Geometry:
        """That of the last frame read."""
        return self._source.geometry

    def read(self) -> Frame:
        """Wait for the next frame; fails as Source.read()."""
        try:
            frame = self._source.read()
        except CameraError as error:
            if not self._is_over:
                self._is_over = True
                self._on_failure(error)
            raise
        if not self._is_over:
            self._count(frame.monotonic_seconds)
        return frame

    def close(self) -> None:
        """Release it."""
        self._source.close()

    def _count(self, seconds: float) -> None:
        self._first_at = seconds if self._first_at is None else self._first_at
        self._pictures += 1
        self._is_over = self._pictures >= self._trial.held_pictures and seconds - self._first_at >= self._trial.held_seconds
        if self._is_over:
            self._on_hold()
