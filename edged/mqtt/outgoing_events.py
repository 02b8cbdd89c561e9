"""Outgoing events: from the durable outbox to the broker, in order, one at a time, none lost and none repeated.

Knows events by their numbers; what they say, and how the outbox keeps them, is not known here.
"""

from __future__ import annotations

import math
from collections import deque
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from edged.mqtt.link import Message, Outcome
from edged.system.clock import running_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edged.interface.events import PendingEvent
    from edged.mqtt.channel import Channel
    from edged.mqtt.event_pictures import EventPictures

RETRY_SECONDS = 1.0
"""Pause before an event that was unheard or refused is sent again."""


class OutgoingEvents:
    """Events go one at a time, each after the broker has acknowledged the one before: that keeps them in order, whatever is lost."""

    def __init__(
        self,
        channel: Channel,
        pictures: EventPictures,
        *,
        subscriber_grace_seconds: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        running: Callable[[], float] = running_seconds,
    ) -> None:
        """Begin with none.

        An event that nobody subscribes to waits for its subscribers to come back, for so long after it came, after the connect, or after
        an event was heard last, whichever is latest: they are restarted at any time, and not only together with the broker.
        """
        self._channel, self._pictures = channel, pictures
        self._grace_seconds, self._now, self._running = subscriber_grace_seconds, now, running
        self._events: deque[tuple[PendingEvent, float]] = deque()  # with the time since when each waits
        self._heard_at = -math.inf
        self._is_unheard, self._home_left_at = False, -math.inf  # whether nobody heard the last one; since when Home Assistant is away
        self._unheard = 0
        self._acknowledged: deque[int] = deque()
        self._newest_seq = self._arrived_seq = 0
        self._in_flight: tuple[int, int] | None = None  # the token and number of the event that is on its way
        self._retry_at = 0.0

    def publish(self, events: Iterable[PendingEvent]) -> None:
        """Send events that are in the outbox, each once, in this order; acknowledged() says when they may leave it."""
        self._channel.put(*(partial(self._accept, event) for event in events))

    def withdraw(self, *, with_pictures: bool = True) -> None:
        """Forget the events that were published and not yet sent; they come again from the outbox, changed or not.

        Their pictures are forgotten too, and do not come again, unless they still show nobody but whom they may show.
        """
        self._channel.put(partial(self._withdraw, with_pictures=with_pictures))

    def acknowledged(self) -> list[int]:
        """Take the numbers of the events that have arrived since the last call."""
        return [self._acknowledged.popleft() for _ in range(len(self._acknowledged))]

    def waiting(self) -> int:
        """Count the events that were published and are not acknowledged, about."""
        return len(self._events) + len(self._channel)

    def unheard(self) -> int:
        """Count the events that were published to nobody and are given up."""
        return self._unheard

    # The link's thread.

    def restart(self) -> None:
        """Begin a connection: the event that was on its way on the last one is sent again."""
        self._in_flight, self._retry_at = None, 0.0
        self._pictures.restart(self._arrived_seq)

    def pump(self) -> None:
        """Send the next event if none is on its way, and its picture."""
        if not self._events or self._in_flight or self._channel.monotonic() < self._retry_at or self._waits_for_home():
            return
        event, _ = self._events[0]
        token = self._channel.send(Message(event.topic, event.to_json(self._now(), self._running())))
        self._in_flight = token, event.seq
        self._pictures.follow(event.seq)

    def note_home(self, *, is_there: bool) -> None:
        """Note that Home Assistant has started, or is gone.

        It subscribes long before its automations run: what nobody heard while it was away waits until it says that it has started.
        """
        self._home_left_at = -math.inf if is_there else self._channel.monotonic()

    def delivered(self, token: int, outcome: Outcome) -> bool:
        """Note the broker's answer to a message; returns whether an event has arrived, or is given up."""
        if self._in_flight is None or token != self._in_flight[0]:
            return False
        (_, seq), self._in_flight = self._in_flight, None
        self._is_unheard = outcome is Outcome.UNHEARD
        if outcome is Outcome.HEARD:
            self._heard_at = self._channel.monotonic()
        is_over = outcome is Outcome.HEARD or (outcome is Outcome.UNHEARD and self._is_given_up(seq))
        if is_over:
            self._take_off(seq)
        else:
            self._pictures.keep(seq)
            self._retry_at = self._channel.monotonic() + RETRY_SECONDS
        return is_over

    def _waits_for_home(self) -> bool:
        """Whether the only ones who may hear are automations of Home Assistant that do not run yet, and it is not away for too long."""
        return self._is_unheard and self._channel.monotonic() - self._home_left_at < self._grace_seconds

    def _is_given_up(self, seq: int) -> bool:
        """Whether an event that nobody hears has waited long enough; one that was withdrawn meanwhile has not."""
        if not self._events or self._events[0][0].seq != seq:
            return False
        now = self._channel.monotonic()
        waited = min(now - self._events[0][1], now - self._heard_at, self._channel.seconds_open())
        if waited < self._grace_seconds:
            return False
        self._unheard += 1
        return True

    def _accept(self, event: PendingEvent) -> None:
        """Events are offered again after a withdrawal: what is on its way, or has arrived, is not taken twice."""
        if event.seq > self._newest_seq:
            self._newest_seq = event.seq
            self._events.append((event, self._channel.monotonic()))

    def _withdraw(self, *, with_pictures: bool) -> None:
        """Even the event on its way is forgotten: should it have to be sent again, then as it stands in the outbox now."""
        self._events.clear()
        if with_pictures:
            self._pictures.clear()
        self._newest_seq = self._arrived_seq

    def _take_off(self, seq: int) -> None:
        self._arrived_seq, self._newest_seq = max(self._arrived_seq, seq), max(self._newest_seq, seq)
        if self._events and self._events[0][0].seq == seq:
            self._events.popleft()
        self._acknowledged.append(seq)
