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
    return [(one.retain, {key for key in json.loads(one.payload)["cmps"] if ":person:" in key}) for one in told]


def test_it_is_told_when_people_change_and_only_then(bridge: Bridge, link: MemoryLink) -> None:
    announcer = Announcer(bridge.states, description_of(Config.model_validate({"device": {"id": "door"}}), "1.2.3"))
    link.connect()
    for people in ({}, {}, {"alice": "Alice"}, {"alice": "Alice"}, {}):
        announcer.publish(people)
    key = "camera:person:alice"
    assert announced(link) == [(True, set()), (False, set()), (True, {key}), (True, set()), (False, {key})]


def test_what_would_be_refused_now_is_taken_away_once(bridge: Bridge, link: MemoryLink) -> None:
    config = Config.model_validate({"device": {"id": "door"}, "mqtt": {"allow": {"pause": False}}})
    announcer = Announcer(bridge.states, description_of(config, "1.2.3"))
    link.connect()
    for people in ({}, {"alice": "Alice"}):
        announcer.publish(people)
    told = [message for message in link.sent if message.topic.endswith("/config")]
    described = [json.loads(message.payload)["cmps"] for message in told]
    assert [message.retain for message in told] == [True, False, True]
    assert described[1] == {
        "setting:emotion": {"platform": "switch"},
        "setting:age_gender": {"platform": "switch"},
        "camera:pause": {"platform": "switch"},
    }
    assert not {"camera:pause"} & {*described[0], *described[2]}


def test_nothing_is_told_where_discovery_is_off(bridge: Bridge, link: MemoryLink) -> None:
    config = Config.model_validate({"device": {"id": "door"}, "mqtt": {"discovery_prefix": ""}})
    link.connect()
    before = len(link.sent)
    Announcer(bridge.states, description_of(config, "1.2.3")).publish({"alice": "Alice"})
    assert len(link.sent) == before
