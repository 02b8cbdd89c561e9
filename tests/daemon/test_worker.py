"""The worker's loop from events to the broker, where a disk refuses too, and how it begins and ends."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edged.camera.handover import CameraState
from edged.daemon import last_faces
from edged.interface.events import event_fields
from edged.storage.outbox import FORGOTTEN
from edged.types import Announcement, Crop
from edged.vision.pictures import decode_sent
from tests.daemon.conftest import CARD, refuse
from tests.gallery.conftest import template
from tests.mqtt.conftest import departure, emotion, event

if TYPE_CHECKING:
    from edged.mqtt.link import MemoryLink
    from edged.types import Event, Uint8Array
    from tests.daemon.conftest import Bench


def test_an_event_the_disk_refuses_is_sent_from_memory_and_kept_later_where_the_broker_has_not_taken_it(bench: Bench) -> None:
    bench.outbox.is_full = True
    bench.pipeline.events = [event()]
    bench.worker.step()
    bench.worker.step()
    assert ([told["seq"] for told in bench.told("/event")], bench.outbox.count()) == ([1], 0)
    bench.outbox.is_full = False
    bench.worker.step()
    assert ([told["seq"] for told in bench.told("/event")], bench.outbox.count()) == ([1], 1)


def test_an_acknowledged_event_is_removed_later_where_the_disk_refuses(bench: Bench) -> None:
    bench.pipeline.events = [event()]
    bench.worker.step()
    bench.acknowledge()
    bench.outbox.is_full = True
    bench.worker.step()
    bench.outbox.is_full = False
    bench.worker.step()
    assert bench.outbox.count() == 0
    assert len(bench.told("/event")) == 1


def test_events_in_memory_are_stored_when_it_stops(bench: Bench) -> None:
    bench.link.disconnect()
    bench.outbox.is_full = True
    bench.pipeline.events = [event()]
    bench.worker.step()
    bench.outbox.is_full = False
    bench.worker.stop()
    bench.worker.run()
    assert bench.outbox.count() == 1


@pytest.mark.parametrize("happened", [event(), departure(), emotion()])
def test_an_event_that_waits_in_memory_loses_the_name_of_who_is_forgotten_meanwhile(bench: Bench, happened: Event) -> None:
    bench.link.disconnect()
    bench.outbox.is_full = True
    bench.pipeline.events = [happened, replace(event("bob"), track=18)]
    bench.known.gallery.enroll("bob", "Bob", [template(2, model_id=CARD.id)])
    bench.read_anew()
    bench.worker.step()
    bench.known.gallery.forget("alice")
    bench.read_anew()
    bench.known.gallery.enroll("alice", "Alice", [template(3, model_id=CARD.id)])  # somebody else, by the same name afterwards
    bench.read_anew()
    bench.outbox.is_full = False
    bench.link.connect()
    for _ in range(2):
        bench.worker.step()
        bench.acknowledge()
    forgotten, kept = bench.told("/event")
    assert (forgotten["event_type"], forgotten["person"], forgotten["display_name"], forgotten["reason"]) == (
        event_fields(happened).event_type,
        None,
        None,
        FORGOTTEN,
    )
    assert (kept["person"], kept["reason"]) == ("bob", None)


def test_trouble_is_said_once(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.outbox.is_full = True
    bench.pipeline.events = [event()]
    for _ in range(5):
        bench.worker.step()
    assert caplog.text.count("The disk is full.") == 1


def test_it_is_ready_when_every_camera_has_shown_whether_it_works(bench: Bench) -> None:
    bench.feed.state = CameraState("starting", None, 0.0)
    bench.worker.step()
    assert bench.notifier.ready_count == 0
    bench.feed.state = CameraState("offline", "unplugged", 1.0)
    for _ in range(2):
        bench.worker.step()
    assert bench.notifier.ready_count == 1


def happened(bench: Bench, *events: Event) -> list[dict[str, Any]]:
    """What is sent of events, each acknowledged in its turn."""
    bench.pipeline.events = list(events)
    for _ in range(len(events) + 1):
        bench.worker.step()
        bench.acknowledge()
    return bench.told("/event")


def test_a_correction_names_the_event_that_it_corrects(bench: Bench) -> None:
    elsewhere = replace(event(), track=18)
    first, other, corrected, again = happened(
        bench, event(None), elsewhere, event("alice", is_correction=True), event("bob", is_correction=True)
    )
    assert (first["corrects"], other["corrects"]) == (None, None)
    assert corrected["corrects"] == first["event_id"]
    assert again["corrects"] == corrected["event_id"]


def test_only_an_announcement_is_corrected_or_corrects(bench: Bench) -> None:
    announced, left, corrected = happened(bench, event(None), departure(), event("alice", is_correction=True))
    assert "corrects" not in left
    assert corrected["corrects"] == announced["event_id"]


def test_a_camera_corrects_its_own_events_only(bench: Bench) -> None:
    _, back = happened(bench, event(None), replace(event("alice", is_correction=True), camera="back"))
    assert back["corrects"] is None


def pictured(person: str | None = "alice", head: Uint8Array | None = None) -> Event:
    """Somebody at the door, with the picture of their head."""
    plain = event(person)
    assert isinstance(plain.fact, Announcement)
    return replace(plain, fact=replace(plain.fact, crop=Crop(np.full((300, 300, 3), 90, np.uint8) if head is None else head)))


def sent(link: MemoryLink) -> list[str]:
    """What was sent of events and pictures, in order."""
    kinds = ((message.topic.rpartition("/")[2], message.payload) for message in link.sent)
    return [kind for kind, payload in kinds if kind in {"event", "image"} and payload]


def test_a_face_is_sent_after_its_event(bench: Bench) -> None:
    bench.pipeline.events = [pictured()]
    bench.worker.step()
    assert sent(bench.link) == ["event", "image"]
    [image] = [message for message in bench.link.sent if message.topic == "edged/door/front/face/image"]
    assert not image.retain
    assert decode_sent(image.payload).shape == (300, 300, 3)


def test_events_of_one_frame_are_all_on_their_way_before_a_picture_is_made(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[int] = []

    def encode(*_: object, **__: object) -> bytes:
        waiting.append(bench.outbox.count())
        return b"jpeg"

    monkeypatch.setattr(last_faces, "encode_jpeg", encode)
    bench.pipeline.events = [pictured(), pictured(None)]
    bench.worker.step()
    assert waiting == [2, 2]
    bench.acknowledge()
    assert sent(bench.link) == ["event", "image", "event", "image", "image"], "a stranger is shown among the faces, and as the last one"


def test_without_a_broker_no_picture_is_made_or_kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.link.disconnect()
    monkeypatch.setattr(last_faces, "encode_jpeg", refuse)
    bench.pipeline.events = [pictured()]
    bench.worker.step()
    bench.link.connect()
    bench.worker.step()
    assert sent(bench.link) == ["event"]


def test_an_event_that_the_disk_refuses_is_sent_with_its_picture_and_keeps_no_memory(bench: Bench) -> None:
    bench.outbox.is_full = True
    head = np.full((300, 300, 3), 90, np.uint8)
    pixels = weakref.ref(head)
    bench.pipeline.events = [pictured(head=head)]
    del head
    bench.worker.step()
    assert pixels() is None
    assert sent(bench.link) == ["event", "image"]
    bench.outbox.is_full = False
    bench.worker.step()
    bench.acknowledge()
    bench.worker.step()
    assert sent(bench.link) == ["event", "image"]
    assert bench.outbox.count() == 0


def test_no_picture_follows_once_pictures_are_off_whatever_waited(bench: Bench) -> None:
    bench.outbox.is_full = True
    bench.pipeline.events = [event()]
    bench.worker.step()
    bench.clock.step_seconds = 0.0
    bench.pipeline.events = [pictured("bob")]  # comes while the disk is not asked
    bench.worker.step()
    bench.outbox.is_full = False
    bench.set({"pictures": False})
    bench.worker.step()
    bench.clock.step_seconds = 10.0
    for _ in range(2):
        bench.worker.step()
        bench.acknowledge()
    assert sent(bench.link) == ["event", "event"]
