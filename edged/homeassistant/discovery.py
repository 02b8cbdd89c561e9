"""Home Assistant's discovery: a message that describes this device with its entities, and one for each of its cameras.

It does not know when the messages are sent.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING
from zlib import crc32

from edged.homeassistant.entities import components, person_of
from edged.homeassistant.labels import in_words
from edged.interface.topics import discovery_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edged.homeassistant.device import Component, DeviceDescription


def message(device: DeviceDescription, people: Mapping[str, str], camera: str | None = None) -> bytes:
    """The JSON that describes the device with an entity for each of the people, given as ids and names to show, or one of its cameras."""
    return described(device, components(device, people, camera), camera)


def parts(device: DeviceDescription, people: Mapping[str, str], camera: str | None = None) -> dict[str, bytes]:
    """What message() gives, in parts for brokers that do not take it in one; empty where nothing belongs to a part."""
    divided = _divided(device, components(device, people, camera), camera)
    return {topic: described(device, part, camera) if part else b"" for topic, part in divided.items()}


def removal_parts(device: DeviceDescription, gone: Mapping[str, Component], camera: str | None = None) -> dict[str, bytes]:
    """What described() gives of entities that are taken away, in parts; those that nothing is taken from are left out."""
    divided = _divided(device, gone, camera)
    return {topic: described(device, part, camera) for topic, part in divided.items() if part}


def described(device: DeviceDescription, entities: Mapping[str, Component], camera: str | None = None) -> bytes:
    """The JSON that describes these entities by key; those with nothing but their platform are taken away, all others stay.

    Nothing else may stand at the root: Home Assistant drops a device of which one key there is unknown to it. And no availability, which
    every component would inherit: an event entity fires once more when it becomes available again.
    """
    itself = _itself(device) if camera is None else _camera(device, camera)
    root = {"dev": itself, "o": {"name": "edged", "sw_version": device.version}, "cmps": entities}
    return json.dumps(root, ensure_ascii=False).encode()


def entities_in(payload: bytes) -> dict[str, Component]:
    """The entities of which a message tells, as described() makes it, by key with nothing but their platform; of anything else none."""
    with suppress(ValueError, RecursionError, AttributeError, TypeError, KeyError):
        return {str(key): {"platform": str(one["platform"])} for key, one in json.loads(payload)["cmps"].items()}
    return {}


def people_in(messages: Iterable[bytes]) -> frozenset[str]:
    """The ids of the people of whom messages tell."""
    return frozenset(person for payload in messages for key in entities_in(payload) if (person := person_of(key)))


def _divided(device: DeviceDescription, entities: Mapping[str, Component], camera: str | None) -> dict[str, dict[str, Component]]:
    """Each component in the part that its key alone decides, so that it is in no other one later."""
    topics = discovery_parts(device.topics, camera)
    found: dict[str, dict[str, Component]] = {topic: {} for topic in topics}
    for key, component in entities.items():
        found[topics[crc32(key.encode()) % len(topics)]][key] = component
    return found


def _itself(device: DeviceDescription) -> Component:
    return {
        "identifiers": [f"edged_{device.topics.device}"],
        "name": f"edged {device.topics.device}",
        "manufacturer": "edged",
        "model": "edged",
        "sw_version": device.version,
    }


def _camera(device: DeviceDescription, camera: str) -> Component:
    own = f"edged_{device.topics.device}"
    return {
        "identifiers": [f"{own}:{camera}"],  # no name has a colon
        "name": in_words(camera),
        "manufacturer": "edged",
        "model": "edged camera",
        "suggested_area": in_words(camera),
        "via_device": own,
    }
