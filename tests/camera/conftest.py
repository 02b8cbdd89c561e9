"""Clips and pictures made on the spot, scripted cameras, and a way to wait for what a feed does on its threads."""

from __future__ import annotations

import threading
import time
from collections import deque
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.camera.feed import Feed, Patience
from edged.errors import CameraError
from edged.system.back_off import BackOff
from edged.types import Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from edged.camera.source import Source

DEADLINE_SECONDS = 30.0
"""Far above what anything here takes, even on a laden machine; only a failing test waits for so long."""

GREY_STEP = 20
"""Between the grey levels of a made clip's frames: far more than JPEG's error, so that a frame can be told by its level."""


def until(is_so: Callable[[], bool]) -> None:
    """Wait for something to become true on another thread."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.002)


def level(frame: Frame) -> int:
    """Tell which frame of a made clip this is."""
    return round(float(frame.pixels.mean()) / GREY_STEP)


def frame(number: int = 0, *, monotonic_seconds: float | None = None) -> Frame:
    """Make a small frame, of now where no time is named."""
    seconds = time.monotonic() if monotonic_seconds is None else monotonic_seconds
    return Frame("door", number, datetime.now(UTC), seconds, np.zeros((2, 2, 3), np.uint8))


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    """Make a function that writes a video whose frames are evenly grey, each a step lighter."""

    def made(frames: int = 6, rate: float = 10.0, name: str = "clip.avi") -> Path:
        path = tmp_path / name
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), rate, (64, 48))
        for number in range(frames):
            writer.write(np.full((48, 64, 3), number * GREY_STEP, np.uint8))
        writer.release()
        return path

    return made


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """Make a function that gives the URL at which a file that a test has made is served, for as long as the test runs."""
    root = tmp_path_factory.getbasetemp()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root))) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield lambda path: f"http://127.0.0.1:{server.server_port}/{path.relative_to(root)}"
        server.shutdown()


class ScriptedSource:
    """A camera that does what it is told: gives a frame per read, raises an error, or waits for an event as a hung driver does.

    reads are the monotonic times at which it was asked.
    """

    live = True
    frozen_after_seconds = 30.0
    decoder = None

    def __init__(self, *steps: Frame | Exception | threading.Event, closing: threading.Event | None = None) -> None:
        """Take what each read does, and what closing waits for."""
        self.steps = deque(steps)
        self.reads: list[float] = []
        self.closing = closing
        self.closed = False

    def read(self) -> Frame:
        self.reads.append(time.monotonic())
        step = self.steps.popleft() if self.steps else CameraError("The script has ended.")
        if isinstance(step, threading.Event):
            step.wait()
            return frame()
        if isinstance(step, Exception):
            raise step
        return step

    def close(self) -> None:
        if self.closing is not None:
            self.closing.wait()
        self.closed = True


def _event() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()  # so that no thread outlives the test


hang = pytest.fixture(_event, name="hang")
"""What a scripted camera hangs on; named after make_feed in a test's arguments, it lets go before the feed is closed."""

idle = pytest.fixture(_event, name="idle")
"""What the next scripted camera waits on where nothing more is wanted of it."""


class Opened:
    """Opens prepared sources one after the other, and is told of changes as the worker is."""

    def __init__(self, *sources: Source | Exception) -> None:
        """Take what each opening gives or raises."""
        self.sources = deque(sources)
        self.times = 0
        self.states: list[tuple[str, str | None]] = []
        self.feed: Feed | None = None

    def __call__(self) -> Source:
        self.times += 1
        source = self.sources.popleft() if self.sources else CameraError("No source is left.")
        if isinstance(source, Exception):
            raise source
        return source

    def on_change(self) -> None:
        if self.feed is not None:
            state = self.feed.state
            if not self.states or self.states[-1] != (state.status, state.reason):
                self.states.append((state.status, state.reason))


@pytest.fixture
def make_feed() -> Iterator[Callable[..., Feed]]:
    """Make a function that starts a feed with hardly a pause between tries; all are closed at the end."""
    feeds: list[Feed] = []

    def made(
        open_: Callable[[], Source],
        *,
        on_change: Callable[[], None] | None = None,
        back_off: BackOff | None = None,
        patience: Patience | None = None,
    ) -> Feed:
        feed = Feed(
            "door",
            open_,
            on_change=on_change or (open_.on_change if isinstance(open_, Opened) else lambda: None),
            patience=patience or Patience(closing=0.2),
            back_off=back_off or BackOff(0.01, longest_seconds=0.01),
        )
        if isinstance(open_, Opened):
            open_.feed = feed
        feeds.append(feed)
        feed.start()
        return feed

    yield made
    for feed in feeds:
        feed.close()
