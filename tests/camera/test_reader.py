"""One try at a camera: what it gives and why it ended reach whoever takes it, and the source is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.camera.reader import Reader
from edged.errors import CameraError

from .conftest import DEADLINE_SECONDS, ScriptedSource, frame

if TYPE_CHECKING:
    import threading

    from edged.camera.source import Source
    from edged.types import Frame


class Notes:
    """A taker that wants so many frames, and writes down all that it is given."""

    def __init__(self, wanted: int = 100) -> None:
        """Take how many frames are wanted."""
        self.wanted = wanted
        self.frames: list[tuple[int, bool]] = []
        self.reasons: list[str] = []
        self.finished = 0

    def wants(self, _reader: Reader) -> bool:
        return len(self.frames) < self.wanted

    def deliver(self, _reader: Reader, frame: Frame, *, live: bool) -> None:
        self.frames.append((frame.number, live))

    def lose(self, _reader: Reader, error: CameraError) -> None:
        self.reasons.append(str(error))

    def finish(self, _reader: Reader) -> None:
        self.finished += 1


def read(source: Source | Exception, notes: Notes) -> Reader:
    """Have a reader read to its end."""

    def open_() -> Source:
        if isinstance(source, Exception):
            raise source
        return source

    reader = Reader("door", open_, notes)
    reader.start()
    reader.join(DEADLINE_SECONDS)
    assert reader.is_finished
    assert notes.finished == 1
    return reader


def test_it_gives_frames_until_the_source_is_lost_and_closes_it() -> None:
    source, notes = ScriptedSource(frame(0), frame(1), CameraError("It was unplugged.")), Notes()
    reader = read(source, notes)
    assert notes.frames == [(0, True), (1, True)]
    assert notes.reasons == ["It was unplugged."]
    assert (reader.is_lost, reader.has_frames, source.closed) == (True, True, True)


def test_it_ends_by_itself_when_no_more_is_wanted() -> None:
    source, notes = ScriptedSource(frame(0), frame(1), frame(2)), Notes(wanted=2)
    reader = read(source, notes)
    assert [number for number, _ in notes.frames] == [0, 1]
    assert (reader.is_lost, source.closed) == (False, True)


def test_a_source_that_does_not_open_is_lost_with_its_reason() -> None:
    notes = Notes()
    reader = read(CameraError("There is no camera."), notes)
    assert notes.reasons == ["There is no camera."]
    assert (reader.has_frames, reader.good_seconds()) == (False, 0.0)


@pytest.mark.parametrize("source", [ZeroDivisionError("oh"), ScriptedSource(frame(0), KeyError("oh"))], ids=["opening", "reading"])
def test_a_defect_is_the_reason_too(source: Source | Exception) -> None:
    notes = Notes()
    read(source, notes)
    [reason] = notes.reasons
    assert reason.startswith("A defect in edged stopped the camera; the log has more")


def test_it_knows_for_how_long_its_source_is_silent(hang: threading.Event) -> None:
    reader = Reader("door", lambda: ScriptedSource(hang), Notes())
    first = reader.silent_seconds()
    reader.start()
    assert 0 <= first <= reader.silent_seconds()
    hang.set()
    reader.join(DEADLINE_SECONDS)
    assert reader.silent_seconds() == 0.0
    assert reader.good_seconds() > 0
