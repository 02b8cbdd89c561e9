"""The entities that Home Assistant shows of a device and of each of its cameras: those that can work, and those to be taken away.

It does not know how an entity looks, nor the message that they stand in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.homeassistant.camera_entities import of_camera
from edged.homeassistant.device import identified
from edged.homeassistant.device_entities import of_device
from edged.interface.enrollment import ENROLL_LAST
from edged.interface.operation import SNAPSHOT
from edged.interface.settings import PAUSE
from edged.interface.settings import SETTINGS as CHANGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edged.homeassistant.device import Component, DeviceDescription


def components(device: DeviceDescription, people: Mapping[str, str], camera: str | None = None) -> dict[str, Component]:
    """Every entity that can work and every trigger, of the device or of one of its cameras, by a key that stays the same for ever."""
    return {key: component for key, component in _components(device, people, camera).items() if _works(device, key)}


def withheld(device: DeviceDescription, camera: str | None = None) -> dict[str, Component]:
    """The other entities, in the form that takes them away where they were shown before."""
    return {key: {"platform": one["platform"]} for key, one in _components(device, {}, camera).items() if not _works(device, key)}


def of_people(people: Iterable[str]) -> dict[str, Component]:
    """The entities of these people, by id, in the same form."""
    return {person_key(person): {"platform": "binary_sensor"} for person in people}


def person_key(person: str) -> str:
    """The key of the entity that says whether a person is there; no id has a colon."""
    return f"person:{person}"


def person_of(key: str) -> str | None:
    """The person of whose entity this is the key, also as they were when each camera had one; None where it is that of another one."""
    match key.split(":"):
        case [_, "person", person] | ["person", person]:
            return person
    return None


def _works(device: DeviceDescription, key: str) -> bool:
    """Whether what an entity asks for when it is used is carried out, and what it shows is known."""
    match key.split(":"):
        case ["setting", name]:
            return CHANGE.group in device.allowed and name not in device.locked
        case ["enroll", _]:
            return ENROLL_LAST.group in device.allowed
        case [_, "pause"]:
            return PAUSE.group in device.allowed
        case [_, "scene" | "take_scene"]:
            return SNAPSHOT.group in device.allowed and "pictures" not in device.locked
        case ["health", "temperature"]:
            return device.has_thermometer
    return True


def _components(device: DeviceDescription, people: Mapping[str, str], camera: str | None) -> dict[str, Component]:
    found = of_device(device, people) if camera is None else of_camera(device, camera)
    return {key: identified(device, key, component) for key, component in found}
