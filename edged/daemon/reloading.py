"""The configuration read again while edged runs: what differs is put into force, and what only a start can change is named.

What the keys mean is known to the parts. All is checked before anything is changed, and what goes on untouched loses nothing.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edged.daemon import broker_side
from edged.daemon.cameras import NOBODY
from edged.daemon.making import access, broker, info_of
from edged.errors import EdgedError
from edged.mqtt.broker_link import BrokerLink
from edged.system.journal import set_up_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from edged.config import CameraConfig, Config
    from edged.control.settings import ChosenSettings
    from edged.daemon.budget import Budget
    from edged.daemon.cameras import Cameras, CameraStates, RunningCamera
    from edged.daemon.opening import FaceParts
    from edged.enrollment.live import LiveEnrollment
    from edged.homeassistant.announcer import Announcer
    from edged.mqtt.bridge import Bridge
    from edged.mqtt.broker import Broker
    from edged.mqtt.changing_link import ChangingLink
    from edged.system.notify import Notifier

log = logging.getLogger(__name__)

FIXED = (
    "device.id",
    "mqtt.prefix",
    "mqtt.discovery_prefix",
    "mqtt.subscriber_grace_seconds",
    "mqtt.max_request_mb",
    "detection",
    "recognition.rule",
    "gallery",
    "models",
)
"""Keys and sections that only a start reads: what was told, stored or loaded by them would have to be made anew."""


@dataclass(slots=True)
class Reloading:
    """Takes over another configuration between two frames, on the worker's thread."""

    config: Config
    """That which is in force."""
    parts: FaceParts
    bridge: Bridge
    cameras: Cameras
    names: list[str]
    """Names of the cameras, in a list that all share who look names up."""
    states: CameraStates
    captures: LiveEnrollment
    announcer: Announcer
    budget: Budget
    notifier: Notifier
    begin: Callable[[CameraConfig], RunningCamera]
    link: ChangingLink = field(init=False)
    """Way of the bridge to the broker."""
    read: Callable[[], Config] = field(init=False)
    """Reads the file, and raises as read_config()."""
    _broker: Broker = field(init=False)

    def __post_init__(self) -> None:
        """Note which broker it is."""
        self._broker = broker(self.config)

    def run(self) -> None:
        """Read and check, then take over all or nothing; log what came of it."""
        self.notifier.reloading()
        try:
            config, fixed = within_reach(self.config, self.read())
            there = broker(config)
            link = BrokerLink(there) if there != self._broker else None  # which reads the files that it names
            chosen = self.parts.gallery.settings.configured(config.changeable)
            networks = self.parts.attributes.load(emotion=chosen.rules.emotion, age_gender=chosen.rules.age_gender)
        except EdgedError as error:
            log.error("The configuration is not taken over, and edged goes on as before: %s", error)  # noqa: TRY400 - the sentence is all
            self.notifier.ready()
            return
        self.parts.attributes.switch(networks)
        self._adopt_rules(config, chosen)
        self.announcer.describe(broker_side.description(config, self.parts.reader.embedding_card))
        self._change_cameras(config)
        self.budget.limit(config.limits.max_cpu_percent, config.limits.max_temperature_celsius)
        set_up_log(config.log.level, names=config.log.names)
        self.bridge.states.publish(self.announcer.topics.info, info_of(config, self.parts).to_json())
        self.bridge.access = access(config)
        if link:
            self.link.change(link)
        changed = differing(self.config, config)
        self.config, self._broker = config, there
        log.info("The configuration is read again: %s.", f"changed are {', '.join(changed)}" if changed else "nothing is another")
        if fixed:
            log.warning("Not changed until edged is restarted: %s.", ", ".join(fixed))
        self.notifier.ready()

    def _adopt_rules(self, config: Config, chosen: ChosenSettings) -> None:
        self.parts.gallery.settings.configure(config.changeable, chosen)
        self.parts.gallery.shared.rules = chosen.rules

    def _change_cameras(self, config: Config) -> None:
        """Those whose keys are the same go on with all that they see; the others end, or begin."""
        before = {camera.name: camera for camera in self.config.camera}
        running = {camera.name: camera for camera in self.cameras.all}
        begun = {camera.name: self.begin(camera) for camera in config.camera if before.get(camera.name) != camera}
        wanted = [begun.get(camera.name) or running[camera.name] for camera in config.camera]
        ended = [camera for camera in self.cameras.all if camera not in wanted]
        self.cameras.all[:], self.names[:] = wanted, [camera.name for camera in wanted]
        self.cameras.scenes.clear()
        self.cameras.scenes.update((camera.name, camera.scene) for camera in wanted)
        self.parts.gallery.owner_state.know_cameras(self.names)
        for camera in ended:
            self._end(camera)
        if ended or begun:
            threading.Thread(target=_exchange, args=(ended, list(begun.values())), name="cameras change", daemon=True).start()

    def _end(self, camera: RunningCamera) -> None:
        """Publish that a camera is no more; of one that another replaces the topics stay. As at the end of edged nobody departs."""
        self.captures.lose(camera.name, "The camera was changed in the configuration.")
        self.states.publish_people(camera, NOBODY)
        if camera.name not in self.names:
            self.states.withdraw(camera)


def within_reach(old: Config, new: Config) -> tuple[Config, list[str]]:
    """The new configuration with the old value of what only a start reads, and the keys of which that is another."""
    fixed: list[str] = []
    sections: dict[str, BaseModel] = {}
    for name in FIXED:
        section, _, key = name.partition(".")
        was, wanted = getattr(old, section), sections.get(section, getattr(new, section))
        keys = [key] if key else list(type(was).model_fields)
        others = {key: getattr(was, key) for key in keys if getattr(was, key) != getattr(wanted, key)}
        fixed += [f"{section}.{key}" for key in others]
        sections[section] = wanted.model_copy(update=others)
    return new.model_copy(update=sections), fixed


def differing(old: Config, new: Config) -> list[str]:
    """The keys of which the values differ, and the cameras."""
    found = []
    for section in type(old).model_fields:
        was, now = getattr(old, section), getattr(new, section)
        if section == "camera":
            names = [camera.name for camera in (*was, *now) if camera not in was or camera not in now]
            found += [f"camera {name}" for name in dict.fromkeys(names)]
        else:
            found += [f"{section}.{key}" for key in type(was).model_fields if getattr(was, key) != getattr(now, key)]
    return found


def _exchange(ended: list[RunningCamera], begun: list[RunningCamera]) -> None:
    """Close, which may take seconds, and then open: the same device may be meant."""
    for camera in ended:
        camera.feed.close()
    for camera in begun:
        camera.feed.start()
