"""Publishing: events into the outbox on disk, from there to the bridge, and after them the pictures of the faces that they announce.

It does not know how an event came about, nor what else a disk is needed for.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from edged.control.event_faces import EventFaces
from edged.daemon.event_writing import EventWriting
from edged.daemon.last_faces import LastFaces
from edged.daemon.unwritten_events import UnwrittenEvents
from edged.errors import GalleryError
from edged.gallery.visit_memory import VisitMemory
from edged.gallery.visits import KeptVisits
from edged.interface.events import PendingEvent
from edged.system.private import ALIASES
from edged.system.repeats import EACH
from edged.system.times import from_rfc3339
from edged.types import Announcement

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from edged.interface.events import EventFields
    from edged.interface.topics import Topics
    from edged.mqtt.bridge import Bridge
    from edged.storage.outbox import Outbox
    from edged.storage.records import OutboxEntry
    from edged.system.beside import Pending
    from edged.system.clock_watch import ClockWatch
    from edged.system.private import Private
    from edged.types import Event

log = logging.getLogger(__name__)

EVENTS_AT_ONCE = 100
"""Events handed to the bridge ahead of the broker's acknowledgement; the rest waits on disk."""
RETRY_SECONDS = 2.0
"""Seconds of pause after the disk has refused something."""


LAST_WRITE_SECONDS = 5.0
"""Seconds that the end waits for the disk to take the last events."""


class EventPublisher:
    """Takes every event to the broker. What the disk refuses is sent from memory, and written when it can be if it still waits."""

    def __init__(
        self,
        outbox: Outbox,
        bridge: Bridge,
        topics: Topics,
        *,
        faces: EventFaces | None = None,
        visits: VisitMemory | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with what the outbox holds from before; faces and visits are where those of events are kept, monotonic times pauses."""
        self._outbox, self._bridge, self._monotonic = outbox, bridge, monotonic
        self.clock = outbox.clock
        self.on_refusal: Callable[[GalleryError], None] = lambda _: None
        """Called whenever the disk has refused something."""
        last_seq = outbox.last_seq()
        outbox.note_seq(last_seq)
        self._unwritten = UnwrittenEvents(outbox.clock, topics, last_seq)
        self._faces = LastFaces(bridge, topics, faces or EventFaces())
        self._offered_seq, self._has_more = 0, True
        self._trouble, self._retry_at = "", 0.0
        self._visits = visits or VisitMemory(KeptVisits(outbox.database), days=0)
        self._writing = EventWriting(outbox, self._unwritten, self._visits)
        self._redaction: Pending | None = None

    def add(self, events: Iterable[Event]) -> None:
        """Take events and send what can be sent."""
        for event in events:
            waiting = self._unwritten.add(event)
            self._outbox.note_seq(waiting.seq)
            self._visits.note(event, waiting.seq, waiting.event_id)
            if isinstance(event.fact, Announcement):
                self._faces.add(waiting, self.clock.stamp(event.frame_at).moment, event.fact.crop)
            log.info("%s: %s, %s (event %d).", event.camera, waiting.fields.event_type, _subject(waiting.fields), waiting.seq, extra=EACH)
        self.send()

    def send(self) -> None:
        """Have events written, hand those that are to the bridge, and have those that arrived removed; nothing here waits for the disk."""
        is_paused = self._monotonic() < self._retry_at
        try:
            self._writing.take_out(set(self._bridge.events.acknowledged()))
            self._has_more |= self._writing.step(may_write=not is_paused) > 0
            if not is_paused and not self._writing.has_failed:
                self._trouble = ""
        except GalleryError as error:
            self.wait_for_disk(error)
        try:
            self._offer(from_disk=not is_paused)
        except GalleryError as error:
            self.wait_for_disk(error)

    def show_faces(self) -> None:
        """Send the pictures of the faces that were announced, after their events; none is made while there is no broker."""
        self._faces.send()

    def forget_others(self, people: Collection[str], knows_stranger: Callable[[str], bool] = lambda _: True) -> None:
        """Let no event or picture that waits be of anybody but these people and known strangers, since the gallery has changed.

        Events in the outbox have lost the name there, and are read again; those that the disk has not taken lose it here.
        """
        ALIASES.forget_others(people)
        self._unwritten.forget_others(people)
        known = tuple(people)  # events that were submitted while somebody was erased are in the outbox after that
        self._redaction = self._outbox.submit(lambda: self._outbox.redact_others(known))
        self._bridge.events.withdraw()
        self._visits.forget_others(known, knows_stranger)
        self._faces.forget_others(known, knows_stranger, self._visits.store.owner)
        self._offered_seq, self._has_more = 0, True

    def take_over_times(self) -> None:
        """Take the events that wait from the outbox again, since their times were put right there."""
        self._bridge.events.withdraw(with_pictures=False)
        self._offered_seq, self._has_more = 0, True

    def drop_pictures(self) -> None:
        """Send none of the pictures that wait, and show none, since pictures were switched off."""
        self._faces.drop()

    def wait_for_disk(self, error: GalleryError) -> None:
        """Pause after the disk has refused something, and log it once."""
        self._retry_at = self._monotonic() + RETRY_SECONDS
        if str(error) != self._trouble:
            self._trouble = str(error)
            log.error("%s %d events wait in memory; trying again.", self._trouble, len(self._unwritten))
        self.on_refusal(error.let_go())

    def count(self) -> int:
        """Count the events that have not arrived yet; without those on a disk that cannot be read."""
        try:
            return self._outbox.count() - self._writing.removals + len(self._unwritten)
        except GalleryError as error:
            self.wait_for_disk(error)
            return max(self._bridge.events.waiting(), len(self._unwritten))

    def is_waiting(self) -> bool:
        """Whether anything is still to be sent."""
        return bool(self._unwritten or self._bridge.events.waiting() or self._has_more)

    def is_delivering(self) -> bool:
        """Whether anything is still to be sent, and the broker is there to take it."""
        return self.is_waiting() and self._bridge.is_connected()

    def end(self) -> bool:
        """Try for the last time, wait for that, and log how many events are lost; whether none is."""
        for _ in range(2):  # what is being written, and what has come meanwhile
            self.send()
            self._writing.wait(LAST_WRITE_SECONDS)
        self.send()
        if self._unwritten:
            log.error("%d events could not be written to the disk and are lost.", len(self._unwritten))
        return not self._unwritten

    def _offer(self, *, from_disk: bool) -> None:
        """Hand the next events to the bridge: first those on disk, which are older, then those that the disk refuses."""
        wanted = EVENTS_AT_ONCE - self._bridge.events.waiting()
        if wanted <= EVENTS_AT_ONCE // 2 or not (self._redaction is None or self._redaction.is_done):
            return
        if self._has_more and from_disk:
            entries = self._outbox.pending(after_seq=self._offered_seq, limit=wanted)
            self._has_more = len(entries) == wanted
            self._publish([pending(self.clock, entry) for entry in entries])
        if self._writing.has_failed and not self._has_more:
            self._publish(self._unwritten.pending(after_seq=self._offered_seq, limit=EVENTS_AT_ONCE))

    def _publish(self, events: list[PendingEvent]) -> None:
        if events:
            self._offered_seq = events[-1].seq
            self._bridge.events.publish(events)


def _subject(fields: EventFields) -> Private | str:
    """Whom an event is about, for the log: an id, since names may be anything."""
    return ALIASES.of(fields.person) if fields.person else fields.stranger or "nobody who is named"


def pending(clock: ClockWatch, entry: OutboxEntry) -> PendingEvent:
    """An event as the bridge takes it; of another boot only the wall clock can tell how long ago it was, where it was and is right."""
    taken = entry.running
    if entry.boot != clock.boot:
        is_known = entry.boot is not None and entry.created_clock is None and clock.is_synchronised
        taken = from_rfc3339(entry.created_at).timestamp() - clock.offset if is_known else None
    return PendingEvent(entry.seq, entry.topic, entry.payload, taken)
