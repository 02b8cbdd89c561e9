"""Publishes what Home Assistant has to know of this device: at the start, and again when the people who are enrolled change.

It decides when; it does not know how the message looks.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edged.homeassistant import discovery
from edged.homeassistant.entities import DeviceDescription, components, of_people, withheld
from edged.interface.topics import Topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edged.config import Config
    from edged.homeassistant.entities import Component
    from edged.mqtt.retained_states import RetainedStates


def topics_of(config: Config) -> Topics:
    """The names of this device."""
    return Topics(config.mqtt.prefix, config.device.id, config.mqtt.discovery_prefix)


def description_of(config: Config, version: str) -> DeviceDescription:
    """The device of this configuration; version is edged's."""
    return DeviceDescription(
        topics=topics_of(config),
        version=version,
        language=config.device.language,
        cameras=tuple(camera.name for camera in config.camera),
        allowed=config.mqtt.allow.groups,
        locked=config.changeable.locked,
    )


class Announcer:
    """Publishes the message, and takes away the entities of people who are forgotten, and those that cannot work any more."""

    def __init__(self, states: RetainedStates, device: DeviceDescription) -> None:
        """Publish nothing yet."""
        self._states, self._device = states, device
        self._published: Mapping[str, str] | None = None
        self.is_held = False  # whether nothing is to be published, since it is not yet known who belongs here

    @property
    def topics(self) -> Topics:
        """The names of this device."""
        return self._device.topics

    def describe(self, device: DeviceDescription) -> None:
        """Describe the device so from now on, and take away the entities that it has not any more."""
        before, self._device = self._device, device
        people, self._published = self._published, None
        if people is None or before == device:
            self._published = people
            return
        left = components(device, people).keys()
        gone = {key: {"platform": one["platform"]} for key, one in components(before, people).items() if key not in left}
        self.publish(people)
        self._withdraw(gone)

    def release(self, gone: Iterable[str]) -> None:
        """Publish from now on, and take away the entities of these people first, by id."""
        self.is_held = False
        self._withdraw(of_people(self._device, sorted(gone)))

    def publish(self, people: Mapping[str, str]) -> None:
        """Publish the people who are enrolled, ids and names to show, where they are others than before; they must not change later."""
        topic = self._device.topics.discovery
        if topic is None or self.is_held:
            return
        before, self._published = self._published, people
        if people is before or people == before:
            return
        gone = withheld(self._device) if before is None else of_people(self._device, sorted(before.keys() - people.keys()))
        self._states.publish(topic, discovery.message(self._device, people), partial(discovery.parts, self._device, people))
        self._withdraw(gone)

    def _withdraw(self, gone: Mapping[str, Component]) -> None:
        topic = self._device.topics.discovery
        if gone and topic is not None:
            removal = partial(discovery.removal_parts, self._device, gone)
            self._states.publish_once(topic, discovery.removal(self._device, gone), removal)
