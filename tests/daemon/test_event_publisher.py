"""Events on their way to the broker: what waits where, and what becomes of it when the disk or the owner refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edged.daemon.event_publisher import EVENTS_AT_ONCE, RETRY_SECONDS, EventPublisher
from edged.errors import GalleryError
from edged.mqtt.bridge import Bridge
from edged.mqtt.link import MemoryLink
from edged.storage.outbox import FORGOTTEN, Outbox
from edged.types import Announcement, Crop
from tests.mqtt.conftest import TOPICS, Clock, departure, event

if TYPE_CHECKING:
    from datetime import datetime

    from edged.storage.database import Database
    from edged.system.clock_watch import Stamp
    from edged.types import Event

FULL = GalleryError("The disk is full.")


class FailingOutbox(Outbox):
    """An outbox on a disk that can be full, or broken."""

    is_full = False
    is_broken = False

    def append(self, event_id: str, topic: str, payload: str, created_at: datetime, stamp: Stamp | None = None) -> int:
        if self.is_full:
            raise FULL
        return super().append(event_id, topic, payload, created_at, stamp)

    def count(self) -> int:
        if self.is_broken:
            raise FULL
        return super().count()


@pytest.fixture
def outbox(database: Database) -> FailingOutbox:
    return FailingOutbox(database)


@pytest.fixture
def link() -> MemoryLink:
    return MemoryLink()


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


@pytest.fixture
def publisher(outbox: FailingOutbox, link: MemoryLink, clock: Clock) -> EventPublisher:
    bridge = Bridge(link, TOPICS, on_input=lambda: None, subscriber_grace_seconds=0)
    bridge.start()
    link.connect()
    return EventPublisher(outbox, bridge, TOPICS, monotonic=clock)


def pictured() -> Event:
    """Somebody at the door, with the picture of their head."""
    happened = event()
    assert isinstance(happened.fact, Announcement)
    return replace(happened, fact=replace(happened.fact, crop=Crop(np.full((300, 300, 3), 90, np.uint8))))


def sent(link: MemoryLink) -> list[str]:
    """What was sent of events and pictures, in order."""
    return [last for message in link.sent if (last := message.topic.rpartition("/")[2]) in {"event", "image"}]


def events(link: MemoryLink) -> list[dict[str, Any]]:
    """The events that were sent."""
    return [json.loads(message.payload) for message in link.sent if message.topic.endswith("/event")]


def deliver_all(publisher: EventPublisher, link: MemoryLink) -> None:
    """Let the broker acknowledge one event after the other until nothing is sent any more."""
    delivered = -1
    while (newest := max((token for token, message in enumerate(link.sent) if message.topic.endswith("/event")), default=-1)) > delivered:
        link.deliver(newest)
        delivered = newest
        publisher.send()


def test_an_event_goes_to_the_disk_to_the_broker_and_off_the_disk(publisher: EventPublisher, outbox: Outbox, link: MemoryLink) -> None:
    publisher.add([event(), departure()])
    assert (outbox.count(), publisher.count()) == (2, 2)
    assert publisher.is_delivering()
    deliver_all(publisher, link)
    assert [(one["seq"], one["event_type"]) for one in events(link)] == [(1, "recognised"), (2, "departed")]
    assert (outbox.count(), publisher.count()) == (0, 0)
    assert not publisher.is_waiting()


def test_a_long_backlog_is_sent_whole_and_in_order(publisher: EventPublisher, outbox: Outbox, link: MemoryLink) -> None:
    publisher.add([event()] * (2 * EVENTS_AT_ONCE + 10))
    deliver_all(publisher, link)
    assert [one["seq"] for one in events(link)] == list(range(1, 2 * EVENTS_AT_ONCE + 11))
    assert outbox.count() == 0


def test_while_there_is_no_broker_events_wait_and_nothing_is_delivered(publisher: EventPublisher, link: MemoryLink) -> None:
    link.disconnect()
    publisher.add([event()])
    assert publisher.is_waiting()
    assert not publisher.is_delivering()
    assert sent(link) == []


def test_a_correction_names_the_event_that_was_wrong(publisher: EventPublisher, link: MemoryLink) -> None:
    publisher.add([event(), event("bob", is_correction=True), event("carol")])
    deliver_all(publisher, link)
    first, second, third = events(link)
    assert (first["corrects"], second["corrects"], third["corrects"]) == (None, first["event_id"], None)


def test_a_full_disk_is_asked_again_after_a_pause_and_complained_of_once(
    publisher: EventPublisher, outbox: FailingOutbox, link: MemoryLink, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    outbox.is_full = True
    publisher.add([event()])
    clock.seconds += RETRY_SECONDS
    publisher.add([departure()])
    assert caplog.text.count("The disk is full. 1 events wait in memory; trying again.") == 1
    outbox.is_full = False
    publisher.send()
    assert (sent(link), publisher.count()) == ([], 2)
    clock.seconds += RETRY_SECONDS
    publisher.send()
    deliver_all(publisher, link)
    assert [one["seq"] for one in events(link)] == [1, 2]


def test_who_is_forgotten_is_not_named_by_what_waits_in_memory(
    publisher: EventPublisher, outbox: FailingOutbox, link: MemoryLink, clock: Clock
) -> None:
    outbox.is_full = True
    publisher.add([pictured(), event("bob"), event(None)])
    publisher.forget_others({"bob"})
    outbox.is_full = False
    clock.seconds += RETRY_SECONDS
    publisher.send()
    publisher.show_faces()
    deliver_all(publisher, link)
    assert [(one["person"], one["display_name"], one["reason"]) for one in events(link)] == [
        (None, None, FORGOTTEN),
        ("bob", "Bob", None),
        (None, None, None),
    ]
    assert sent(link) == ["event"] * 3


def test_a_face_that_waits_for_its_turn_is_not_sent_once_pictures_are_off(publisher: EventPublisher, link: MemoryLink) -> None:
    publisher.add([pictured()])
    publisher.drop_pictures()
    publisher.show_faces()
    deliver_all(publisher, link)
    assert sent(link) == ["event"]


def test_a_face_follows_its_event(publisher: EventPublisher, link: MemoryLink) -> None:
    publisher.add([pictured()])
    publisher.show_faces()
    assert sent(link) == ["event", "image"]


def test_what_a_full_disk_never_took_is_said_at_the_end(
    publisher: EventPublisher, outbox: FailingOutbox, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    outbox.is_full = True
    publisher.add([event(), event()])
    clock.seconds += RETRY_SECONDS
    publisher.end()
    assert "2 events could not be written to the disk and are lost." in caplog.text


def test_where_the_disk_cannot_be_read_those_in_memory_are_counted(publisher: EventPublisher, outbox: FailingOutbox) -> None:
    outbox.is_full = True
    publisher.add([event()])
    assert publisher.count() == 1
    outbox.is_broken = True
    assert publisher.count() == 1


def test_no_picture_is_sent_once_the_gallery_has_changed(publisher: EventPublisher, link: MemoryLink) -> None:
    publisher.add([pictured()])
    publisher.forget_others(set())
    publisher.show_faces()
    assert not [message for message in link.sent if message.topic.endswith("/image")]
