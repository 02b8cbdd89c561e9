"""The real program reads its configuration again at SIGHUP: cameras, thresholds and the broker change, and nobody in view is lost."""

from __future__ import annotations

import json
import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.broker import Mosquitto, Subscriber, wait_until
from tests.program import Daemon, Value, toml

if TYPE_CHECKING:
    from pathlib import Path

READ = "The configuration is read again: "


class Door(Daemon):
    """A device whose cameras show portraits for ever."""

    def __init__(self, folder: Path, port: int, portraits: dict[str, Path]) -> None:
        """Write the configuration of a front and a back door."""
        super().__init__(folder, port, "")
        self.port = port
        for name in ("obama", "biden", "astronaut"):
            (folder / name).mkdir()
            shutil.copy(portraits[name], folder / name)
        self.write(self.camera("front", "obama"), self.camera("back", "biden"))

    def camera(self, name: str, shows: str, **keys: Value) -> str:
        """A section of the file."""
        own = {"name": name, "source": str(self.folder / shows), "loop": True, "frames_per_second": 5.0, **keys}
        return toml({"camera": own})

    def write(self, *cameras: str, device: str = "door", port: int | None = None, **sections: dict[str, Value]) -> None:
        """Write the whole file."""
        common: dict[str, dict[str, Value]] = {
            "device": {"id": device},
            "mqtt": {"host": "127.0.0.1", "port": port or self.port},
            "gallery": {"path": str(self.gallery)},
            **sections,
        }
        self.config.write_text(toml(common) + "".join(cameras), encoding="utf-8")

    def reload(self, says: str = READ) -> str:
        """Have it read again, as systemd does; the last line of the log that says what came of it."""
        before = self.log.count(says)
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.log.count(says) > before, says)
        return next(line for line in reversed(self.log.splitlines()) if says in line)


@pytest.fixture
def door(tmp_path: Path, broker: Mosquitto, portraits: dict[str, Path]) -> Door:
    return Door(tmp_path, broker.port, portraits)


def told(subscriber: Subscriber, camera: str) -> list[tuple[str, int]]:
    """The kind and track of each event of a camera."""
    events: list[dict[str, Any]] = [json.loads(payload) for payload in subscriber.on(f"/{camera}/event")]
    return [(event["event_type"], event["track"]) for event in events]


def test_cameras_and_thresholds_change_and_who_stands_before_another_camera_is_not_lost(door: Door, subscriber: Subscriber) -> None:
    with door:
        subscriber.wait_for("/front/event")
        subscriber.wait_for("/back/event")
        assert b"back:event" in subscriber.wait_for("/camera_back/config")[-1]
        front, side = door.camera("front", "obama"), door.camera("side", "astronaut")
        door.write(front, side, recognition={"trigger_level": 4})
        line = door.reload()
        assert "recognition.trigger_level" in line
        assert "camera back" in line
        assert "camera side" in line
        assert "camera front" not in line
        subscriber.wait_for("/side/event")
        assert len(told(subscriber, "front")) == 1
        assert json.loads(subscriber.on("/front/people")[-1])["strangers"] == 1
        assert json.loads(subscriber.wait_for("/setting/trigger_level", 2)[-1])["value"] == 4
        assert subscriber.on("/back/status")[-1] == b""
        assert json.loads(subscriber.on("/info")[-1])["cameras"] == ["front", "side"]
        assert b"side:event" in subscriber.wait_for("/camera_side/config")[0]
        assert subscriber.wait_for("/camera_back/config", 2)[-1] == b""
        line = door.reload()
        assert "nothing is another" in line
        door.write(door.camera("front", "obama", flip=True), side, recognition={"trigger_level": 4})
        door.reload()
        subscriber.wait_for("/front/event", 2)
        assert len(told(subscriber, "side")) == 1
        assert door.stop() == 0


def test_a_mistake_changes_nothing_and_what_only_a_start_reads_is_named(door: Door, subscriber: Subscriber) -> None:
    with door:
        subscriber.wait_for("/front/event")
        good = door.config.read_text(encoding="utf-8")
        door.config.write_text(good + "\n[recogniton]\n", encoding="utf-8")
        assert "did you mean 'recognition'" in door.reload("The configuration is not taken over, and edged goes on as before")
        door.write(door.camera("front", "obama"), device="other", models={"embedding": "embedding_mobilefacenet"})
        assert "device.id, models.embedding" in door.reload("Not changed until edged is restarted: ")
        assert len(told(subscriber, "front")) == 1
        assert not any(message.topic.startswith("edged/other/") for message in subscriber.heard)
        assert door.stop() == 0


def test_another_broker_is_gone_to_with_everything(door: Door, subscriber: Subscriber, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    other = Mosquitto(folder).start()
    with door, Subscriber(other.port) as there:
        subscriber.wait_for("/front/event")
        door.write(door.camera("front", "obama"), door.camera("back", "biden"), port=other.port)
        assert "mqtt.port" in door.reload()
        assert subscriber.wait_for("/availability", 2)[-1] == b"offline"
        assert there.wait_for("/availability")[-1] == b"online"
        assert json.loads(there.wait_for("/front/people")[-1])["strangers"] == 1
        assert told(there, "front") == []
        there.publish("edged/door/request/people", "{}")
        there.wait_for("/response/people")
        assert door.stop() == 0
        assert there.wait_for("/availability", 2)[-1] == b"offline"
    other.kill()
