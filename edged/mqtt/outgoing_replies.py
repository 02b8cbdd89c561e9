"""Outgoing replies: each to its asker, on a topic that an asker may choose and edged may write to.

Knows addresses; what was asked, and what the answer says, is not known here.
"""

from __future__ import annotations

import logging
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from edged.errors import AnswerTooLarge
from edged.interface.messages import Reply, reply_json
from edged.interface.verbs import logged_verb
from edged.mqtt.link import Message

if TYPE_CHECKING:
    from edged.interface.messages import ReplyAddress
    from edged.interface.topics import Topics
    from edged.mqtt.channel import Channel

log = logging.getLogger(__name__)

MOST_REPLIES = 1000
"""Replies kept for a broker that went away before they could be sent; older ones have lost their asker."""


class OutgoingReplies:
    """Replies that wait to be sent."""

    def __init__(self, channel: Channel, topics: Topics) -> None:
        """Begin with none."""
        self._channel, self._topics = channel, topics
        self._waiting: deque[tuple[ReplyAddress, Message]] = deque()

    def publish(self, reply: Reply) -> None:
        """Send a reply to its asker; from either thread."""
        self._channel.put(partial(self._waiting.append, (reply.address, self._message(reply))))

    # The link's thread.

    def pump(self) -> None:
        """Send what waits; where the broker is away, drop the oldest of too many."""
        if self._channel.is_open():
            while self._waiting:
                self._send(*self._waiting.popleft())
        while len(self._waiting) > MOST_REPLIES:
            self._waiting.popleft()

    def _send(self, address: ReplyAddress, message: Message) -> None:
        """In place of an answer that the broker would end the connection over, say so."""
        if not self._channel.fits(message):
            log.warning(
                "An answer to '%s' of %d bytes is refused: %d bytes are taken.",
                logged_verb(address.verb),
                message.packet_bytes,
                self._most(),
            )
            message = self._message(Reply(address, AnswerTooLarge(message.packet_bytes, self._most())))
        self._channel.send_if_it_fits(message)

    def _most(self) -> int:
        return self._channel.most_bytes() or 0

    def _message(self, reply: Reply) -> Message:
        topic = reply.address.response_topic or self._topics.response(reply.address.verb)
        return Message(topic, reply_json(reply), correlation_data=reply.address.correlation_data)
