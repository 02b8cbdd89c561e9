"""The entities of a device: which there are, and that Home Assistant takes each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from edged.config import Changeable, Config
from edged.gallery.names import MAX_ID_CHARACTERS
from edged.homeassistant.announcer import description_of
from edged.homeassistant.camera_entities import of_camera
from edged.homeassistant.device_entities import MOST_NAME_CHARACTERS, MOST_PEOPLE, MOST_PEOPLE_ON
from edged.homeassistant.discovery import message
from edged.homeassistant.entities import components, withheld
from edged.interface.access import EVERY_GROUP
from edged.interface.events import EVENTS
from tests.homeassistant.test_discovery import DEVICE, PEOPLE, described

if TYPE_CHECKING:
    from edged.config import VerbGroup

WITHOUT_AVAILABILITY = {"event", "device_automation"}
HAPPENED = {f"{camera}:{name}" for camera in DEVICE.cameras for name in ("last_event", "last_person", "last_visit", "last_stranger")}
"""Entities of a camera that say what has happened."""
STRIPPED = {"name", "state", "icon", "available", "device_class"}


def everything() -> dict[str, dict[str, Any]]:
    """The entities of the device and of its cameras."""
    return {key: one for camera in (None, *DEVICE.cameras) for key, one in described(camera, **PEOPLE)["cmps"].items()}


def test_only_what_happened_and_triggers_have_no_availability() -> None:
    for key, component in everything().items():
        happened = component["platform"] in WITHOUT_AVAILABILITY or key in HAPPENED
        assert ("availability" in component) is not happened, key
        assert component["qos"] == 1
        assert "object_id" not in component


def test_every_entity_has_an_id_of_its_own_and_a_name_for_its_tile() -> None:
    entities = [one for one in everything().values() if one["platform"] != "device_automation"]
    for key in ("unique_id", "default_entity_id"):
        assert len({entity[key] for entity in entities}) == len(entities)
    assert all(entity["default_entity_id"].startswith(f"{entity['platform']}.edged_door_") for entity in entities)
    for camera in (None, "front"):
        names = [one["name"] for one in described(camera, **PEOPLE)["cmps"].values() if "name" in one]
        assert len(set(names)) == len(names)
        assert not any(name.startswith(("Front", "edged")) for name in names), "the device's name stands before it anyway"


def test_each_camera_has_all_its_entities() -> None:
    for camera in ("front", "back_yard"):
        found = components(DEVICE, {}, camera)
        assert {key.removeprefix(f"{camera}:") for key in found} == {
            *("event", "image", "stranger_image", "scene", "take_scene", "somebody", "stranger", "people", "last_person", "last_visit"),
            *("last_event", "last_stranger", "pause", "connectivity", "colour", "fps", "trigger:recognised", "trigger:stranger"),
        }
        assert found[f"{camera}:event"]["event_types"] == list(EVENTS)
        assert found[f"{camera}:image"]["image_topic"] == f"edged/door/{camera}/face/image"


def test_what_is_sent_of_an_event_is_not_stripped_by_home_assistant() -> None:
    assert not STRIPPED & {name for model in EVENTS.values() for name in model.model_fields}


@pytest.mark.parametrize("name", Changeable.model_fields)
def test_every_setting_can_be_shown_and_changed(name: str) -> None:
    component = components(replace(DEVICE, locked=frozenset()), {})[f"setting:{name}"]
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


def test_a_number_begins_where_edged_takes_it() -> None:
    device = replace(DEVICE, least={"match_threshold": 0.32})
    assert components(device, {})["setting:match_threshold"]["min"] == 0.32
    assert components(DEVICE, {})["setting:match_threshold"]["min"] == 0.2


def test_there_is_no_temperature_where_nothing_measures_it() -> None:
    device = replace(DEVICE, has_thermometer=False)
    assert components(DEVICE, {}).keys() - components(device, {}).keys() == {"health:temperature"}
    assert withheld(device)["health:temperature"] == {"platform": "sensor"}


def test_the_start_is_a_time_that_does_not_change_with_every_report() -> None:
    started = components(DEVICE, {})["health:started"]
    assert (started["device_class"], started["value_template"]) == ("timestamp", "{{ value_json.started_at }}")


def test_the_entities_of_the_first_ten_people_are_on_by_default_and_not_too_many() -> None:
    crowd = {f"person_{number:03}": f"Person {number}" for number in range(MOST_PEOPLE + 20)}
    found = {key: one for key, one in components(DEVICE, crowd).items() if key.startswith("person:")}
    assert len(found) == MOST_PEOPLE
    assert [one["enabled_by_default"] for one in found.values()] == [True] * MOST_PEOPLE_ON + [False] * (MOST_PEOPLE - MOST_PEOPLE_ON)
    assert len(message(DEVICE, crowd)) < 200_000


def test_a_name_to_enroll_may_be_as_long_as_an_id() -> None:
    assert components(DEVICE, {})["enroll:name"]["max"] == MOST_NAME_CHARACTERS == MAX_ID_CHARACTERS


def test_a_name_is_shown_as_it_is_written() -> None:
    found = components(DEVICE, {"x": "{person} {{ 1 }} %s"})
    assert found["person:x"]["name"] == "{person} {{ 1 }} %s"


def test_the_connection_of_a_camera_says_why_it_is_lost() -> None:
    found = dict(of_camera(DEVICE, "front"))["front:connectivity"]
    assert (found["state_topic"], found["json_attributes_topic"]) == ("edged/door/front/status", "edged/door/front/status")
    assert found["device_class"] == "connectivity"
    assert found["value_template"] == "{{ 'OFF' if value_json.status == 'offline' else 'ON' }}"


@pytest.mark.parametrize(
    ("group", "camera", "gone"),
    [
        ("settings", None, {f"setting:{name}" for name in Changeable.model_fields}),
        ("pause", "front", {"front:pause"}),
        ("snapshot", "front", {"front:scene", "front:take_scene"}),
        ("enroll", None, {"enroll:name", "enroll:last_stranger"}),
        ("export", None, set[str]()),
    ],
)
def test_what_would_be_refused_is_not_offered(group: VerbGroup, camera: str | None, gone: set[str]) -> None:
    before = replace(DEVICE, locked=frozenset())
    device = replace(before, allowed=EVERY_GROUP - {group})
    assert components(before, PEOPLE, camera).keys() - components(device, PEOPLE, camera).keys() == gone
    assert withheld(device, camera) == {key: {"platform": components(before, {}, camera)[key]["platform"]} for key in gone}


def test_a_switch_that_the_configuration_has_off_is_not_offered() -> None:
    assert withheld(DEVICE) == {f"setting:{name}": {"platform": "switch"} for name in ("emotion", "age_gender")}
    assert not withheld(DEVICE).keys() & components(DEVICE, PEOPLE).keys()
    quiet = description_of(Config.model_validate({"privacy": {"pictures": False}, "recognition": {"emotion": True}}), "1.2.3")
    assert quiet.locked == {"age_gender", "pictures"}


def test_home_assistant_says_how_many_people_have_one_template_and_who() -> None:
    component = components(DEVICE, {})["health:single_templates"]
    assert component["value_template"] == "{{ value_json.single_template_people | count }}"
    assert "value_json.single_template_people" in str(component["json_attributes_template"])
    assert (component["entity_category"], component["json_attributes_topic"]) == ("diagnostic", component["state_topic"])
