"""When Home Assistant is told of the device."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from edged.config import Config
from edged.homeassistant.announcer import Announcer, description_of
from tests.mqtt.conftest import TOPICS

if TYPE_CHECKING:
    from edged.mqtt.bridge import Bridge
    from edged.mqtt.link import MemoryLink


def announced(link: MemoryLink) -> list[tuple[bool, set[str]]]:
    """Whether each discovery message is retained, and of whom it tells."""
    told = [one for one in link.sent if one.topic == TOPICS.discovery]
    return [(one.retain, {key for key in json.loads(one.payload)["cmps"] if key.startswith("person:")}) for one in told]


def test_it_is_told_when_people_change_and_only_then(bridge: Bridge, link: MemoryLink) -> None:
    announcer = Announcer(bridge.states, description_of(Config.model_validate({"device": {"id": "door"}}), "1.2.3"))
    link.connect()
    for people in ({}, {}, {"alice": "Alice"}, {"alice": "Alice"}, {}):
        announcer.publish(people)
    key = "person:alice"
    assert announced(link) == [(True, set()), (False, set()), (True, {key}), (True, set()), (False, {key})]


def test_what_would_be_refused_now_is_taken_away_once(bridge: Bridge, link: MemoryLink) -> None:
    config = Config.model_validate({"device": {"id": "door"}, "mqtt": {"allow": {"pause": False}}})
    announcer = Announcer(bridge.states, description_of(config, "1.2.3"))
    link.connect()
    for people in ({}, {"alice": "Alice"}):
        announcer.publish(people)
    itself = [message for message in link.sent if message.topic == TOPICS.discovery]
    described = [json.loads(message.payload)["cmps"] for message in itself]
    assert [message.retain for message in itself] == [True, False, True]
    assert described[1] == {"setting:emotion": {"platform": "switch"}, "setting:age_gender": {"platform": "switch"}}
    camera = [message for message in link.sent if message.topic == TOPICS.camera_discovery("camera")]
    assert [message.retain for message in camera] == [True, False], "people change nothing of it"
    assert json.loads(camera[1].payload)["cmps"] == {"camera:pause": {"platform": "switch"}}
    assert "camera:pause" not in json.loads(camera[0].payload)["cmps"]


def test_nothing_is_told_where_discovery_is_off(bridge: Bridge, link: MemoryLink) -> None:
    config = Config.model_validate({"device": {"id": "door"}, "mqtt": {"discovery_prefix": ""}})
    link.connect()
    before = len(link.sent)
    Announcer(bridge.states, description_of(config, "1.2.3")).publish({"alice": "Alice"})
    assert len(link.sent) == before


def test_another_description_takes_away_what_it_has_not_and_the_cameras_that_are_gone(bridge: Bridge, link: MemoryLink) -> None:
    two = {"device": {"id": "door"}, "camera": [{"name": "front"}, {"name": "back"}]}
    announcer = Announcer(bridge.states, description_of(Config.model_validate(two), "1.2.3"))
    link.connect()
    announcer.publish({"alice": "Alice"})
    before = len(link.sent)
    less = {**two, "camera": [{"name": "front"}, {"name": "garden"}], "mqtt": {"allow": {"pause": False, "settings": False}}}
    announcer.describe(description_of(Config.model_validate(less), "1.2.3"))
    sent = [(message.topic, message.retain, message.payload) for message in link.sent[before:]]
    assert (TOPICS.camera_discovery("back"), True, b"") in sent
    assert {topic for topic, retain, payload in sent if retain and payload} == {
        TOPICS.discovery,
        TOPICS.camera_discovery("front"),
        TOPICS.camera_discovery("garden"),
    }
    removed = {key for _, retain, payload in sent if not retain for key in json.loads(payload)["cmps"]}
    assert {"front:pause", "setting:pictures"} <= removed
    assert not any(key.startswith("person:") for key in removed)
    announcer.publish({"alice": "Alice"})
    assert len(link.sent) == before + len(sent), "nothing is told twice"
