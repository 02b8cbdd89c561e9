"""The entities that Home Assistant shows of a device: which there are, on which topics, and under which names.

It does not know the message that they stand in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from edged.config import SETTINGS
from edged.homeassistant.labels import in_words, label
from edged.interface.access import EVERY_GROUP
from edged.interface.enrollment import ENROLL_LAST
from edged.interface.events import EVENTS
from edged.interface.settings import PAUSE
from edged.interface.settings import SETTINGS as CHANGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edged.config import Language, SettingRow, VerbGroup
    from edged.interface.fields import Json
    from edged.interface.topics import Topics

Component: TypeAlias = "dict[str, Json]"

TRIGGERS = ("recognised", "stranger")
MOST_PEOPLE = 100
"""People who get an entity of their own per camera: a household's worth, and the message stays far below what brokers take."""
MOST_NAME_CHARACTERS = 64
"""Characters of a name to enroll: an id is made of it, which may not be longer."""
CONFIG, DIAGNOSTIC = "config", "diagnostic"
GALLERY_PROBLEM = "{{ 'ON' if value_json.problem else 'OFF' }}"
PROBLEM = "{{ 'ON' if value_json.status == 'offline' else 'OFF' }}"
SWITCH: Component = {"value_template": "{{ 'true' if value_json.value else 'false' }}", "payload_on": "true", "payload_off": "false"}
COUNT = "{{ value_json.people | count + value_json.strangers }}"
REFUSAL = "{{ value_json.message[:255] }}"
"""A state of Home Assistant has at most so many characters; the attribute has them all."""
SINGLE_TEMPLATES = "{{ {'people': value_json.single_template_people} | tojson }}"
LAST_PERSON, LAST_VISIT = "{{ value_json.display_name }}", "{{ value_json.frame_at }}"
QOS: Component = {"qos": 1}
"""Quality of service, in each component since they do not inherit it: with 0 Home Assistant would miss what the broker drops."""


@dataclass(frozen=True, slots=True)
class DeviceDescription:
    """What does not change while edged runs: which device it is, its cameras, and which requests are carried out."""

    topics: Topics
    version: str
    language: Language
    cameras: tuple[str, ...]
    allowed: frozenset[VerbGroup] = EVERY_GROUP
    locked: frozenset[str] = frozenset()
    """Names of the settings that cannot be switched on."""


def components(device: DeviceDescription, people: Mapping[str, str]) -> dict[str, Component]:
    """Every entity that can work and every trigger, by a key that is unique in the device and stays the same for ever."""
    return {key: component for key, component in _components(device, people).items() if _works(device, key)}


def withheld(device: DeviceDescription) -> dict[str, Component]:
    """The other entities, in the form that takes them away where they were shown before."""
    return {key: {"platform": one["platform"]} for key, one in _components(device, {}).items() if not _works(device, key)}


def of_people(device: DeviceDescription, people: Iterable[str]) -> dict[str, Component]:
    """The entities of these people, by id, in the same form."""
    return {person_key(camera, person): {"platform": "binary_sensor"} for person in people for camera in device.cameras}


def _works(device: DeviceDescription, key: str) -> bool:
    """Whether what an entity asks for when it is used is carried out."""
    match key.split(":"):
        case ["setting", name]:
            return CHANGE.group in device.allowed and name not in device.locked
        case ["enroll", _]:
            return ENROLL_LAST.group in device.allowed
        case [_, "pause"]:
            return PAUSE.group in device.allowed
    return True


def _components(device: DeviceDescription, people: Mapping[str, str]) -> dict[str, Component]:
    found = {key: component for camera in device.cameras for key, component in _camera(device, camera, people)}
    found |= {f"setting:{name}": _setting(device, name, setting) for name, setting in SETTINGS.items()}
    found |= dict(_enrolling(device)) | dict(_diagnostics(device))
    return {key: _identified(device, key, component) for key, component in found.items()}


def _identified(device: DeviceDescription, key: str, component: Component) -> Component:
    if component["platform"] == "device_automation":
        return {**component, **QOS}
    unique = f"edged_{device.topics.device}_{key}"
    entity = unique.replace(":", "_").replace("-", "_")
    return {**component, **QOS, "unique_id": unique, "default_entity_id": f"{component['platform']}.{entity}"}


def _camera(device: DeviceDescription, camera: str, people: Mapping[str, str]) -> Iterator[tuple[str, Component]]:
    yield from ((f"{camera}:{name}", component) for name, component in _watching(device, camera))
    for event_type in TRIGGERS:
        yield f"{camera}:trigger:{event_type}", _trigger(device, camera, event_type)
    for person, shown in sorted(people.items())[:MOST_PEOPLE]:
        yield person_key(camera, person), _person(device, camera, person, shown)


def _watching(device: DeviceDescription, camera: str) -> Iterator[tuple[str, Component]]:
    """What a camera has whoever is enrolled, by name."""
    entity, topics, available = partial(_camera_entity, device, camera), device.topics.camera(camera), _available(device)
    # Every type of event: Home Assistant refuses an event of a type that was not declared.
    yield entity("event", "event", icon="mdi:face-recognition", state_topic=topics.event, event_types=list(EVENTS))
    shown: Component = {"content_type": "image/jpeg", "json_attributes_topic": topics.face_shown}
    yield entity("image", "image", image_topic=topics.face_image, **shown, **available)
    yield _present(device, camera, "somebody", "value_json.people or value_json.strangers")
    yield _present(device, camera, "stranger", "value_json.strangers")
    # Both without availability: to come back with a name when edged does would look like an arrival.
    last: Component = {"state_topic": topics.last_person, "json_attributes_topic": topics.last_person}
    yield entity("sensor", "last_person", icon="mdi:account", value_template=LAST_PERSON, **last)
    yield entity("sensor", "last_visit", device_class="timestamp", value_template=LAST_VISIT, state_topic=topics.last_person)
    counted: Component = {"state_class": "measurement", "state_topic": topics.people, "value_template": COUNT}
    yield entity("sensor", "people", icon="mdi:account-group", **counted, **_camera_available(device, camera))
    switched: Component = {"entity_category": CONFIG, "state_topic": topics.pause, "command_topic": topics.pause_set}
    yield entity("switch", "pause", icon="mdi:pause", **switched, **available)
    watched: Component = {"state_topic": topics.status, "value_template": PROBLEM, "json_attributes_topic": topics.status}
    yield entity("binary_sensor", "problem", device_class="problem", entity_category=DIAGNOSTIC, **watched, **available)
    fps = _health(device, "fps", f"cameras[{json.dumps(camera)}].fps", icon="mdi:filmstrip")
    yield "fps", {**fps, "name": _camera_label(device, camera, "fps")}


def _camera_entity(device: DeviceDescription, camera: str, platform: str, name: str, **more: Json) -> tuple[str, Component]:
    return name, {"platform": platform, "name": _camera_label(device, camera, name), **more}


def _present(device: DeviceDescription, camera: str, name: str, condition: str) -> tuple[str, Component]:
    seen: Component = {"state_topic": device.topics.camera(camera).people, "value_template": f"{{{{ 'ON' if {condition} else 'OFF' }}}}"}
    available = _camera_available(device, camera)
    return _camera_entity(device, camera, "binary_sensor", name, device_class="occupancy", **seen, **available)


def _person(device: DeviceDescription, camera: str, person: str, shown: str) -> Component:
    _, component = _present(device, camera, "present", f"{json.dumps(person, ensure_ascii=False)} in value_json.people")
    return {**component, "name": str(component["name"]).format(person=shown), "enabled_by_default": False}


def person_key(camera: str, person: str) -> str:
    """The key of the entity that says whether a person is before a camera; neither id has a colon."""
    return f"{camera}:person:{person}"


def person_of(key: str) -> str | None:
    """The person of whose entity this is the key; None where it is that of another one."""
    match key.split(":"):
        case [_, "person", person]:
            return person
    return None


def _trigger(device: DeviceDescription, camera: str, event_type: str) -> Component:
    return {
        "platform": "device_automation",
        "automation_type": "trigger",
        "type": event_type,
        "subtype": camera,
        "topic": device.topics.camera(camera).event,
        "value_template": "{{ value_json.event_type }}",
        "payload": event_type,
    }


def _setting(device: DeviceDescription, name: str, setting: SettingRow) -> Component:
    return {
        "platform": "switch" if setting.is_switch else "number",
        "name": setting.labels[device.language],
        "entity_category": CONFIG,
        "state_topic": device.topics.setting(name),
        "command_topic": device.topics.setting_set(name),
        **_available(device),
        **(SWITCH if setting.is_switch else _number(setting)),
    }


def _number(setting: SettingRow) -> Component:
    """A bound that is itself not allowed is in the range: Home Assistant must be able to show all that is, however near to it."""
    return {
        "value_template": "{{ value_json.value }}",
        "min": setting.minimum,
        "max": setting.le,
        "step": setting.step,
        "mode": "box",
        **({"unit_of_measurement": setting.unit} if setting.unit else {}),
    }


def _enrolling(device: DeviceDescription) -> Iterator[tuple[str, Component]]:
    topics = device.topics
    text: Component = {"state_topic": topics.enroll_name, "value_template": "{{ value_json.name or '' }}", "max": MOST_NAME_CHARACTERS}
    text["json_attributes_topic"] = topics.enroll_name
    name = _entity(device, "text", "enroll_name", CONFIG, icon="mdi:form-textbox", command_topic=topics.enroll_name_set, **text)
    yield "enroll:name", name
    last = topics.enroll_last_stranger
    button = _entity(device, "button", "enroll_last_stranger", CONFIG, icon="mdi:account-plus", command_topic=last)
    yield "enroll:last_stranger", button


def _diagnostics(device: DeviceDescription) -> Iterator[tuple[str, Component]]:
    refused: Component = {"state_topic": device.topics.refusal, "json_attributes_topic": device.topics.refusal, "value_template": REFUSAL}
    yield "refusal", _entity(device, "sensor", "refusal", DIAGNOSTIC, icon="mdi:message-alert", **refused)
    topic = device.topics.problem
    kept: Component = {"state_topic": topic, "value_template": GALLERY_PROBLEM, "json_attributes_topic": topic}
    yield "problem", _entity(device, "binary_sensor", "gallery", DIAGNOSTIC, device_class="problem", **kept)
    yield "health:cpu", _health(device, "cpu", "cpu_percent", unit_of_measurement="%", icon="mdi:cpu-64-bit")
    yield "health:memory", _health(device, "memory", "rss_mb", unit_of_measurement="MB", device_class="data_size")
    celsius = _health(device, "temperature", "temperature_celsius", unit_of_measurement="°C", device_class="temperature")
    yield "health:temperature", celsius
    yield "health:uptime", _health(device, "uptime", "uptime_seconds", unit_of_measurement="s", device_class="duration")
    singles: Component = {"json_attributes_topic": device.topics.health, "json_attributes_template": SINGLE_TEMPLATES}
    counted = _health(device, "single_templates", "single_template_people | count", icon="mdi:account-alert", **singles)
    yield "health:single_templates", counted
    yield "health:events_waiting", _health(device, "events_waiting", "events_waiting", icon="mdi:tray-full")


def _health(device: DeviceDescription, name: str, field: str, **more: Json) -> Component:
    measured: Component = {"state_class": "measurement", "state_topic": device.topics.health}
    return _entity(device, "sensor", name, DIAGNOSTIC, value_template=f"{{{{ value_json.{field} }}}}", **measured, **more)


def _entity(device: DeviceDescription, platform: str, name: str, category: str, **more: Json) -> Component:
    shown = label(name, device.language)
    return {"platform": platform, "name": shown, "entity_category": category, **more, **_available(device)}


def _camera_label(device: DeviceDescription, camera: str, name: str) -> str:
    return f"{in_words(camera)} {label(name, device.language)}"


def _available(device: DeviceDescription) -> Component:
    return {"availability": [{"topic": device.topics.availability}]}


def _camera_available(device: DeviceDescription, camera: str) -> Component:
    """Unavailable while the camera gives no frames: nobody knows then who is there. While it is paused, nobody is."""
    status: Component = {
        "topic": device.topics.camera(camera).status,
        "value_template": "{{ 'offline' if value_json.status == 'offline' else 'online' }}",
    }
    return {"availability": [{"topic": device.topics.availability}, status], "availability_mode": "all"}
