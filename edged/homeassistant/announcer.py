"""Tells Home Assistant of this device: what it is by the configuration, and again when the people who are enrolled change.

It decides when; how the message looks is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edged.config import Changeable
from edged.homeassistant import discovery
from edged.homeassistant.entities import Device, Number
from edged.interface.topics import Topics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.config import Config
    from edged.mqtt.retained_states import RetainedStates

STEPS = {"_seconds": (0.1, "s"), "_px": (1.0, "px")}
"""Step and unit of a setting by how its name ends."""
SHARE_STEP, COUNT_STEP = 0.001, 1.0
"""Of similarities and shares, and of whole numbers."""


def topics_of(config: Config) -> Topics:
    """The names of this device."""
    return Topics(config.mqtt.prefix, config.device.id, config.mqtt.discovery_prefix)


def describe(config: Config, version: str) -> Device:
    """What Home Assistant is told of; version is edged's."""
    forms = Changeable.model_json_schema()["properties"]
    return Device(
        topics=topics_of(config),
        version=version,
        language=config.device.language,
        cameras=tuple(camera.name for camera in config.camera),
        numbers=tuple(_number(name, form) for name, form in forms.items() if form.get("type") != "boolean"),
        switches=tuple(name for name, form in forms.items() if form.get("type") == "boolean"),
    )


class Announcer:
    """Publishes the message, and takes away the entities of who was forgotten."""

    def __init__(self, states: RetainedStates, device: Device) -> None:
        """Say nothing yet."""
        self._states, self._device = states, device
        self._said: Mapping[str, str] | None = None

    def tell(self, people: Mapping[str, str]) -> None:
        """Tell of the people who are enrolled, ids and names to show, where they are others than before; they must not change later."""
        before, self._said = self._said, people
        topic = self._device.topics.discovery
        if topic is None or people is before or people == before:
            return
        gone = (before or {}).keys() - people.keys()
        self._states.publish(topic, discovery.message(self._device, people))
        if gone:
            self._states.publish_once(topic, discovery.removal(self._device, sorted(gone)))


def _number(name: str, form: Mapping[str, Any]) -> Number:
    """A bound that is itself not allowed is in the range: Home Assistant must be able to show all that is, however near to it."""
    ranged = next((one for one in (form, *form.get("anyOf", ())) if "maximum" in one), form)
    step, unit = next((found for ending, found in STEPS.items() if name.endswith(ending)), (SHARE_STEP, None))
    return Number(
        name,
        minimum=ranged.get("minimum", ranged.get("exclusiveMinimum")),
        maximum=ranged["maximum"],
        step=COUNT_STEP if ranged["type"] == "integer" else step,
        unit=unit,
    )
