"""Event pictures: each is sent right after the event that it belongs to, unretained; the last ones again when Home Assistant has started.

Knows events by their numbers only; what a picture shows is not known here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edged.mqtt.link import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.mqtt.channel import Channel

MOST_PICTURES = 4
"""Pictures of up to 100 kB that wait for their event to be sent; older ones are dropped, since only the latest is looked at."""


class EventPictures:
    """Pictures that wait for their events. Where the broker is away, goes away, or many wait, they are dropped."""

    def __init__(self, channel: Channel) -> None:
        """Begin with none."""
        self._channel = channel
        self._waiting: dict[int, Sequence[Message]] = {}
        self._sent_seq = 0
        self._last: tuple[int, Sequence[Message]] | None = None  # what was sent last, with the number of its event
        self._shown: dict[str, Message] = {}  # what is shown now, by topic, in the order in which it was sent

    def most_bytes(self, topic: str) -> int | None:
        """Bytes that a picture on this topic may have for the broker to take it; None: any number, or it does not say."""
        most = self._channel.most_bytes()
        return None if most is None else most - Message(topic, b"").packet_bytes

    def publish(self, seq: int, messages: Sequence[Message]) -> None:
        """Send a picture and what is said of it right after the event of this number, or at once where that has been sent."""
        self._channel.put(partial(self._take, seq, messages))

    def show(self, messages: Sequence[Message]) -> None:
        """Show these at once in place of what is shown."""
        self._channel.put(partial(self._show, messages))

    def drop(self, shown: Sequence[Message] = ()) -> None:
        """Forget the pictures that were published and not yet sent, and show these instead of those that were."""
        self._channel.put(partial(self._replace, shown))

    # The link's thread.

    def clear(self) -> None:
        """Forget the pictures that wait now, and that sent last: it would not be sent with its event again."""
        self._waiting.clear()
        self._last = None

    def send_again(self) -> None:
        """Send what is shown now once more."""
        for message in self._shown.values():
            self._channel.send_if_it_fits(message)

    def restart(self, arrived_seq: int) -> None:
        """Begin a connection, on which the events after this number are sent again."""
        self._sent_seq = arrived_seq

    def follow(self, seq: int) -> None:
        """Send the picture, if there is one, of the event that has just been sent."""
        self._sent_seq = max(self._sent_seq, seq)
        if messages := self._waiting.pop(seq, None):
            self._send(seq, messages)

    def keep(self, seq: int) -> None:
        """Keep the picture of an event that nobody took: it follows when the event is sent again."""
        self._sent_seq = min(self._sent_seq, seq - 1)
        if self._last and self._last[0] == seq:
            self._waiting[seq] = self._last[1]

    def _send(self, seq: int, messages: Sequence[Message]) -> None:
        self._show(messages)
        self._last = seq, messages

    def _show(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._shown.pop(message.topic, None)
            self._shown[message.topic] = message
            if self._channel.is_open():
                self._channel.send_if_it_fits(message)

    def _replace(self, shown: Sequence[Message]) -> None:
        self.clear()
        self._show(shown)

    def _take(self, seq: int, messages: Sequence[Message]) -> None:
        if not self._channel.is_open():
            return
        if seq <= self._sent_seq:
            self._send(seq, messages)
            return
        self._waiting[seq] = messages
        if len(self._waiting) > MOST_PICTURES:
            del self._waiting[min(self._waiting)]
