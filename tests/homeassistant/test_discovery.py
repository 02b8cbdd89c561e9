"""What Home Assistant is told: the rules of the message that it does not forgive."""

from __future__ import annotations

import json
from typing import Any

from edged.config import Config
from edged.homeassistant.announcer import description_of
from edged.homeassistant.device_entities import MOST_PEOPLE
from edged.homeassistant.discovery import described as describing
from edged.homeassistant.discovery import message, parts, people_in
from edged.homeassistant.entities import of_people

CONFIG = Config.model_validate({"device": {"id": "door"}, "camera": [{"name": "front"}, {"name": "back_yard"}]})
DEVICE = description_of(CONFIG, "1.2.3")
LEAST_PACKET_BYTES = 4096
"""Bytes of the largest message of a broker, at the least, for edged to work with it."""
PEOPLE = {"alice": "Alice", "anna_weiß": "Anna Weiß"}


def described(camera: str | None = None, **people: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(message(DEVICE, people, camera))
    return told


def test_nothing_else_stands_at_the_root() -> None:
    for camera in (None, "front"):
        told = described(camera, **PEOPLE)
        assert told.keys() == {"dev", "o", "cmps"}
        assert not {"availability", "availability_topic"} & told.keys()


def test_each_camera_is_a_device_behind_its_own() -> None:
    itself, front, back = (described(camera)["dev"] for camera in (None, "front", "back_yard"))
    assert itself["identifiers"] == ["edged_door"]
    assert (front["via_device"], front["name"], front["suggested_area"]) == ("edged_door", "Front", "Front")
    assert back["name"] == "Back yard"
    assert len({*itself["identifiers"], *front["identifiers"], *back["identifiers"]}) == 3


def test_who_is_removed_is_named_by_nothing_but_the_platform() -> None:
    told = json.loads(describing(DEVICE, of_people(["alice"])))
    assert told["cmps"] == {"person:alice": {"platform": "binary_sensor"}}
    assert told["cmps"].keys() <= described(alice="Alice")["cmps"].keys()


def test_people_are_read_back_from_what_was_told_and_nobody_from_anything_else() -> None:
    people = {"alice": "Alice", "bob": "Bob"}
    told = [message(DEVICE, people), *parts(DEVICE, {"carol": "Carol"}).values()]
    assert people_in(told) == {"alice", "bob", "carol"}
    assert people_in([b'{"cmps": {"front:person:dave": {"platform": "binary_sensor"}}}']) == {"dave"}, "as an older edged has told it"
    assert people_in([b"", b"{", b"[]", b'{"cmps": 1}', b'{"cmps": {"front:person:a:b": {}}}', b"[" * 100_000]) == frozenset()


def test_a_part_fits_into_the_smallest_messages_with_as_many_people_as_have_entities() -> None:
    crowd = {f"person_{number:03}": f"Somebody with a long name, number {number}" for number in range(MOST_PEOPLE)}
    for camera in (None, "front"):
        assert max(len(part) for part in parts(DEVICE, crowd, camera).values()) < LEAST_PACKET_BYTES - 200
