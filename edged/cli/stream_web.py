"""Drawn frames as MJPEG for a browser of this machine: an address on loopback with a token that nobody guesses.

What is drawn on them is not known here. The browser keeps none of them, and who lacks the token gets nothing.
"""

from __future__ import annotations

import hmac
import secrets
import sys
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import cv2

from edged.errors import CameraError

if TYPE_CHECKING:
    import socket
    from typing import TypeAlias

    from edged.types import Uint8Array

    _Request: TypeAlias = socket.socket | tuple[bytes, socket.socket]

LOOPBACK = "127.0.0.1"
TOKEN_BYTES = 24
BOUNDARY = "frame"
VIDEO = "video"
"""The last part of the address of the frames; the page that shows them has none."""
JPEG_QUALITY = 80
PATIENCE_SECONDS = 10.0
"""Seconds that a browser may take for a frame, or for a request."""
FRAME_SECONDS = 1.0
"""Seconds after which somebody who watches gets the same frame again where none comes, so that it is noticed when they have gone."""
MOST_WATCHERS = 8
"""Browsers that are served at once; more would only take turns with the networks."""
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>edged</title>
<style>body{margin:0;background:#222}img{display:block;margin:auto;max-width:100vw;max-height:100vh}</style>
<img src="SOURCE" alt="what the camera shows"></html>"""


class WebScreen:
    """The newest drawn frame, for whoever has the address."""

    def __init__(self, port: int) -> None:
        """Listen on this port of loopback; 0: on any that is free.

        Raises:
            CameraError: the port is taken, or only root may have it.
        """
        self._token = secrets.token_urlsafe(TOKEN_BYTES)
        self._changed = threading.Condition()  # guards all below
        self._jpeg, self._number, self._watchers, self._is_closed = b"", 0, 0, False
        try:
            self._server = _Server(port, self)
        except OSError as error:
            raise CameraError(f"Port {port} of {LOOPBACK} cannot be used ({error.strerror}); give --port another, or 0.") from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="stream", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._server.server_port

    @property
    def address(self) -> str:
        """What a browser is given."""
        return f"http://{LOOPBACK}:{self.port}/{self._token}"

    def is_right(self, token: str) -> bool:
        """Whether it is the token, in a time that does not depend on how much of it is right."""
        return hmac.compare_digest(token.encode("utf-8", "surrogateescape"), self._token.encode())

    def begin(self) -> None:
        """Wait until somebody watches."""
        with self._changed:
            self._changed.wait_for(lambda: self._watchers)

    def show(self, pixels: Uint8Array, seconds: float) -> bool:  # noqa: ARG002 - a browser shows what comes when it comes
        """Give the frame to everybody who watches; nobody need."""
        with self._changed:
            is_watched = self._watchers > 0
        jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes() if is_watched else b""
        with self._changed:
            self._jpeg, self._number = jpeg, self._number + 1
            self._changed.notify_all()
        return True

    def close(self) -> None:
        """End all connections, and listen no more."""
        with self._changed:
            if self._is_closed:
                return
            self._is_closed = True
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # Called on the threads of those who watch.

    def enter(self) -> bool:
        """Count somebody who watches from now on, unless there are too many."""
        with self._changed:
            if self._watchers >= MOST_WATCHERS:
                return False
            self._watchers += 1
            self._changed.notify_all()
            return True

    def leave(self) -> None:
        """Count them no more."""
        with self._changed:
            self._watchers -= 1

    def next_after(self, number: int) -> tuple[int, bytes] | None:
        """Wait a moment for a newer frame than that of this number; the newest, and None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._number > number, FRAME_SECONDS)
            return None if self._is_closed else (self._number, self._jpeg)


class _Server(ThreadingHTTPServer):
    """Serves those who watch, each on a thread of their own, which must not keep the program from ending."""

    daemon_threads = True
    request_queue_size = MOST_WATCHERS

    def __init__(self, port: int, view: WebScreen) -> None:
        self.view = view
        super().__init__((LOOPBACK, port), _Handler)

    def handle_error(self, request: _Request, client_address: object) -> None:
        """Say nothing of a browser that went away."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One request: the page, or the frames."""

    server: _Server
    timeout = PATIENCE_SECONDS
    server_version, sys_version = "edged", ""

    def do_GET(self) -> None:
        """Answer who has the token; to everybody else there is nothing here."""
        token, _, rest = self.path.removeprefix("/").partition("/")
        if not self.server.view.is_right(token) or rest not in {"", VIDEO}:
            self.send_error(HTTPStatus.NOT_FOUND)
        elif rest:
            self._send_video()
        else:
            page = PAGE.replace("SOURCE", f"{token}/{VIDEO}").encode()
            self._begin("text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Keep the token out of every log."""

    def _begin(self, content_type: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", content_type)
        for name, value in HEADERS.items():
            self.send_header(name, value)

    def _send_video(self) -> None:
        view = self.server.view
        if not view.enter():
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, "Too many browsers watch already.")
            return
        try:
            with suppress(OSError):  # the browser has gone
                self._begin(f"multipart/x-mixed-replace; boundary={BOUNDARY}")
                self.end_headers()
                number = 0
                while newest := view.next_after(number):
                    number, jpeg = newest
                    if jpeg:
                        head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                        self.wfile.write(head.encode() + jpeg + b"\r\n")
        finally:
            view.leave()
