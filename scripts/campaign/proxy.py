"""A TCP proxy on loopback that can be cut, closed, made silent, late or narrow: the network between edged and its broker or camera.

It does not know what is said through it.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

PIECE_BYTES = 4096
LOOK_SECONDS = 0.01
"""Seconds between two looks whether bytes that are held may go on."""


class Proxy:
    """Listens on a port of its own for as long as it is not closed, and passes everything on to another.

    delay_seconds is how late each piece goes on, bytes_per_second how many may, None: all. While is_held bytes wait, as in a network that
    is gone for a moment; while is_silent they are swallowed, so that the connections must be cut afterwards. While is_closed nobody is let
    in.
    """

    def __init__(self, target_port: int, port: int = 0) -> None:
        """Listen, on any free port or on this one."""
        self._target = target_port
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.reset()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self) -> None:
        """Pass everything on at once again."""
        self.delay_seconds, self.bytes_per_second = 0.0, None  # type: float, float | None
        self.is_held = self.is_silent = self.is_closed = False

    def cut(self) -> None:
        """End every connection, as a router does that is switched off and on."""
        for one in list(self._open):
            self._end(one)

    def close(self) -> None:
        """End all, and listen no more."""
        self.is_closed = True
        with suppress(OSError):  # it was closed before; without this whoever waits to accept keeps the port
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._join(near)

    def _join(self, near: socket.socket) -> None:
        try:
            if self.is_closed:
                raise ConnectionRefusedError
            far = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            near.close()
            return
        self._open |= {near, far}
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                self._wait(len(piece), target)
                if not self.is_silent:
                    target.sendall(piece)
        self._end(source)
        self._end(target)

    def _wait(self, count: int, target: socket.socket) -> None:
        time.sleep(self.delay_seconds + (count / self.bytes_per_second if self.bytes_per_second else 0.0))
        while self.is_held and target in self._open:
            time.sleep(LOOK_SECONDS)

    def _end(self, one: socket.socket) -> None:
        self._open.discard(one)
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
