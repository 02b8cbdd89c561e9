"""V4L2 devices, of which none is here: a stand-in for cv2.VideoCapture behaves as the real one does."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np
import pytest

from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.errors import CameraError

if TYPE_CHECKING:
    from edged.types import Uint8Array

DEVICE = "/dev/null"  # a character device that exists anywhere
BROKEN = None
UNPLUGGED = "unplugged"
AS_FAST_AS_THEY_COME = 1e6  # frames a second: none is thinned out


class FakeCapture:
    """Gives prepared frames; BROKEN ones are grabbed but cannot be retrieved."""

    frames: ClassVar[deque[Uint8Array | str | None]] = deque()
    last: ClassVar[FakeCapture]

    def __init__(self, name: str, backend: int, _parameters: list[int]) -> None:
        """Open whatever it is."""
        assert backend == cv2.CAP_V4L2
        self.name = name
        self.wished: list[tuple[int, float]] = []
        self.released = False
        FakeCapture.last = self

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def set(self, key: int, value: float) -> bool:
        self.wished.append((key, value))
        return False

    def grab(self) -> bool:
        return bool(self.frames) and not isinstance(self.frames[0], str)

    def retrieve(self, image: Uint8Array | None = None) -> tuple[bool, Uint8Array | None]:
        """Into the array that is given, where it is of the right form."""
        pixels = self.frames.popleft()
        assert not isinstance(pixels, str)
        if pixels is None or image is None or (image.shape, image.dtype) != (pixels.shape, pixels.dtype):
            return pixels is not None, pixels
        image[:] = pixels
        return True, image

    def release(self) -> None:
        self.released = True


@pytest.fixture(autouse=True)
def fake_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    FakeCapture.frames = deque()


def picture(shade: int) -> Uint8Array:
    return np.full((4, 6, 3), shade, np.uint8)


def test_frames_lie_where_others_lay_and_one_that_is_kept_stays() -> None:
    FakeCapture.frames = deque(picture(shade) for shade in range(10))
    source = open_source("door", DEVICE, SourceOptions(6, 4, AS_FAST_AS_THEY_COME))
    kept = source.read().pixels, source.read().pixels
    places = {source.read().pixels.__array_interface__["data"][0] for _ in range(8)}
    assert len(places) == 1
    assert [set(pixels.flat) for pixels in kept] == [{0}, {1}]


def test_a_small_picture_is_wished_raw_and_a_large_one_as_mjpeg() -> None:
    open_source("door", DEVICE, SourceOptions(640, 480, 15))
    small = FakeCapture.last.wished
    assert [value for _key, value in small[:3]] == [640, 480, 15]
    open_source("door", DEVICE, SourceOptions(1920, 1080, 30))
    large = FakeCapture.last.wished
    assert next(key for key, _value in large) == cv2.CAP_PROP_FOURCC  # before the size, which is of this format
    assert dict(large)[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"MJPG")
    assert dict(large)[cv2.CAP_PROP_BUFFERSIZE] == 1


def test_an_undecodable_frame_is_passed_over_and_the_end_is_an_error() -> None:
    FakeCapture.frames = deque([picture(1), BROKEN, picture(2), UNPLUGGED])
    source = open_source("door", DEVICE, SourceOptions(frames_per_second=AS_FAST_AS_THEY_COME))
    assert [source.read().pixels[0, 0, 0], source.read().pixels[0, 0, 0]] == [1, 2]
    with pytest.raises(CameraError, match="/dev/null gives no more pictures; it may have been unplugged"):
        source.read()
    source.close()
    assert FakeCapture.last.released


def test_nothing_but_undecodable_frames_is_an_error() -> None:
    FakeCapture.frames = deque([BROKEN] * 100)
    with pytest.raises(CameraError, match="cannot be decoded"):
        open_source("door", DEVICE, SourceOptions(frames_per_second=AS_FAST_AS_THEY_COME)).read()


@pytest.mark.parametrize(("call", "sentence"), [("__init__", "cannot be opened: "), ("grab", "OpenCV says"), ("retrieve", "OpenCV says")])
def test_no_error_of_opencv_gets_out(monkeypatch: pytest.MonkeyPatch, call: str, sentence: str) -> None:
    def failing(*_: object) -> bool:
        return bool(cv2.cvtColor(np.zeros((0, 0), np.uint8), cv2.COLOR_BGR2GRAY).size)

    FakeCapture.frames = deque([picture(1)])
    monkeypatch.setattr(FakeCapture, call, failing)
    with pytest.raises(CameraError, match=sentence):
        open_source("door", DEVICE, SourceOptions(frames_per_second=AS_FAST_AS_THEY_COME)).read()
