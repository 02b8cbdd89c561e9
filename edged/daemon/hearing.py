"""Hearing: what a running edged tells over its broker, for somebody who only listens.

Knows topics; what is made of the messages is not known here.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from edged.daemon.making import broker
from edged.homeassistant.announcer import topics_of
from edged.mqtt.broker_link import BrokerLink

if TYPE_CHECKING:
    from edged.config import Config
    from edged.mqtt.link import Outcome, Received

Heard: TypeAlias = tuple[str, bytes] | str | None
"""A topic with its payload, why there is no connection any more, or None: there is a new one."""
GOODBYE_SECONDS = 1.0
"""Seconds that parting from the broker may take."""


class Hearing:
    """The other side of a link that listens to one edged, also to what the broker has kept of it; see Endpoint."""

    def __init__(self, config: Config) -> None:
        """Prepare; raises as making.broker() and BrokerLink()."""
        self.topics = topics_of(config)
        own = replace(broker(config), client_id=f"edged-shell-{secrets.token_hex(4)}")
        self._link = BrokerLink(own, wants_retained=True)
        self._heard: SimpleQueue[Heard] = SimpleQueue()

    def start(self) -> None:
        """Connect, and again whenever the connection is lost."""
        root, camera = self.topics, self.topics.camera("+")
        filters = (root.availability, root.info, root.health, root.problem, camera.status, camera.people, camera.event)
        self._link.start(self, None, filters)

    def next(self, seconds: float) -> Heard:
        """Wait for what comes next.

        Raises:
            Empty: nothing came within these seconds.
        """
        return self._heard.get(timeout=seconds)

    def waiting(self) -> list[Heard]:
        """Give all that came and was not taken; see next()."""
        found: list[Heard] = []
        try:
            while True:
                found.append(self._heard.get_nowait())
        except Empty:
            return found

    def close(self) -> None:
        """Leave the broker."""
        self._link.stop(None, GOODBYE_SECONDS)

    def connected(self) -> None:
        """See Endpoint."""
        self._heard.put(None)

    def disconnected(self, reason: str) -> None:
        """See Endpoint."""
        self._heard.put(reason)

    def received(self, message: Received) -> None:
        """See Endpoint."""
        self._heard.put((message.topic, message.payload))

    def delivered(self, token: int, outcome: Outcome) -> None:
        """See Endpoint."""

    def pump(self) -> None:
        """See Endpoint."""
