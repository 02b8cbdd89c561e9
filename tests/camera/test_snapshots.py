"""Single pictures over HTTP: asked for at their own rate and only if they are new, from a real server as difficult as cameras are."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.camera import snapshots, web
from edged.camera.buffers import MOST_BUFFERS
from edged.camera.opencv import LiveCapture
from edged.camera.opening import open_source
from edged.camera.shaping import ShapedSource
from edged.camera.snapshots import Snapshots
from edged.camera.source import SourceOptions
from edged.errors import CameraError, PageRefused

from .conftest import GREY_STEP, level, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edged.camera.feed import Feed
    from edged.camera.source import RawSource, Source

OFTEN = SourceOptions(frames_per_second=200.0)


def jpeg(number: int) -> bytes:
    return cv2.imencode(".jpg", np.full((48, 64, 3), number * GREY_STEP, np.uint8))[1].tobytes()


class Camera(ThreadingHTTPServer):
    """A camera that shows a picture at /snap.jpg; what it is asked, and over how many connections, is written down."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on any free port."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.kind = jpeg(1), "image/jpeg"
        self.statuses: list[int] = []  # of the next answers
        self.wants: str | None = None  # basic or digest
        self.has_tags = True
        self.released: threading.Event | None = None  # no answer before
        self.place: str | None = None  # to which 302 leads, in place of one of its own
        self.asked: list[dict[str, str]] = []
        self.answered: list[int] = []
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://admin:s%40cret@127.0.0.1:{self.server_port}/snap.jpg?size=large"

    @property
    def tag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:8]}"'


class Handler(BaseHTTPRequestHandler):
    server: Camera
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def do_GET(self) -> None:
        camera = self.server
        camera.asked.append(dict(self.headers))
        if camera.released:
            camera.released.wait()
        status = self.status()
        camera.answered.append(status)
        self.send_response(status)
        if status == 401:
            digest = 'Digest realm="door", nonce="abc", qop="auth", algorithm=MD5'
            self.send_header("WWW-Authenticate", digest if camera.wants == "digest" else 'Basic realm="door"')
        if status == 302:
            self.send_header("Location", camera.place or "/new.jpg" if self.path.startswith("/snap") else "/snap.jpg")
        content = camera.content if status == 200 else b""
        if status == 200 and camera.has_tags:
            self.send_header("ETag", camera.tag)
        self.send_header("Content-Type", camera.kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def status(self) -> int:
        camera = self.server
        if camera.statuses:
            return camera.statuses.pop(0)
        if camera.wants and not self.is_let_in():
            return 401
        if not self.path.startswith(("/snap.jpg", "/new.jpg")):
            return 404
        return 304 if camera.has_tags and self.headers.get("If-None-Match") == camera.tag else 200

    def is_let_in(self) -> bool:
        told = self.headers.get("Authorization", "")
        if self.server.wants == "basic":
            return told == "Basic " + base64.b64encode(b"admin:s@cret").decode()
        said: dict[str, str] = dict(re.findall(r'(\w+)="?([^",]+)"?', told))
        if said.get("nonce") != "abc":
            return False
        first = hashlib.md5(b"admin:door:s@cret", usedforsecurity=False).hexdigest()
        second = hashlib.md5(f"GET:{self.path}".encode(), usedforsecurity=False).hexdigest()
        whole = ":".join([first, "abc", said["nc"], said["cnonce"], "auth", second])
        return said.get("response") == hashlib.md5(whole.encode(), usedforsecurity=False).hexdigest()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def camera() -> Iterator[Camera]:
    with Camera() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def source(camera: Camera) -> Iterator[Snapshots]:
    opened = Snapshots("door", camera.url, OFTEN)
    yield opened
    opened.close()


def test_only_what_is_new_is_sent_and_over_one_connection(camera: Camera, source: Snapshots) -> None:
    frames = [source.read() for _ in range(3)]
    camera.content = jpeg(2)
    frames += [source.read() for _ in range(2)]
    assert [level(frame) for frame in frames] == [1, 1, 1, 2, 2]
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4]
    assert camera.answered == [200, 304, 304, 200, 304]
    assert camera.connections == 1
    assert all("Authorization" not in asked for asked in camera.asked), "a password is sent only where it is asked for"
    frames[0].pixels[:] = 0
    assert level(source.read()) == 2, "pixels belong to the taker"


def test_a_server_without_tags_is_asked_all_the_same(camera: Camera, source: Snapshots) -> None:
    camera.has_tags = False
    assert [level(source.read()) for _ in range(3)] == [1, 1, 1]
    assert camera.answered == [200, 200, 200]


@pytest.mark.parametrize("kind", ["basic", "digest"])
def test_a_password_is_given_as_it_is_asked_for(camera: Camera, source: Snapshots, kind: str) -> None:
    camera.wants = kind
    assert [level(source.read()) for _ in range(3)] == [1, 1, 1]
    assert camera.answered == [401, 200, 304, 304], "and from then on at once"


@pytest.mark.parametrize("kind", ["basic", "digest"])
def test_a_wrong_or_missing_password_is_told_and_stands_nowhere(camera: Camera, kind: str) -> None:
    camera.wants = kind
    for user, words in ("admin:wrong@", "the user name or the password is wrong"), ("", "write USER:PASSWORD@ before the host"):
        source = Snapshots("door", camera.url.replace("admin:s%40cret@", user), OFTEN)
        with pytest.raises(PageRefused, match=f"answers 401 Unauthorized: .*{words}") as told:
            source.read()
        assert "wrong@" not in str(told.value)
        assert "snap.jpg" not in str(told.value), "some cameras want the password in the path"


@pytest.mark.parametrize(
    ("status", "words"), [(404, "there is nothing at that path"), (403, "this user may not see it"), (410, "look at the address")]
)
def test_a_refusal_is_told_at_once(camera: Camera, source: Snapshots, status: int, words: str) -> None:
    camera.statuses = [status]
    with pytest.raises(PageRefused, match=rf"http://127\.0\.0\.1:{camera.server_port} answers {status} .*{words}"):
        source.read()


def test_a_failure_may_pass_and_is_told_if_it_does_not(camera: Camera, source: Snapshots) -> None:
    camera.statuses = [503]
    assert level(source.read()) == 1
    camera.statuses = [500] * 3
    with pytest.raises(PageRefused, match=r"answers 500 .*the camera has failed"):
        source.read()


def test_a_camera_that_does_not_answer_is_not_waited_for_again(
    camera: Camera, source: Snapshots, hang: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(snapshots, "RETRIED_SECONDS", 0.2)
    camera.released = hang
    with pytest.raises(CameraError, match="timed out"):
        source.read()
    assert len(camera.asked) == 1


def test_a_picture_is_given_again_in_memory_that_is_used_anew(source: Snapshots) -> None:
    places = set()
    for _ in range(20):
        pixels = source.read().pixels
        assert pixels.base is not None, "the memory is its source's"
        places.add(pixels.ctypes.data)
    assert len(places) <= MOST_BUFFERS


def test_a_picture_elsewhere_is_found(camera: Camera, source: Snapshots) -> None:
    camera.statuses = [302]
    assert level(source.read()) == 1
    camera.statuses = [302] * 6
    with pytest.raises(PageRefused, match="answers 302"):
        source.read()


def test_what_is_no_picture_or_too_large_is_told(camera: Camera, source: Snapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    camera.content = b"<html>Log in first</html>"
    with pytest.raises(CameraError, match="cannot be read as a picture"):
        source.read()
    monkeypatch.setattr(web, "MOST_BYTES", 100)
    camera.content = jpeg(3)
    with pytest.raises(CameraError, match="ask the camera for a smaller picture"):
        source.read()


def test_a_camera_that_closes_kept_connections_is_asked_anew(camera: Camera, source: Snapshots) -> None:
    camera.timeout = 1
    source.read()
    connection = source._page._connection
    assert connection is not None
    assert connection.sock is not None
    connection.sock.close()
    connection.sock = None
    assert level(source.read()) == 1
    assert camera.connections == 2


def test_nobody_who_answers_is_told() -> None:
    with pytest.raises(CameraError, match=r"http://127\.0\.0\.1:9 cannot be read: Connection refused"):
        Snapshots("door", "http://admin:secret@127.0.0.1:9/snap.jpg", SourceOptions(frames_per_second=100)).read()


@pytest.mark.parametrize("secret", ["se/cret", "se#cret", "se?cret", "se[cret", "se]cret", "s]e[cret"])
def test_of_a_malformed_address_no_password_is_told(secret: str) -> None:
    with pytest.raises(CameraError, match=r"^http://127\.0\.0\.1:9 cannot be read: its address is malformed; .* as %40 .* %20\.$") as told:
        Snapshots("door", f"http://admin:{secret}@127.0.0.1:9/snap.jpg", OFTEN)
    assert told.value.__cause__ is None
    with pytest.raises(CameraError, match=r"^The stream http://127\.0\.0\.1:9 cannot be opened: 127\.0\.0\.1 port 9 does not answer"):
        open_source("door", f"http://admin:{secret}@127.0.0.1:9/snap.jpg", OFTEN)


@pytest.mark.parametrize("path", ["snap shot.jpg?password=secret", "snap.jpg?password=top secret", "türe.jpg?password=secret"])
def test_of_a_path_that_cannot_be_sent_nothing_is_told(path: str) -> None:
    with pytest.raises(CameraError, match=r"^http://127\.0\.0\.1:9 cannot be read: its address is malformed; [^=]*$"):
        Snapshots("door", f"http://127.0.0.1:9/{path}", OFTEN)


def test_a_password_with_a_space_is_not_told() -> None:
    with pytest.raises(CameraError, match=r"^http://127\.0\.0\.1:9 cannot be read: Connection refused\.$"):
        Snapshots("door", "http://admin:top secret@127.0.0.1:9/snap.jpg", SourceOptions(frames_per_second=100)).read()


@pytest.mark.parametrize("place", ["http://[secret/", "http://cam:secret/", "/new.jpg?password=top secret"])
def test_of_a_malformed_address_that_it_leads_to_nothing_is_told(camera: Camera, source: Snapshots, place: str) -> None:
    camera.statuses, camera.place = [302] * 3, place
    with pytest.raises(
        CameraError, match=r"^http://127\.0\.0\.1:\d+ cannot be read: its address, or that to which it leads, is malformed\.$"
    ):
        source.read()


def test_the_kind_of_an_address_is_found_out_or_said(camera: Camera) -> None:
    assert isinstance(raw(open_source("door", camera.url, OFTEN)), Snapshots)
    assert isinstance(raw(open_source("door", f"snapshot+{camera.url}", OFTEN)), Snapshots)
    with pytest.raises(CameraError, match=r"cannot be opened: .* answers 404 Not Found: there is nothing at that path"):
        open_source("door", camera.url.replace("snap", "wrong"), OFTEN)
    with pytest.raises(CameraError, match="not supported"):
        open_source("door", "snapshot+ftp://127.0.0.1/snap.jpg", OFTEN)


def test_it_is_asked_at_the_rate_of_the_camera(camera: Camera) -> None:
    source = Snapshots("door", camera.url, SourceOptions(frames_per_second=20.0))
    began = time.monotonic()
    for _ in range(5):
        source.read()
    assert time.monotonic() - began >= 4 / 20
    source.close()
    assert len(camera.asked) == 5


def test_a_feed_shows_them_and_is_offline_while_they_fail(camera: Camera, make_feed: Callable[..., Feed]) -> None:
    feed = make_feed(lambda: open_source("door", camera.url, OFTEN))
    until(lambda: feed.frames_read > 3)
    assert feed.state.status == "online"
    assert feed.frozen_after_seconds == 120
    camera.statuses = [404] * 10
    until(lambda: feed.state.status == "offline")
    assert "answers 404 Not Found" in str(feed.state.reason)
    assert "s@cret" not in str(feed.state.reason)
    camera.statuses = []
    camera.content = jpeg(5)
    until(lambda: feed.state.status == "online")


def test_a_stream_is_still_a_stream() -> None:
    class Stream(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            for number in range(10):
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg(number) + b"\r\n")

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Stream) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        source = open_source("door", f"http://127.0.0.1:{server.server_port}/video", SourceOptions(frames_per_second=1e6))
        assert isinstance(raw(source), LiveCapture)
        assert [level(source.read()) for _ in range(3)] == [0, 1, 2]
        source.close()
        server.shutdown()


def raw(source: Source) -> RawSource:
    """The source that is brought into shape."""
    assert isinstance(source, ShapedSource)
    return source._source
