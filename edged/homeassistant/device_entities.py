"""The entities of the device itself: its people, its settings, the name for a stranger, and its health.

It does not know what its cameras show, nor the message that they stand in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.config import SETTINGS
from edged.homeassistant.device import CONFIG, DIAGNOSTIC, MOST_STATE_CHARACTERS, available, stated
from edged.homeassistant.labels import label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edged.config import SettingRow
    from edged.homeassistant.device import Component, DeviceDescription
    from edged.interface.fields import Json

MOST_NAME_CHARACTERS = 64
"""Characters of a name to enroll: an id is made of it, which may not be longer."""
MOST_PEOPLE, MOST_PEOPLE_ON = 100, 10
"""People who get an entity of their own, a household's worth, so that the message stays far below what brokers take; and those of them
whose entity is on by default."""
GALLERY_PROBLEM = "{{ 'ON' if value_json.problem else 'OFF' }}"
PRESENT = "{{ 'ON' if value_json.present else 'OFF' }}"
SWITCH: Component = {"value_template": "{{ 'true' if value_json.value else 'false' }}", "payload_on": "true", "payload_off": "false"}
REFUSAL = f"{{{{ value_json.message[:{MOST_STATE_CHARACTERS}] }}}}"
"""What stands in the state; the attribute has it whole."""
SINGLE_TEMPLATES = "{{ {'people': value_json.single_template_people} | tojson }}"


def of_device(device: DeviceDescription, people: Mapping[str, str]) -> Iterator[tuple[str, Component]]:
    """Every entity of the device itself, by key; people are given as their ids and the names to show."""
    for number, (person, shown) in enumerate(with_entities(people).items()):
        yield f"person:{person}", _person(device, person, shown, is_on=number < MOST_PEOPLE_ON)
    for name, setting in SETTINGS.items():
        yield f"setting:{name}", _setting(device, name, setting)
    yield from _enrolling(device)
    yield from _problems(device)
    yield from _health(device)


def with_entities(people: Mapping[str, str]) -> dict[str, str]:
    """Those of the people who have an entity of their own."""
    return dict(sorted(people.items())[:MOST_PEOPLE])


def _person(device: DeviceDescription, person: str, shown: str, *, is_on: bool) -> Component:
    seen = stated(device.topics.person(person), PRESENT, with_attributes=True)
    how: Component = {"device_class": "occupancy", "icon": "mdi:account", "enabled_by_default": is_on}
    return {"platform": "binary_sensor", "name": shown, **how, **seen, **available(device)}


def _setting(device: DeviceDescription, name: str, setting: SettingRow) -> Component:
    return {
        "platform": "switch" if setting.is_switch else "number",
        "name": setting.labels[device.language],
        "entity_category": CONFIG,
        "state_topic": device.topics.setting(name),
        "command_topic": device.topics.setting_set(name),
        **available(device),
        **(SWITCH if setting.is_switch else _number(setting, device.least.get(name))),
    }


def _number(setting: SettingRow, least: float | None) -> Component:
    """A bound that is itself not allowed is in the range: Home Assistant must be able to show all that is, however near to it."""
    return {
        "value_template": "{{ value_json.value }}",
        "min": setting.minimum if least is None else least,
        "max": setting.le,
        "step": setting.step,
        "mode": "box",
        **({"unit_of_measurement": setting.unit} if setting.unit else {}),
    }


def _enrolling(device: DeviceDescription) -> Iterator[tuple[str, Component]]:
    topics = device.topics
    given = stated(topics.enroll_name, "{{ value_json.name or '' }}", with_attributes=True)
    text: Component = {"icon": "mdi:form-textbox", "command_topic": topics.enroll_name_set, "max": MOST_NAME_CHARACTERS, **given}
    yield "enroll:name", _entity(device, "text", "enroll_name", CONFIG, **text)
    button: Component = {"icon": "mdi:account-plus", "command_topic": topics.enroll_last_stranger}
    yield "enroll:last_stranger", _entity(device, "button", "enroll_last_stranger", CONFIG, **button)


def _problems(device: DeviceDescription) -> Iterator[tuple[str, Component]]:
    refused = stated(device.topics.refusal, REFUSAL, with_attributes=True)
    yield "refusal", _entity(device, "sensor", "refusal", DIAGNOSTIC, icon="mdi:message-alert", **refused)
    kept = stated(device.topics.problem, GALLERY_PROBLEM, with_attributes=True)
    yield "problem", _entity(device, "binary_sensor", "gallery", DIAGNOSTIC, device_class="problem", **kept)


def _health(device: DeviceDescription) -> Iterator[tuple[str, Component]]:
    yield "people", _figure(device, "enrolled", "people", icon="mdi:account-multiple")
    yield "strangers", _figure(device, "remembered", "strangers", icon="mdi:account-question")
    yield "health:cpu", _figure(device, "cpu", "cpu_percent", unit_of_measurement="%", icon="mdi:cpu-64-bit")
    yield "health:memory", _figure(device, "memory", "rss_mb", unit_of_measurement="MB", device_class="data_size")
    celsius: Component = {"unit_of_measurement": "°C", "device_class": "temperature"}
    yield "health:temperature", _figure(device, "temperature", "temperature_celsius", **celsius)
    started = stated(device.topics.health, "{{ value_json.started_at }}")
    yield "health:started", _entity(device, "sensor", "started", DIAGNOSTIC, device_class="timestamp", **started)
    singles: Component = {"json_attributes_topic": device.topics.health, "json_attributes_template": SINGLE_TEMPLATES}
    counted = _figure(device, "single_templates", "single_template_people | count", icon="mdi:account-alert", **singles)
    yield "health:single_templates", counted
    yield "health:events_waiting", _figure(device, "events_waiting", "events_waiting", icon="mdi:tray-full")


def _figure(device: DeviceDescription, name: str, field: str, **more: Json) -> Component:
    """A figure of the device's health, of which Home Assistant keeps statistics."""
    counted: Component = {"state_class": "measurement", **stated(device.topics.health, f"{{{{ value_json.{field} }}}}")}
    return _entity(device, "sensor", name, DIAGNOSTIC, **counted, **more)


def _entity(device: DeviceDescription, platform: str, name: str, category: str, **more: Json) -> Component:
    return {"platform": platform, "name": label(name, device.language), "entity_category": category, **more, **available(device)}
