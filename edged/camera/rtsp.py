"""What an RTSP server answers to whoever asks for a stream: FFmpeg, as it is built into OpenCV, keeps that to itself.

It asks for the description only, which says the codec; how a stream is played is not known here.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from edged.camera.addresses import DEFAULT_PORTS, origin
from edged.camera.web import OK, UNAUTHORISED, basic, remedy
from edged.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from urllib.parse import SplitResult

TIMEOUT_SECONDS = 3.0
"""Seconds for each step: this is asked after a stream did not open, and whoever waits has waited for long."""
MOST_ANSWER_SECONDS = 6.0
"""Seconds for all steps together, from the first connection to the answer to a login."""
MOST_BYTES = 65_536
"""Bytes of the head of an answer, and of a description."""
STATUS = re.compile(rb"RTSP/1\.[0-9] ([0-9]{3}) ?([^\r\n]*)\r\n")
METHOD, BASIC = "DESCRIBE", "basic"
VIDEO = re.compile(r"^m=video \S+ \S+ (\d+)", re.MULTILINE)
STATIC_TYPES = {"26": "JPEG"}
"""Codecs of payload types that need no line of their own: RFC 3551, table 5."""
REFUSED_SECONDS = 1800.0
"""Seconds for which a password that was refused is not tried again here: cameras lock whoever logs in wrongly some times in half an hour,
and the stream itself is tried again and again."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """The first line of an answer, its headers, and what follows them."""

    status: int
    reason: str
    headers: Message
    body: str


_refused_at: dict[str, float] = {}
"""When the password of an address was refused, in monotonic seconds: each try at a stream knows nothing of those before."""


def refusal(url: str) -> str | None:
    """Say what the server has against giving this stream; None where it has nothing, or cannot be asked."""
    answer = _described(url)
    return None if answer is None or answer.status == OK else _sentence(url, answer)


def codec_of(url: str) -> str | None:
    """Say the codec of a stream's video as RTP names it, such as H264, H265 or JPEG; None where the server does not tell.

    The password is tried, also where it was refused before: it is meant for who opens the stream right now.

    Raises:
        CameraError: it is refused, so that the stream need not be tried with it too.
    """
    answer = _described(url, again=True)
    if answer is None or answer.status != OK:
        if answer and answer.status == UNAUTHORISED:
            raise CameraError(f"The stream {origin(url)} cannot be opened: {_sentence(url, answer)}")
        return None
    return _codec(answer.body)


def _sentence(url: str, answer: _Answer) -> str:
    return f"it answers {answer.status} {answer.reason}: {remedy(answer.status, has_password=bool(urlsplit(url).username))}."


def _codec(description: str) -> str | None:
    video = VIDEO.search(description)
    if video is None:
        return None
    named = re.search(rf"^a=rtpmap:{video[1]} ([^/\s]+)/", description[video.end() :], re.MULTILINE)
    return named[1].upper() if named else STATIC_TYPES.get(video[1])


def _described(url: str, *, again: bool = False) -> _Answer | None:
    """What the server answers, with a password where it wants one, once refused only if again; None where it cannot be asked."""
    try:
        parts, deadline = urlsplit(url), time.monotonic() + MOST_ANSWER_SECONDS
        with _connected(parts, deadline) as connection:
            answer = _answer(connection, parts, deadline)
            challenge = _challenge(answer.headers) if answer.status == UNAUTHORISED and parts.username else None
            if challenge and (again or time.monotonic() - _refused_at.get(url, -REFUSED_SECONDS) >= REFUSED_SECONDS):
                answer = _answer_to_login(connection, parts, challenge, deadline)
                if answer.status == UNAUTHORISED:
                    _refused_at[url] = time.monotonic()
    except (OSError, ValueError, KeyError, http.client.HTTPException):
        return None
    return answer


def _answer_to_login(connection: socket.socket, parts: SplitResult, challenge: str, deadline: float) -> _Answer:
    """Ask with the password: where a challenge was made, since many know it there alone, and anew where that is closed with the refusal."""
    try:
        return _answer(connection, parts, deadline, challenge)
    except (OSError, ValueError):
        with _connected(parts, deadline) as another:
            return _answer(another, parts, deadline, challenge)


def _answer(connection: socket.socket, parts: SplitResult, deadline: float, challenge: str | None = None) -> _Answer:
    sequence = 2 if challenge else 1
    head = [f"{METHOD} {_address(parts)} RTSP/1.0", f"CSeq: {sequence}", "User-Agent: edged", "Accept: application/sdp"]
    if challenge:
        head.append(f"Authorization: {_authorisation(parts, challenge)}")
    connection.sendall("\r\n".join([*head, "", ""]).encode())
    return _received(connection, deadline)


def _connected(parts: SplitResult, deadline: float) -> socket.socket:
    plain = socket.create_connection((parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]), _seconds_left(deadline))
    if parts.scheme != "rtsps":
        return plain
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # as for streams: cameras' certificates are signed by nobody
    return context.wrap_socket(plain)


def _seconds_left(deadline: float) -> float:
    """The seconds for a step; TimeoutError where none are left."""
    if (left := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    return min(left, TIMEOUT_SECONDS)


def _received(connection: socket.socket, deadline: float) -> _Answer:
    """Read an answer; ValueError where it is none."""
    head, body = _read_on(connection, b"", deadline, lambda received: b"\r\n\r\n" in received).split(b"\r\n\r\n", 1)
    first = STATUS.match(head + b"\r\n")
    if first is None:
        raise ValueError("no answer of RTSP")
    headers = http.client.parse_headers(io.BytesIO((head + b"\r\n\r\n")[first.end() :]))
    length = min(int(headers.get("Content-Length", 0)), MOST_BYTES)
    body = _read_on(connection, body, deadline, lambda received: len(received) >= length)
    return _Answer(int(first[1]), first[2].decode(errors="replace").strip(), headers, body.decode(errors="replace"))


def _read_on(connection: socket.socket, received: bytes, deadline: float, is_enough: Callable[[bytes], bool]) -> bytes:
    while not is_enough(received) and len(received) < MOST_BYTES:
        connection.settimeout(_seconds_left(deadline))
        if not (part := connection.recv(MOST_BYTES)):
            break
        received += part
    return received


def _challenge(headers: Message) -> str | None:
    offered = {str(text).partition(" ")[0].lower(): str(text) for text in headers.get_all("WWW-Authenticate", [])}
    return offered.get("digest") or offered.get(BASIC)


def _authorisation(parts: SplitResult, challenge: str) -> str:
    """The password as the server wants it. The standard library knows how a digest is made, which in RTSP is of the whole address."""
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    kind, _, rest = challenge.partition(" ")
    if kind.lower() == BASIC:
        return basic(user, password)
    told = urllib.request.parse_keqv_list(list(filter(None, urllib.request.parse_http_list(rest))))
    passwords, address = urllib.request.HTTPPasswordMgrWithDefaultRealm(), _address(parts)
    passwords.add_password(None, address, user, password)
    asked = urllib.request.Request(address, method=METHOD)  # noqa: S310 - it is not opened
    asked.selector = address
    return f"Digest {urllib.request.HTTPDigestAuthHandler(passwords).get_authorization(asked, told)}"


def _address(parts: SplitResult) -> str:
    """The URL without user name and password."""
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{query}"
