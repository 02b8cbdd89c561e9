"""The bridge: what the worker has to publish goes to the link, what the link receives goes to the worker.

Stands between two threads and puts the parts of either way together; what is published, and why, is not known here.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edged.errors import Busy, RequestTooLarge
from edged.interface.access import Access
from edged.interface.messages import MOST_ANSWER_BYTES, Reply
from edged.interface.verbs import MAX_REQUEST_BYTES, logged_verb
from edged.mqtt import inputs
from edged.mqtt.channel import Channel
from edged.mqtt.event_pictures import EventPictures
from edged.mqtt.link import Message
from edged.mqtt.outgoing_events import OutgoingEvents
from edged.mqtt.outgoing_replies import OutgoingReplies
from edged.mqtt.retained_states import OFFLINE, ONLINE, RetainedStates
from edged.mqtt.waiting import WaitingRequests
from edged.system.private import Private

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.interface.messages import Request
    from edged.interface.topics import Topics
    from edged.mqtt.link import Link, Outcome, Received

log = logging.getLogger(__name__)


class Bridge:
    """Moves messages between the worker's thread and the link's; states, events and pictures are published by its parts."""

    def __init__(
        self,
        link: Link,
        topics: Topics,
        *,
        on_input: Callable[[], None],
        subscriber_grace_seconds: float,
        access: Access | None = None,
        most_request_bytes: int = MAX_REQUEST_BYTES,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Stand ready; on_input is called, on the link's thread, when there is something for the worker.

        Without access every verb is allowed, and no response topic of others.
        """
        self._link, self._topics, self._on_input, self.access = link, topics, on_input, access or Access(topics)
        self._channel, self._requests = Channel(link, monotonic), WaitingRequests(monotonic, most_request_bytes)
        self._most_request_bytes = most_request_bytes
        self._replies = OutgoingReplies(self._channel, topics)
        self.states = RetainedStates(self._channel, topics.availability)
        self.pictures = EventPictures(self._channel)
        self.states.also_again = self.pictures.send_again
        self.events = OutgoingEvents(self._channel, self.pictures, subscriber_grace_seconds=subscriber_grace_seconds, now=now)
        self._farewell, self._last_reason = Message(topics.availability, OFFLINE, retain=True), ""

    # The worker's thread.

    def start(self) -> None:
        """Connect and stay connected."""
        self._link.start(self, self._farewell, inputs.subscriptions(self._topics))

    def stop(self, timeout_seconds: float) -> None:
        """Publish that we are offline, and disconnect."""
        self._link.stop(self._farewell, timeout_seconds)

    def is_connected(self) -> bool:
        """Whether the broker is there."""
        return self._channel.is_open()

    def requests_waiting(self) -> int:
        """Count the requests that were not taken yet."""
        return len(self._requests)

    def next_request(self) -> Request | None:
        """Take the oldest request; in a flood, those that have waited too long are answered here."""
        while True:
            request, is_late = self._requests.take()
            if request is None or not is_late:
                return request
            self._refuse(request)

    def most_answer_bytes(self) -> int:
        """Bytes of an answer that the broker takes now."""
        return min(self._channel.most_bytes() or MOST_ANSWER_BYTES, MOST_ANSWER_BYTES)

    def answer(self, reply: Reply) -> None:
        """Send a reply to its asker."""
        self._replies.publish(reply)

    # The link's thread.

    def connected(self) -> None:
        """See Endpoint."""
        log.info("Connected to the broker.")
        self._last_reason = ""
        self._channel.open()
        self.events.restart()
        self.states.send_all()

    def disconnected(self, reason: str) -> None:
        """See Endpoint."""
        if reason != self._last_reason:
            log.warning("%s Trying again.", reason)
        self._last_reason = reason
        self._channel.close()
        self.pictures.clear()

    def received(self, message: Received) -> None:
        """See Endpoint."""
        if message.topic == self._topics.birth:
            self.events.note_home(is_there=message.payload == ONLINE)
            if message.payload == ONLINE:  # retained or not: to send all once more does no harm
                self.states.send_all_soon()
        elif message.retained:
            log.warning("A retained request on %s is ignored: it would be carried out again and again.", Private(message.topic, "a topic"))
        else:
            self._take(self.access.checked(inputs.parse(self._topics, message, self._most_request_bytes)), len(message.payload))

    def delivered(self, token: int, outcome: Outcome) -> None:
        """See Endpoint."""
        if self.events.delivered(token, outcome):
            self._on_input()

    def pump(self) -> None:
        """See Endpoint."""
        self._channel.carry_out()
        if self._channel.is_open():
            self.states.pump()
        self._replies.pump()
        if self._channel.is_open():
            self.events.pump()

    def _take(self, request: Request, size: int) -> None:
        """Let a request wait for the worker; of one that was not even read nothing but that is kept."""
        is_unread = isinstance(request.command, RequestTooLarge)
        if is_unread:
            log.warning("A request '%s' is refused: %s", logged_verb(request.address.verb), request.command)
        if self._requests.put(request, 0 if is_unread else size):
            self._on_input()
        else:
            self._refuse(request)

    def _refuse(self, request: Request) -> None:
        self.answer(Reply(request.address, Busy()))
