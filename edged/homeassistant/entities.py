"""The entities that Home Assistant shows of a device: which there are, on which topics, and under which names.

Made of plain values; the message that tells of them is not known here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from edged.homeassistant.labels import in_words, label
from edged.interface.events import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edged.homeassistant.labels import Language
    from edged.interface.commands import Json
    from edged.interface.topics import Topics

Component: TypeAlias = "dict[str, Json]"

EVENT_TYPES = tuple(EVENTS)
"""All that there are, since Home Assistant refuses events of a type that it was not told of."""
TRIGGERS = ("recognised", "stranger")
MOST_PEOPLE = 100
"""People who get an entity of their own per camera: a household's worth, and the message stays far below what brokers take."""
MOST_NAME_CHARACTERS = 80
QOS: Component = {"qos": 1}
"""In each component, since they do not inherit it: with 0 Home Assistant would miss what the broker drops."""
CONFIG, DIAGNOSTIC = "config", "diagnostic"
LAST_PERSON = "{{ value_json.display_name if value_json.event_type == 'recognised' and value_json.display_name else this.state }}"


@dataclass(frozen=True, slots=True)
class Number:
    """A setting that is a number: its range, the step in which it is changed, and its unit."""

    name: str
    minimum: float
    maximum: float
    step: float
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """What does not change while edged runs: who it is, its cameras, and its settings; switches are those that are on or off."""

    topics: Topics
    version: str
    language: Language
    cameras: tuple[str, ...]
    numbers: tuple[Number, ...]
    switches: tuple[str, ...] = ()


def components(device: Device, people: Mapping[str, str]) -> dict[str, Component]:
    """Every entity and trigger, by a key that is unique in the device and stays the same for ever."""
    found = {key: component for camera in device.cameras for key, component in _camera(device, camera, people)}
    found |= {f"setting:{number.name}": _number(device, number) for number in device.numbers}
    found |= {f"setting:{name}": _setting_switch(device, name) for name in device.switches}
    found |= dict(_enrolling(device)) | dict(_diagnostics(device))
    return {key: _identified(device, key, component) for key, component in found.items()}


def _identified(device: Device, key: str, component: Component) -> Component:
    if component["platform"] == "device_automation":
        return {**component, **QOS}
    unique = f"edged_{device.topics.device}_{key}"
    entity = unique.replace(":", "_").replace("-", "_")
    return {**component, **QOS, "unique_id": unique, "default_entity_id": f"{component['platform']}.{entity}"}


def _camera(device: Device, camera: str, people: Mapping[str, str]) -> Iterator[tuple[str, Component]]:
    yield f"{camera}:event", _event(device, camera)
    yield f"{camera}:image", _image(device, camera)
    yield f"{camera}:somebody", _present(device, camera, "somebody", "value_json.people or value_json.strangers")
    yield f"{camera}:stranger", _present(device, camera, "stranger", "value_json.strangers")
    yield f"{camera}:last_person", _last_person(device, camera)
    yield f"{camera}:people", _people(device, camera)
    yield f"{camera}:pause", _pause(device, camera)
    yield f"{camera}:fps", _fps(device, camera)
    for event_type in TRIGGERS:
        yield f"{camera}:trigger:{event_type}", _trigger(device, camera, event_type)
    for person, shown in sorted(people.items())[:MOST_PEOPLE]:
        yield person_key(camera, person), _person(device, camera, person, shown)


def _event(device: Device, camera: str) -> Component:
    return {
        "platform": "event",
        "name": _camera_label(device, camera, "event"),
        "icon": "mdi:face-recognition",
        "state_topic": device.topics.camera(camera).event,
        "event_types": list(EVENT_TYPES),
    }


def _image(device: Device, camera: str) -> Component:
    return {
        "platform": "image",
        "name": _camera_label(device, camera, "image"),
        "image_topic": device.topics.camera(camera).face_image,
        "content_type": "image/jpeg",
        **_available(device),
    }


def _present(device: Device, camera: str, name: str, condition: str) -> Component:
    return {
        "platform": "binary_sensor",
        "name": _camera_label(device, camera, name),
        "device_class": "occupancy",
        "state_topic": device.topics.camera(camera).people,
        "value_template": f"{{{{ 'ON' if {condition} else 'OFF' }}}}",
        **_camera_available(device, camera),
    }


def person_key(camera: str, person: str) -> str:
    """The key of the entity that says whether a person is before a camera; neither id has a colon."""
    return f"{camera}:person:{person}"


def _person(device: Device, camera: str, person: str, shown: str) -> Component:
    name = _camera_label(device, camera, "present").format(person=shown)
    component = _present(device, camera, "present", f"{json.dumps(person, ensure_ascii=False)} in value_json.people")
    return {**component, "name": name, "enabled_by_default": False}


def _last_person(device: Device, camera: str) -> Component:
    return {
        "platform": "sensor",
        "name": _camera_label(device, camera, "last_person"),
        "icon": "mdi:account",
        "state_topic": device.topics.camera(camera).event,
        "value_template": LAST_PERSON,
        **_available(device),
    }


def _people(device: Device, camera: str) -> Component:
    return {
        "platform": "sensor",
        "name": _camera_label(device, camera, "people"),
        "icon": "mdi:account-group",
        "state_class": "measurement",
        "state_topic": device.topics.camera(camera).people,
        "value_template": "{{ value_json.people | count + value_json.strangers }}",
        **_camera_available(device, camera),
    }


def _pause(device: Device, camera: str) -> Component:
    return {
        "platform": "switch",
        "name": _camera_label(device, camera, "pause"),
        "icon": "mdi:pause",
        "entity_category": CONFIG,
        "state_topic": device.topics.camera(camera).pause,
        "command_topic": device.topics.camera(camera).pause_set,
        **_available(device),
    }


def _trigger(device: Device, camera: str, event_type: str) -> Component:
    return {
        "platform": "device_automation",
        "automation_type": "trigger",
        "type": event_type,
        "subtype": camera,
        "topic": device.topics.camera(camera).event,
        "value_template": "{{ value_json.event_type }}",
        "payload": event_type,
    }


def _number(device: Device, number: Number) -> Component:
    return {
        **_setting(device, "number", number.name),
        "value_template": "{{ value_json.value }}",
        "min": number.minimum,
        "max": number.maximum,
        "step": number.step,
        "mode": "box",
        **({"unit_of_measurement": number.unit} if number.unit else {}),
    }


def _setting_switch(device: Device, name: str) -> Component:
    return {
        **_setting(device, "switch", name),
        "value_template": "{{ 'true' if value_json.value else 'false' }}",
        "payload_on": "true",
        "payload_off": "false",
    }


def _setting(device: Device, platform: str, name: str) -> Component:
    return {
        "platform": platform,
        "name": label(name, device.language),
        "entity_category": CONFIG,
        "state_topic": device.topics.setting(name),
        "command_topic": device.topics.setting_set(name),
        **_available(device),
    }


def _enrolling(device: Device) -> Iterator[tuple[str, Component]]:
    topics = device.topics
    name: Component = {
        "platform": "text",
        "name": label("enroll_name", device.language),
        "icon": "mdi:form-textbox",
        "entity_category": CONFIG,
        "state_topic": topics.enroll_name,
        "value_template": "{{ value_json.name or '' }}",
        "command_topic": topics.enroll_name_set,
        "max": MOST_NAME_CHARACTERS,
        **_available(device),
    }
    button: Component = {
        "platform": "button",
        "name": label("enroll_last_stranger", device.language),
        "icon": "mdi:account-plus",
        "entity_category": CONFIG,
        "command_topic": topics.enroll_last_stranger,
        **_available(device),
    }
    yield "enroll:name", name
    yield "enroll:last_stranger", button


def _diagnostics(device: Device) -> Iterator[tuple[str, Component]]:
    yield "health:cpu", _health(device, "cpu", "cpu_percent", unit_of_measurement="%", icon="mdi:cpu-64-bit")
    yield "health:memory", _health(device, "memory", "rss_mb", unit_of_measurement="MB", device_class="data_size")
    yield (
        "health:temperature",
        _health(device, "temperature", "temperature_celsius", unit_of_measurement="°C", device_class="temperature"),
    )
    yield "health:uptime", _health(device, "uptime", "uptime_seconds", unit_of_measurement="s", device_class="duration")
    yield "health:events_waiting", _health(device, "events_waiting", "events_waiting", icon="mdi:tray-full")


def _health(device: Device, name: str, field: str, **more: Json) -> Component:
    return {
        "platform": "sensor",
        "name": label(name, device.language),
        "entity_category": DIAGNOSTIC,
        "state_class": "measurement",
        "state_topic": device.topics.health,
        "value_template": f"{{{{ value_json.{field} }}}}",
        **more,
        **_available(device),
    }


def _fps(device: Device, camera: str) -> Component:
    component = _health(device, "fps", f"cameras[{json.dumps(camera)}].fps", icon="mdi:filmstrip")
    return {**component, "name": _camera_label(device, camera, "fps")}


def _camera_label(device: Device, camera: str, name: str) -> str:
    return f"{in_words(camera)} {label(name, device.language)}"


def _available(device: Device) -> Component:
    return {"availability": [{"topic": device.topics.availability}]}


def _camera_available(device: Device, camera: str) -> Component:
    """Of a camera that gives no pictures nobody knows who stands before it; of a paused one it is said that nobody is."""
    status: Component = {
        "topic": device.topics.camera(camera).status,
        "value_template": "{{ 'offline' if value_json.status == 'offline' else 'online' }}",
    }
    return {"availability": [{"topic": device.topics.availability}, status], "availability_mode": "all"}
