"""The post of events: what waits where, and what becomes of it when the disk or the owner refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.gallery.database import open_database
from edged.gallery.outbox import Outbox
from edged.mqtt.bridge import Bridge
from edged.mqtt.link import MemoryLink
from edged.posting import EventPost
from tests.mqtt.conftest import event
from tests.test_worker import TOPICS, pictured, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def link() -> MemoryLink:
    return MemoryLink()


@pytest.fixture
def post(tmp_path: Path, link: MemoryLink) -> Iterator[EventPost]:
    with open_database(tmp_path / "gallery.db") as database:
        bridge = Bridge(link, TOPICS, on_input=lambda: None, subscriber_grace_seconds=0)
        bridge.start()
        link.connect()
        yield EventPost(Outbox(database), bridge, TOPICS)


def sent(link: MemoryLink) -> list[str]:
    """The last level of the topics of events and pictures."""
    levels = [message.topic.rpartition("/")[2] for message in link.sent]
    return [level for level in levels if level in {"event", "image"}]


def test_a_face_that_waits_for_its_turn_is_not_sent_once_pictures_are_off(post: EventPost, link: MemoryLink) -> None:
    post.add([pictured()])
    post.drop_pictures()
    post.show_faces()
    link.deliver(max(token for token, message in enumerate(link.sent) if message.topic.endswith("/event")))
    post.send()
    assert sent(link) == ["event"]


def test_what_a_full_disk_never_took_is_said_at_the_end(
    post: EventPost, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("edged.posting.RETRY_SECONDS", 0.0)
    monkeypatch.setattr(Outbox, "append", refuse)
    post.add([event(), event()])
    post.end()
    assert "2 events could not be written to the disk and are lost." in caplog.text


def test_where_the_disk_cannot_be_read_those_in_memory_are_counted(post: EventPost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Outbox, "append", refuse)
    post.add([event()])
    assert post.count() == 1
    monkeypatch.setattr(Outbox, "count", refuse)
    assert post.count() == 1
