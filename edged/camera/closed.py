"""Why a stream does not open, which FFmpeg does not say: nobody answers at its address, or whoever does refuses.

It does not know how a stream is read.
"""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from edged.camera import rtsp
from edged.camera.addresses import DEFAULT_PORTS, ESCAPES, origin
from edged.camera.web import WebPage
from edged.errors import CameraError, PageRefused

CONNECT_TIMEOUT_SECONDS = 3.0
"""Seconds that an address has to answer."""


def why_closed(url: str) -> str:
    """Say why a stream may not have opened: whether anybody answers there at all, and what they say."""
    try:
        parts = urlsplit(origin(url))
        port = parts.port or DEFAULT_PORTS.get(parts.scheme.lower())
        if parts.hostname is None or port is None:
            return "nothing that is a video arrives there."
        socket.create_connection((parts.hostname, port), CONNECT_TIMEOUT_SECONDS).close()
    except socket.gaierror:
        return f"the name {parts.hostname} is not known; write its IP address or mend the DNS."
    except OSError as error:
        return f"{parts.hostname} port {port} does not answer ({error.strerror or 'timed out'}); is the camera on, and the address right?"
    except ValueError:
        return "its address is malformed."
    hint = f"in a user name or password, write {ESCAPES}" if "@" in url else "if it wants a password, write USER:PASSWORD@"
    return _refusal(url, parts.scheme.lower()) or (
        f"{parts.hostname} port {port} answers but gives no video; look at the path, the user name and the password ({hint})."
    )


def _refusal(url: str, scheme: str) -> str | None:
    if scheme in {"rtsp", "rtsps"}:
        return rtsp.refusal(url)
    if scheme not in {"http", "https"}:
        return None
    try:
        WebPage(url).fetch(only_kind=True)
    except PageRefused as refused:
        return str(refused)
    except CameraError:
        return None
    return None
