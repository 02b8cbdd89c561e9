"""The bridge: what the worker has to say goes to the link, what the link hears goes to the worker.

Stands between two threads and owns what is on its way; what is said, and why, is not known here.
"""

from __future__ import annotations

import logging
import random
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edged.errors import CommandError
from edged.interface import commands
from edged.interface.replies import reply_json
from edged.mqtt import inputs
from edged.mqtt.link import Message, Outcome
from edged.mqtt.waiting import WaitingRequests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edged.interface.commands import Reply, Request
    from edged.interface.events import PendingEvent
    from edged.interface.topics import Topics
    from edged.mqtt.link import Link, Received

log = logging.getLogger(__name__)

ONLINE, OFFLINE = b"online", b"offline"
RETRY_SECONDS = 1.0
"""Pause before an event that was unheard or refused is sent again."""
BUSY = CommandError("busy", "edged has many requests to carry out; ask again in a few seconds.")
BIRTH_DELAY_SECONDS = 5.0
"""After Home Assistant has started, all states are sent again within this time: every device of a house does so, and not at once."""
MOST_PICTURES = 4
"""Pictures of up to 100 kB that wait for their event to be sent; older ones are dropped, since only the latest is looked at."""
MOST_REPLIES = 1000
"""Replies kept for a broker that went away before they could be sent; older ones have lost their asker."""


@dataclass(slots=True)
class _InFlight:
    token: int
    seq: int


class _Withdrawal:
    """Stands among what is to be sent where the events before it are to be read from the outbox again."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """Goes out right after the event of this number; with no message it stands for all pictures being dropped."""

    seq: int
    message: Message | None


class Bridge:
    """Moves messages between the worker's thread and the link's.

    The worker's methods only append to and take from deques, which is atomic; all other state is touched by the
    link's thread alone. Events go one at a time, each after the broker has acknowledged the one before: that keeps
    them in order, whatever is lost.
    """

    def __init__(
        self,
        link: Link,
        topics: Topics,
        *,
        on_input: Callable[[], None],
        subscriber_grace_seconds: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Stand between.

        Args:
            link: the connection.
            topics: this device's names.
            on_input: called, on the link's thread, when there is something for the worker to take.
            subscriber_grace_seconds: how long after a connect an event waits for a subscriber that is not yet back.
            now: wall clock, aware.
            monotonic: seconds for pauses.
        """
        self._link, self._topics, self._on_input = link, topics, on_input
        self._grace, self._now, self._monotonic = subscriber_grace_seconds, now, monotonic
        self._to_send: deque[Message | PendingEvent | _Withdrawal | _Picture] = deque()
        self._requests = WaitingRequests(monotonic)
        self._acknowledged: deque[int] = deque()
        self._states: dict[str, Message] = {}
        self._replies: deque[Message] = deque()
        self._events: deque[PendingEvent] = deque()
        self._newest_seq = 0
        self._arrived_seq = 0
        self._sent_seq = 0
        self._pictures: dict[int, Message] = {}
        self._in_flight: _InFlight | None = None
        self._retry_at = 0.0
        self._connected_at: float | None = None
        self._states_again_at: float | None = None
        self._last_reason = ""

    # The worker's side.

    def start(self) -> None:
        """Connect and stay connected."""
        will = Message(self._topics.availability, OFFLINE, retain=True)
        self._link.start(self, will, inputs.subscriptions(self._topics))

    def stop(self, timeout_seconds: float) -> None:
        """Say that we go, and go."""
        self._link.stop(Message(self._topics.availability, OFFLINE, retain=True), timeout_seconds)

    def publish_state(self, topic: str, payload: bytes) -> None:
        """Publish retained truth; of several on one topic the last is sent, and again on every connect."""
        self._to_send.append(Message(topic, payload, retain=True))
        self._link.wake()

    def publish_once(self, topic: str, payload: bytes) -> None:
        """Publish what the broker is not to keep, after the states handed over before; it is lost with the connection."""
        self._to_send.append(Message(topic, payload))
        self._link.wake()

    def publish_events(self, entries: Iterable[PendingEvent]) -> None:
        """Send events that are in the outbox, each once, in this order; acknowledged() tells when they may leave it."""
        self._to_send.extend(entries)
        self._link.wake()

    def withdraw_events(self) -> None:
        """Forget the events handed over but not yet sent; they come again from the outbox, changed or not."""
        self._to_send.append(_Withdrawal())

    def publish_picture(self, seq: int, topic: str, picture: bytes) -> None:
        """Send a picture, unretained, right after the event of this number, or at once where that has been sent.

        It is not kept for later: where the broker is away, goes away, or many wait, it is dropped.
        """
        self._to_send.append(_Picture(seq, Message(topic, picture)))
        self._link.wake()

    def drop_pictures(self) -> None:
        """Forget the pictures that were handed over and not yet sent."""
        self._to_send.append(_Picture(0, None))

    def events_waiting(self) -> int:
        """How many events were handed over and are not acknowledged, about."""
        return len(self._events) + len(self._to_send)

    def requests_waiting(self) -> int:
        """How many requests came and were not taken yet."""
        return len(self._requests)

    def is_connected(self) -> bool:
        """Whether the broker is there."""
        return self._connected_at is not None

    def answer(self, reply: Reply) -> None:
        """Send a reply to its asker."""
        self._to_send.append(self._reply(reply))
        self._link.wake()

    def acknowledged(self) -> list[int]:
        """The seqs of events that the broker has taken since the last call."""
        return _drain(self._acknowledged)

    def next_request(self) -> Request | None:
        """The oldest request not taken yet; in a flood, those that have waited too long are answered here."""
        while True:
            request, is_late = self._requests.take()
            if request is None or not is_late:
                return request
            self.answer(commands.Reply(request.address, BUSY))

    # The link's side.

    def connected(self) -> None:
        """See Endpoint."""
        log.info("Connected to the broker.")
        self._connected_at, self._last_reason = self._monotonic(), ""
        self._in_flight, self._retry_at = None, 0.0
        self._sent_seq = self._arrived_seq
        self._send_states()

    def disconnected(self, reason: str) -> None:
        """See Endpoint."""
        if reason != self._last_reason:
            log.warning("%s Trying again.", reason)
        self._connected_at, self._last_reason = None, reason
        self._pictures.clear()

    def received(self, message: Received) -> None:
        """See Endpoint."""
        if message.topic == self._topics.birth:
            self._note_birth(message.payload)  # retained or not: saying all once more does no harm
            return
        if message.retained:
            log.warning("A retained request on %s is ignored: it would be carried out again and again.", message.topic)
            return
        request = inputs.parse(self._topics, message)
        if self._requests.put(request, len(message.payload)):
            self._on_input()
        else:
            self._replies.append(self._reply(commands.Reply(request.address, BUSY)))

    def delivered(self, token: int, outcome: Outcome) -> None:
        """See Endpoint."""
        if self._in_flight is None or token != self._in_flight.token:
            return
        seq, self._in_flight = self._in_flight.seq, None
        if outcome is Outcome.HEARD or (outcome is Outcome.UNHEARD and not self._in_grace()):
            self._take_off(seq)
            self._on_input()
        else:
            self._retry_at = self._monotonic() + RETRY_SECONDS

    def pump(self) -> None:
        """See Endpoint."""
        while self._to_send:
            self._sort(self._to_send.popleft())
        if self._connected_at is None:
            while len(self._replies) > MOST_REPLIES:
                self._replies.popleft()
            return
        if self._states_again_at is not None and self._monotonic() >= self._states_again_at:
            self._send_states()
        while self._replies:
            self._link.send(self._replies.popleft())
        if self._events and self._in_flight is None and self._monotonic() >= self._retry_at:
            entry = self._events[0]
            token = self._link.send(Message(entry.topic, entry.to_json(self._now())))
            self._in_flight = _InFlight(token, entry.seq)
            self._sent_seq = max(self._sent_seq, entry.seq)
            if picture := self._pictures.pop(entry.seq, None):
                self._link.send(picture)

    def _send_states(self) -> None:
        """Never events: Home Assistant would take them for new ones."""
        self._states_again_at = None
        self._link.send(Message(self._topics.availability, ONLINE, retain=True))
        for message in self._states.values():
            self._link.send(message)

    def _note_birth(self, payload: bytes) -> None:
        if payload == ONLINE:
            self._states_again_at = self._monotonic() + random.uniform(0, BIRTH_DELAY_SECONDS)  # noqa: S311 - jitter, no secret

    def _reply(self, reply: Reply) -> Message:
        own = self._topics.response(reply.address.verb)
        topic = reply.address.response_topic or own
        is_ours = topic.startswith(f"{self._topics.root}/") and not topic.startswith(f"{self._topics.root}/response/")
        if is_ours or topic == self._topics.discovery:
            topic = own  # an asker must not have us write our own events and states
        return Message(topic, reply_json(reply), correlation_data=reply.address.correlation_data)

    def _sort(self, item: Message | PendingEvent | _Withdrawal | _Picture) -> None:
        if isinstance(item, _Withdrawal):
            self._withdraw()
        elif isinstance(item, _Picture):
            self._take_picture(item.seq, item.message)
        elif not isinstance(item, Message):
            self._accept(item)
        elif item.retain:
            self._states[item.topic] = item
            if self._connected_at is not None:
                self._link.send(item)
        else:
            self._replies.append(item)

    def _take_picture(self, seq: int, message: Message | None) -> None:
        if message is None:
            self._pictures.clear()
        elif self._connected_at is None:
            return
        elif seq <= self._sent_seq:
            self._link.send(message)
        else:
            self._pictures[seq] = message
            if len(self._pictures) > MOST_PICTURES:
                del self._pictures[min(self._pictures)]

    def _accept(self, entry: PendingEvent) -> None:
        """Events are offered again after a withdrawal: what is on its way, or has arrived, is not taken twice."""
        if entry.seq > self._newest_seq:
            self._newest_seq = entry.seq
            self._events.append(entry)

    def _withdraw(self) -> None:
        """Even the event on its way is forgotten: should it have to be sent again, then as it stands in the outbox now.

        Pictures are not kept either: they may show somebody who is forgotten.
        """
        self._events.clear()
        self._pictures.clear()
        self._newest_seq = self._arrived_seq

    def _take_off(self, seq: int) -> None:
        self._arrived_seq = max(self._arrived_seq, seq)
        self._newest_seq = max(self._newest_seq, seq)
        if self._events and self._events[0].seq == seq:
            self._events.popleft()
        self._acknowledged.append(seq)

    def _in_grace(self) -> bool:
        return self._connected_at is not None and self._monotonic() - self._connected_at < self._grace


def _drain(items: deque[int]) -> list[int]:
    taken = []
    while items:
        taken.append(items.popleft())
    return taken
