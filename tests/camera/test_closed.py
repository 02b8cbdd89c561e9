"""Why a stream does not open: nobody answers, or whoever does says what they have against it."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from edged.camera.closed import why_closed
from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("udp://239.0.0.1/video", "nothing that is a video arrives there"),
        ("rtsp://camera:port/live", "its address is malformed"),
    ],
)
def test_it_says_what_is_wrong_with_an_address(url: str, sentence: str) -> None:
    assert sentence in why_closed(url)


@pytest.fixture
def answering() -> Iterator[str]:
    """An address where somebody answers, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_it_says_that_somebody_answers_and_what_to_write_of_the_password(answering: str) -> None:
    assert "answers but gives no video" in why_closed(f"rtsp://{answering}/live")
    assert "if it wants a password" in why_closed(f"rtsp://{answering}/live")
    assert "write @ : / ? # [ ] and a space as %40" in why_closed(f"rtsp://admin:se/cret@{answering}/live")


def test_it_says_that_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert f"127.0.0.1 port {port} does not answer (Connection refused)" in why_closed(f"rtsp://127.0.0.1:{port}/live")


class Refusing(BaseHTTPRequestHandler):
    """Answers what the path says."""

    def do_GET(self) -> None:
        self.send_error(int(self.path.strip("/")[:3]))

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("path", ["{}", "{}/video.mjpg", "{}/live.m3u8"])
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "401 Unauthorized: the user name or the password is wrong"),
        (403, "403 Forbidden: this user"),
        (404, "404 Not Found: there is nothing"),
    ],
)
def test_a_stream_over_http_that_is_refused_says_so_once_and_not_the_password(status: int, words: str, path: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        url = f"http://admin:s3cret@127.0.0.1:{server.server_port}/{path.format(status)}"
        with pytest.raises(CameraError, match=words) as told:
            open_source("door", url, SourceOptions())
        server.shutdown()
    assert str(told.value).count(words) == 1
    assert "s3cret" not in str(told.value)
