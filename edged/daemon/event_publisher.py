"""Publishing: events into the outbox on disk, from there to the bridge, and after them the pictures of the faces that they announce.

It does not know how an event came about, nor what else a disk is needed for.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edged.errors import GalleryError
from edged.interface.events import PendingEvent, event_fields
from edged.system.times import from_rfc3339, ulid
from edged.types import Announcement, ClockState
from edged.vision.crops import encode_jpeg

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from edged.interface.events import EventFields
    from edged.interface.topics import Topics
    from edged.mqtt.bridge import Bridge
    from edged.storage.outbox import Outbox
    from edged.storage.records import OutboxEntry
    from edged.system.clock_watch import ClockWatch
    from edged.types import Crop, Event

log = logging.getLogger(__name__)

EVENTS_AT_ONCE, MOST_CORRECTABLE = 100, 1000
"""Events handed to the bridge ahead of the broker's acknowledgement, the rest waits on disk; and events whose ids are remembered, since
a later look may correct them."""
RETRY_SECONDS = 2.0
"""Seconds of pause after the disk has refused something."""
FACE_BYTES, FACE_SIDE_PX = 100_000, 512
"""Size of a face's picture: what a notification shows, and little enough to be made in milliseconds on a small device."""


@dataclass(slots=True)
class _Unwritten:
    """An event that the outbox does not hold yet, and its JSON."""

    event: Event
    fields: EventFields

    def drop_crop(self) -> None:
        if isinstance(self.event.fact, Announcement):
            self.event = replace(self.event, fact=replace(self.event.fact, crop=None))


class EventPublisher:
    """Takes every event to the broker. What the disk refuses stays in memory and is tried again after a pause."""

    def __init__(self, outbox: Outbox, bridge: Bridge, topics: Topics, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with what the outbox holds from before; monotonic is the clock of the pauses, seconds."""
        self._outbox, self._bridge, self._topics, self._monotonic = outbox, bridge, topics, monotonic
        self.clock = outbox.clock
        self._unwritten: deque[_Unwritten] = deque()
        self._faces: deque[tuple[int, str, Crop]] = deque()
        self._announced: dict[tuple[str, int], str] = {}
        self._to_remove: list[int] = []
        self._offered_seq, self._has_more = 0, True
        self._trouble, self._retry_at = "", 0.0

    def add(self, events: Iterable[Event]) -> None:
        """Take events and send what can be sent."""
        self._unwritten.extend(_Unwritten(event, event_fields(event)) for event in events)
        self.send()

    def send(self) -> None:
        """Put events into the outbox, hand them to the bridge, and take out what has arrived."""
        if self._monotonic() < self._retry_at:
            return
        try:
            while self._unwritten:
                self._store(self._unwritten[0])
                self._unwritten.popleft()
            self._remove_acknowledged()
            self._offer()
            self._trouble = ""
        except GalleryError as error:
            self.wait_for_disk(error)

    def show_faces(self) -> None:
        """Send the pictures of the faces that were announced, after their events; none is made while there is no broker."""
        while self._faces:
            seq, camera, crop = self._faces.popleft()
            if self._bridge.is_connected():
                picture = encode_jpeg(crop.pixels, most_bytes=FACE_BYTES, longest_side=FACE_SIDE_PX)
                self._bridge.pictures.publish(seq, self._topics.camera(camera).face_image, picture)

    def forget_others(self, people: Container[str]) -> None:
        """Let no event or picture that waits be of anybody but these people, since the gallery has changed.

        Events in the outbox have lost the name there, and are read again; those that the disk has not taken lose it here.
        """
        self._faces.clear()  # whose they are is not kept beside them
        for waiting in self._unwritten:
            if waiting.fields.person is not None and waiting.fields.person not in people:
                waiting.drop_crop()
                waiting.fields = waiting.fields.redacted()
        self._bridge.events.withdraw()
        self._offered_seq, self._has_more = 0, True

    def take_over_times(self) -> None:
        """Take the events that wait from the outbox again, since their times were put right there."""
        self._bridge.events.withdraw(with_pictures=False)
        self._offered_seq, self._has_more = 0, True

    def drop_pictures(self) -> None:
        """Send none of the pictures that wait, since pictures were switched off."""
        self._bridge.pictures.drop()
        self._faces.clear()
        for waiting in self._unwritten:
            waiting.drop_crop()

    def wait_for_disk(self, error: GalleryError) -> None:
        """Pause after the disk has refused something, and log it once. Memory is small: events that wait there lose their pictures."""
        for waiting in self._unwritten:
            waiting.drop_crop()
        self._retry_at = self._monotonic() + RETRY_SECONDS
        if str(error) != self._trouble:
            self._trouble = str(error)
            log.error("%s %d events wait in memory; trying again.", self._trouble, len(self._unwritten))

    def count(self) -> int:
        """Count the events that have not arrived yet; without those on a disk that cannot be read."""
        try:
            return self._outbox.count() + len(self._unwritten)
        except GalleryError as error:
            self.wait_for_disk(error)
            return self._bridge.events.waiting() + len(self._unwritten)

    def is_waiting(self) -> bool:
        """Whether anything is still to be sent."""
        return bool(self._unwritten or self._bridge.events.waiting() or self._has_more)

    def is_delivering(self) -> bool:
        """Whether anything is still to be sent, and the broker is there to take it."""
        return self.is_waiting() and self._bridge.is_connected()

    def end(self) -> None:
        """Try for the last time, and log how many events are lost."""
        self.send()
        if self._unwritten:
            log.error("%d events could not be written to the disk and are lost.", len(self._unwritten))

    def _store(self, waiting: _Unwritten) -> None:
        event, stamp = waiting.event, self.clock.stamp(waiting.event.frame_at)
        event_id, fields = ulid(stamp.moment), waiting.fields.dated(stamp.moment, ClockState.of(is_synchronised=stamp.is_synchronised))
        is_correction = isinstance(event.fact, Announcement) and event.fact.is_correction
        text = fields.to_text(event_id, self._announced.get((event.camera, event.track)) if is_correction else None)
        seq = self._outbox.append(event_id, self._topics.camera(event.camera).event, text, stamp.moment, stamp)
        self._has_more = True
        if isinstance(event.fact, Announcement):
            self._announced[event.camera, event.track] = event_id
            if len(self._announced) > MOST_CORRECTABLE:
                del self._announced[next(iter(self._announced))]
            if event.fact.crop:
                self._faces.append((seq, event.camera, event.fact.crop))
        log.info("%s: %s, %s (event %d).", event.camera, waiting.fields.event_type, waiting.fields.subject, seq)

    def _remove_acknowledged(self) -> None:
        self._to_remove += self._bridge.events.acknowledged()
        if self._to_remove:
            self._outbox.acknowledge(self._to_remove)
            self._to_remove.clear()

    def _offer(self) -> None:
        wanted = EVENTS_AT_ONCE - self._bridge.events.waiting()
        if not self._has_more or wanted <= EVENTS_AT_ONCE // 2:
            return
        entries = self._outbox.pending(after_seq=self._offered_seq, limit=wanted)
        self._has_more = len(entries) == wanted
        if entries:
            self._offered_seq = entries[-1].seq
            self._bridge.events.publish([pending(self.clock, entry) for entry in entries])


def pending(clock: ClockWatch, entry: OutboxEntry) -> PendingEvent:
    """An event as the bridge takes it; of another boot only the wall clock can tell how long ago it was, where it was and is right."""
    taken = entry.running
    if entry.boot != clock.boot:
        is_known = entry.boot is not None and entry.created_clock is None and clock.is_synchronised
        taken = from_rfc3339(entry.created_at).timestamp() - clock.offset if is_known else None
    return PendingEvent(entry.seq, entry.topic, entry.payload, taken)
