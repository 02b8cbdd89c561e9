"""What every entity of a device has in common: which device it is, what may be asked of it, and when an entity is available.

It does not know which entities there are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from edged.interface.access import EVERY_GROUP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.config import Language, VerbGroup
    from edged.interface.fields import Json
    from edged.interface.topics import Topics

Component: TypeAlias = "dict[str, Json]"

CONFIG, DIAGNOSTIC = "config", "diagnostic"
MOST_STATE_CHARACTERS = 255
"""Characters that a state of Home Assistant may have."""
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
    least: Mapping[str, float] = field(default_factory=dict)
    """The least safe values of settings, where they are above the range's."""
    has_thermometer: bool = True
    """Whether the device tells its temperature."""


def available(device: DeviceDescription) -> Component:
    """An entity is available while edged is connected."""
    return {"availability": [{"topic": device.topics.availability}]}


def camera_available(device: DeviceDescription, camera: str) -> Component:
    """Unavailable while the camera gives no frames: nobody knows then who is there. While it is paused, nobody is."""
    status: Component = {
        "topic": device.topics.camera(camera).status,
        "value_template": "{{ 'offline' if value_json.status == 'offline' else 'online' }}",
    }
    return {"availability": [{"topic": device.topics.availability}, status], "availability_mode": "all"}


def stated(topic: str, template: str, *, with_attributes: bool = False) -> Component:
    """An entity whose state is what a template makes of the JSON on a topic, which may be its attributes too."""
    return {"state_topic": topic, "value_template": template, **({"json_attributes_topic": topic} if with_attributes else {})}


def identified(device: DeviceDescription, key: str, component: Component) -> Component:
    """An entity with the id that it keeps for ever; a trigger has none."""
    if component["platform"] == "device_automation":
        return {**component, **QOS}
    unique = f"edged_{device.topics.device}_{key}"
    entity = unique.replace(":", "_").replace("-", "_")
    return {**component, **QOS, "unique_id": unique, "default_entity_id": f"{component['platform']}.{entity}"}


def quoted(text: str) -> str:
    """Text as it stands in a template."""
    return json.dumps(text, ensure_ascii=False)
