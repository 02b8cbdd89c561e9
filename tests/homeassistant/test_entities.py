"""The entities of a device: which there are, and that Home Assistant takes each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from edged.config import Changeable, Config
from edged.gallery.names import MAX_ID_CHARACTERS
from edged.homeassistant.announcer import description_of
from edged.homeassistant.discovery import message
from edged.homeassistant.entities import MOST_NAME_CHARACTERS, MOST_PEOPLE, components, withheld
from edged.interface.access import EVERY_GROUP
from edged.interface.events import EVENTS
from tests.homeassistant.test_discovery import DEVICE, PEOPLE, described

if TYPE_CHECKING:
    from edged.config import VerbGroup

WITHOUT_AVAILABILITY = {"event", "device_automation"}
STRIPPED = {"name", "state", "icon", "available", "device_class"}


def test_only_what_happened_and_triggers_have_no_availability() -> None:
    for key, component in described(**PEOPLE)["cmps"].items():
        happened = component["platform"] in WITHOUT_AVAILABILITY or key.endswith((":last_person", ":last_visit"))
        assert ("availability" in component) is not happened, key
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
            ["event", "image", *["binary_sensor"] * 5, *["sensor"] * 4, "switch", *["device_automation"] * 2],
        )
    assert found["front:event"]["event_types"] == list(EVENTS)
    assert found["back_yard:image"]["image_topic"] == "edged/door/back_yard/face/image"


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


def test_the_entities_of_people_are_off_by_default_and_not_too_many() -> None:
    crowd = {f"person_{number:03}": f"Person {number}" for number in range(MOST_PEOPLE + 20)}
    found = {key: one for key, one in components(DEVICE, crowd).items() if ":person:" in key}
    assert len(found) == 2 * MOST_PEOPLE
    assert not any(one["enabled_by_default"] for one in found.values())
    assert len(message(DEVICE, crowd)) < 200_000


def test_a_name_to_enroll_may_be_as_long_as_an_id() -> None:
    assert components(DEVICE, {})["enroll:name"]["max"] == MOST_NAME_CHARACTERS == MAX_ID_CHARACTERS


def test_a_name_is_shown_as_it_is_written() -> None:
    found = components(DEVICE, {"x": "{person} {{ 1 }} %s"})
    assert found["front:person:x"]["name"] == "Front {person} {{ 1 }} %s present"


def test_a_camera_that_does_not_see_is_a_problem_with_its_reason() -> None:
    found = components(DEVICE, {})["front:problem"]
    assert (found["state_topic"], found["json_attributes_topic"]) == ("edged/door/front/status", "edged/door/front/status")
    assert found["device_class"] == "problem"
    assert found["value_template"] == "{{ 'ON' if value_json.status == 'offline' else 'OFF' }}"


@pytest.mark.parametrize(
    ("group", "gone"),
    [
        ("settings", {f"setting:{name}" for name in Changeable.model_fields}),
        ("pause", {"front:pause", "back_yard:pause"}),
        ("enroll", {"enroll:name", "enroll:last_stranger"}),
        ("export", set[str]()),
    ],
)
def test_what_would_be_refused_is_not_offered(group: VerbGroup, gone: set[str]) -> None:
    before = replace(DEVICE, locked=frozenset())
    device = replace(before, allowed=EVERY_GROUP - {group})
    assert components(before, PEOPLE).keys() - components(device, PEOPLE).keys() == gone
    assert withheld(device) == {key: {"platform": components(before, {})[key]["platform"]} for key in gone}


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
