"""What a source's name means, and the sentence where it means nothing."""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPTIONS = SourceOptions()
NOBODY = 65_534


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("", r"No source is named; a source is '0' or '/dev/video0'"),
        ("/no/such/clip.mp4", r"There is no file, folder or camera '/no/such/clip\.mp4' here; a source is"),
        ("webcam", r"There is no file, folder or camera 'webcam' here"),
        ("63", r"There is no camera /dev/video63; present are: "),
        ("/dev/v4l/by-id/usb-none", r"There is no camera /dev/v4l/by-id/usb-none; present are: "),
        ("/dev/null", r"/dev/null cannot be opened as a camera: another program may be using it"),
        ("ftp://nas/clip.mp4", r"Streams of the kind ftp://nas are not supported; a URL begins with one of: rtsp, "),
        ("picamera:left", r"'picamera:left' names no Pi camera: write 'picamera'"),
    ],
)
def test_the_sentence_says_what_is_wrong_and_what_to_do(source: str, sentence: str) -> None:
    with pytest.raises(CameraError, match=sentence):
        open_source("door", source, OPTIONS)


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """Have root be nobody where it is asked who may open what, which goes by the real user; others stay who they are."""
    is_root = os.geteuid() == 0
    if is_root:
        os.setreuid(NOBODY, -1)
    yield
    if is_root:
        os.setreuid(0, -1)


@pytest.fixture
def closed_device() -> Iterator[str]:
    """Something in /dev that nobody but root may open; a pipe, since there need be no such device in a container."""
    with TemporaryDirectory(dir="/dev/shm") as folder:
        os.mkfifo(f"{folder}/video", mode=0)
        yield f"{folder}/video"


@pytest.mark.usefixtures("ordinary_user")
def test_a_device_that_may_not_be_opened_names_the_group(closed_device: str) -> None:
    with pytest.raises(CameraError, match="group video"):
        open_source("door", closed_device, OPTIONS)


def test_a_home_that_nobody_has_is_told() -> None:
    with pytest.raises(CameraError, match=r"'~nobody-of-this-name/clip\.mp4' cannot be looked at"):
        open_source("door", "~nobody-of-this-name/clip.mp4", OPTIONS)


def test_a_folder_that_may_not_be_entered_is_told(closed_folder: Path) -> None:
    with pytest.raises(CameraError, match=r"cannot be looked at: .*Permission denied"):
        open_source("door", str(closed_folder / "clip.mp4"), OPTIONS)


def test_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(CameraError, match="There is no file, folder or camera"):
        open_source("door", str(tmp_path / "fifo"), OPTIONS)
