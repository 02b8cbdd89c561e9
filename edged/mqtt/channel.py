"""The channel: the one way from the worker's thread to the link's, and whether there is a broker at its end.

What the worker asks for is put here as actions, which the link's thread carries out in their order; what they do is not known here.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.mqtt.link import Link, Message

log = logging.getLogger(__name__)

TOO_LARGE = "What belongs on %s is not sent: it has %d bytes, and the broker takes %d; raise its limit (mosquitto: max_packet_size)."


class Channel:
    """A queue of actions, and the link that they send by.

    Two threads share only the ends of a deque, safe to use from both, and the time of the last connect, which one of them writes.
    """

    def __init__(self, link: Link, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin without a broker; monotonic gives seconds."""
        self.monotonic, self._link = monotonic, link
        self._actions: deque[Callable[[], object]] = deque()
        self._opened_at: float | None = None
        self._too_large: set[str] = set()

    def __len__(self) -> int:
        return len(self._actions)

    def put(self, *actions: Callable[[], object]) -> None:
        """Have actions carried out soon, on the link's thread and after all that were put before."""
        self._actions.extend(actions)
        self._link.wake()

    def is_open(self) -> bool:
        """Whether the broker is there."""
        return self._opened_at is not None

    def most_bytes(self) -> int | None:
        """Bytes of a packet that the broker takes at most; None: any number, or it does not say."""
        return self._link.most_bytes()

    def fits(self, message: Message) -> bool:
        """Whether the broker takes so large a message."""
        most = self._link.most_bytes()
        return most is None or message.packet_bytes <= most

    # The link's thread.

    def open(self) -> None:
        """Note that the broker is there."""
        self._opened_at = self.monotonic()

    def close(self) -> None:
        """Note that the broker is gone."""
        self._opened_at = None

    def seconds_open(self) -> float:
        """How long the broker has been there; 0 where it is not."""
        return 0.0 if self._opened_at is None else self.monotonic() - self._opened_at

    def carry_out(self) -> None:
        """Carry out what was put."""
        while self._actions:
            self._actions.popleft()()

    def send(self, message: Message) -> int:
        """Send a message, where the channel is open and the broker takes so large a one; the token is that of its delivered()."""
        return self._link.send(message)

    def send_if_it_fits(self, message: Message) -> None:
        """Send a message, or log once a topic that it is too large for the broker, which would end the connection over it."""
        if self.fits(message):
            self.send(message)
        elif message.topic not in self._too_large:
            self._too_large.add(message.topic)
            log.warning(TOO_LARGE, message.topic, message.packet_bytes, self._link.most_bytes())
