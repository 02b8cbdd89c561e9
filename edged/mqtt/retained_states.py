"""Retained states: what the broker is to know of a device at any time, published on every change and on every connect.

Knows when states are sent; what they say is not known here.
"""

from __future__ import annotations

import random
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from edged.mqtt.link import Message

if TYPE_CHECKING:
    from edged.mqtt.channel import Channel

ONLINE, OFFLINE = b"online", b"offline"
AGAIN_SECONDS = 5.0
"""Longest pause before all states are sent again after Home Assistant has started: every device of a house does so, and not at once."""
MOST_ONCE = 1000
"""Messages that are not retained and wait for a broker; older ones are dropped."""


class RetainedStates:
    """The one object that publishes states; of several on one topic the last is sent, and again on every connect."""

    def __init__(self, channel: Channel, availability: str) -> None:
        """Begin with nothing but `online` on the topic of availability, which goes before all else."""
        self._channel = channel
        self._states = {availability: Message(availability, ONLINE, retain=True)}
        self._once: deque[Message] = deque(maxlen=MOST_ONCE)
        self._again_at: float | None = None

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish a state."""
        self._channel.put(partial(self._set, Message(topic, payload, retain=True)))

    def publish_once(self, topic: str, payload: bytes) -> None:
        """Publish what the broker is not to keep, after the states published before; it is lost with the connection."""
        self._channel.put(partial(self._send_once, Message(topic, payload)))

    # The link's thread.

    def send_all(self) -> None:
        """Send every state, and never events: Home Assistant would take them for new ones."""
        self._again_at = None
        for message in self._states.values():
            self._channel.send(message)
        while self._once:
            self._channel.send(self._once.popleft())

    def send_all_soon(self) -> None:
        """Have every state sent again, at a time of one's own."""
        self._again_at = self._channel.monotonic() + random.uniform(0, AGAIN_SECONDS)  # noqa: S311 - jitter, no secret

    def pump(self) -> None:
        """Send every state if it is time to."""
        if self._again_at is not None and self._channel.monotonic() >= self._again_at:
            self.send_all()

    def _set(self, message: Message) -> None:
        self._states[message.topic] = message
        if self._channel.is_open():
            self._channel.send(message)

    def _send_once(self, message: Message) -> None:
        if self._channel.is_open():
            self._channel.send(message)
        else:
            self._once.append(message)
