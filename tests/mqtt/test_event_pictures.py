"""Event pictures: each after its event, and none kept for later."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from edged.mqtt.link import Message, Outcome, Received
from tests.mqtt.conftest import Clock, entry, last_event_token

if TYPE_CHECKING:
    from edged.mqtt.bridge import Bridge
    from edged.mqtt.link import MemoryLink


FACE = "edged/door/front/face/image"


def order(link: MemoryLink) -> list[int | str]:
    """Events by number and pictures by content, as they were sent."""
    return [
        json.loads(message.payload)["seq"] if message.topic.endswith("/event") else message.payload.decode()
        for message in link.sent
        if message.topic.endswith(("/event", "/image"))
    ]


def test_a_picture_follows_its_event_and_is_not_retained(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.events.publish([entry(1), entry(2)])
    bridge.pictures.publish(1, [Message(FACE, b"one")])
    bridge.pictures.publish(2, [Message(FACE, b"two")])
    assert order(link) == [1, "one"]
    link.deliver(last_event_token(link))
    assert order(link) == [1, "one", 2, "two"]
    assert not any(message.retain for message in link.sent if message.topic == FACE)


def test_a_picture_whose_event_is_still_to_come_waits_for_it(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.pictures.publish(1, [Message(FACE, b"one")])
    assert order(link) == []
    bridge.events.publish([entry(1)])
    assert order(link) == [1, "one"]


def test_a_picture_is_not_kept_for_a_broker_that_is_away(bridge: Bridge, link: MemoryLink) -> None:
    bridge.events.publish([entry(1), entry(2)])
    bridge.pictures.publish(1, [Message(FACE, b"one")])
    link.connect()
    bridge.pictures.publish(2, [Message(FACE, b"two")])
    link.disconnect()
    link.connect()
    link.deliver(last_event_token(link))
    assert order(link) == [1, 1, 2]


def test_a_picture_made_after_a_reconnect_waits_for_its_event_to_be_sent_again(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.events.publish([entry(1), entry(2)])
    link.deliver(last_event_token(link))
    link.disconnect()
    assert link.endpoint
    link.endpoint.connected()
    bridge.pictures.publish(2, [Message(FACE, b"two")])
    assert order(link) == [1, 2, 2, "two"]


def test_of_many_pictures_that_wait_the_newest_are_sent(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.events.publish([entry(seq) for seq in range(1, 12)])
    for seq in range(2, 12):
        bridge.pictures.publish(seq, [Message(FACE, str(seq).encode())])
    for _ in range(10):
        link.deliver(last_event_token(link))
    assert [one for one in order(link) if isinstance(one, str)] == ["8", "9", "10", "11"]


@pytest.mark.parametrize("is_forgotten", [True, False])
def test_pictures_that_wait_are_dropped_when_they_are_switched_off_or_somebody_is_forgotten(
    bridge: Bridge, link: MemoryLink, *, is_forgotten: bool
) -> None:
    link.connect()
    bridge.events.publish([entry(1), entry(2)])
    bridge.pictures.publish(2, [Message(FACE, b"two")])
    if is_forgotten:
        bridge.events.withdraw()
        bridge.events.publish([entry(1), entry(2)])
    else:
        bridge.pictures.drop()
    link.deliver(last_event_token(link))
    assert order(link) == [1, 2]


def test_a_picture_that_nobody_took_follows_its_event_again(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    bridge.events.publish([entry(1), entry(2)])
    bridge.pictures.publish(1, [Message(FACE, b"one")])
    link.deliver(last_event_token(link), Outcome.UNHEARD)
    bridge.pictures.publish(2, [Message(FACE, b"two")])
    clock.seconds = 2.0
    link.wake()
    link.deliver(last_event_token(link))
    assert order(link) == [1, "one", 1, "one", 2, "two"]


def test_what_is_shown_is_sent_again_when_home_assistant_has_started_and_only_that(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    bridge.events.publish([entry(1)])
    bridge.pictures.publish(1, [Message(FACE, b"one")])
    link.receive(Received("homeassistant/status", b"online"))
    clock.seconds = 10.0
    link.wake()
    assert order(link) == [1, "one", "one"]
    bridge.pictures.drop([Message(FACE, b"")])
    link.receive(Received("homeassistant/status", b"online"))
    clock.seconds = 20.0
    link.wake()
    assert order(link) == [1, "one", "one", "", ""]


def test_a_picture_is_not_sent_again_once_pictures_are_dropped(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    bridge.events.publish([entry(1)])
    bridge.pictures.publish(1, [Message(FACE, b"one")])
    bridge.pictures.drop()
    link.deliver(last_event_token(link), Outcome.UNHEARD)
    clock.seconds = 2.0
    link.wake()
    assert order(link) == [1, "one", 1]
