"""What an RTSP server answers: refusals are told as such, and no password with them."""

from __future__ import annotations

import hashlib
import re
import secrets
import socketserver
import threading
from typing import TYPE_CHECKING

import pytest

from edged.camera import rtsp
from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.camera.web import basic
from edged.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "s3cr3t/ word"  # noqa: S105 - of a camera on loopback
CODED = "s3cr3t%2F%20word"
REASONS = {200: "OK", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 503: "Service Unavailable"}


class RtspCamera(socketserver.ThreadingTCPServer):
    """A camera on loopback that refuses to show anything: it wants a password, and then answers as it is told."""

    daemon_threads, allow_reuse_address = True, True

    def __init__(self) -> None:
        """Listen on any free port."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.kind, self.status, self.description = "Digest", 404, ""
        self.hangs_up = False
        self.wrong_logins = 0

    def url(self, user: str = "") -> str:
        return f"rtsp://{user}127.0.0.1:{self.server_address[1]}/live/1?channel=2"

    def challenge(self, nonce: str) -> str:
        return 'Basic realm="cam"' if self.kind == "Basic" else f'Digest realm="cam", nonce="{nonce}", algorithm=MD5'

    def lets_in(self, method: str, authorisation: str, nonce: str) -> bool:
        if self.kind != "Digest":
            return not self.kind or authorisation == basic("admin", PASSWORD)
        told = dict(re.findall(r'(\w+)="?([^",]+)"?', authorisation))
        inner = [hashlib.md5(text.encode()).hexdigest() for text in (f"admin:cam:{PASSWORD}", f"{method}:{told.get('uri')}")]  # noqa: S324 - RFC 7616
        return told.get("response") == hashlib.md5(f"{inner[0]}:{nonce}:{inner[1]}".encode()).hexdigest()  # noqa: S324 - RFC 7616


class Handler(socketserver.StreamRequestHandler):
    server: RtspCamera

    def handle(self) -> None:
        nonce = "7f" if self.server.hangs_up else secrets.token_hex(4)  # known on this connection alone, as by live555
        while lines := self.request_lines():
            headers = dict(line.split(": ", 1) for line in lines[1:])
            method, camera = lines[0].split()[0], self.server
            status, more = camera.status, ""
            if method == "OPTIONS":
                status, more = 200, "Public: DESCRIBE\r\n"
            elif not camera.lets_in(method, headers.get("Authorization", ""), nonce):
                camera.wrong_logins += "Authorization" in headers
                status, more = 401, f"WWW-Authenticate: {camera.challenge(nonce)}\r\n"
            body = camera.description if status == 200 else ""
            head = f"RTSP/1.0 {status} {REASONS[status]}\r\nCSeq: {headers['CSeq']}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
            self.wfile.write(head.encode())
            self.wfile.flush()
            self.wfile.write(body.encode())  # which comes later than the head
            if status == 401 and camera.hangs_up:
                return

    def request_lines(self) -> list[str]:
        lines = []
        while line := self.rfile.readline().decode().strip():
            lines.append(line)
        return lines


@pytest.fixture
def camera() -> Iterator[RtspCamera]:
    with RtspCamera() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("kind", ["Digest", "Basic"])
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "it answers 403 Forbidden: this user may not see it."),
        (404, "it answers 404 Not Found: there is nothing at that path."),
        (503, "it answers 503 Service Unavailable: the camera has failed, look at it or start it anew."),
        (200, None),
    ],
)
def test_who_is_let_in_is_told_what_is_wrong(camera: RtspCamera, kind: str, status: int, words: str | None) -> None:
    camera.kind, camera.status = kind, status
    assert rtsp.refusal(camera.url(f"admin:{CODED}@")) == words


@pytest.mark.parametrize("kind", ["Digest", "Basic"])
def test_a_camera_that_hangs_up_with_its_refusal_is_asked_anew(camera: RtspCamera, kind: str) -> None:
    camera.kind, camera.hangs_up, camera.status = kind, True, 200
    assert rtsp.refusal(camera.url(f"admin:{CODED}@")) is None


@pytest.mark.parametrize("kind", ["Digest", "Basic"])
def test_a_wrong_password_is_told_from_none(camera: RtspCamera, kind: str) -> None:
    camera.kind = kind
    wrong, none = rtsp.refusal(camera.url("admin:wr0ng@")), rtsp.refusal(camera.url())
    assert wrong == "it answers 401 Unauthorized: the user name or the password is wrong."
    assert none == "it answers 401 Unauthorized: it wants a password, write USER:PASSWORD@ before the host."


def test_a_wrong_password_is_tried_once_since_cameras_lock_whoever_tries_often(camera: RtspCamera) -> None:
    said = [rtsp.refusal(camera.url("admin:wr0ng@")) for _ in range(3)]
    assert (set(said), camera.wrong_logins) == ({"it answers 401 Unauthorized: the user name or the password is wrong."}, 1)
    assert rtsp.refusal(camera.url(f"admin:{CODED}@")) == "it answers 404 Not Found: there is nothing at that path."


@pytest.mark.parametrize(
    ("user", "status", "words"),
    [
        ("admin:wr0ng@", 404, "401 .* password is wrong"),
        (f"admin:{CODED}@", 404, "404 Not Found"),
        (f"admin:{CODED}@", 403, "403 Forbidden"),
    ],
)
def test_a_stream_that_is_refused_says_so_and_not_the_password(camera: RtspCamera, user: str, status: int, words: str) -> None:
    camera.status = status
    with pytest.raises(CameraError, match=rf"^The stream rtsp://127\.0\.0\.1:\d+ cannot be opened: it answers {words}") as told:
        open_source("door", camera.url(user), SourceOptions())
    assert not re.search(r"wr0ng|s3cr3t|channel", str(told.value))


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 100_000, b"RTSP/1.0 401 No\r\nWWW-Authenticate: Digest x\r\n\r\n"]
)
def test_of_who_does_not_speak_it_nothing_is_told_but_what_they_said(said: bytes) -> None:
    class Odd(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(said)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Odd) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        assert rtsp.refusal(f"rtsp://a:b@127.0.0.1:{server.server_address[1]}/live") is None
        server.shutdown()


def test_who_answers_a_little_now_and_then_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtsp, "MOST_ANSWER_SECONDS", 0.5)
    is_over = threading.Event()

    class Slow(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while not is_over.wait(0.02):
                self.request.sendall(b"R")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        assert rtsp.codec_of(f"rtsp://127.0.0.1:{server.server_address[1]}/live") is None
        is_over.set()
        server.shutdown()


@pytest.mark.parametrize("url", ["rtsp://a:b/c@d/", "rtsp:///x", "rtsp://cam:99999/x"])
def test_of_a_malformed_address_nothing_is_told(url: str) -> None:
    assert rtsp.refusal(url) is None


@pytest.mark.parametrize(
    ("description", "codec"),
    [
        ("v=0\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 PCMA/8000\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", "H264"),
        ("v=0\r\nm=video 0 RTP/AVP 98\r\nb=AS:500\r\na=rtpmap:98 h265/90000\r\nm=audio 0 RTP/AVP 0\r\n", "H265"),
        ("v=0\nm=video 0 RTP/AVP 26\n", "JPEG"),
        ("v=0\r\nm=video 0 RTP/AVP 96\r\n", None),
        ("v=0\r\nm=audio 0 RTP/AVP 0\r\n", None),
        ("", None),
    ],
)
def test_the_codec_of_a_stream_is_told(camera: RtspCamera, description: str, codec: str | None) -> None:
    camera.status, camera.description = 200, description
    assert rtsp.codec_of(camera.url(f"admin:{CODED}@")) == codec


@pytest.mark.parametrize("status", [403, 404, 503])
def test_of_a_stream_that_is_refused_no_codec_is_told(camera: RtspCamera, status: int) -> None:
    camera.status, camera.description = status, "m=video 0 RTP/AVP 26\n"
    assert rtsp.codec_of(camera.url(f"admin:{CODED}@")) is None
