"""Retained states: the latest of each, on every connect, and again when Home Assistant has started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.mqtt.link import MemoryLink, Message, Received
from edged.mqtt.retained_states import AGAIN_SECONDS
from tests.mqtt.conftest import Clock, entry

if TYPE_CHECKING:
    from edged.mqtt.bridge import Bridge


def test_events_are_never_retained_and_states_always(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.events.publish([entry(1)])
    bridge.states.publish("edged/door/front/status", b"{}")
    assert {message.topic: message.retain for message in link.sent} == {
        "edged/door/availability": True,
        "edged/door/front/event": False,
        "edged/door/front/status": True,
    }


def test_the_latest_states_are_said_again_on_every_connect(bridge: Bridge, link: MemoryLink) -> None:
    bridge.states.publish("edged/door/front/status", b"old")
    bridge.states.publish("edged/door/front/status", b"new")
    link.connect()
    link.sent.clear()
    link.disconnect()
    link.connect()
    assert [(message.topic, message.payload) for message in link.sent] == [
        ("edged/door/availability", b"online"),
        ("edged/door/front/status", b"new"),
    ]


def test_when_home_assistant_has_started_it_is_told_all_states_after_a_while_and_no_event(
    bridge: Bridge, link: MemoryLink, clock: Clock
) -> None:
    link.connect()
    bridge.states.publish("edged/door/info", b"{}")
    bridge.events.publish([entry(1)])
    link.deliver(len(link.sent) - 1)
    before = len(link.sent)
    link.receive(Received("homeassistant/status", b"offline"))
    link.receive(Received("homeassistant/status", b"online"))
    link.wake()
    clock.seconds += AGAIN_SECONDS
    link.wake()
    link.wake()
    assert [message.topic for message in link.sent[before:]] == ["edged/door/availability", "edged/door/info"]
    assert bridge.next_request() is None


def test_what_is_published_once_is_not_said_again_on_the_next_connect(bridge: Bridge, link: MemoryLink) -> None:
    bridge.states.publish_once("homeassistant/x", b"gone")
    assert link.sent == []
    link.connect()
    assert link.sent[-1] == Message("homeassistant/x", b"gone")
    link.connect()
    assert [message.payload for message in link.sent].count(b"gone") == 1
