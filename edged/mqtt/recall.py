"""Recall: what a broker still keeps on some topics, asked once, as soon as the broker is there.

It changes nothing; what the topics mean is not known here.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edged.mqtt.link import Link, Outcome, Received

QUIET_SECONDS, GOODBYE_SECONDS = 1.0, 1.0
"""Seconds without another retained message after which all have come, and those that parting may take."""


class Recall:
    """An endpoint that receives what is retained."""

    def __init__(self, link: Link, filters: tuple[str, ...]) -> None:
        """Ask for the topics of these filters; the link must ask for retained messages."""
        self._link, self._filters = link, filters
        self._kept: dict[str, bytes] = {}
        self._quiet_since: float | None = None
        self._done = threading.Event()

    def start(self) -> None:
        """Ask; returns at once."""
        self._link.start(self, None, self._filters)

    def kept(self) -> dict[str, bytes] | None:
        """What is retained, by topic; None until all of it has come, which takes for as long as the broker is away."""
        return dict(self._kept) if self._done.is_set() else None

    def connected(self) -> None:
        """See Endpoint."""
        self._quiet_since = time.monotonic()

    def disconnected(self, reason: str) -> None:  # noqa: ARG002 - the interface's; the daemon's own link says it
        """See Endpoint."""
        self._quiet_since = None

    def received(self, message: Received) -> None:
        """See Endpoint."""
        if message.retained and message.payload:
            self._quiet_since = time.monotonic()
            self._kept[message.topic] = message.payload

    def delivered(self, token: int, outcome: Outcome) -> None:
        """See Endpoint."""

    def pump(self) -> None:
        """See Endpoint."""
        is_quiet = self._quiet_since is not None and time.monotonic() - self._quiet_since >= QUIET_SECONDS
        if is_quiet and not self._done.is_set():
            self._done.set()
            # On a thread of its own: parting waits for the one that calls this.
            threading.Thread(target=self._link.stop, args=(None, GOODBYE_SECONDS), daemon=True).start()
