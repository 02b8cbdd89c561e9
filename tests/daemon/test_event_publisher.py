"""The post of events: what waits where, and what becomes of it when the disk or the owner refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.daemon.event_publisher import EventPublisher
from edged.mqtt.bridge import Bridge
from edged.mqtt.link import MemoryLink
from edged.storage.outbox import Outbox
from tests.daemon.test_worker import TOPICS, acknowledge, pictured, refuse, sent
from tests.mqtt.conftest import event

if TYPE_CHECKING:
    from edged.storage.database import Database


@pytest.fixture
def link() -> MemoryLink:
    return MemoryLink()


@pytest.fixture
def post(database: Database, link: MemoryLink) -> EventPublisher:
    bridge = Bridge(link, TOPICS, on_input=lambda: None, subscriber_grace_seconds=0)
    bridge.start()
    link.connect()
    return EventPublisher(Outbox(database), bridge, TOPICS)


def test_a_face_that_waits_for_its_turn_is_not_sent_once_pictures_are_off(post: EventPublisher, link: MemoryLink) -> None:
    post.add([pictured()])
    post.drop_pictures()
    post.show_faces()
    acknowledge(link)
    post.send()
    assert sent(link) == ["event"]


def test_what_a_full_disk_never_took_is_said_at_the_end(
    post: EventPublisher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("edged.daemon.event_publisher.RETRY_SECONDS", 0.0)
    monkeypatch.setattr(Outbox, "append", refuse)
    post.add([event(), event()])
    post.end()
    assert "2 events could not be written to the disk and are lost." in caplog.text


def test_where_the_disk_cannot_be_read_those_in_memory_are_counted(post: EventPublisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Outbox, "append", refuse)
    post.add([event()])
    assert post.count() == 1
    monkeypatch.setattr(Outbox, "count", refuse)
    assert post.count() == 1
