"""Retained states: what the broker is to know of a device at any time, published on every change and on every connect.

Knows when states are sent; what they say is not known here.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from edged.mqtt.link import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from edged.mqtt.channel import Channel

ONLINE, OFFLINE = b"online", b"offline"
AGAIN_SECONDS = 5.0
"""Longest pause before all states are sent again after Home Assistant has started: every device of a house does so, and not at once."""
MOST_ONCE = 1000
"""Messages that are not retained and wait for a broker; older ones are dropped."""


@dataclass(frozen=True, slots=True)
class Divisible:
    """A message, and how it is divided where the broker takes none so large: payloads by topic, an empty one for a topic without any."""

    whole: Message
    parts: Callable[[], Mapping[str, bytes]] | None = None


class RetainedStates:
    """The one object that publishes states; of several on one topic the last is sent, and again on every connect."""

    def __init__(self, channel: Channel, availability: str) -> None:
        """Begin with nothing but `online` on the topic of availability, which goes before all else."""
        self._channel = channel
        self._states = {availability: Divisible(Message(availability, ONLINE, retain=True))}
        self._once: deque[Divisible] = deque(maxlen=MOST_ONCE)
        self._divided: dict[str, Mapping[str, bytes]] = {}
        self._again_at: float | None = None
        self.also_again: Callable[[], None] = lambda: None
        """Called after all states were sent again since Home Assistant has started, for what the broker does not keep."""

    def publish(self, topic: str, payload: bytes, parts: Callable[[], Mapping[str, bytes]] | None = None) -> None:
        """Publish a state; parts gives the same in several messages, see Divisible, and is called on the link's thread."""
        self._channel.put(partial(self._set, Divisible(Message(topic, payload, retain=True), parts)))

    def publish_unkept(self, topic: str, payload: bytes) -> None:
        """Publish a state that the broker is not to keep: it is sent on every change and connect, and when Home Assistant has started."""
        self._channel.put(partial(self._set, Divisible(Message(topic, payload))))

    def publish_once(self, topic: str, payload: bytes, parts: Callable[[], Mapping[str, bytes]] | None = None) -> None:
        """Publish what the broker is not to keep, after the states published before; it is lost with the connection."""
        self._channel.put(partial(self._send_once, Divisible(Message(topic, payload), parts)))

    def erase(self, topic: str) -> None:
        """Publish no state on a topic any more, and have the broker keep nothing there; that is lost with the connection."""
        self._channel.put(partial(self._erase, topic))

    # The link's thread.

    def send_all(self) -> None:
        """Send every state, and never events: Home Assistant would take them for new ones."""
        self._again_at = None
        for state in self._states.values():
            self._send(state)
        while self._once:
            self._send(self._once.popleft())

    def send_all_soon(self) -> None:
        """Have every state sent again, at a time of one's own."""
        self._again_at = self._channel.monotonic() + random.uniform(0, AGAIN_SECONDS)  # noqa: S311 - jitter, no secret

    def pump(self) -> None:
        """Send every state if it is time to."""
        if self._again_at is not None and self._channel.monotonic() >= self._again_at:
            self.send_all()
            self.also_again()

    def _set(self, state: Divisible) -> None:
        self._states[state.whole.topic] = state
        if self._channel.is_open():
            self._send(state)

    def _erase(self, topic: str) -> None:
        self._states.pop(topic, None)
        for kept in self._divided.pop(topic, None) or (topic,):
            self._send_once(Divisible(Message(kept, b"", retain=True)))

    def _send_once(self, message: Divisible) -> None:
        if self._channel.is_open():
            self._send(message)
        else:
            self._once.append(message)

    def _send(self, state: Divisible) -> None:
        for message in self._messages(state):
            self._channel.send_if_it_fits(message)

    def _messages(self, state: Divisible) -> Iterator[Message]:
        """The message, or its parts; what the broker keeps of the other form is taken away first, or the same would stand there twice."""
        whole, was_in = state.whole, self._divided.get(state.whole.topic, {})
        if state.parts is None or self._channel.fits(whole):
            if whole.retain:
                yield from (Message(topic, b"", retain=True) for topic in was_in)
                self._divided.pop(whole.topic, None)
            yield whole
            return
        parts = state.parts()
        if whole.retain:
            yield Message(whole.topic, b"", retain=True)
            self._divided[whole.topic] = parts
        yield from (Message(topic, payload, retain=whole.retain) for topic, payload in parts.items())
