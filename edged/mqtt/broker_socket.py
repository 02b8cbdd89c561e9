"""What the socket to a broker needs beside what paho does: no delay on the way, and an end that leaves nothing open and loses nothing.

What is said on it is not known here.
"""

from __future__ import annotations

import os
import socket
import ssl
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

QUICK_ACKNOWLEDGEMENTS: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Option of a socket by which the kernel acknowledges at once what has come; None where it has none. Otherwise a request waits at a broker
that collects what it sends, as mosquitto does by default, for the acknowledgement of what was sent before it: up to 40 ms."""
PARTING_SECONDS, MOST_READ_BYTES = 0.5, 65_536
"""Seconds that a broker has to end a connection that was parted from, and bytes that are read at once meanwhile."""


class TlsSocket(ssl.SSLSocket):
    """A socket that a failed handshake closes: paho leaves that to the garbage collector, and the broker with a connection meanwhile."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - Python's own
        """Raises as ssl.SSLSocket.do_handshake()."""
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def send_at_once(connection: socket.socket) -> None:
    """Have an event not wait for what went before it."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def acknowledge_at_once(connection: socket.socket) -> None:
    """Have the kernel acknowledge at once; to be called after each read, since it goes back by itself: see tcp(7)."""
    if QUICK_ACKNOWLEDGEMENTS is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.IPPROTO_TCP, QUICK_ACKNOWLEDGEMENTS, 1)


@contextmanager
def kept_until_ended(connection: socket.socket) -> Iterator[None]:
    """Keep a connection whose end is announced and that is closed within, until the broker has ended it, or for a while.

    Closed with something unread it would be reset, and what was written last might not be read any more (RFC 1122, section 4.2.2.13).

    Raises:
        OSError: it is closed already.
    """
    with socket.socket(fileno=os.dup(connection.fileno())) as kept:
        yield
        deadline = time.monotonic() + PARTING_SECONDS
        with suppress(OSError):
            while (left := deadline - time.monotonic()) > 0:
                kept.settimeout(left)
                if not kept.recv(MOST_READ_BYTES):
                    return
