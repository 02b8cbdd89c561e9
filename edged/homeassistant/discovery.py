"""Home Assistant's discovery: one message that describes this device with all its entities.

It does not know when the message is sent.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING
from zlib import crc32

from edged.homeassistant.entities import components, person_of
from edged.interface.topics import discovery_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edged.homeassistant.entities import Component, DeviceDescription


def message(device: DeviceDescription, people: Mapping[str, str]) -> bytes:
    """The JSON that describes the device with an entity for each of the people, given as their ids and the names to show."""
    return _message(device, components(device, people))


def removal(device: DeviceDescription, gone: Mapping[str, Component]) -> bytes:
    """The JSON that takes away entities, given by key with nothing but their platform, and leaves all others; not to be retained."""
    return _message(device, gone)


def parts(device: DeviceDescription, people: Mapping[str, str]) -> dict[str, bytes]:
    """What message() gives, in parts for brokers that do not take it in one; empty where nothing belongs to a part."""
    divided = _divided(device, components(device, people))
    return {topic: _message(device, described) if described else b"" for topic, described in divided.items()}


def removal_parts(device: DeviceDescription, gone: Mapping[str, Component]) -> dict[str, bytes]:
    """What removal() gives, in parts; those that nothing is taken from are left out."""
    divided = _divided(device, gone)
    return {topic: _message(device, described) for topic, described in divided.items() if described}


def people_in(messages: Iterable[bytes]) -> frozenset[str]:
    """The ids of the people of whom messages tell, as message() and parts() make them; of anything else nobody."""
    found = set[str]()
    for payload in messages:
        with suppress(ValueError, RecursionError, AttributeError, TypeError, KeyError):
            found |= {person for key in json.loads(payload)["cmps"].keys() if (person := person_of(key))}  # noqa: SIM118 - any JSON
    return frozenset(found)


def _divided(device: DeviceDescription, described: Mapping[str, Component]) -> dict[str, dict[str, Component]]:
    """Each component in the part that its key alone decides, so that it is in no other one later."""
    topics = discovery_parts(device.topics)
    found: dict[str, dict[str, Component]] = {topic: {} for topic in topics}
    for key, component in described.items():
        found[topics[crc32(key.encode()) % len(topics)]][key] = component
    return found


def _message(device: DeviceDescription, described: Mapping[str, Component]) -> bytes:
    # Nothing else may stand at the root: Home Assistant drops a device of which one key there is unknown to it. And no
    # availability, which every component would inherit: an event entity fires once more when it becomes available again.
    root = {
        "dev": {
            "identifiers": [f"edged_{device.topics.device}"],
            "name": f"edged {device.topics.device}",
            "manufacturer": "edged",
            "model": "edged",
            "sw_version": device.version,
        },
        "o": {"name": "edged", "sw_version": device.version},
        "cmps": described,
    }
    return json.dumps(root, ensure_ascii=False).encode()
