"""Publishes what Home Assistant has to know of this device: at the start, and again when the people who are enrolled change.

It decides when; it does not know how the message looks.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edged.homeassistant import discovery
from edged.homeassistant.device import DeviceDescription
from edged.homeassistant.entities import components, of_people, withheld
from edged.interface.topics import Topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edged.config import Config
    from edged.homeassistant.device import Component
    from edged.mqtt.retained_states import RetainedStates


def topics_of(config: Config) -> Topics:
    """The names of this device."""
    return Topics(config.mqtt.prefix, config.device.id, config.mqtt.discovery_prefix)


def description_of(
    config: Config, version: str, *, least: Mapping[str, float] | None = None, has_thermometer: bool = True
) -> DeviceDescription:
    """The device of this configuration; version is edged's, the others are as DeviceDescription has them."""
    return DeviceDescription(
        topics=topics_of(config),
        version=version,
        language=config.device.language,
        cameras=tuple(camera.name for camera in config.camera),
        allowed=config.mqtt.allow.groups,
        locked=config.changeable.locked,
        least=least or {},
        has_thermometer=has_thermometer,
    )


class Announcer:
    """Publishes the messages, and takes away the entities of people who are forgotten, and those that cannot work any more."""

    def __init__(self, states: RetainedStates, device: DeviceDescription) -> None:
        """Publish nothing yet."""
        self._states, self._device = states, device
        self._published: Mapping[str, str] | None = None
        self.is_held = False
        """Whether nothing is to be published, since it is not yet known who belongs here."""
        self.is_moving = False
        """Whether nothing is to be published, since entities are being moved to other messages."""

    @property
    def topics(self) -> Topics:
        """The names of this device."""
        return self._device.topics

    def describe(self, device: DeviceDescription) -> None:
        """Describe the device so from now on, and take away the entities and cameras that it has not any more."""
        before, self._device = self._device, device
        people, self._published = self._published, None
        if people is None or before == device:
            self._published = people
            return
        gone = {
            place: _gone(before, device, people, place) for place in (None, *device.cameras) if place is None or place in before.cameras
        }
        self.publish(people)
        for place, entities in gone.items():
            self._withdraw(entities, place)
        for camera in before.cameras:
            if camera not in device.cameras and (topic := device.topics.camera_discovery(camera)):
                self._states.erase(topic)

    def release(self, gone: Iterable[str]) -> None:
        """Publish from now on, and take away the entities of these people first, by id."""
        self.is_held = False
        self._withdraw(of_people(sorted(gone)))

    def publish(self, people: Mapping[str, str]) -> None:
        """Publish the people who are enrolled, ids and names to show, where they are others than before; they must not change later."""
        topic = self._device.topics.discovery
        if topic is None or self.is_held or self.is_moving:
            return
        before, self._published = self._published, people
        if people is before or people == before:
            return
        self._states.publish(topic, discovery.message(self._device, people), partial(discovery.parts, self._device, people))
        if before is not None:
            self._withdraw(of_people(sorted(before.keys() - people.keys())))
            return
        self._withdraw(withheld(self._device))
        for camera in self._device.cameras:  # which nobody who is enrolled changes
            self._publish_camera(camera)

    def _publish_camera(self, camera: str) -> None:
        topic = self._device.topics.camera_discovery(camera)
        if topic is not None:
            whole, divided = discovery.message(self._device, {}, camera), partial(discovery.parts, self._device, {}, camera)
            self._states.publish(topic, whole, divided)
            self._withdraw(withheld(self._device, camera), camera)

    def _withdraw(self, gone: Mapping[str, Component], camera: str | None = None) -> None:
        topics = self._device.topics
        topic = topics.discovery if camera is None else topics.camera_discovery(camera)
        if gone and topic is not None:
            removal = partial(discovery.removal_parts, self._device, gone, camera)
            self._states.publish_once(topic, discovery.described(self._device, gone, camera), removal)


def _gone(before: DeviceDescription, now: DeviceDescription, people: Mapping[str, str], camera: str | None) -> dict[str, Component]:
    """The entities that there are no more, in the form that takes them away."""
    left = components(now, people, camera).keys()
    return {key: {"platform": one["platform"]} for key, one in components(before, people, camera).items() if key not in left}
