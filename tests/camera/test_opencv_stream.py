"""Network streams: a real MJPEG server on this machine that stops, vanishes and comes back."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.camera.feed import Patience
from edged.camera.opencv import open_stream
from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.errors import CameraError

from .conftest import GREY_STEP, Opened, level, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edged.camera.feed import Feed
    from edged.camera.source import Source

OPTIONS = SourceOptions(frames_per_second=1e6)  # frames come in bursts, and none is to be thinned out


class Camera(ThreadingHTTPServer):
    """An MJPEG camera on loopback whose script says, for every connection, how many frames it sends and whether it then hangs."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on any free port."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.let_go = threading.Event()
        self.frames = 20
        self.hangs = False
        self.pause_seconds = 0.0

    @property
    def url(self) -> str:
        return f"http://admin:secret@127.0.0.1:{self.server_port}/video"


class Handler(BaseHTTPRequestHandler):
    server: Camera

    def do_GET(self) -> None:
        if self.path != "/video":
            self.send_error(404)
            return
        frames, hangs = self.server.frames, self.server.hangs
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        try:
            for number in range(frames):
                self.send_frame(number)
                self.server.let_go.wait(self.server.pause_seconds)
            if hangs:
                self.server.let_go.wait()
        except OSError:
            return  # the client has gone

    def send_frame(self, number: int) -> None:
        jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), number % 10 * GREY_STEP, np.uint8))[1].tobytes()
        self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg))

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def camera() -> Iterator[Camera]:
    with Camera() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.let_go.set()
        server.shutdown()


def read_on(source: Source) -> None:
    for _ in range(100):
        source.read()


def test_a_stream_gives_frames_and_its_end_is_an_error_without_the_password(camera: Camera) -> None:
    source = open_source("door", camera.url, OPTIONS)
    assert source.live
    first, second = source.read(), source.read()
    assert (level(first), level(second)) == (0, 1)
    assert first.monotonic_seconds <= second.monotonic_seconds
    with pytest.raises(CameraError, match=rf"^The stream http://127\.0\.0\.1:{camera.server_port} has stopped\.$"):
        read_on(source)
    source.close()


def test_a_stream_that_hangs_is_noticed_and_opened_again(camera: Camera, make_feed: Callable[..., Feed]) -> None:
    camera.hangs = True
    opened = Opened()
    allowed = threading.Event()

    def open_() -> Source:
        opened.times += 1
        if opened.times > 1:
            allowed.wait(30)
        return open_source("door", camera.url, OPTIONS)

    feed = make_feed(open_, patience=Patience(1.0, closing=0.2))
    until(lambda: feed.state.status == "offline" and feed.hung_readers == 1)
    assert "has given no picture for 1 s" in str(feed.state.reason)
    read = feed.frames_read
    assert read > 0
    camera.hangs = False
    camera.frames = 100_000
    allowed.set()
    until(lambda: feed.state.status == "online" and feed.frames_read > read)
    camera.let_go.set()
    until(lambda: feed.hung_readers == 0)


def test_a_slow_stream_is_neither_offline_nor_opened_again(camera: Camera, make_feed: Callable[..., Feed]) -> None:
    camera.pause_seconds = 0.5
    opened = Opened()

    def open_() -> Source:
        opened.times += 1
        return open_source("door", camera.url, OPTIONS)

    feed = make_feed(open_, on_change=opened.on_change, patience=Patience(0.4, closing=0.2))
    opened.feed = feed
    until(lambda: feed.frames_read >= 8)
    since_online = opened.states[opened.states.index(("online", None)) :]  # opening may take longer than the patience of this test
    assert since_online == [("online", None)]
    assert opened.times == 1


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_refused_connection_is_told(scheme: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        port = taken.getsockname()[1]
        with pytest.raises(
            CameraError, match=rf"{scheme}://127\.0\.0\.1:{port} cannot be opened: .* does not answer \(Connection refused\)"
        ):
            open_source("door", f"{scheme}://admin:secret@127.0.0.1:{port}/live", OPTIONS)


def test_a_wrong_path_is_told(camera: Camera) -> None:
    with pytest.raises(CameraError, match="answers 404 Not Found: there is nothing at that path"):
        open_source("door", camera.url.replace("video", "wrong"), OPTIONS)


def test_an_unknown_host_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: object) -> socket.socket:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    with pytest.raises(CameraError, match=r"the name camera\.invalid is not known"):
        open_source("door", "rtsp://camera.invalid/live", OPTIONS)


def test_a_server_that_accepts_and_says_nothing_does_not_hold_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(CameraError, match="answers but gives no video"):
        open_stream("door", f"rtsp://127.0.0.1:{server.getsockname()[1]}/live", OPTIONS, open_timeout_msec=200)
