"""Events on their way to the broker: what waits where, and what becomes of it when the disk or the owner refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edged.daemon.event_publisher import EVENTS_AT_ONCE, RETRY_SECONDS, EventPublisher, pending
from edged.errors import GalleryError
from edged.mqtt.bridge import Bridge
from edged.mqtt.link import MemoryLink
from edged.storage.outbox import FORGOTTEN, Outbox
from edged.storage.unset_times import UnsetTimes
from edged.system.times import rfc3339
from edged.types import Announcement, Crop, Identity, Stranger
from tests.clocks import HOUR, TRUTH, YEAR, Device
from tests.mqtt.conftest import TOPICS, Clock, departure, event

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database
    from edged.types import Event

FULL = GalleryError("The disk is full.")


class FailingOutbox(Outbox):
    """An outbox on a disk that can be full, or broken."""

    is_full = False
    is_broken = False
    complains = False
    """Whether it complains of what it has kept."""

    def write(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - as the outbox has it
        super().write(*arguments, **named)
        if self.complains:
            raise FULL

    def append(self, *arguments: Any, **named: Any) -> int:  # noqa: ANN401 - as the outbox has it
        if self.is_full:
            raise FULL
        return super().append(*arguments, **named)

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


def nobody_is(_stranger: str) -> bool:
    """Whether a stranger is remembered, where none is."""
    return False


def stranger(number: int) -> Event:
    """A stranger at the door for the third time, with the picture of their head."""
    seen = Stranger(f"stranger-{number}", TRUTH, TRUTH, 3, ignored=False, looks=1, has_picture=False)
    happened = event(None)
    assert isinstance(happened.fact, Announcement)
    crop = Crop(np.full((300, 300, 3), 60, np.uint8))
    return replace(happened, identity=Identity(seen.id, None, None, seen), fact=replace(happened.fact, crop=crop))


def sent(link: MemoryLink) -> list[str]:
    """What was sent of events and pictures, in order."""
    kinds = ((message.topic.rpartition("/")[2], message.payload) for message in link.sent)
    return [kind for kind, payload in kinds if kind in {"event", "image"} and payload]


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
    assert (outbox.count(), publisher.count()) == (0, 2)
    clock.seconds += RETRY_SECONDS
    publisher.send()
    assert [entry.seq for entry in outbox.pending()] == [1, 2]
    deliver_all(publisher, link)
    assert [one["seq"] for one in events(link)] == [1, 2]
    assert outbox.count() == 0


def test_what_a_full_disk_does_not_take_is_sent_all_the_same_with_its_number_and_picture(
    publisher: EventPublisher, outbox: FailingOutbox, link: MemoryLink, clock: Clock
) -> None:
    publisher.add([event()])
    outbox.is_full = True
    publisher.add([pictured(), departure()])
    publisher.show_faces()
    deliver_all(publisher, link)
    assert [(one["seq"], one["event_type"]) for one in events(link)] == [(1, "recognised"), (2, "recognised"), (3, "departed")]
    assert sent(link) == ["event", "event", "image", "event"]
    assert publisher.count() == 0
    outbox.is_full = False
    clock.seconds += RETRY_SECONDS
    publisher.add([event("bob")])
    assert [entry.seq for entry in outbox.pending()] == [4]


def test_a_number_that_only_memory_knew_is_not_given_again_after_a_restart(
    publisher: EventPublisher, outbox: FailingOutbox, link: MemoryLink, clock: Clock, database: Database
) -> None:
    outbox.is_full = True
    publisher.add([event(), departure()])
    deliver_all(publisher, link)
    outbox.is_full = False
    clock.seconds += RETRY_SECONDS
    publisher.end()
    again = MemoryLink()
    publisher_on(database, again).add([event()])
    assert [one["seq"] for one in events(again)] == [3]


def test_what_waits_on_disk_is_sent_before_what_waits_in_memory(
    publisher: EventPublisher, outbox: FailingOutbox, link: MemoryLink, clock: Clock
) -> None:
    link.disconnect()
    publisher.add([event()] * (EVENTS_AT_ONCE + 10))
    outbox.is_full = True
    publisher.add([departure()])
    link.connect()
    for _ in range(3):
        clock.seconds += RETRY_SECONDS
        deliver_all(publisher, link)
    assert [one["seq"] for one in events(link)][-3:] == [EVENTS_AT_ONCE + 9, EVENTS_AT_ONCE + 10, EVENTS_AT_ONCE + 11]
    assert len({one["event_id"] for one in events(link)}) == EVENTS_AT_ONCE + 11


def test_a_correction_names_an_event_that_only_memory_holds(publisher: EventPublisher, outbox: FailingOutbox, link: MemoryLink) -> None:
    outbox.is_full = True
    publisher.add([event(), event("bob", is_correction=True)])
    deliver_all(publisher, link)
    first, second = events(link)
    assert second["corrects"] == first["event_id"]


def test_a_refusal_is_told(publisher: EventPublisher, outbox: FailingOutbox) -> None:
    told: list[GalleryError] = []
    publisher.on_refusal = told.append
    outbox.is_full = True
    publisher.add([event()])
    assert told == [FULL]


def test_who_is_forgotten_is_not_named_by_what_waits_in_memory(
    publisher: EventPublisher, outbox: FailingOutbox, link: MemoryLink, clock: Clock
) -> None:
    link.disconnect()
    outbox.is_full = True
    publisher.add([pictured(), event("bob"), event(None)])
    publisher.forget_others({"bob"}, nobody_is)
    outbox.is_full = False
    clock.seconds += RETRY_SECONDS
    link.connect()
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
    publisher.forget_others(set(), nobody_is)
    publisher.show_faces()
    assert not [message for message in link.sent if message.topic.endswith("/image") and message.payload]


def publisher_on(database: Database, link: MemoryLink) -> EventPublisher:
    """A publisher as it is after a start of edged, with a broker that takes what it is given."""
    bridge = Bridge(link, TOPICS, on_input=lambda: None, subscriber_grace_seconds=0)
    bridge.start()
    link.connect()
    return EventPublisher(Outbox(database), bridge, TOPICS, monotonic=Clock(1000.0))


def seen(device: Device) -> Event:
    return replace(event(), frame_at=device.now)


@pytest.mark.parametrize("ahead", [-56 * YEAR, -HOUR, 3 * YEAR, 7000 * YEAR])
def test_an_event_says_whether_its_clock_was_synchronised(tmp_path: Path, ahead: float) -> None:
    device, link = Device(ahead=ahead, is_synchronised=False), MemoryLink()
    with device.start(tmp_path / "gallery.db") as database:
        publisher = publisher_on(database, link)
        publisher.add([seen(device)])
        shown = rfc3339(device.now)
        device.wait(60)
        device.synchronise()
        publisher.add([seen(device)])
        stored = [json.loads(entry.payload) for entry in Outbox(database).pending()]
        assert [(one["clock"], one["frame_at"]) for one in stored] == [
            ("unsynchronised", shown),
            ("synchronised", rfc3339(device.truth)),
        ]


def test_an_event_that_waited_while_the_clock_was_set_is_sent_with_the_right_time_and_how_late_it_is(tmp_path: Path) -> None:
    device, link = Device(ahead=-YEAR, is_synchronised=False), MemoryLink()
    with device.start(tmp_path / "gallery.db") as database:
        bridge = Bridge(link, TOPICS, on_input=lambda: None, subscriber_grace_seconds=0)
        publisher = EventPublisher(Outbox(database), bridge, TOPICS, monotonic=Clock(1000.0))
        publisher.add([seen(device)])  # offered to a bridge that has no broker yet
        device.wait(60)
        device.synchronise()
        assert UnsetTimes(database).put_right() == 1
        publisher.take_over_times()
        publisher.send()
        bridge.start()
        link.connect()
        [sent] = [json.loads(message.payload) for message in link.sent if message.topic.endswith("/event")]
        assert (sent["frame_at"], sent["clock"]) == (rfc3339(TRUTH), "synchronised")


def test_a_frame_of_before_the_clock_was_set_is_put_right_when_the_disk_takes_it_after(tmp_path: Path) -> None:
    device = Device(ahead=-YEAR, is_synchronised=False)
    with device.start(tmp_path / "gallery.db") as database:
        outbox, clock = FailingOutbox(database), Clock(1000.0)
        bridge = Bridge(MemoryLink(), TOPICS, on_input=lambda: None, subscriber_grace_seconds=0)
        publisher = EventPublisher(outbox, bridge, TOPICS, monotonic=clock)
        outbox.is_full = True
        publisher.add([seen(device)])
        device.wait(60)
        device.synchronise()
        outbox.is_full = False
        clock.seconds += RETRY_SECONDS
        publisher.send()
        [entry] = outbox.pending()
        assert (json.loads(entry.payload)["frame_at"], json.loads(entry.payload)["clock"]) == (rfc3339(TRUTH), "synchronised")


@pytest.mark.parametrize(
    ("was_right", "is_right", "late_ms"), [(True, True, 3_600_000), (True, False, None), (False, True, None), (False, False, None)]
)
def test_how_late_an_event_of_another_boot_is_is_told_where_both_clocks_were_right(
    tmp_path: Path, late_ms: int | None, *, was_right: bool, is_right: bool
) -> None:
    device = Device() if was_right else Device(ahead=-YEAR, is_synchronised=False)
    with device.start(tmp_path / "gallery.db") as database:
        Outbox(database).append("a", "edged/door/front/event", "{}", device.now)
    device.cut_power(off_seconds=HOUR, ahead=-YEAR)
    if is_right:
        device.synchronise()
    with device.start(tmp_path / "gallery.db") as database:
        [entry] = Outbox(database).pending()
        taken = pending(Outbox(database).clock, entry).taken
        assert (None if taken is None else round((device.running - taken) * 1000)) == late_ms


def shown(link: MemoryLink, name: str) -> list[dict[str, Any]]:
    """What was said on a topic of the camera."""
    return [json.loads(message.payload) for message in link.sent if message.topic.endswith(f"/{name}")]


def test_a_picture_says_whose_it_is_and_nothing_says_so_while_it_changes(publisher: EventPublisher, link: MemoryLink) -> None:
    publisher.add([pictured()])
    publisher.show_faces()
    told = events(link)[0]["event_id"]
    assert shown(link, "face/shown") == [{"event_id": None, "picture": False}, {"event_id": told, "picture": True}]
    order = [message.topic.rpartition("/")[2] for message in link.sent if "/face/" in message.topic]
    assert order == ["shown", "image", "shown"]


def test_without_a_picture_the_face_before_is_taken_away(publisher: EventPublisher, link: MemoryLink) -> None:
    publisher.add([event()])
    publisher.show_faces()
    assert [message.payload for message in link.sent if message.topic.endswith("/image")] == [b""]
    assert shown(link, "face/shown")[-1] == {"event_id": events(link)[0]["event_id"], "picture": False}


def test_of_who_is_forgotten_neither_name_nor_face_is_shown_any_more(publisher: EventPublisher, link: MemoryLink) -> None:
    publisher.add([pictured()])
    publisher.show_faces()
    publisher.forget_others({"alice"}, nobody_is)
    assert shown(link, "last_person")[-1]["person"] == "alice"
    publisher.forget_others({"bob"}, nobody_is)
    assert set(shown(link, "last_person")[-1].values()) == {None}
    assert [bool(message.payload) for message in link.sent if message.topic.endswith("/image")] == [True, False]
    assert shown(link, "face/shown")[-1] == {"event_id": None, "picture": False}
    assert not any(message.retain for message in link.sent if "/last_person" in message.topic or "/face/" in message.topic)


@pytest.mark.parametrize("arrives", ["before the disk takes it", "after"])
def test_an_event_that_the_disk_kept_though_it_complained_comes_once_and_leaves(
    publisher: EventPublisher, outbox: FailingOutbox, link: MemoryLink, clock: Clock, arrives: str
) -> None:
    outbox.complains = True
    publisher.add([event()])
    if arrives == "before the disk takes it":
        deliver_all(publisher, link)
    outbox.complains = False
    clock.seconds += RETRY_SECONDS
    publisher.add([departure()])
    deliver_all(publisher, link)
    assert [(one["seq"], one["event_type"]) for one in events(link)] == [(1, "recognised"), (2, "departed")]
    assert (outbox.count(), publisher.count()) == (0, 0)
    assert not publisher.is_waiting()


def test_the_last_stranger_is_told_and_has_a_picture_of_their_own(publisher: EventPublisher, link: MemoryLink) -> None:
    publisher.add([stranger(7)])
    publisher.show_faces()
    publisher.add([pictured()])
    publisher.show_faces()
    deliver_all(publisher, link)
    publisher.show_faces()
    first, second = (one["event_id"] for one in events(link))
    told = shown(link, "stranger/last")[-1]
    assert (told["stranger"], told["seen_count"], told["event_id"]) == ("stranger-7", 3, first)
    assert shown(link, "stranger/shown")[-1] == {"event_id": first, "picture": True}
    assert shown(link, "face/shown")[-1] == {"event_id": second, "picture": True}


def test_a_stranger_who_was_somebody_or_is_forgotten_is_shown_no_more(publisher: EventPublisher, link: MemoryLink) -> None:
    publisher.add([stranger(7)])
    publisher.show_faces()
    publisher.add([event("bob", is_correction=True)])
    assert set(shown(link, "stranger/last")[-1].values()) == {None}
    assert shown(link, "stranger/shown")[-1] == {"event_id": None, "picture": False}
    publisher.add([stranger(8)])
    publisher.forget_others({"bob"}, {"stranger-8"}.__contains__)
    assert shown(link, "stranger/last")[-1]["stranger"] == "stranger-8"
    publisher.forget_others({"bob"}, nobody_is)
    assert set(shown(link, "stranger/last")[-1].values()) == {None}
    assert not any(message.retain for message in link.sent if "stranger" in message.topic)
