"""Pictures from a decoder in YUV4MPEG2: whole, in order, of the size that it says, and what is no such stream is told."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from edged.camera.shaping import ShapedSource
from edged.camera.source import SourceOptions
from edged.camera.y4m import Y4mStream
from edged.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PICTURES = "for n in range(6): out.write(b'FRAME\\n' + bytes([16 + n * 20]) * (W * H) + bytes([128]) * (W * H // 2)); out.flush()\n"
OPTIONS = SourceOptions(frames_per_second=1e6, frame_timeout_seconds=0.2)  # frames come in bursts, and none is to be thinned out


def command(header: str, then: str = PICTURES, size: tuple[int, int] = (8, 6)) -> str:
    """A program that writes a header and pictures, each a step lighter, to the descriptor it is told, and talks on its output."""
    code = f"import os, sys\nprint('NvMMLiteOpen', flush=True)\nW, H = {size}\nout = os.fdopen({{output}}, 'wb')\n"
    return shlex.join([sys.executable, "-c", f"{code}out.write({header!r}.encode()); out.flush()\n{then}"])


@pytest.fixture
def opened() -> Iterator[Callable[..., Y4mStream]]:
    """Make a function that starts a program; all are ended at the end."""
    streams: list[Y4mStream] = []

    def made(said: str, options: SourceOptions = OPTIONS) -> Y4mStream:
        streams.append(Y4mStream("door", "a_decoder", said, "", options))
        return streams[-1]

    yield made
    for stream in streams:
        stream.close()


def test_pictures_come_whole_and_in_order_whatever_the_program_says_beside(opened: Callable[..., Y4mStream]) -> None:
    stream = opened(command("YUV4MPEG2 W8 H6 F10:1 Ip A1:1 C420jpeg\n"))
    frames = [stream.read() for _ in range(6)]
    assert [round((frame.pixels.mean() / 1.164) / 20) for frame in frames] == list(range(6))  # 16 is black, and 235 white
    assert {frame.pixels.shape for frame in frames} == {(6, 8, 3)}
    assert [frame.number for frame in frames] == list(range(6))
    with pytest.raises(CameraError, match=r"has ended, exit status 0\. It said: NvMMLiteOpen"):
        stream.read()


def test_pictures_above_the_rate_are_passed_over(opened: Callable[..., Y4mStream]) -> None:
    stream = opened(command("YUV4MPEG2 W8 H6\n"), SourceOptions(frames_per_second=0.5))
    stream.read()
    with pytest.raises(CameraError, match="has ended"):
        stream.read()


def test_pixels_that_are_not_square_are_made_so(opened: Callable[..., Y4mStream]) -> None:
    stream = opened(command("YUV4MPEG2 W8 H6 A4:3 C420mpeg2 XCOLORRANGE=LIMITED\n"))
    assert ShapedSource(stream, OPTIONS).read().pixels.shape == (6, 11, 3)


@pytest.mark.parametrize("aspect", ["0:0", "1:1", "1000:1", "x"])
def test_an_aspect_that_says_nothing_is_passed_over(opened: Callable[..., Y4mStream], aspect: str) -> None:
    assert opened(command(f"YUV4MPEG2 W8 H6 A{aspect}\n")).geometry.pixel_ratio == 1.0


@pytest.mark.parametrize(
    ("header", "then", "sentence"),
    [
        ("YUV4MPEG2 W7 H6\n", PICTURES, "pictures of 7×6 pixels; only even sizes"),
        ("YUV4MPEG2 W8 H6 C444\n", PICTURES, "does not write pictures in YUV4MPEG2, 4:2:0"),
        ("YUV4MPEG2 W8\n", PICTURES, "does not write pictures in YUV4MPEG2"),
        ("RIFF" * 100, PICTURES, "does not write pictures in YUV4MPEG2"),
        ("YUV4MPEG2 W8 H6\n", "out.write(b'NOTHING' * 100); out.flush()", "writes something else than pictures"),
        ("YUV4MPEG2 W8 H6\n", "sys.exit('No such device')", r"exit status 1\. It said: No such device"),
        ("", "sys.exit(3)", "exit status 3"),
    ],
)
def test_what_is_no_such_stream_is_told_at_the_opening(opened: Callable[..., Y4mStream], header: str, then: str, sentence: str) -> None:
    with pytest.raises(CameraError, match=sentence):
        opened(command(header, then))


def test_a_decoder_that_hangs_in_mid_frame_is_noticed_and_killed(opened: Callable[..., Y4mStream]) -> None:
    then = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + PICTURES.replace("range(6)", "range(1)")
    stream = opened(command("YUV4MPEG2 W8 H6\n", then + "out.write(b'FRAME\\n half'); out.flush(); time.sleep(3600)"))
    stream.read()
    with pytest.raises(CameraError, match=r"wrote no whole frame for 0\.2 s"):
        stream.read()
    stream.close()
    assert stream._program._program.returncode == -9
