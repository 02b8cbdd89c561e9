"""The sweep: removes all retained messages of a device from the broker, and with them the device from Home Assistant.

It runs while edged does not; what the topics mean is not known here.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from edged.errors import LinkError
from edged.interface.topics import discovery_filters
from edged.mqtt.link import Message, Outcome

if TYPE_CHECKING:
    from edged.interface.topics import Topics
    from edged.mqtt.link import Link, Received

QUIET_SECONDS, PATIENCE_SECONDS = 2.0, 30.0
"""Seconds without another retained message after which all have come: a broker sends them one after the other; and those of the whole
sweep at most."""


class Sweep:
    """An endpoint that receives what is retained, and overwrites it with nothing."""

    def __init__(self, link: Link, topics: Topics) -> None:
        """Sweep the topics of this device; the link must ask for retained messages."""
        self._link, self._topics = link, topics
        self._retained: set[str] = set()
        self._unanswered: set[int] = set()
        self._quiet_since: float | None = None
        self._problem: LinkError | None = None
        self._is_swept, self._done = False, threading.Event()

    def run(self) -> list[str]:
        """Sweep; returns the topics on which something was retained.

        Raises:
            LinkError: the broker cannot be reached, does not let us, or says that edged is running.
        """
        self._link.start(self, None, (f"{self._topics.root}/#", *discovery_filters(self._topics)))
        self._done.wait(PATIENCE_SECONDS)
        self._link.stop(None, QUIET_SECONDS)
        if self._problem or not self._done.is_set():
            raise self._problem or LinkError("The broker does not answer; not everything may have been removed.")
        return sorted(self._retained)

    def connected(self) -> None:
        """See Endpoint."""
        self._quiet_since = time.monotonic()

    def disconnected(self, reason: str) -> None:
        """See Endpoint."""
        self._fail(reason)

    def received(self, message: Received) -> None:
        """See Endpoint."""
        if not message.retained or self._is_swept:
            return
        self._quiet_since = time.monotonic()
        self._retained.add(message.topic)
        if message.topic == self._topics.availability and message.payload == b"online":
            self._fail("edged is running and would say all of it again; stop it first: sudo systemctl stop edged")

    def delivered(self, token: int, outcome: Outcome) -> None:
        """See Endpoint."""
        if outcome is Outcome.REFUSED:
            self._fail("The broker does not let us write all of these topics; see its access rules.")
        self._unanswered.discard(token)
        if not self._unanswered:
            self._done.set()

    def pump(self) -> None:
        """See Endpoint."""
        is_quiet = self._quiet_since is not None and time.monotonic() - self._quiet_since >= QUIET_SECONDS
        if self._is_swept or self._done.is_set() or not is_quiet:
            return
        self._is_swept = True
        self._unanswered |= {self._link.send(Message(topic, b"", retain=True)) for topic in self._retained}
        if not self._unanswered:
            self._done.set()

    def _fail(self, reason: str) -> None:
        self._problem = self._problem or LinkError(reason)
        self._done.set()
