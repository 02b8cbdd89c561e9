"""Interlaced video through OpenCV's FFmpeg: it is told by its name and with a pipeline that works, and the journal stays quiet."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.camera import ffmpeg
from edged.camera.ffmpeg import MOST_UNCHANGED, MOST_UNCHANGED_OF_CLIPS, InterlaceWatch, is_interlaced
from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.errors import NoPicture
from tests.walking import CLIP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.types import Uint8Array

pytestmark = pytest.mark.skipif(
    shutil.which("ffmpeg") is None or not CLIP.exists(), reason="ffmpeg is not installed, or the development data is not here"
)

H264 = "-c:v libx264 -preset veryfast -flags +ilme+ildct -x264opts tff=1"
MPEG2 = "-c:v mpeg2video -flags +ilme+ildct -b:v 4M"
FAST = SourceOptions(640, 360, 10.0, pace="fast")


@pytest.fixture
def encoded(tmp_path: Path) -> Callable[[str, str], Path]:
    """Make a function that encodes two seconds of a clip with these options, in which every other line is of the next moment."""

    def made(options: str, name: str) -> Path:
        path = tmp_path / name
        fields = "scale=640:360,fps=50,interlace=scan=tff,fps=25"
        command = ["ffmpeg", "-v", "error", "-i", str(CLIP), "-t", "2", "-vf", fields, "-an", *shlex.split(options), str(path)]
        subprocess.run(command, check=True)
        return path

    return made


@pytest.mark.parametrize(
    ("options", "name", "interlaced"),
    [
        (H264, "clip.ts", True),
        (H264, "clip.mp4", True),
        (H264, "clip.mkv", True),
        (f"{H264} -profile:v main", "clip.ts", True),
        (MPEG2, "clip.ts", True),
        (MPEG2, "clip.mpg", True),
        ("-c:v libx264 -preset veryfast", "clip.mp4", False),
        ("-c:v libx264 -profile:v baseline", "clip.ts", False),
        ("-c:v mpeg2video", "clip.ts", False),
        ("-c:v mjpeg", "clip.avi", False),
    ],
)
def test_a_clip_says_whether_it_is_interlaced(encoded: Callable[[str, str], Path], options: str, name: str, interlaced: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert is_interlaced(str(encoded(options, name))) is interlaced


def test_what_is_no_video_is_not_interlaced(tmp_path: Path) -> None:
    assert not is_interlaced(str(tmp_path / "nothing.ts"))
    (tmp_path / "text.ts").write_text("No video.", encoding="utf-8")
    assert not is_interlaced(str(tmp_path / "text.ts"))


def read(path: Path, options: SourceOptions, frames: int) -> tuple[list[Uint8Array], str | None]:
    """Read some frames, and the sentence with which they ended."""
    source = open_source("door", str(path), options)
    try:
        return [source.read().pixels.copy() for _ in range(frames)], None
    except NoPicture as error:
        return [], str(error)
    finally:
        source.close()


@pytest.mark.parametrize(("options", "name"), [(H264, "clip.ts"), (H264, "clip.mp4"), (MPEG2, "clip.ts")])
def test_interlaced_video_is_seen_or_the_pipeline_that_is_named_shows_it(
    encoded: Callable[[str, str], Path], options: str, name: str
) -> None:
    path = encoded(options, name)
    shown, error = read(path, FAST, MOST_UNCHANGED_OF_CLIPS + 5)
    if error:
        assert f"{path} is interlaced video, which OpenCV {cv2.__version__} cannot convert" in error
        pipeline = re.search(r"pipeline = '(.*)'$", error)
        assert pipeline, error
        shown, error = read(path, SourceOptions(640, 360, 10.0, pipeline=pipeline[1]), 15)
    assert error is None
    assert all(50 < pixels.mean() < 200 for pixels in shown)
    assert not np.array_equal(shown[0], shown[-1])
    # No comb: a line is as near to the next as to the one after that.
    rows = shown[-1].astype(np.float32)
    assert np.abs(rows[1:-1] - (rows[:-2] + rows[2:]) / 2).mean() < 6


def test_a_stream_names_its_command_without_its_password() -> None:
    watch = InterlaceWatch("rtsp://admin:secret@127.0.0.1/live")
    with pytest.raises(NoPicture) as told:
        watch.refuse()
    assert "rtsp://127.0.0.1 is interlaced" in str(told.value)
    assert "-rtsp_transport tcp -i {source} -vf yadif" in str(told.value)
    assert "secret" not in str(told.value)


def test_a_still_that_is_not_interlaced_goes_on(encoded: Callable[[str, str], Path]) -> None:
    watch = InterlaceWatch(str(encoded("-c:v libx264", "clip.mp4")))
    for _ in range(50):
        watch.check(np.zeros((48, 64, 3), np.uint8))


def test_a_clip_that_fades_in_from_black_goes_on_whatever_it_says_of_itself(encoded: Callable[[str, str], Path]) -> None:
    path = str(encoded(H264, "clip.mp4"))
    black = np.zeros((48, 64, 3), np.uint8)
    watch = InterlaceWatch(path)
    for level in (*[0] * MOST_UNCHANGED_OF_CLIPS, 1, *[0] * 50):
        watch.check(black + np.uint8(level))
    watch = InterlaceWatch(path)
    for _ in range(MOST_UNCHANGED_OF_CLIPS):
        watch.check(black)
    with pytest.raises(NoPicture, match="is interlaced video"):
        watch.check(black)


def test_a_stream_is_asked_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "is_interlaced", lambda *_: True)
    watch, black = InterlaceWatch("rtsp://127.0.0.1/live"), np.zeros((48, 64, 3), np.uint8)
    for _ in range(MOST_UNCHANGED):
        watch.check(black)
    with pytest.raises(NoPicture, match="is interlaced video"):
        watch.check(black)


@pytest.mark.parametrize(("options", "name"), [(H264, "clip.ts"), (MPEG2, "clip.ts")])
def test_ffmpeg_prints_nothing_of_its_own(encoded: Callable[[str, str], Path], options: str, name: str) -> None:
    code = (
        "import sys; from edged.camera.opening import open_source; from edged.camera.source import SourceOptions\n"
        "source = open_source('door', sys.argv[1], SourceOptions(pace='fast'))\n"
        "try:\n    [source.read() for _ in range(40)]\nexcept Exception as error: print(type(error).__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(encoded(options, name))], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout in {"NoPicture\n", ""}
