"""What systemd is given: ready, alive, stopping, and a line of status.

The only file that imports systemd's library; without it, or without systemd, nothing is sent and nobody minds.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

try:
    from systemd.daemon import notify as _notify
except ImportError:  # not on this device, or edged was not installed with it
    _notify = None

if TYPE_CHECKING:
    from collections.abc import Callable

MICROSECONDS = 1_000_000
START_SECONDS = 30
"""Seconds for which the start may be silent after it has said that it goes on."""


class Notifier:
    """Speaks to systemd over NOTIFY_SOCKET where there is one, and says three times within WATCHDOG_USEC that we live."""

    def __init__(self, notify: Callable[[str], object] | None = _notify) -> None:
        """Take what sends one message, and may raise OSError; with None nothing is sent."""
        self._notify = notify
        self._interval = int(os.environ.get("WATCHDOG_USEC", "0")) / MICROSECONDS / 3
        self._last_alive = -float("inf")

    def can_notify(self) -> bool:
        """Say whether systemd can be notified where it waits for that: not where its library is missing."""
        return self._notify is not None or "NOTIFY_SOCKET" not in os.environ

    def starting(self) -> None:
        """Say that the start may take longer than systemd was told to wait, but goes on."""
        self._send(f"EXTEND_TIMEOUT_USEC={START_SECONDS * MICROSECONDS}")

    def reloading(self) -> None:
        """Say that the configuration is read again; ready() says that this is over."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def ready(self) -> None:
        """Say that the service does what it is for."""
        self._send("READY=1")

    def alive(self) -> None:
        """Say that the worker has come round once more; may be called as often as it likes."""
        now = time.monotonic()
        if self._interval and now - self._last_alive >= self._interval:
            self._last_alive = now
            self._send("WATCHDOG=1")

    def status(self, line: str) -> None:
        """Give one line for `systemctl status`."""
        self._send(f"STATUS={line}")

    def stopping(self) -> None:
        """Say that the service ends because it was asked to."""
        self._send("STOPPING=1")

    def _send(self, state: str) -> None:
        if self._notify is not None:
            with suppress(OSError):  # systemd is busy or restarts itself; it hears the next one
                self._notify(state)
