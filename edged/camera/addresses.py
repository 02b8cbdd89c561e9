"""Network addresses of cameras: how they begin, and what of them may be published.

It does not know who answers there, nor how a stream is read.
"""

from __future__ import annotations

import re
from urllib.parse import quote

STREAM_SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "tcp", "udp", "rtp")
"""Beginnings that the URL of a stream may have."""
DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443, "rtmp": 1935, "rtmps": 443}
USERNAME_MARK, PASSWORD_MARK = "{username}", "{password}"
"""What the configuration has in an address for the user name and the password, where a camera wants them elsewhere than before the host."""
ESCAPES = "@ : / ? # [ ] and a space as %40 %3A %2F %3F %23 %5B %5D %20"
"""How to write in a URL what would end a user name or a password there."""

# Greedy up to the last @: a password may hold / ? # or @ itself. Path and query go too, some cameras want the password there.
_URL = re.compile(r"([a-zA-Z][\w+.-]*://)(?:\S*@)?([^\s/?#'\"]*)[^\s'\"]*?(?=[:;,.)]*(?:[\s'\"]|$))")


_SECRET = re.compile(r"://(?:[^/\s]*:.*@|[^\s?]*\?)", re.DOTALL)
"""What begins an address in which a password may stand: before the host, or, as some cameras want it, behind a question mark."""


def with_login(address: str, username: str | None, password: str | None) -> str:
    """Put a user name and a password where an address has {username} and {password}, else before its host; both are escaped."""
    user, secret = (quote(text or "", safe="") for text in (username, password))
    if USERNAME_MARK in address or PASSWORD_MARK in address:
        return address.replace(USERNAME_MARK, user).replace(PASSWORD_MARK, secret)
    if not user:
        return address
    scheme, mark, rest = address.partition("://")
    return f"{scheme}{mark}{user}{f':{secret}' if secret else ''}@{rest}"


def holds_password(text: str) -> bool:
    """Whether there is an address in the text that may hold one."""
    return _SECRET.search(text) is not None


def redacted(text: str) -> str:
    """Shorten every URL in the text to scheme, host and port: reasons are published and logged, and addresses hold passwords."""
    return _URL.sub(r"\1\2", text)


def origin(address: str) -> str:
    """Shorten an address, which is all of the text, to scheme, host and port; what is no URL stays as it is.

    Spaces belong to it, while redacted() takes one for the end of a URL.
    """
    scheme, mark, rest = address.partition("://")
    return scheme + mark + re.split(r"[\s/?#'\"]", rest.rpartition("@")[2], maxsplit=1)[0] if mark else address
