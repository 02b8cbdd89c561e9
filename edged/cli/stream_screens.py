"""Where drawn frames go: into a window of this desktop, or into a video file.

What is drawn on them is not known here.
"""

from __future__ import annotations

import os
from collections import deque
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Protocol

import cv2

from edged.errors import PictureError
from edged.system.paths import is_there

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Uint8Array

TITLE = "edged"
QUIT_KEYS = frozenset({ord("q"), 27})
"""Keys that end the window: q, and Escape."""
NO_GUI = "NONE"
"""What OpenCV says of its windows where it has none."""
CODECS = {".mp4": "mp4v", ".avi": "MJPG", ".mkv": "mp4v"}
"""Codecs of video files by the end of their name, which every OpenCV has."""
RATE_FRAMES = 10
"""Frames from whose times the rate of a file is taken."""
MOST_FPS, LEAST_FPS = 60.0, 1.0
MOST_REPEATED_SECONDS = 10.0
"""Seconds for which a file repeats a frame at most where none comes: a camera that was away for a night is no night of one picture."""


class Screen(Protocol):
    """Somewhere to look at frames."""

    def begin(self) -> None:
        """Wait until somebody can see what is shown."""

    def show(self, pixels: Uint8Array, seconds: float) -> bool:
        """Show a drawn frame, (H, W, 3) BGR, of this time; whether somebody wants to see more."""

    def close(self) -> None:
        """End; a second time does nothing."""


def why_no_window() -> str | None:
    """Why no window can be opened here; None where one can."""
    lines = [line.partition(":") for line in cv2.getBuildInformation().splitlines()]
    if any(name.strip() == "GUI" and value.strip() == NO_GUI for name, _, value in lines):
        return "This OpenCV can open no window (opencv-python-headless has none)."
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "There is no desktop here to open a window on."
    return None


class DesktopWindow:
    """A window that q, Escape or its own button closes; it has the size of the first frame until somebody changes that."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._is_sized = False

    def begin(self) -> None:
        """Open it."""
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)

    def show(self, pixels: Uint8Array, seconds: float) -> bool:  # noqa: ARG002 - a window shows what comes when it comes
        """See Screen."""
        if not self._is_sized:
            cv2.resizeWindow(TITLE, pixels.shape[1], pixels.shape[0])
            self._is_sized = True
        cv2.imshow(TITLE, pixels)
        return cv2.waitKey(1) & 0xFF not in QUIT_KEYS and cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1

    def close(self) -> None:
        """See Screen."""
        cv2.destroyAllWindows()


class FrameFile:
    """A video file of constant rate in which every frame stands at its time; it gets its name when it is whole."""

    def __init__(self, path: Path, *, overwrite: bool) -> None:
        """Check whether it can be written.

        Raises:
            PictureError: it has no name of a video, is there already, or its folder is not.
        """
        if path.suffix.lower() not in CODECS:
            raise PictureError(f"{path} is no name for a video; end it in {', '.join(list(CODECS)[:-1])} or {list(CODECS)[-1]}.")
        if not os.access(path.absolute().parent, os.W_OK | os.X_OK, effective_ids=True):
            raise PictureError(f"{path} cannot be written: its folder is not there, or is somebody else's.")
        try:
            is_taken = is_there(path)
        except OSError as error:
            raise PictureError(f"{path} cannot be written ({error.strerror}); name another file.") from error
        if is_taken and not overwrite:
            raise PictureError(f"{path} is there already; name another file, or give --overwrite.")
        self._path, self._part = path, path.with_name(f".{path.stem}.part{path.suffix}")
        self._first: deque[tuple[float, Uint8Array]] = deque()
        self._writer: cv2.VideoWriter | None = None
        self._fps = self._began = self._last = 0.0
        self.written = 0
        """Frames in the file."""

    def begin(self) -> None:
        """See Screen."""

    def show(self, pixels: Uint8Array, seconds: float) -> bool:
        """Write the frame where its time is, over and over up to the next one's.

        Raises:
            PictureError: the file cannot be written.
        """
        if self._writer is None:
            self._first.append((seconds, pixels))
            if len(self._first) > RATE_FRAMES:
                self._open()
        else:
            self._write(pixels, seconds)
        return True

    def close(self) -> None:
        """Make the file whole; where nothing came there is none."""
        if self._writer is None and self._first:
            self._open()
        if self._writer is not None:
            self._writer.release()
            self._writer = None
            self._part.replace(self._path)

    def _open(self) -> None:
        times = [seconds for seconds, _ in self._first]
        usual = median(after - before for before, after in pairwise(times)) if len(times) > 1 else 1 / LEAST_FPS
        self._fps = min(MOST_FPS, max(LEAST_FPS, round(1 / max(usual, 1 / MOST_FPS), 2)))
        height, width = self._first[0][1].shape[:2]
        codec = cv2.VideoWriter.fourcc(*CODECS[self._path.suffix.lower()])
        self._writer = cv2.VideoWriter(str(self._part), cv2.CAP_FFMPEG, codec, self._fps, (width, height))
        if not self._writer.isOpened():
            self._writer = None
            raise PictureError(f"{self._path} cannot be written by this OpenCV; name a file that ends in .avi.")
        self._began, self._size = times[0], (width, height)
        while self._first:
            seconds, pixels = self._first.popleft()
            self._write(pixels, seconds)

    def _write(self, pixels: Uint8Array, seconds: float) -> None:
        """Write it as often as its time is later than what the file has, and in the size of the first."""
        if self._writer is None:
            raise ValueError("the file is not open")
        gap = seconds - self._last if self.written else 0.0
        if gap > MOST_REPEATED_SECONDS:
            self._began += gap - MOST_REPEATED_SECONDS
        self._last = seconds
        if (pixels.shape[1], pixels.shape[0]) != self._size:
            pixels = cv2.resize(pixels, self._size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment] # of the same kind
        while self.written <= round((seconds - self._began) * self._fps):
            self._writer.write(pixels)
            self.written += 1
