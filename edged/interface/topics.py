"""Topics: the names under which everything is published and asked for.

Knows how names are built; payloads are not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

DISCOVERY_PREFIX = "homeassistant"
"""Prefix below which Home Assistant looks for devices, unless it is configured otherwise."""
DISCOVERY_PARTS = 32
"""Parts of what Home Assistant is told of a device or a camera, with a few entities each: always the same, so that a part that is empty now
takes away what it held."""


@dataclass(frozen=True, slots=True)
class CameraTopics:
    """The topics of one camera, below `<prefix>/<device>/<camera>`."""

    root: str

    @property
    def status(self) -> str:
        """A camera's status, retained."""
        return f"{self.root}/status"

    @property
    def event(self) -> str:
        """A camera's events, never retained."""
        return f"{self.root}/event"

    @property
    def people(self) -> str:
        """Who is before a camera now, retained."""
        return f"{self.root}/people"

    @property
    def face_image(self) -> str:
        """The face of a camera's last event, a JPEG."""
        return f"{self.root}/face/image"

    @property
    def face_shown(self) -> str:
        """Which event that face belongs to."""
        return f"{self.root}/face/shown"

    @property
    def last_person(self) -> str:
        """Who was recognised last."""
        return f"{self.root}/last_person"

    @property
    def stranger_image(self) -> str:
        """The face of the stranger seen last, a JPEG."""
        return f"{self.root}/stranger/image"

    @property
    def stranger_shown(self) -> str:
        """Which event that face belongs to."""
        return f"{self.root}/stranger/shown"

    @property
    def last_stranger(self) -> str:
        """Which stranger was seen last."""
        return f"{self.root}/stranger/last"

    @property
    def scene_image(self) -> str:
        """What a camera showed when that was asked for, a JPEG."""
        return f"{self.root}/scene/image"

    @property
    def scene_take(self) -> str:
        """Where it is asked for."""
        return f"{self.root}/scene/take"

    @property
    def pause(self) -> str:
        """Whether a camera is paused, retained."""
        return f"{self.root}/pause"

    @property
    def pause_set(self) -> str:
        """Where a camera is paused and resumed."""
        return f"{self.pause}/set"


@dataclass(frozen=True, slots=True)
class DeviceTopics:
    """What is published of one device as a whole, below `<prefix>/<device>`."""

    prefix: str
    device: str

    @property
    def root(self) -> str:
        """What every topic of this device begins with."""
        return f"{self.prefix}/{self.device}"

    @property
    def availability(self) -> str:
        """`online` or `offline`, retained."""
        return f"{self.root}/availability"

    @property
    def info(self) -> str:
        """What this device is, retained."""
        return f"{self.root}/info"

    @property
    def health(self) -> str:
        """How this device is, retained."""
        return f"{self.root}/health"

    @property
    def problem(self) -> str:
        """Whether what happens can be kept, retained."""
        return f"{self.root}/problem"

    @property
    def refusal(self) -> str:
        """What was refused last, and why."""
        return f"{self.root}/refusal"


@dataclass(frozen=True, slots=True)
class Topics(DeviceTopics):
    """All topics of one device, below `<prefix>/<device>`, and those of Home Assistant that it uses."""

    discovery_prefix: str | None = DISCOVERY_PREFIX

    @property
    def enroll_name(self) -> str:
        """The name for the stranger seen last, retained."""
        return f"{self.root}/enroll/name"

    @property
    def enroll_name_set(self) -> str:
        """Where that name is given."""
        return f"{self.enroll_name}/set"

    @property
    def enroll_last_stranger(self) -> str:
        """Where the stranger seen last is given that name."""
        return f"{self.root}/enroll/last_stranger"

    @property
    def discovery(self) -> str | None:
        """Where Home Assistant is told of this device, retained; None where it is not to be told."""
        return f"{self.discovery_prefix}/device/edged_{self.device}/config" if self.discovery_prefix else None

    def camera_discovery(self, camera: str) -> str | None:
        """Where it is told of a camera, retained; None where it is not to be told."""
        return f"{self.discovery_prefix}/device/edged_{self.device}/camera_{camera}/config" if self.discovery_prefix else None

    @property
    def birth(self) -> str | None:
        """Where Home Assistant says that it has started, also where its discovery prefix is another; None where nobody asks."""
        return "homeassistant/status" if self.discovery_prefix else None

    def camera(self, name: str) -> CameraTopics:
        """The topics of a camera."""
        return CameraTopics(f"{self.root}/{name}")

    def person(self, person: str) -> str:
        """Where a person is now, and when they were seen, retained."""
        return f"{self.root}/person/{person}"

    def setting(self, name: str) -> str:
        """A setting's value, retained."""
        return f"{self.root}/setting/{name}"

    def setting_set(self, name: str) -> str:
        """Where a setting is changed."""
        return f"{self.setting(name)}/set"

    def request(self, verb: str) -> str:
        """Where a verb is asked for."""
        return f"{self.root}/request/{verb}"

    def response(self, verb: str) -> str:
        """Where requests with a verb are answered."""
        return f"{self.root}/response/{verb}"


def kept_of(camera: CameraTopics) -> tuple[str, ...]:
    """Those topics of a camera on which the broker keeps something, or edged to send it again."""
    return camera.status, camera.people, camera.pause, camera.last_person, camera.last_stranger, camera.scene_image


def discovery_parts(topics: Topics, camera: str | None = None) -> tuple[str, ...]:
    """Where Home Assistant is told of a device, or of a camera, in parts, where the broker does not take all in one message."""
    parts, end = range(DISCOVERY_PARTS) if topics.discovery_prefix else (), f"_camera_{camera}" if camera else ""
    return tuple(f"{topics.discovery_prefix}/device/edged_{topics.device}/{part}{end}/config" for part in parts)


def camera_of_discovery(topics: Topics, topic: str) -> str | None:
    """Of which camera Home Assistant is told on a topic, as a whole or in part; None where it is told of the device itself."""
    level = topic.removeprefix(f"{topics.discovery_prefix}/device/edged_{topics.device}/").removesuffix("/config")
    _, sign, camera = level.partition("camera_")
    return camera if sign else None


def discovery_filters(topics: Topics) -> tuple[str, ...]:
    """Filters of all topics on which Home Assistant is told of a device."""
    every = f"{topics.discovery_prefix}/device/edged_{topics.device}/+/config"
    return (topics.discovery, every) if topics.discovery else ()


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic is one of those that a filter stands for: MQTT 5, section 4.7."""
    wanted, given = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in {"#", "+"}:
        return False
    if wanted[-1] == "#":
        wanted, given = wanted[:-1], given[: len(wanted) - 1]
    return len(wanted) == len(given) and all(level in {"+", found} for level, found in zip(wanted, given, strict=True))
