"""`edged stream`: the real program on clips, as a video file and for a browser."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.cli.stream_screens import FrameFile
from edged.errors import PictureError
from edged.vision.drawing import LINE_BGR
from tests.broker import PATIENCE_SECONDS, free_port
from tests.development import development_data
from tests.door import film_to, stands
from tests.program import Daemon

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse
    from pathlib import Path

    from edged.types import Uint8Array


def frames_of(path: Path) -> list[Uint8Array]:
    capture, found = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        found.append(np.asarray(read[1], dtype=np.uint8))
    return found


def count_green(pixels: Uint8Array) -> int:
    """Pixels about as green as the lines, whatever a codec made of them."""
    return int(np.count_nonzero((np.abs(pixels.astype(int) - LINE_BGR) < 60).all(axis=2)))


def test_every_frame_of_a_clip_is_drawn_on_in_a_file(daemon: Daemon, tmp_path: Path) -> None:
    clip = film_to(tmp_path / "clip.mp4", stands("obama", 1.0))
    done = daemon.run("stream", clip, "--output", tmp_path / "seen.avi")
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/seen.avi: 15 frames.\n"), done.stderr
    shown = frames_of(tmp_path / "seen.avi")
    assert len(shown) == len(frames_of(clip)) == 15
    assert count_green(frames_of(clip)[-1]) < 20 < count_green(shown[-1])
    assert not [path for path in tmp_path.iterdir() if "part" in path.name]
    refused = daemon.run("stream", clip, "--output", tmp_path / "seen.avi")
    assert (refused.returncode, "or give --overwrite" in refused.stderr) == (1, True)


def test_people_of_a_real_clip_are_marked(daemon: Daemon, tmp_path: Path) -> None:
    clip = development_data("video", "head-pose-face-detection-male.gif")
    done = daemon.run("stream", clip, "--output", tmp_path / "seen.mp4", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    shown = frames_of(tmp_path / "seen.mp4")
    assert len(shown) >= len(frames_of(clip)), "its frames come at odd times, and some stay for longer"
    assert sum(count_green(pixels) > 50 for pixels in shown) > 0.9 * len(shown)


def test_what_cannot_be_shown_is_said_at_once(daemon: Daemon, tmp_path: Path) -> None:
    missing = daemon.run("stream", tmp_path / "none.mp4", "--output", tmp_path / "seen.mp4")
    assert (missing.returncode, "none.mp4" in missing.stderr, "Traceback" in missing.stderr) == (1, True, False)
    assert not (tmp_path / "seen.mp4").exists()
    unseen = daemon.run("stream", tmp_path / "none.mp4", "--web")
    assert (unseen.returncode, unseen.stdout, "none.mp4" in unseen.stderr) == (1, "", True), "no address is given that shows nothing"
    assert "end it in .mp4" in daemon.run("stream", "--output", tmp_path / "seen.txt").stderr
    assert "its folder is not there" in daemon.run("stream", "--output", tmp_path / "none" / "seen.mp4").stderr
    assert daemon.run("stream", "--port", "65536").returncode == 2
    assert daemon.run("stream", "--web", "--output", "a.mp4").returncode == 2
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = daemon.run("stream", "--web", "--port", str(port))
    assert (refused.returncode, f"Port {port} of 127.0.0.1 cannot be used" in refused.stderr) == (1, True)


@contextmanager
def streaming(folder: Path, clip: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program with a clip that is played over and over; its process, and the address that it tells."""
    config = Daemon(folder, free_port(), clip, camera={"loop": True}).config
    command = [sys.executable, "-m", "edged", "stream", "--config", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "DISPLAY": ""})
    try:
        assert process.stdout
        line = process.stdout.readline()
        yield process, next(word for word in line.split() if word.startswith("http://"))
    finally:
        process.kill()
        process.communicate()


def test_a_browser_with_the_token_sees_frames_and_nobody_else_does(tmp_path: Path) -> None:
    clip = film_to(tmp_path / "clip.mp4", stands("obama", 1.0))
    with streaming(tmp_path, clip) as (process, address):
        with asked(address) as page:
            assert page.headers["Cache-Control"] == "no-store"
            assert page.headers["Referrer-Policy"] == "no-referrer"
            assert f"{address.rpartition('/')[2]}/video" in page.read().decode()
        with asked(f"{address}/video") as video:
            assert video.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=frame"
            pictures = [_next_picture(video) for _ in range(3)]
            assert {picture.shape for picture in pictures} == {(480, 640, 3)}
            assert count_green(pictures[-1]) > 20
            wrong = address[:-1] + ("a" if address[-1] != "a" else "b")
            for refused in (wrong, f"{wrong}/video", address.rpartition("/")[0], f"{address}/else", f"{address[:-8]}%ff"):
                with pytest.raises(urllib.error.HTTPError) as error:
                    asked(refused)
                assert error.value.code == 404
                error.value.close()
            port = int(address.split(":")[2].split("/")[0])
            with socket.socket() as elsewhere:
                assert elsewhere.connect_ex(("127.0.0.2", port)) != 0, "only loopback's own address is listened on"
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_SECONDS) == 0, "somebody who still watches does not keep it from ending"
        assert process.stderr
        assert process.stderr.read() == ""


def asked(address: str) -> HTTPResponse:
    answer: HTTPResponse = urllib.request.urlopen(address, timeout=PATIENCE_SECONDS)  # noqa: S310 - http of loopback
    return answer


def _next_picture(video: HTTPResponse) -> Uint8Array:
    """The next frame of a multipart answer."""
    lines = iter(video.readline, b"")
    length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"Content-Length"))
    video.readline()
    content = video.read(length)
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), dtype=np.uint8)


def test_frames_stand_in_a_file_at_their_times(tmp_path: Path) -> None:
    path = tmp_path / "seen.avi"
    view = FrameFile(path, overwrite=False)
    for number, at in enumerate([*(0.1 * step for step in range(12)), 2.0, 2.1, 100.0]):
        view.show(np.full((48, 64, 3), 16 * number, np.uint8), at)
    view.close()
    levels = [round(float(pixels.mean()) / 16) for pixels in frames_of(path)]
    assert levels[:12] == list(range(12))
    assert levels.index(13) == 21, "a gap is filled, so that 2.1 s stand at 2.1 s"
    assert len(levels) == 122, "but of a camera that was away ten seconds only"
    with pytest.raises(PictureError, match="there already"):
        FrameFile(path, overwrite=False)
    FrameFile(tmp_path / "nothing.mp4", overwrite=False).close()
    assert not (tmp_path / "nothing.mp4").exists()
