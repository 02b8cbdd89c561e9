"""Events that the outbox does not hold yet: each has its number and id from the moment when it happened, whatever the disk says.

How they get to the broker is not known here.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from edged.interface.events import PendingEvent, event_fields
from edged.storage.outbox import NewEvent
from edged.system.times import ulid
from edged.types import Announcement, ClockState

if TYPE_CHECKING:
    from collections.abc import Container

    from edged.interface.events import EventFields
    from edged.interface.topics import Topics
    from edged.system.clock_watch import ClockWatch, Stamp
    from edged.types import Event

MOST_CORRECTABLE = 1000
"""Events whose ids are remembered, since a later look may correct them."""


@dataclass(slots=True)
class UnwrittenEvent:
    """An event without its picture, which is large, its JSON, its number and id, and the id of the event that it corrects."""

    event: Event
    fields: EventFields
    seq: int
    event_id: str
    corrects: str | None


class UnwrittenEvents:
    """A queue in the order in which they happened."""

    def __init__(self, clock: ClockWatch, topics: Topics, last_seq: int) -> None:
        """Date events by this clock, and number them from the one after last_seq on."""
        self._clock, self._topics, self._last_seq = clock, topics, last_seq
        self._events: deque[UnwrittenEvent] = deque()
        self._announced: dict[tuple[str, int], str] = {}

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: Event) -> UnwrittenEvent:
        """Give an event that has happened its number and id."""
        self._last_seq += 1
        event_id = ulid(self._clock.stamp(event.frame_at).moment)
        corrects = self._corrected(event, event_id)
        fields = event_fields(event)
        if isinstance(event.fact, Announcement):
            event = replace(event, fact=replace(event.fact, crop=None))
        waiting = UnwrittenEvent(event, fields, self._last_seq, event_id, corrects)
        self._events.append(waiting)
        return waiting

    def oldest(self, limit: int) -> list[NewEvent]:
        """Give the oldest as the outbox takes them; they wait on until they are taken out."""
        dated = [(waiting, *self._dated(waiting)) for waiting in islice(self._events, limit)]
        return [NewEvent(sent.seq, waiting.event_id, sent.topic, sent.text, stamp) for waiting, sent, stamp in dated]

    def pending(self, *, after_seq: int, limit: int) -> list[PendingEvent]:
        """Give the next events with a number above after_seq as the bridge takes them, dated by what the clock says now."""
        if not self._events or self._events[-1].seq <= after_seq:
            return []
        return [self._dated(waiting)[0] for waiting in self._events if waiting.seq > after_seq][:limit]

    def take_out(self, seqs: set[int]) -> set[int]:
        """Take out those of these numbers, and give the numbers of those that were here."""
        found = {waiting.seq for waiting in self._events if waiting.seq in seqs}
        if found:
            self._events = deque(waiting for waiting in self._events if waiting.seq not in found)
        return found

    def forget_others(self, people: Container[str]) -> None:
        """Let none name anybody but these people."""
        for waiting in self._events:
            if waiting.fields.person is not None and waiting.fields.person not in people:
                waiting.fields = waiting.fields.redacted()

    def _corrected(self, event: Event, event_id: str) -> str | None:
        if not isinstance(event.fact, Announcement):
            return None
        key = event.camera, event.track
        corrected, self._announced[key] = self._announced.get(key), event_id
        if len(self._announced) > MOST_CORRECTABLE:
            del self._announced[next(iter(self._announced))]
        return corrected if event.fact.is_correction else None

    def _dated(self, waiting: UnwrittenEvent) -> tuple[PendingEvent, Stamp]:
        """The event dated by what the clock says now of its moment: the clock may have been set since."""
        stamp = self._clock.stamp(waiting.event.frame_at)
        fields = waiting.fields.dated(stamp.moment, ClockState.of(is_synchronised=stamp.is_synchronised))
        text = fields.to_text(waiting.event_id, waiting.corrects)
        return PendingEvent(waiting.seq, self._topics.camera(waiting.event.camera).event, text, stamp.running), stamp
