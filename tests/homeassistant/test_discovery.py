"""What Home Assistant is told: the rules that it does not forgive, and that every setting can be shown and changed."""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING, Any, cast, get_args

import pytest

from edged.config import SETTINGS, Changeable, Config, Language
from edged.homeassistant.announcer import Announcer, description_of
from edged.homeassistant.discovery import message, removal
from edged.homeassistant.entities import MOST_PEOPLE, components
from edged.homeassistant.labels import LABELS
from edged.interface.events import EVENTS
from tests.mqtt.conftest import TOPICS

if TYPE_CHECKING:
    from edged.mqtt.bridge import Bridge
    from edged.mqtt.link import MemoryLink

CONFIG = Config.model_validate({"device": {"id": "door"}, "camera": [{"name": "front"}, {"name": "back_yard"}]})
DEVICE = description_of(CONFIG, "1.2.3")
PEOPLE = {"alice": "Alice", "anna_weiß": "Anna Weiß"}
WITHOUT_AVAILABILITY = {"event", "device_automation"}
STRIPPED = {"name", "state", "icon", "available", "device_class"}


def described(**people: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(message(DEVICE, people))
    return told


def test_nothing_else_stands_at_the_root() -> None:
    told = described(**PEOPLE)
    assert told.keys() == {"dev", "o", "cmps"}
    assert not {"availability", "availability_topic"} & told.keys()
    assert told["dev"]["identifiers"] == ["edged_door"]


def test_only_events_and_triggers_have_no_availability() -> None:
    for key, component in described(**PEOPLE)["cmps"].items():
        assert ("availability" in component) is (component["platform"] not in WITHOUT_AVAILABILITY), key
        assert component["qos"] == 1
        assert "object_id" not in component


def test_every_entity_has_an_id_of_its_own() -> None:
    entities = [one for one in described(**PEOPLE)["cmps"].values() if one["platform"] != "device_automation"]
    for key in ("unique_id", "default_entity_id"):
        assert len({entity[key] for entity in entities}) == len(entities)
    assert all(entity["default_entity_id"].startswith(f"{entity['platform']}.edged_door_") for entity in entities)


def test_each_camera_has_all_its_entities() -> None:
    found = components(DEVICE, PEOPLE)
    for camera in ("front", "back_yard"):
        kinds = sorted(str(one["platform"]) for key, one in found.items() if key.startswith(f"{camera}:"))
        assert kinds == sorted(
            ["event", "image", *["binary_sensor"] * 4, *["sensor"] * 3, "switch", *["device_automation"] * 2],
        )
    assert found["front:event"]["event_types"] == list(EVENTS)
    assert found["back_yard:image"]["image_topic"] == "edged/door/back_yard/face/image"


def test_what_is_sent_of_an_event_is_not_stripped_by_home_assistant() -> None:
    assert not STRIPPED & {name for model in EVENTS.values() for name in model.model_fields}


@pytest.mark.parametrize("name", Changeable.model_fields)
def test_every_setting_can_be_shown_and_changed(name: str) -> None:
    component = components(DEVICE, {})[f"setting:{name}"]
    assert (component["state_topic"], component["command_topic"]) == (f"edged/door/setting/{name}", f"edged/door/setting/{name}/set")
    if Changeable.model_fields[name].annotation is bool:
        assert component["platform"] == "switch"
        return
    assert component["platform"] == "number"
    lowest, highest, step = (cast("float", component[key]) for key in ("min", "max", "step"))
    number = int if isinstance(highest, int) and step == 1 else float
    assert lowest < highest
    assert step >= 0.001, "Home Assistant refuses smaller ones"
    Changeable.model_validate({name: highest})
    Changeable.model_validate({name: number(lowest + step)})
    for outside in (number(lowest - step), number(highest + step)):
        with pytest.raises(ValueError, match=name):
            Changeable.model_validate({name: outside})


def test_the_entities_of_people_are_off_by_default_and_not_too_many() -> None:
    crowd = {f"person_{number:03}": f"Person {number}" for number in range(MOST_PEOPLE + 20)}
    found = {key: one for key, one in components(DEVICE, crowd).items() if ":person:" in key}
    assert len(found) == 2 * MOST_PEOPLE
    assert not any(one["enabled_by_default"] for one in found.values())
    assert len(message(DEVICE, crowd)) < 200_000


def test_a_name_is_shown_as_it_is_written() -> None:
    found = components(DEVICE, {"x": "{person} {{ 1 }} %s"})
    assert found["front:person:x"]["name"] == "Front {person} {{ 1 }} %s present"


def test_who_is_removed_is_named_by_nothing_but_the_platform() -> None:
    told = json.loads(removal(DEVICE, ["alice"]))
    assert told["cmps"] == {key: {"platform": "binary_sensor"} for key in ("front:person:alice", "back_yard:person:alice")}
    assert told["cmps"].keys() <= described(alice="Alice")["cmps"].keys()


@pytest.mark.parametrize("language", get_args(Language))
def test_every_entity_has_a_name_in_every_language(language: Language) -> None:
    labels = {**LABELS, **{name: setting.labels for name, setting in SETTINGS.items()}}
    for name, texts in labels.items():
        fields = [field for _, field, _, _ in string.Formatter().parse(texts[language]) if field]
        assert fields == (["person"] if name == "present" else [])


def test_the_device_speaks_the_language_it_is_told_to() -> None:
    german = description_of(CONFIG.model_copy(update={"device": CONFIG.device.model_copy(update={"language": "de"})}), "1.2.3")
    assert components(german, {})["setting:margin"]["name"] == "Abstand zum Zweiten"
    assert components(german, {})["front:somebody"]["name"] == "Front jemand da"


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
    assert announced(link) == [(True, set()), (True, {key}), (True, set()), (False, {key})]


def test_nothing_is_told_where_discovery_is_off(bridge: Bridge, link: MemoryLink) -> None:
    config = Config.model_validate({"device": {"id": "door"}, "mqtt": {"discovery_prefix": ""}})
    link.connect()
    before = len(link.sent)
    Announcer(bridge.states, description_of(config, "1.2.3")).publish({"alice": "Alice"})
    assert len(link.sent) == before
