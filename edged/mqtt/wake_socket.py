"""A socket to wait on beside others, so that a thread that waits for the network can be woken by any other.

It knows neither what else is waited for nor why it is woken.
"""

from __future__ import annotations

import select
import socket
from contextlib import suppress
from typing import Any

from edged.errors import LinkError


class WakeSocket:
    """A pair of sockets: a byte into the one ends a wait at the other."""

    def __init__(self) -> None:
        """Open both."""
        self._waker, self._wakee = socket.socketpair()
        self._waker.settimeout(0)
        self._wakee.settimeout(0)

    def wake(self) -> None:
        """End the wait that is under way, or the next one."""
        with suppress(BlockingIOError, OSError):  # full: it wakes anyway; closed: nobody waits any more
            self._waker.send(b"\0")

    def wait(self, readers: list[Any], writers: list[Any], seconds: float) -> tuple[list[Any], list[Any]]:
        """Wait for one of these sockets, a wake-up or so many seconds; returns which can be read and which written.

        Raises:
            LinkError: a socket was closed meanwhile.
        """
        try:
            readable, writable, _ = select.select([self._wakee, *readers], writers, [], seconds)
        except (OSError, ValueError) as error:
            raise LinkError("The connection to the broker was closed.") from error
        if self._wakee in readable:
            with suppress(BlockingIOError):
                self._wakee.recv(4096)
        return readable, writable

    def close(self) -> None:
        """Close both."""
        self._waker.close()
        self._wakee.close()
