"""Event pictures: each is sent right after the event that it belongs to, unretained, and is never kept for later.

Knows events by their numbers only; what a picture shows is not known here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edged.mqtt.link import Message

if TYPE_CHECKING:
    from edged.mqtt.channel import Channel

MOST_PICTURES = 4
"""Pictures of up to 100 kB that wait for their event to be sent; older ones are dropped, since only the latest is looked at."""


class EventPictures:
    """Pictures that wait for their events. Where the broker is away, goes away, or many wait, they are dropped."""

    def __init__(self, channel: Channel) -> None:
        """Begin with none."""
        self._channel = channel
        self._waiting: dict[int, Message] = {}
        self._sent_seq = 0
        self._last: tuple[int, Message] | None = None  # the picture that was sent last, with the number of its event

    def most_bytes(self, topic: str) -> int | None:
        """Bytes that a picture on this topic may have for the broker to take it; None: any number, or it does not say."""
        most = self._channel.most_bytes()
        return None if most is None else most - Message(topic, b"").packet_bytes

    def publish(self, seq: int, topic: str, picture: bytes) -> None:
        """Send a picture right after the event of this number, or at once where that has been sent."""
        self._channel.put(partial(self._take, seq, Message(topic, picture)))

    def drop(self) -> None:
        """Forget the pictures that were published and not yet sent."""
        self._channel.put(self.clear)

    # The link's thread.

    def clear(self) -> None:
        """Forget the pictures that wait now, and that sent last."""
        self._waiting.clear()
        self._last = None

    def restart(self, arrived_seq: int) -> None:
        """Begin a connection, on which the events after this number are sent again."""
        self._sent_seq = arrived_seq

    def follow(self, seq: int) -> None:
        """Send the picture, if there is one, of the event that has just been sent."""
        self._sent_seq = max(self._sent_seq, seq)
        if picture := self._waiting.pop(seq, None):
            self._send(seq, picture)

    def keep(self, seq: int) -> None:
        """Keep the picture of an event that nobody took: it follows when the event is sent again."""
        self._sent_seq = min(self._sent_seq, seq - 1)
        if self._last and self._last[0] == seq:
            self._waiting[seq] = self._last[1]

    def _send(self, seq: int, picture: Message) -> None:
        self._channel.send_if_it_fits(picture)
        self._last = seq, picture

    def _take(self, seq: int, picture: Message) -> None:
        if not self._channel.is_open():
            return
        if seq <= self._sent_seq:
            self._send(seq, picture)
            return
        self._waiting[seq] = picture
        if len(self._waiting) > MOST_PICTURES:
            del self._waiting[min(self._waiting)]
