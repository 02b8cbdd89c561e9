"""What Home Assistant is told: the rules of the message that it does not forgive."""

from __future__ import annotations

import json
from typing import Any

from edged.config import Config
from edged.homeassistant.announcer import description_of
from edged.homeassistant.discovery import message, removal
from edged.homeassistant.entities import of_people

CONFIG = Config.model_validate({"device": {"id": "door"}, "camera": [{"name": "front"}, {"name": "back_yard"}]})
DEVICE = description_of(CONFIG, "1.2.3")
PEOPLE = {"alice": "Alice", "anna_weiß": "Anna Weiß"}


def described(**people: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(message(DEVICE, people))
    return told


def test_nothing_else_stands_at_the_root() -> None:
    told = described(**PEOPLE)
    assert told.keys() == {"dev", "o", "cmps"}
    assert not {"availability", "availability_topic"} & told.keys()
    assert told["dev"]["identifiers"] == ["edged_door"]


def test_who_is_removed_is_named_by_nothing_but_the_platform() -> None:
    told = json.loads(removal(DEVICE, of_people(DEVICE, ["alice"])))
    assert told["cmps"] == {key: {"platform": "binary_sensor"} for key in ("front:person:alice", "back_yard:person:alice")}
    assert told["cmps"].keys() <= described(alice="Alice")["cmps"].keys()
