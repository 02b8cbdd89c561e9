"""The window: as many messages on their way at once as the broker takes (Receive Maximum of MQTT 5, section 3.2.2.3.3), and no more.

Knows tokens and packet identifiers; what a message says, and how it is sent, is not known here.
"""

from __future__ import annotations

from collections import deque
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.mqtt.link import Message

MOST_IN_FLIGHT = 65_535
"""Receive Maximum where a broker does not tell it."""


class Window:
    """Messages of one connection in their order: those that are on their way, and those that wait for their turn."""

    def __init__(self, publish: Callable[[Message], int]) -> None:
        """Begin with none; publish sends a message at once and gives its packet identifier."""
        self._publish, self.most = publish, MOST_IN_FLIGHT
        self._waiting: deque[tuple[int, Message]] = deque()
        self._tokens, self._in_flight = count(1), dict[int, int]()

    def put(self, message: Message) -> int:
        """Send a message now or in its turn; its token."""
        token = next(self._tokens)
        self._waiting.append((token, message))
        self.fill()
        return token

    def fill(self) -> None:
        """Send as many of those that wait as there is room for."""
        while self._waiting and len(self._in_flight) < self.most:
            token, message = self._waiting.popleft()
            self._in_flight[self._publish(message)] = token

    def take_off(self, packet_id: int) -> int | None:
        """The token of a message that the broker has answered; None where none of that identifier was on its way."""
        return self._in_flight.pop(packet_id, None)
