"""The entities of a camera: who comes and who is there, their faces, and the camera's own state.

It does not know who is enrolled, nor the message that they stand in.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from edged.homeassistant.device import CONFIG, DIAGNOSTIC, MOST_STATE_CHARACTERS, available, camera_available, quoted, stated
from edged.homeassistant.labels import MESSAGES, SOMEBODY, TRIGGERS, label
from edged.interface.events import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edged.config import Language
    from edged.homeassistant.device import Component, DeviceDescription
    from edged.interface.fields import Json

CONNECTIVITY = "{{ 'OFF' if value_json.status == 'offline' else 'ON' }}"
COLOUR = "{{ {true: 'ON', false: 'OFF'}.get(value_json.colour) }}"
"""None, which is unknown to Home Assistant, where edged does not know it."""
COUNT = "{{ value_json.people | count + value_json.strangers }}"
LAST_PERSON, LAST_VISIT, LAST_STRANGER = "{{ value_json.display_name }}", "{{ value_json.frame_at }}", "{{ value_json.stranger }}"
OF_STRANGER = "{{ dict(value_json, of='stranger') | tojson }}"
"""What tells the image of the last stranger from that of the last face, in whatever language they are called."""
COMINGS = "recognised", "stranger", "departed"
"""Types of the events that say who came or left."""
JPEG: Component = {"content_type": "image/jpeg"}


def of_camera(device: DeviceDescription, camera: str) -> Iterator[tuple[str, Component]]:
    """Every entity and trigger of a camera, by key."""
    for name, component in _entities(device, camera):
        shown = {} if component["platform"] == "device_automation" else {"name": label(name, device.language)}
        yield f"{camera}:{name}", {**component, **shown}


def _entities(device: DeviceDescription, camera: str) -> Iterator[tuple[str, Component]]:
    yield from _visitors(device, camera)
    yield from _faces(device, camera)
    yield from _presence(device, camera)
    yield from _itself(device, camera)
    for event_type in TRIGGERS:
        yield f"trigger:{event_type}", _trigger(device, camera, event_type)


def _visitors(device: DeviceDescription, camera: str) -> Iterator[tuple[str, Component]]:
    """All without availability: an event would fire once more, and a name look like an arrival, when edged comes back."""
    topics = device.topics.camera(camera)
    # Every type of event: Home Assistant refuses an event of a type that was not declared.
    told: Component = {"state_topic": topics.event, "value_template": _with_message(device), "event_types": list(EVENTS)}
    yield "event", _component("event", "face-recognition", told)
    # In words, since the list of activities shows of an event its type, and of a name only that it is another one.
    yield "last_event", _component("sensor", "message-text", stated(topics.event, _in_words(device)))
    yield "last_person", _component("sensor", "account", stated(topics.last_person, LAST_PERSON, with_attributes=True))
    yield "last_visit", {"platform": "sensor", "device_class": "timestamp", **stated(topics.last_person, LAST_VISIT)}
    yield "last_stranger", _component("sensor", "account-question", stated(topics.last_stranger, LAST_STRANGER, with_attributes=True))


def _faces(device: DeviceDescription, camera: str) -> Iterator[tuple[str, Component]]:
    topics, reachable = device.topics.camera(camera), available(device)
    last: Component = {"image_topic": topics.face_image, "json_attributes_topic": topics.face_shown}
    yield "image", {"platform": "image", **JPEG, **last, **reachable}
    last = {"image_topic": topics.stranger_image, "json_attributes_topic": topics.stranger_shown, "json_attributes_template": OF_STRANGER}
    yield "stranger_image", {"platform": "image", **JPEG, **last, **reachable}
    yield "scene", {"platform": "image", **JPEG, "image_topic": topics.scene_image, **reachable}
    yield "take_scene", {**_component("button", "camera", {"command_topic": topics.scene_take}), **camera_available(device, camera)}


def _presence(device: DeviceDescription, camera: str) -> Iterator[tuple[str, Component]]:
    people, reachable = device.topics.camera(camera).people, camera_available(device, camera)
    for name, condition in (("somebody", "value_json.people or value_json.strangers"), ("stranger", "value_json.strangers")):
        seen = stated(people, f"{{{{ 'ON' if {condition} else 'OFF' }}}}", with_attributes=True)
        yield name, {"platform": "binary_sensor", "device_class": "occupancy", **seen, **reachable}
    counted = {"state_class": "measurement", **stated(people, COUNT, with_attributes=True)}
    yield "people", {**_component("sensor", "account-group", counted), **reachable}


def _itself(device: DeviceDescription, camera: str) -> Iterator[tuple[str, Component]]:
    topics, reachable = device.topics.camera(camera), available(device)
    switched: Component = {"entity_category": CONFIG, "state_topic": topics.pause, "command_topic": topics.pause_set}
    yield "pause", {**_component("switch", "pause", switched), **reachable}
    watched: Component = {"device_class": "connectivity", "entity_category": DIAGNOSTIC}
    yield "connectivity", {"platform": "binary_sensor", **watched, **stated(topics.status, CONNECTIVITY, with_attributes=True), **reachable}
    shown = {**stated(topics.status, COLOUR), **camera_available(device, camera)}
    yield "colour", {"platform": "binary_sensor", "icon": "mdi:palette", "entity_category": DIAGNOSTIC, **shown}
    measured: Component = {"entity_category": DIAGNOSTIC, "state_class": "measurement"}
    # Of a camera that is just being removed or added the last report says nothing.
    looks = stated(device.topics.health, f"{{{{ value_json.cameras.get({quoted(camera)}, {{}}).get('fps') }}}}")
    yield "fps", {**_component("sensor", "filmstrip", {**measured, **looks}), **reachable}


def _component(platform: str, icon: str, more: Component) -> Component:
    return {"platform": platform, "icon": f"mdi:{icon}", **more}


def _with_message(device: DeviceDescription) -> str:
    """The template that gives an event as it is, with a message that names who, and the topic below which answers to it are sent."""
    return (
        f"{_who(device.language)}{{% set text = {_texts(device.language, MESSAGES)}.get(value_json.event_type, '%s') %}}"
        f"{{{{ dict(value_json, message=text | replace('%s', who), root={quoted(device.topics.root)}) | tojson }}}}"
    )


def _in_words(device: DeviceDescription) -> str:
    """The template that gives the message of who came or left, and of another event what was said before."""
    return (
        f"{_who(device.language)}{{% set text = {_texts(device.language, COMINGS)}.get(value_json.event_type) %}}"
        f"{{{{ (text | replace('%s', who))[:{MOST_STATE_CHARACTERS}] if text else this.state }}}}"
    )


def _who(language: Language) -> str:
    return f"{{% set who = value_json.display_name or value_json.stranger or {quoted(SOMEBODY[language])} %}}"


def _texts(language: Language, kinds: Iterable[str]) -> str:
    """What events of these types say, as it stands in a template."""
    return json.dumps({kind: MESSAGES[kind][language] for kind in kinds}, ensure_ascii=False)


def _trigger(device: DeviceDescription, camera: str, event_type: str) -> Component:
    trigger: dict[str, Json] = {"platform": "device_automation", "automation_type": "trigger", "topic": device.topics.camera(camera).event}
    shown: Component = {"type": TRIGGERS[event_type][device.language], "subtype": label("event", device.language)}
    return {**trigger, **shown, "value_template": "{{ value_json.event_type }}", "payload": event_type}
