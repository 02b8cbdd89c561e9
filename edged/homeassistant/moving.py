"""What the broker keeps of a device from before, and what is to be done so that no entity is left of it that nobody tells of any more.

It does not know when that is done, nor how it is read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.homeassistant.discovery import described, entities_in
from edged.homeassistant.entities import components, person_of
from edged.interface.topics import camera_of_discovery, discovery_filters, matches

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from edged.homeassistant.device import DeviceDescription

MIGRATION = json.dumps({"migrate_discovery": True}).encode()
"""Message that has Home Assistant let go of a topic's entities, and keep what their owner gave them, so that another may have them."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What is to be done, one after the other, before the device is described; each by topic."""

    removals: Mapping[str, bytes]
    """Messages that take away entities that there are no more."""
    migrations: tuple[str, ...]
    """Topics with entities that other messages will have."""
    messages: tuple[str, ...]
    """Topics on which cameras are described that are gone, and of which the broker is to keep nothing."""
    states: tuple[str, ...]
    """The same of states of cameras and people that are gone."""


def moves(device: DeviceDescription, kept: Mapping[str, bytes], people: Collection[str] = ()) -> Moves:
    """What is to be done where the broker keeps these messages on topics of this device, by topic; people are the ids of all enrolled."""
    told = {topic: entities_in(payload) for topic, payload in kept.items() if _is_discovery(device, topic)}
    places = {None: components(device, {})} | {camera: components(device, {}, camera) for camera in device.cameras}
    every = {key for place in places.values() for key in place}
    persons = {device.topics.person(person) for person in people}
    removals, migrations, messages = dict[str, bytes](), list[str](), list[str]()
    for topic, entities in told.items():
        camera = camera_of_discovery(device.topics, topic)
        if camera not in places:
            messages.append(topic)
            continue
        gone = {key: one for key, one in entities.items() if key not in every and not _is_person(key)}
        if gone:
            removals[topic] = described(device, gone, camera)
        if any(key in every and key not in places[camera] for key in entities):
            migrations.append(topic)
    states = tuple(topic for topic in kept if topic not in persons and _is_of_nobody(device, topic))
    return Moves(removals, tuple(migrations), tuple(messages), states)


def kept_filters(device: DeviceDescription) -> tuple[str, ...]:
    """Filters of what the broker keeps of cameras and people, those that are gone among them, and of all messages of this device."""
    every = device.topics.camera("+")
    return (every.status, every.people, every.pause, device.topics.person("+"), *discovery_filters(device.topics))


def _is_person(key: str) -> bool:
    return key.startswith("person:") and person_of(key) is not None


def _is_discovery(device: DeviceDescription, topic: str) -> bool:
    return any(matches(one, topic) for one in discovery_filters(device.topics))


def _is_of_nobody(device: DeviceDescription, topic: str) -> bool:
    """Whether a state is neither of this device itself nor of one of its cameras, but of one that is gone, or of a person."""
    root = f"{device.topics.root}/"
    return topic.startswith(root) and topic.removeprefix(root).split("/")[0] not in device.cameras
