"""A new gallery at a broker that knows people of this device: nothing of theirs goes before the owner has decided, and it is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from edged.config import Config
from edged.daemon.introduction import PATIENCE_SECONDS
from edged.daemon.new_gallery import NewGallery
from edged.gallery.store import Gallery
from edged.homeassistant.announcer import Announcer, description_of
from edged.mqtt.bridge import Bridge
from edged.mqtt.link import MemoryLink
from edged.mqtt.recall import Recall
from edged.storage.database import open_database
from tests.broker import Subscriber, wait_until
from tests.door import shared_state
from tests.gallery.conftest import template
from tests.mqtt.conftest import TOPICS
from tests.program import Daemon

if TYPE_CHECKING:
    from pathlib import Path

    from edged.vision.faces import FaceReader
    from tests.broker import Mosquitto

CONFIG = "homeassistant/device/edged_door/config"


@pytest.fixture
def daemon(tmp_path: Path, broker: Mosquitto) -> Daemon:
    return Daemon(tmp_path, broker.port, tmp_path / "no-camera.mp4")


def enroll(daemon: Daemon, *names: str) -> None:
    with open_database(daemon.gallery) as database:
        for number, name in enumerate(names):
            Gallery(database).enroll(name, None, [template(number)])


def shown(broker: Mosquitto) -> set[str]:
    """The people whom Home Assistant is told of when it starts now."""
    with Subscriber(broker.port) as latecomer:
        latecomer.publish("last", "")
        latecomer.wait_for("last")
        kept = [json.loads(heard.payload) for heard in latecomer.heard if heard.topic == CONFIG and heard.retained]
    return {key.split(":")[1] for one in kept for key in one["cmps"] if key.startswith("person:")}


def problem(subscriber: Subscriber) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(subscriber.wait_for("/problem")[-1])
    return found


def run_until_shown(daemon: Daemon, broker: Mosquitto, *people: str) -> None:
    with daemon:
        wait_until(lambda: shown(broker) == set(people), f"{people} are shown")
        daemon.stop()


def test_people_of_a_gallery_that_has_gone_stay_until_somebody_is_enrolled(
    daemon: Daemon, broker: Mosquitto, subscriber: Subscriber
) -> None:
    enroll(daemon, "alice", "bob")
    run_until_shown(daemon, broker, "alice", "bob")
    daemon.gallery.unlink()
    for _ in range(2):  # a restart is no decision
        with daemon:
            wait_until(lambda: problem(subscriber)["problem"] == "new", "it is told")
            assert "alice, bob" in problem(subscriber)["reason"]
            assert shown(broker) == {"alice", "bob"}
            daemon.wait_for_log("the broker knows people of this device")
            daemon.stop()
    with daemon:
        wait_until(lambda: problem(subscriber)["problem"] == "new", "it is told again")
        enroll(daemon, "carol")
        wait_until(lambda: problem(subscriber)["problem"] is None, "the owner has decided")
        wait_until(lambda: shown(broker) == {"carol"}, "carol is shown alone")
        taken = [json.loads(heard.payload)["cmps"] for heard in subscriber.heard if heard.topic == CONFIG and not heard.retained]
        assert {key for one in taken for key in one if key.startswith("person:")} >= {"person:alice", "person:bob"}
        daemon.stop()


def test_a_backup_that_is_restored_ends_it_too(daemon: Daemon, broker: Mosquitto, subscriber: Subscriber) -> None:
    enroll(daemon, "alice")
    run_until_shown(daemon, broker, "alice")
    assert daemon.run("backup").returncode == 0
    daemon.gallery.unlink()
    with daemon:
        wait_until(lambda: problem(subscriber)["problem"] == "new", "it is told")
        assert "edged restore" in problem(subscriber)["reason"]
        daemon.stop()
    assert daemon.run("restore", daemon.folder / "backups" / "gallery-000001.db").returncode == 0
    with daemon:
        wait_until(lambda: problem(subscriber)["problem"] is None, "all is well")
        assert shown(broker) == {"alice"}
        daemon.stop()


def test_nothing_is_said_where_the_broker_was_cleared_or_knows_nobody(daemon: Daemon, broker: Mosquitto, subscriber: Subscriber) -> None:
    run_until_shown(daemon, broker)
    enroll(daemon, "alice")
    run_until_shown(daemon, broker, "alice")
    assert daemon.run("discovery", "--clear").returncode == 0
    daemon.gallery.unlink()
    with daemon:
        subscriber.wait_for(CONFIG, len(subscriber.on(CONFIG)) + 1)
        daemon.stop()
    assert {json.loads(payload)["problem"] for payload in subscriber.on("/problem") if payload} == {None}


def test_who_was_forgotten_while_edged_did_not_run_is_taken_away_at_once(daemon: Daemon, broker: Mosquitto, subscriber: Subscriber) -> None:
    """The owner has decided: this gallery is not new, though nobody is in it."""
    enroll(daemon, "alice")
    run_until_shown(daemon, broker, "alice")
    assert daemon.run("forget", "alice").returncode == 0
    run_until_shown(daemon, broker)
    assert {json.loads(payload)["problem"] for payload in subscriber.on("/problem")} == {None}


def test_a_broker_that_lets_nobody_in_to_ask_counts_as_knowing_nobody(reader: FaceReader) -> None:
    link = MemoryLink()
    bridge = Bridge(link, TOPICS, on_input=lambda: None, subscriber_grace_seconds=60.0)
    bridge.start()
    announcer = Announcer(bridge.states, description_of(Config.model_validate({"device": {"id": "door"}}), "1.2.3"))
    new = NewGallery(Recall(MemoryLink(), ("#",)), announcer, shared_state(reader), bridge, "")
    new.run(0.0)
    new.run(1000.0)
    assert announcer.is_held, "the broker is away"
    link.connect()
    for now in (1001.0, 1000.0 + PATIENCE_SECONDS - 1):
        new.run(now)
        assert announcer.is_held
    new.run(1001.0 + PATIENCE_SECONDS)
    assert not announcer.is_held
