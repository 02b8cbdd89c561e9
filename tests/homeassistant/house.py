"""A house: a real broker with its rights, a real Home Assistant, and a running edged, which the tests in it drive.

What is tested is not known here.
"""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from door_acts import nobody
from door_clip import compose_scenes
from portraits import fetch

from edged.gallery.store import Gallery
from edged.gallery.templates import NewTemplate
from edged.storage.database import open_database
from edged.system.times import rfc3339, ulid
from edged.types import Embedding
from edged.vision.model_card import EmbeddingCard
from tests.broker import Mosquitto, Subscriber, wait_until
from tests.conftest import ROOT
from tests.guarded import PASSWORD, guarded_broker, rights_of_phones, rights_of_the_shell
from tests.home_assistant import HomeAssistant, environment
from tests.program import MODELS, Daemon, remember_strangers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.program import Value

BIRTH = "homeassistant/status"
"""Sent when Home Assistant hears again what it listens to, some seconds after it has connected."""
DISCOVERY = "homeassistant/device/edged_door/config"
BROKER_KILLED = "[paho.mqtt.client] failed to receive on socket", "Error returned from MQTT server: The connection was lost."
"""Parts of what Home Assistant logs where a test killed the broker."""
ONE_DEVICE = ROOT / "tests" / "homeassistant" / "one_device.json"
"""What an edged before the cameras had devices of their own has told of a device with the camera front and Alice."""


@dataclass
class House:
    """The programs of a house."""

    broker: Mosquitto
    subscriber: Subscriber
    home: HomeAssistant
    daemon: Daemon

    def event(self, event_type: str, picture: bytes = b"", **fields: object) -> str:
        """Let something happen at the door, now, and perhaps at the same time as what happened before, as edged tells it; its id."""
        now = datetime.now(UTC)
        event_id = ulid(now)
        facts = {
            "event_id": event_id,
            "camera": "front",
            "track": 1,
            "display_name": None,
            "person": None,
            "stranger": None,
            **({"seen_count": None, "first_seen_at": None, "corrects": None} if event_type != "departed" else {}),
            "frame_at": rfc3339(now),
        } | fields
        self._say("event", {"event_type": event_type, **facts})
        if event_type == "departed":
            return event_id
        if event_type == "recognised":
            self._say("last_person", {name: facts[name] for name in ("person", "display_name", "event_id", "frame_at")})
        else:
            self._say("stranger/last", {name: facts[name] for name in ("stranger", "seen_count", "first_seen_at", "event_id", "frame_at")})
        for kind in ("face", *(("stranger",) if event_type == "stranger" else ())):
            self._say(f"{kind}/shown", {"event_id": None, "picture": False})
            self.subscriber.publish(f"edged/door/front/{kind}/image", picture, wait=False)
            self._say(f"{kind}/shown", {"event_id": event_id, "picture": bool(picture)})
        return event_id

    def _say(self, topic: str, payload: object) -> None:
        self.subscriber.publish(f"edged/door/front/{topic}", json.dumps(payload), wait=False)

    def switch_off(self) -> None:
        """Stop edged as systemd would."""
        assert self.daemon.stop() == 0
        self.daemon.__exit__()

    def entities(self) -> dict[str, dict[str, Any]]:
        """All entities of the device and its cameras, also those that are switched off, by the end of their unique ids."""
        listed = self.home.command(type="config/entity_registry/list")
        return {row["unique_id"].removeprefix("edged_door_"): row for row in listed if row["platform"] == "mqtt"}

    def entity_of(self, key: str) -> str:
        """The id that Home Assistant has given the entity of a key."""
        wait_until(lambda: key in self.entities(), f"{key} is an entity")
        return str(self.entities()[key]["entity_id"])

    def devices(self) -> dict[str, dict[str, Any]]:
        """The devices of edged by name."""
        listed = self.home.command(type="config/device_registry/list")
        return {row["name"]: row for row in listed if row["manufacturer"] == "edged"}

    def states(self) -> dict[str, str | None]:
        """The state of every entity that is switched on, by key."""
        return {key: self.home.state(row["entity_id"]) for key, row in self.entities().items() if not row["disabled_by"]}

    def complaints(self) -> list[str]:
        """What Home Assistant has logged against messages, templates and automations, but for a broker that a test has killed."""
        lines = [line for line in self.home.log.splitlines() if "ERROR" in line or "WARNING" in line]
        ours = [line for line in lines if any(name in line for name in ("components.mqtt", "components.automation", "helpers."))]
        return [line for line in ours if not any(cause in line for cause in BROKER_KILLED)]

    def wait_for(self, key: str, state: str) -> None:
        """Wait until the entity of a key has a state."""
        self.home.wait_for(self.entity_of(key), state)


def enroll(gallery: Path, person: str, name: str, direction: int) -> None:
    """Have a gallery know somebody whose face is a direction of its own, like nobody's."""
    card = EmbeddingCard.read(MODELS / "embedding_sface")
    face = np.eye(1, card.embedding.dimensions, direction, dtype=np.float32)[0]
    with open_database(gallery) as database:
        Gallery(database).enroll(person, name, [NewTemplate(Embedding(face, card.id), 0.8, "test", datetime.now(UTC), None)])


@contextmanager
def house(folder: Path, configuration: str, camera: Mapping[str, Value] | None = None) -> Iterator[House]:
    """Run all three, each as the user that it is for the topic reference; edged was there before, and told of itself as one device.

    Nobody comes to the door, unless a camera is given.
    """
    environment()  # which may skip, before anything is started
    clip = folder / "nobody.mp4"
    if camera is None:
        compose_scenes([nobody(4)], fetch(), clip, (640, 480))
    with guarded_broker(folder, rights_of_the_shell(), rights_of_phones()) as broker, Subscriber(broker.port) as subscriber:
        home = HomeAssistant(folder / "home", broker.port, configuration, {"username": "homeassistant", "password": PASSWORD})
        shutil.copytree(ROOT / "edged" / "homeassistant" / "blueprints", home.folder / "blueprints" / "automation" / "edged")
        (home.folder / "automations.yaml").write_text("[]")
        (home.folder / "www" / "edged").mkdir(parents=True)
        (folder / "password").write_text(PASSWORD)
        login: dict[str, Value] = {"username": "edged", "password_file": str(folder / "password")}
        seen: Mapping[str, Value] = {"loop": True} if camera is None else {"source": "", **camera}
        daemon = Daemon(folder, broker.port, clip, mqtt=login, camera=seen, recognition={"emotion": True})
        enroll(daemon.gallery, "alice", "Alice Smith", 99)
        remember_strangers(daemon.gallery, 2)
        subscriber.publish(DISCOVERY, ONE_DEVICE.read_bytes(), retain=True)
        with home:
            subscriber.wait_for(BIRTH)
            yield House(broker, subscriber, home, daemon)
