"""A link that can become another one: whoever speaks over it goes on, and is connected to another broker, or by other rights.

What is said over it, and why it changes, is not known here.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edged.mqtt.link import Endpoint, Link, Message

CHANGE_SECONDS = 3.0
"""Seconds that the goodbye to a broker may take before another one is gone to."""


class ChangingLink:
    """See Link; one link is at work at a time, so that the endpoint hears of one thread at a time."""

    def __init__(self, link: Link) -> None:
        """Begin with this link, which was not started."""
        self._link = link
        self._change: threading.Thread | None = None

    def start(self, endpoint: Endpoint, will: Message | None, subscriptions: tuple[str, ...]) -> None:
        """See Link."""
        self._endpoint, self._will, self._subscriptions = endpoint, will, subscriptions
        self._link.start(endpoint, will, subscriptions)

    def change(self, link: Link) -> None:
        """Go on by this link, which was not started, once the other one has said goodbye; nobody waits for that."""
        self._finish_change()
        self._change = threading.Thread(target=self._go_on_by, args=(link,), name="broker change")
        self._change.start()

    def stop(self, farewell: Message | None, timeout_seconds: float) -> None:
        """See Link."""
        self._finish_change()
        self._link.stop(farewell, timeout_seconds)

    def wake(self) -> None:
        """See Link."""
        self._link.wake()

    def send(self, message: Message) -> int:
        """See Link."""
        return self._link.send(message)

    def most_bytes(self) -> int | None:
        """See Link."""
        return self._link.most_bytes()

    def _finish_change(self) -> None:
        if self._change:
            self._change.join()

    def _go_on_by(self, link: Link) -> None:
        self._link.stop(self._will, CHANGE_SECONDS)
        self._endpoint.disconnected("The configuration names another broker, or another way there.")
        self._link = link
        link.start(self._endpoint, self._will, self._subscriptions)
