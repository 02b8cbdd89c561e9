"""What a source's name means, and the sentence where it means nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.errors import CameraError

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = SourceOptions()


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


@pytest.mark.skipif("__import__('os').geteuid() == 0", reason="root may open anything")
def test_a_device_that_may_not_be_opened_names_the_group() -> None:
    with pytest.raises(CameraError, match="group video"):
        open_source("door", "/dev/mem", OPTIONS)


def test_a_home_that_nobody_has_is_told() -> None:
    with pytest.raises(CameraError, match=r"'~nobody-of-this-name/clip\.mp4' cannot be looked at"):
        open_source("door", "~nobody-of-this-name/clip.mp4", OPTIONS)


@pytest.mark.skipif("__import__('os').geteuid() == 0", reason="root may enter any folder")
def test_a_folder_that_may_not_be_entered_is_told(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    with pytest.raises(CameraError, match=r"cannot be looked at: .*Permission denied"):
        open_source("door", str(tmp_path / "closed" / "clip.mp4"), OPTIONS)


def test_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    import os  # noqa: PLC0415 - used here only

    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(CameraError, match="There is no file, folder or camera"):
        open_source("door", str(tmp_path / "fifo"), OPTIONS)
