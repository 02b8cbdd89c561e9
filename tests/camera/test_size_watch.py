"""Streams that go on in another size: noticed on real streams of several codecs, and not where only the light is switched."""

from __future__ import annotations

import itertools
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
import pytest

from edged.camera.opening import open_source
from edged.camera.size_watch import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, STILL_SECONDS, SizeWatch, StreamPicture
from edged.camera.source import AS_IT_SHALL_BE, Geometry, SourceOptions
from edged.errors import CameraError

from .conftest import until
from .test_shaping import needs_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.types import Uint8Array

SMALL = (320, 240)
FRAMES = 750
PACKET = 188
"""Bytes of a packet of MPEG-TS."""


class Recorder(ThreadingHTTPServer):
    """Serves a camera that goes on in another size: who is connected sees it change, who connects later sees the new size only.

    It sends ten times as fast as in real time, and as long as is listened to.
    """

    daemon_threads = True

    def __init__(self, content_type: str, before: list[bytes], after: list[bytes]) -> None:
        """Take what is sent before and after, a piece for each frame."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.content_type, self.before, self.after = content_type, before, after
        self.has_changed, self.is_closing = threading.Event(), threading.Event()
        self.connections = 0

    def pieces(self) -> Iterator[bytes]:
        yield from itertools.takewhile(lambda _: not self.has_changed.is_set(), itertools.cycle(self.before))
        yield from itertools.takewhile(lambda _: not self.is_closing.is_set(), itertools.cycle(self.after))


class Handler(BaseHTTPRequestHandler):
    server: Recorder

    def do_GET(self) -> None:
        self.server.connections += 1
        self.send_response(200)
        self.send_header("Content-Type", self.server.content_type)
        self.end_headers()
        try:
            for piece in self.server.pieces():
                self.wfile.write(piece)
                self.server.is_closing.wait(0.004)
        except OSError:
            return  # nobody listens any more

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def scene(width: int, height: int) -> Uint8Array:
    """A picture with much to see, in this size."""
    pixels = np.full((height, width, 3), 60, np.uint8)
    for step, radius in enumerate(range(height // 2 - 4, 8, -height // 12)):
        cv2.circle(pixels, (width // 2, height // 2), radius, (200, 250 - 40 * step, 40 * step), -1)
    return pixels


def encoded(folder: Path, size: tuple[int, int], kind: str, filters: str, *, begin: int = 0) -> list[bytes]:
    """Half a minute of this scene, with noise, as MPEG-TS of H.264 or MPEG-2 from this second on, or as MJPEG: a piece for each frame."""
    if kind == "mjpeg":
        return [jpeg_part(number, scene(*size)) for number in range(25)]
    picture, path = folder / f"{size[0]}.png", folder / f"{size[0]}.ts"
    cv2.imwrite(str(picture), scene(*size))
    ffmpeg = ("ffmpeg", "-loglevel", "error", "-y", "-loop", "1", "-i", str(picture), "-frames:v", f"{FRAMES}", "-r", "25", "-vf")
    codec = {"h264": ("libx264", "-bf", "0", "-preset", "ultrafast"), "mpeg2": ("mpeg2video",)}[kind]
    with_noise = f"{filters},noise=alls=4:allf=t,format=yuv420p"
    subprocess.run([*ffmpeg, with_noise, "-c:v", *codec, "-g", "25", "-output_ts_offset", f"{begin}", str(path)], check=True)
    content = path.read_bytes()
    length = len(content) // FRAMES // PACKET * PACKET
    return [content[start : start + length] for start in range(0, len(content), length)]


def jpeg_part(number: int, pixels: Uint8Array) -> bytes:
    noise = np.random.default_rng(number).integers(0, 4, pixels.shape, np.uint8)
    picture = cv2.imencode(".jpg", cv2.add(pixels, noise))[1].tobytes()
    return b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(picture), picture)


CONTENT_TYPES = {"h264": "video/mp2t", "mpeg2": "video/mp2t", "mjpeg": "multipart/x-mixed-replace; boundary=frame"}


@needs_ffmpeg
@pytest.mark.parametrize(
    ("kind", "size", "filters", "shape"),
    [
        ("h264", (640, 352), "null", (352, 640, 3)),
        ("h264", (128, 240), "null", (240, 128, 3)),
        ("mpeg2", (640, 352), "null", (352, 640, 3)),
        ("mjpeg", (240, 320), "null", (320, 240, 3)),
        ("h264", (160, 352), "setsar=4/1", (352, 640, 3)),  # of which the pixels change too
    ],
)
def test_a_stream_that_goes_on_in_another_size_is_read_in_that(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str, size: tuple[int, int], filters: str, shape: tuple[int, int, int]
) -> None:
    before, after = encoded(tmp_path, SMALL, kind, "null"), encoded(tmp_path, size, kind, filters, begin=FRAMES // 25)
    with Recorder(CONTENT_TYPES[kind], before, after) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        source = open_source("door", f"http://127.0.0.1:{server.server_port}/", SourceOptions(frames_per_second=1e6))
        assert {source.read().pixels.shape for _ in range(60)} == {(240, 320, 3)}
        server.has_changed.set()
        until(lambda: source.read().pixels.shape == shape)
        numbers = [source.read().number for _ in range(3)]
        source.close()
        server.is_closing.set()
        server.shutdown()
    assert numbers[2] == numbers[0] + 2 > 60
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(told) == 1
    assert f"went from 320×240 pixels to {size[0]}×{size[1]} pixels" in told[0]
    assert server.connections == 3  # one asked what it is


# Scripted, for what real streams would take minutes to show.


class Capture:
    """A second connection that says this of its pictures."""

    def __init__(self, width: int = 320, height: int = 240) -> None:
        """Be open."""
        self.answers = {cv2.CAP_PROP_FRAME_WIDTH: width, cv2.CAP_PROP_FRAME_HEIGHT: height}
        self.is_released = False

    def get(self, key: int) -> float:
        return self.answers.get(key, 0)

    def release(self) -> None:
        self.is_released = True


class Watched:
    """A watch, what it has opened, and a clock that it is shown frames by."""

    def __init__(self, *captures: Capture | CameraError) -> None:
        """Open these, one after the other, and the last for ever."""
        self.captures: Iterator[Capture | CameraError] = itertools.chain(captures, itertools.repeat(captures[-1]))
        self.opened = 0
        self.now = 1000.0
        self.watch = SizeWatch("door", self._open, StreamPicture(320, 240, AS_IT_SHALL_BE))
        self.noise = np.random.default_rng(3)

    def _open(self) -> cv2.VideoCapture:
        self.opened += 1
        capture = next(self.captures)
        if isinstance(capture, CameraError):
            raise capture
        return cast("cv2.VideoCapture", capture)

    def show(self, pixels: Uint8Array, frames: int = 1, *, noise: int = 3) -> None:
        for _ in range(frames):
            self.now += 0.1
            grain = self.noise.integers(0, noise + 1, pixels.shape, np.uint8)
            self.watch.see(np.asarray(cv2.add(pixels, grain), np.uint8), self.now)
            until(self.is_idle)

    @staticmethod
    def is_idle() -> bool:
        return not any(thread.name == "door-size" for thread in threading.enumerate())

    def jump(self) -> None:
        """Show the scene as it is, and then as if it were stretched."""
        self.show(scene(*SMALL), 5)
        self.show(np.asarray(cv2.resize(scene(*SMALL)[:, 60:260], SMALL), np.uint8))


def test_an_even_scene_with_noise_is_not_looked_at_twice() -> None:
    watched = Watched(Capture())
    watched.show(scene(*SMALL), 100)
    watched.show(np.full((240, 320, 3), 10, np.uint8), 100)
    assert watched.opened <= 1  # the change between the two


def test_a_jump_is_looked_at_and_means_nothing_where_the_size_is_as_before() -> None:
    capture = Capture()
    watched = Watched(capture)
    watched.jump()
    assert watched.opened == 1
    assert watched.watch.take() is None
    assert capture.is_released


def test_after_looks_that_found_nothing_it_is_more_patient() -> None:
    watched = Watched(Capture())
    for pause in (FIRST_PAUSE_SECONDS, 2 * FIRST_PAUSE_SECONDS, 4 * FIRST_PAUSE_SECONDS):
        opened = watched.opened
        watched.jump()
        watched.jump()
        assert watched.opened == opened + 1
        watched.now += pause
    capture = Capture(640, 480)
    watched.captures = itertools.repeat(capture)
    watched.jump()
    assert cast("object", watched.watch.take()) is capture
    assert watched.watch.take() is None
    watched.captures = itertools.repeat(Capture())
    watched.jump()
    assert watched.watch.take() is not None, "patient again only when nothing is found again"


def test_a_jump_in_a_pause_is_looked_at_when_the_pause_is_over() -> None:
    watched = Watched(Capture(), Capture(640, 480))
    watched.jump()
    still = np.asarray(cv2.resize(scene(*SMALL)[:, 60:260], SMALL), np.uint8)
    watched.show(still, 20)
    watched.show(scene(*SMALL), 20)  # the change of size, one strange frame and no more
    assert watched.opened == 1
    watched.now += FIRST_PAUSE_SECONDS
    watched.show(scene(*SMALL))
    assert watched.opened == 2
    assert watched.watch.take() is not None
    watched.now += FIRST_PAUSE_SECONDS
    watched.show(scene(*SMALL), 20)
    assert watched.opened == 2, "what was found is not looked for again"


def test_a_look_that_was_not_possible_is_made_up_for() -> None:
    watched = Watched(CameraError("busy"), Capture(640, 480))
    watched.jump()
    assert watched.watch.take() is None
    watched.now += FIRST_PAUSE_SECONDS
    watched.show(np.asarray(cv2.resize(scene(*SMALL)[:, 60:260], SMALL), np.uint8))
    assert watched.watch.take() is not None


def test_after_a_quiet_time_the_pauses_are_short_again() -> None:
    watched = Watched(Capture())
    for opened in range(1, 5):
        watched.jump()
        watched.show(scene(*SMALL))
        watched.now += LONGEST_PAUSE_SECONDS
        watched.show(scene(*SMALL))  # a jump was pending
        watched.now += 2 * LONGEST_PAUSE_SECONDS
        assert watched.opened == 2 * opened
    watched.jump()
    opened = watched.opened
    watched.now += FIRST_PAUSE_SECONDS
    watched.jump()
    assert watched.opened == opened + 1


def test_a_picture_that_never_changes_is_looked_at() -> None:
    watched = Watched(Capture(640, 480))
    watched.show(scene(*SMALL), round(STILL_SECONDS * 10) + 3, noise=0)
    assert watched.opened == 1
    assert watched.watch.take() is not None


def test_a_camera_that_serves_one_only_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched(CameraError("busy"))
    watched.jump()
    assert watched.watch.take() is None
    assert not [record for record in caplog.records if record.levelname != "DEBUG"]


def test_what_was_found_is_let_go_of_when_the_stream_is_closed() -> None:
    capture = Capture(640, 480)
    watched = Watched(capture)
    watched.jump()
    watched.watch.close()
    assert capture.is_released
    late = Capture(640, 480)
    watched.captures = itertools.repeat(late)
    watched.now += FIRST_PAUSE_SECONDS
    watched.jump()
    assert late.is_released
    assert watched.watch.take() is None


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (AS_IT_SHALL_BE, "640×480 pixels"),
        (Geometry(2.0), "640×480 pixels that are 2 times as wide as high"),
        (Geometry(1.0, 90), "640×480 pixels, to be turned by 90°"),
    ],
)
def test_a_picture_is_named_by_what_is_unusual_of_it(geometry: Geometry, words: str) -> None:
    assert str(StreamPicture(640, 480, geometry)) == words
