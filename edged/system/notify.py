"""What systemd is told: ready, alive, stopping, and a line of status.

The only file that imports systemd's library; without it, or without systemd, it says nothing and nobody minds.
"""

from __future__ import annotations

import os
import time

try:
    from systemd.daemon import notify as _notify
except ImportError:  # not on this device, or edged was not installed with it
    _notify = None

MICROSECONDS = 1_000_000
START_SECONDS = 30
"""How long the start may be silent after it has said that it goes on."""


class Notifier:
    """Speaks to systemd over NOTIFY_SOCKET where there is one."""

    def __init__(self) -> None:
        """Read how often systemd wants to hear that we live: three times within WATCHDOG_USEC."""
        self._interval = int(os.environ.get("WATCHDOG_USEC", "0")) / MICROSECONDS / 3
        self._last_alive = -float("inf")

    def starting(self) -> None:
        """The start may take longer than systemd was told to wait, but goes on."""
        _tell(f"EXTEND_TIMEOUT_USEC={START_SECONDS * MICROSECONDS}")

    def ready(self) -> None:
        """The service does what it is for."""
        _tell("READY=1")

    def alive(self) -> None:
        """The worker has come round once more; as often as it likes."""
        now = time.monotonic()
        if self._interval and now - self._last_alive >= self._interval:
            self._last_alive = now
            _tell("WATCHDOG=1")

    def status(self, line: str) -> None:
        """One line for `systemctl status`."""
        _tell(f"STATUS={line}")

    def stopping(self) -> None:
        """The service ends because it was asked to."""
        _tell("STOPPING=1")


def can_notify() -> bool:
    """Whether systemd waits for us but the library to tell it is missing."""
    return _notify is not None or "NOTIFY_SOCKET" not in os.environ


def _tell(state: str) -> None:
    if _notify is not None:
        _notify(state)
