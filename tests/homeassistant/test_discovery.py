"""What Home Assistant is told: the rules of the message that it does not forgive."""

from __future__ import annotations

import json
from typing import Any

from edged.config import Config
from edged.homeassistant.announcer import description_of
from edged.homeassistant.discovery import message, parts, people_in, removal
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


def test_people_are_read_back_from_what_was_told_and_nobody_from_anything_else() -> None:
    people = {"alice": "Alice", "bob": "Bob"}
    told = [message(DEVICE, people), *parts(DEVICE, {"carol": "Carol"}).values()]
    assert people_in(told) == {"alice", "bob", "carol"}
    assert people_in([b"", b"{", b"[]", b'{"cmps": 1}', b'{"cmps": {"front:person:a:b": 1}}', b"[" * 100_000]) == frozenset()
