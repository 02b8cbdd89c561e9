"""Where each person is: before several cameras, after they left, and when they are renamed or forgotten."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from edged.daemon.person_states import PersonStates
from edged.homeassistant.device_entities import MOST_PEOPLE
from edged.mqtt.bridge import Bridge
from edged.mqtt.link import MemoryLink
from tests.clocks import TRUTH
from tests.mqtt.conftest import TOPICS

PEOPLE = {"alice": "Alice", "bob": "Bob"}


@pytest.fixture
def link() -> MemoryLink:
    return MemoryLink()


@pytest.fixture
def states(link: MemoryLink) -> PersonStates:
    bridge = Bridge(link, TOPICS, on_input=lambda: None, subscriber_grace_seconds=0)
    bridge.start()
    link.connect()
    moments = (TRUTH + timedelta(minutes=minute) for minute in range(100))
    return PersonStates(bridge.states, TOPICS, lambda: next(moments))


def told(link: MemoryLink, person: str) -> list[dict[str, Any]]:
    """What was said of somebody, which the broker keeps."""
    found = [message for message in link.sent if message.topic == TOPICS.person(person)]
    assert all(message.retain for message in found)
    return [json.loads(message.payload) if message.payload else {} for message in found]


def test_who_is_before_two_cameras_is_there_until_they_left_both(states: PersonStates, link: MemoryLink) -> None:
    states.publish(PEOPLE)
    for camera, people in (("front", ("alice",)), ("back", ("alice",)), ("front", ()), ("front", ()), ("back", ())):
        states.see(camera, people)
    found = told(link, "alice")
    assert [(one["present"], one["cameras"], one["camera"]) for one in found] == [
        (False, [], None),
        (True, ["front"], "front"),
        (True, ["back", "front"], "back"),
        (True, ["back"], "front"),
        (False, [], "back"),
    ]
    times = [one["last_seen_at"] for one in found]
    assert times[0] is None
    assert times[1:] == sorted(set(times[1:]))
    assert len(told(link, "bob")) == 1


def test_who_is_renamed_is_told_anew_and_who_is_forgotten_never_again(states: PersonStates, link: MemoryLink) -> None:
    states.publish(PEOPLE)
    states.see("front", ("alice", "bob"))
    states.publish({"alice": "Alice Smith"})
    assert told(link, "alice")[-1]["display_name"] == "Alice Smith"
    assert told(link, "bob")[-1] == {}, "the broker is to keep nothing of him"
    states.publish({"alice": "Alice Smith", "bob": "Bob"})
    assert told(link, "bob")[-1]["last_seen_at"] is None, "nothing is known of them from before"
    states.publish({"alice": "Alice Smith"})
    before = len(link.sent)
    link.disconnect()
    link.connect()
    assert TOPICS.person("bob") not in {message.topic for message in link.sent[before:]}
    assert TOPICS.person("alice") in {message.topic for message in link.sent[before:]}


def test_only_those_who_have_an_entity_are_told(states: PersonStates, link: MemoryLink) -> None:
    states.publish({f"person_{number:03}": "x" for number in range(MOST_PEOPLE + 5)})
    assert len(told(link, f"person_{MOST_PEOPLE - 1:03}")) == 1
    assert told(link, f"person_{MOST_PEOPLE:03}") == []
