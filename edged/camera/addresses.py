"""Network addresses of cameras: what of them may be published, and whether anybody answers there.

It does not know how a stream is read.
"""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

STREAM_SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "tcp", "udp", "rtp")
"""Beginnings that the URL of a stream may have."""
DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443, "rtmp": 1935, "rtmps": 443}
ESCAPES = "@ : / ? # [ ] and a space as %40 %3A %2F %3F %23 %5B %5D %20"
"""How to write in a URL what would end a user name or a password there."""
CONNECT_TIMEOUT_SECONDS = 3.0
"""Seconds that an address has to answer."""

# Greedy up to the last @: a password may hold / ? # or @ itself. Path and query go too, some cameras want the password there.
_URL = re.compile(r"([a-zA-Z][\w+.-]*://)(?:\S*@)?([^\s/?#'\"]*)[^\s'\"]*?(?=[:;,.)]*(?:[\s'\"]|$))")


def redacted(text: str) -> str:
    """Shorten every URL in the text to scheme, host and port: reasons are published and logged, and addresses hold passwords."""
    return _URL.sub(r"\1\2", text)


def origin(address: str) -> str:
    """Shorten an address, which is all of the text, to scheme, host and port; what is no URL stays as it is.

    Spaces belong to it, while redacted() takes one for the end of a URL.
    """
    scheme, mark, rest = address.partition("://")
    return scheme + mark + re.split(r"[\s/?#'\"]", rest.rpartition("@")[2], maxsplit=1)[0] if mark else address


def why_closed(url: str) -> str:
    """Say why a stream may not have opened, which FFmpeg does not: whether anybody answers there at all."""
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
    return f"{parts.hostname} port {port} answers but gives no video; look at the path, the user name and the password ({hint})."
