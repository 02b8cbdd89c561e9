"""Frames from a program's standard output: real programs, started and ended."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from typing import TYPE_CHECKING, Protocol

import pytest

from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.errors import CameraError

from .conftest import level, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from edged.camera.source import Source

WIDTH, HEIGHT = 31, 7  # odd, so that a row is no multiple of anything


class OpenPipe(Protocol):
    def __call__(self, command: str, source: str = "", width: int = WIDTH, height: int = HEIGHT, timeout: float = 3.5) -> Source: ...


@pytest.fixture
def opened() -> Iterator[OpenPipe]:
    """Make a function that starts a program; all are ended at the end."""
    sources: list[Source] = []

    def made(command: str, source: str = "", width: int = WIDTH, height: int = HEIGHT, timeout: float = 3.5) -> Source:
        sources.append(open_source("door", source, SourceOptions(width, height, 10.0, pipeline=command, frame_timeout_seconds=timeout)))
        return sources[-1]

    yield made
    for source in sources:
        source.close()


def python(code: str) -> str:
    return shlex.join([sys.executable, "-c", code])


WRITE = "import sys; w, h = {width}, {height}; out = sys.stdout.buffer\n"
GREYS = WRITE + "for n in range(3): out.write(bytes([n * 20]) * (w * h * 3))\n"


def test_frames_lie_where_others_lay_and_one_that_is_kept_stays(opened: OpenPipe) -> None:
    source = opened(python(GREYS.replace("range(3)", "range(8)")))
    kept = source.read()
    places = {source.read().pixels.__array_interface__["data"][0] for _ in range(7)}
    assert len(places) == 1
    assert level(kept) == 0


def test_frames_are_read_whole_and_in_order(opened: OpenPipe) -> None:
    source = opened(python(GREYS))
    frames = [source.read() for _ in range(3)]
    assert [level(frame) for frame in frames] == [0, 1, 2]
    assert frames[0].pixels.shape == (HEIGHT, WIDTH, 3)
    assert source.live
    with pytest.raises(CameraError, match=r"has ended, exit status 0\.$"):
        source.read()


def test_the_order_of_colours_is_kept(opened: OpenPipe) -> None:
    source = opened(python(WRITE + "out.write(bytes([1, 2, 3]) * (w * h))"))
    assert source.read().pixels[3, 5].tolist() == [1, 2, 3]


def test_its_last_words_say_why_it_ended_without_the_password(opened: OpenPipe) -> None:
    source = opened(python("import sys; sys.exit('{source}: 401 Unauthorized')"), "rtsp://admin:secret@cam/live")
    with pytest.raises(CameraError, match=r"exit status 1\. It said: rtsp://cam: 401 Unauthorized$"):
        source.read()


def test_a_password_with_a_space_is_not_among_its_last_words_either(opened: OpenPipe) -> None:
    source = opened(python("import sys; sys.exit('Cannot open {source}: 401')"), "rtsp://admin:top s3cret@cam/live")
    with pytest.raises(CameraError, match=r"It said: Cannot open rtsp://cam: 401$") as told:
        source.read()
    assert "s3cret" not in str(told.value)


def test_a_silent_program_is_noticed_and_ended_with_its_children(opened: OpenPipe, tmp_path: Path) -> None:
    child = tmp_path / "child"
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        + WRITE
        + f"child = os.fork()\nif child: open({str(child)!r}, 'w').write(str(child))\n"
        + "if child: out.write(bytes(w * h * 3)); out.write(b'half a frame'); out.flush()\n"
        + "time.sleep(3600)\n"
    )
    source = opened(python(code), timeout=0.05)
    source.read()
    with pytest.raises(CameraError, match=r"wrote no whole frame for 0\.05 s"):
        source.read()
    source.close()
    until(lambda: is_gone(int(child.read_text())))


def is_gone(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as stat:  # noqa: PTH123 - a Path would say no more
            return stat.read().rpartition(")")[2].split()[0] == "Z"  # killed, and waiting for whoever inherits it
    except OSError:
        return True


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("", "The pipeline is empty"),
        ("ffmpeg 'unclosed", "cannot be split into words"),
        ("ffmpeg -i a\0b", "cannot be started: embedded null byte"),
        ("no-such-program-here -i x", "'no-such-program-here' cannot be started: No such file or directory. Is it installed?"),
    ],
)
def test_a_command_that_cannot_be_started_is_told(opened: OpenPipe, command: str, sentence: str) -> None:
    with pytest.raises(CameraError, match=sentence):
        opened(command)


def test_there_is_no_shell_and_a_source_is_one_word(opened: OpenPipe, tmp_path: Path) -> None:
    target = tmp_path / "made"
    source = opened(python("import sys; sys.exit(sys.argv[1])") + " {source}", f"a b; touch {target}")
    with pytest.raises(CameraError, match="It said: a b; touch"):
        source.read()
    assert not target.exists()


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_ffmpeg_decodes_a_clip(opened: OpenPipe, make_clip: Callable[..., Path]) -> None:
    command = "ffmpeg -nostdin -loglevel error -i {source} -vf scale={width}:{height} -pix_fmt bgr24 -f rawvideo -"
    source = opened(command, str(make_clip(frames=3)), 32, 24)
    assert [level(source.read()) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(CameraError, match="has ended, exit status 0"):
        source.read()


def test_closing_twice_over_does_no_harm_and_leaves_no_files_open(opened: OpenPipe) -> None:
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names are wanted
    source = opened(python(GREYS))
    source.read()
    source.close()
    source.close()
    assert len(set(os.listdir("/proc/self/fd")) - before) <= 0  # noqa: PTH208 - the same


def test_a_program_does_not_inherit_what_it_need_not_know(opened: OpenPipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGED_MQTT_PASSWORD", "s3cr3t")
    monkeypatch.setenv("EDGED_CAMERA_PASSWORD_front-door", "s3cr3t")
    monkeypatch.setenv("EDGED_OTHER", "kept")
    source = opened(python("import os, sys; sys.exit(' '.join(sorted(name for name in os.environ if 'EDGED' in name)))"))
    with pytest.raises(CameraError, match=r"It said: EDGED_OTHER$"):
        source.read()
