"""One web page that is asked for again and again: over one connection, with a password where it wants one, and only if it has changed.

It does not know what is on the page.
"""

from __future__ import annotations

import base64
import http.client
import re
import ssl
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from edged.camera.addresses import DEFAULT_PORTS, ESCAPES, origin
from edged.errors import CameraError, PageRefused

if TYPE_CHECKING:
    from email.message import Message

TIMEOUT_SECONDS = 10.0
"""Seconds for each step of an answer: weak cameras take some for a picture of full size."""
MOST_BYTES = 32_000_000
"""Size of an answer that is still read: many times a JPEG of 12 megapixels."""
MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
UNSENDABLE = re.compile(r"[^!-~]")
"""What may not stand in the first line of a request: spaces, control characters, and what is not ASCII."""
MALFORMED = "its address, or that to which it leads, is malformed"
UNKNOWN_WAY = "it wants the password in a way that edged does not know"
OK, NOT_MODIFIED, UNAUTHORISED, FORBIDDEN, NOT_FOUND, SERVER_ERROR = 200, 304, 401, 403, 404, 500


@dataclass(frozen=True, slots=True)
class Page:
    """What came: the kind of content, as image/jpeg, and the bytes; None where they are as before, or were not wanted."""

    kind: str
    content: bytes | None


class _Place(NamedTuple):
    """Where a page is asked for, its path left out."""

    scheme: str
    host: str | None
    port: int | None

    @classmethod
    def of(cls, parts: SplitResult) -> _Place:
        return cls(parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme))

    def is_trusted_by(self, own: _Place) -> bool:
        """Whether it may have the password of the own place, since it is that or the same host by https, as many cameras lead there."""
        return self == own or (self.host == own.host and (own.scheme, self.scheme) == ("http", "https"))


class WebPage:
    """A page at a URL, whose user name and password are sent only where they are asked for, and only to its own host.

    That is at its own port, or at any by https where that of http leads there. Certificates are not verified, as they are not for
    streams: those of cameras are signed by nobody.
    """

    def __init__(self, url: str) -> None:
        """Take the URL, http or https; nothing is sent yet.

        Raises:
            CameraError: it is malformed, as a password with a slash makes it.
        """
        self._name, self._parts = origin(url), _parsed(url)
        self._user, self._password = unquote(self._parts.username or ""), unquote(self._parts.password or "")
        self._connection: http.client.HTTPConnection | None = None
        self._conditions: dict[str, str] = {}
        self._challenges: dict[_Place, str] = {}
        self._passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        self._digest = urllib.request.HTTPDigestAuthHandler(self._passwords)

    def fetch(self, *, only_kind: bool = False) -> Page:
        """Ask for the page, or only for what kind it is.

        Raises:
            CameraError: it cannot be reached, breaks off, or is too large.
            PageRefused: it answers with another status than 200 or 304.
        """
        try:
            return self._fetch(self._parts, MOST_REDIRECTS, only_kind=only_kind)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise CameraError(f"{self._name} cannot be read: {_why(error)}.") from None  # its own text may hold the path
        except ValueError:
            self.close()
            raise CameraError(f"{self._name} cannot be read: {MALFORMED}.") from None

    def forget(self) -> None:
        """Ask for the whole page again, changed or not."""
        self._conditions = {}

    def close(self) -> None:
        """Close the connection; the next fetch() opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _fetch(self, parts: SplitResult, redirects: int, *, only_kind: bool) -> Page:
        answer = self._answer(parts)
        if answer.status == UNAUTHORISED and self._user and self._takes_challenge(parts, answer.headers):
            answer.read(MOST_BYTES)
            answer = self._answer(parts)
        if answer.status in REDIRECTS and redirects and (place := answer.getheader("Location")):
            self.close()
            try:
                return self._fetch(urlsplit(urljoin(_address(parts), place)), redirects - 1, only_kind=only_kind)
            finally:
                self.close()  # it leads elsewhere
        return self._finished(answer, only_kind=only_kind)

    def _finished(self, answer: http.client.HTTPResponse, *, only_kind: bool) -> Page:
        kind = answer.headers.get_content_type()
        if answer.status == NOT_MODIFIED:
            answer.read()
            return Page(kind, None)
        if answer.status != OK:
            self.close()
            advice = remedy(answer.status, has_password=bool(self._user))
            raise PageRefused(f"{self._name} answers {answer.status} {answer.reason}: {advice}.", may_pass=answer.status >= SERVER_ERROR)
        if only_kind:
            self.close()
            return Page(kind, None)
        content = answer.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            self.close()
            raise CameraError(f"{self._name} sends more than {MOST_BYTES // 10**6} MB; ask the camera for a smaller picture.")
        pairs = (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"))
        self._conditions = {asked: told for asked, name in pairs if (told := answer.getheader(name))}
        return Page(kind, content)

    def _answer(self, parts: SplitResult) -> http.client.HTTPResponse:
        is_new = self._connection is None
        try:
            return self._asked(parts)
        except (http.client.RemoteDisconnected, ConnectionError):
            self.close()
            if is_new:
                raise
            return self._asked(parts)  # the camera had closed a connection that was kept

    def _asked(self, parts: SplitResult) -> http.client.HTTPResponse:
        if self._connection is None:
            self._connection = _connection(parts)
        headers = {"User-Agent": "edged", "Accept": "image/*, */*", **self._conditions}
        if challenge := self._challenges.get(_Place.of(parts)):
            headers["Authorization"] = self._authorisation(parts, challenge)
        self._connection.request("GET", _path(parts), headers=headers)
        return self._connection.getresponse()

    def _takes_challenge(self, parts: SplitResult, headers: Message) -> bool:
        """Note how this place wants the password; whether it may have it, and that is known."""
        place = _Place.of(parts)
        if not place.is_trusted_by(_Place.of(self._parts)):
            return False
        offered = {str(text).partition(" ")[0].lower(): str(text) for text in headers.get_all("WWW-Authenticate", [])}
        if challenge := offered.get("digest") or offered.get("basic"):
            self._challenges[place] = challenge
        return challenge is not None

    def _authorisation(self, parts: SplitResult, challenge: str) -> str:
        kind, _, rest = challenge.partition(" ")
        if kind.lower() == "basic":
            return basic(self._user, self._password)
        try:
            told = urllib.request.parse_keqv_list(list(filter(None, urllib.request.parse_http_list(rest))))
        except ValueError:
            raise http.client.HTTPException(UNKNOWN_WAY) from None
        self._passwords.add_password(None, _address(parts), self._user, self._password)
        made = self._digest.get_authorization(urllib.request.Request(_address(parts)), told)  # noqa: S310 - http or https, see _connection
        if made is None:
            raise http.client.HTTPException(UNKNOWN_WAY)
        return f"Digest {made}"


def _parsed(url: str) -> SplitResult:
    """Take the URL apart; the errors of the library quote parts of passwords, and are not passed on."""
    try:
        parts = urlsplit(url)
        is_sound = parts.port != 0 and bool(parts.hostname) and not re.search(r"\s", parts.hostname or "")  # .port raises
        if is_sound and not UNSENDABLE.search(_path(parts)):
            return parts
    except ValueError:
        pass
    sentence = f"its address is malformed; look at its port, and in a user name, a password or a path write {ESCAPES}"
    raise CameraError(f"{origin(url)} cannot be read: {sentence}.")


def _why(error: OSError | http.client.HTTPException) -> str:
    """Say what is wrong without the address, which InvalidURL quotes."""
    if isinstance(error, http.client.InvalidURL):
        return MALFORMED
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_SECONDS)
    if parts.scheme != "https":
        raise http.client.HTTPException(f"it leads to an address of the kind {parts.scheme}")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT_SECONDS, context=context)


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _address(parts: SplitResult) -> str:
    """The URL without user name and password."""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{_path(parts)}"


def basic(user: str, password: str) -> str:
    """What is sent to a server that wants a password as it is: RFC 7617."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def remedy(status: int, *, has_password: bool) -> str:
    """What a server means by a status, and what to do about it."""
    if status == UNAUTHORISED:
        return "the user name or the password is wrong" if has_password else "it wants a password, write USER:PASSWORD@ before the host"
    if status == FORBIDDEN:
        return "this user may not see it"
    if status == NOT_FOUND:
        return "there is nothing at that path"
    return "the camera has failed, look at it or start it anew" if status >= SERVER_ERROR else "look at the address"
