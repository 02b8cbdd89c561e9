"""Home Assistant's discovery: one message that describes this device with all its entities.

It does not know when the message is sent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from edged.homeassistant.entities import components, person_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edged.homeassistant.entities import Component, DeviceDescription


def message(device: DeviceDescription, people: Mapping[str, str]) -> bytes:
    """The JSON that describes the device with an entity for each of the people, given as their ids and the names to show."""
    return _message(device, components(device, people))


def removal(device: DeviceDescription, people: Iterable[str]) -> bytes:
    """The JSON that takes away the entities of people, by id, and leaves all others as they are; not to be retained."""
    gone: dict[str, Component] = {
        person_key(camera, person): {"platform": "binary_sensor"} for camera in device.cameras for person in people
    }
    return _message(device, gone)


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
