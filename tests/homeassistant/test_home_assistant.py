"""edged in a real Home Assistant: what its owner sees of the device, and does with it.

Each test goes on where the one before ended: a start takes ten seconds.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from door_acts import nobody
from door_clip import compose_scenes
from portraits import fetch

from edged.config import Config
from edged.homeassistant.announcer import description_of
from edged.homeassistant.discovery import message
from edged.system.times import rfc3339, ulid
from tests.broker import Mosquitto, Subscriber, wait_until
from tests.conftest import ROOT
from tests.guarded import PASSWORD, guarded_broker, rights_of_the_shell
from tests.home_assistant import HomeAssistant, environment, refused
from tests.program import Daemon, remember_strangers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.config import Language

VISITOR, FACE, SOMEBODY, LAST_PERSON = (
    "event.edged_door_front_visitor",
    "image.edged_door_front_last_face",
    "binary_sensor.edged_door_front_somebody_present",
    "sensor.edged_door_front_last_person",
)
THRESHOLD = "number.edged_door_match_threshold"
ANNA = "front:person:anna_weiss"
BIRTH = "homeassistant/status"
"""Sent when Home Assistant hears again what it listens to, some seconds after it has connected."""
BROKER_KILLED = "[paho.mqtt.client] failed to receive on socket"
"""Part of an error in Home Assistant's log, written where it was just reading when a test killed the broker."""
CONFIGURATION = """
counter:
  told:
  alarmed:
input_text:
  message:
    max: 255
automation:
  - use_blueprint:
      path: edged/who_is_at_the_door.yaml
      input:
        visitor: event.edged_door_front_visitor
        face: image.edged_door_front_last_face
        folder: FOLDER
        address: /local/edged
        notify:
          - action: counter.increment
            target: {entity_id: counter.told}
          - action: input_text.set_value
            target: {entity_id: input_text.message}
            data: {value: "{{ message }} {{ picture }} {{ tag }}"}
  - use_blueprint:
      path: edged/stranger_at_night.yaml
      input:
        visitor: event.edged_door_front_visitor
        face: image.edged_door_front_last_face
        folder: FOLDER
        address: /local/edged
        night_begins: "00:00:00"
        night_ends: "23:59:59"
        react:
          - action: counter.increment
            target: {entity_id: counter.alarmed}
"""


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
            **({"seen_count": None} if event_type != "departed" else {}),
            "frame_at": rfc3339(now),
        }
        self.subscriber.publish("edged/door/front/event", json.dumps({"event_type": event_type, **facts, **fields}), wait=False)
        if event_type == "departed":
            return event_id
        if event_type == "recognised":
            named = {name: {**facts, **fields}[name] for name in ("person", "display_name", "event_id", "frame_at")}
            self.subscriber.publish("edged/door/front/last_person", json.dumps(named), wait=False)
        for topic, payload in (
            ("shown", json.dumps({"event_id": None, "picture": False})),
            ("image", picture),
            ("shown", json.dumps({"event_id": event_id, "picture": bool(picture)})),
        ):
            self.subscriber.publish(f"edged/door/front/face/{topic}", payload, wait=False)
        return event_id

    def switch_off(self) -> None:
        """Stop edged as systemd would."""
        assert self.daemon.stop() == 0
        self.daemon.__exit__()

    def entities(self) -> dict[str, dict[str, Any]]:
        """All entities of the device, also those that are switched off, by the end of their unique ids."""
        listed = self.home.command(type="config/entity_registry/list")
        return {row["unique_id"].removeprefix("edged_door_"): row for row in listed if row["platform"] == "mqtt"}

    def states(self) -> dict[str, str | None]:
        """The state of every entity of the device that is switched on, by entity id."""
        return {row["entity_id"]: self.home.state(row["entity_id"]) for row in self.entities().values() if not row["disabled_by"]}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    environment()  # which may skip, before anything is started
    folder = tmp_path_factory.mktemp("house")
    clip = folder / "nobody.mp4"
    compose_scenes([nobody(4)], fetch(), clip, (640, 480))
    with guarded_broker(folder, rights_of_the_shell()) as broker:  # nothing here needs rights but those of the topic reference
        yield from running(folder, broker, clip)


def running(folder: Path, broker: Mosquitto, clip: Path) -> Iterator[House]:
    """Run both beside a broker, each as the user that it is for the topic reference."""
    configuration = CONFIGURATION.replace("FOLDER", str(folder / "home" / "www" / "edged"))
    home = HomeAssistant(folder / "home", broker.port, configuration, {"username": "homeassistant", "password": PASSWORD})
    (folder / "password").write_text(PASSWORD)
    login: dict[str, str | int | float | bool] = {"username": "edged", "password_file": str(folder / "password")}
    shutil.copytree(ROOT / "edged" / "homeassistant" / "blueprints", home.folder / "blueprints" / "automation" / "edged")
    daemon = Daemon(folder, broker.port, clip, mqtt=login, camera={"loop": True}, recognition={"emotion": True})
    remember_strangers(daemon.gallery, 2)
    with Subscriber(broker.port) as subscriber, home, daemon:
        subscriber.wait_for(BIRTH)
        home.wait_for(SOMEBODY, "off")
        yield House(broker, subscriber, home, daemon)


@pytest.mark.parametrize("language", ["en", "de"])
def test_its_own_schemas_take_every_entity(language: Language) -> None:
    config = Config.model_validate({"device": {"id": "door", "language": language}, "camera": [{"name": "front"}, {"name": "back-yard"}]})
    people = {"alice": "Alice", "zoë": "Zoë {{ now() }}", "張三": "張三"}
    told = message(description_of(config, "1.2.3"), people)
    assert refused(environment(), told) == ""
    assert refused(environment(), told.replace(b'"min":', b'"minimum":'))


def test_the_device_is_there_with_all_its_entities_and_none_was_refused(house: House) -> None:
    described = json.loads(house.daemon.run("discovery").stdout)["cmps"]
    triggers = {key for key, component in described.items() if component["platform"] == "device_automation"}
    assert house.entities().keys() == described.keys() - triggers
    listed = house.home.command(
        type="device_automation/trigger/list", device_id=house.home.command(type="config/device_registry/list")[-1]["id"]
    )
    found = {(row["type"], row["subtype"]) for row in listed if row["domain"] == "mqtt"}
    assert found == {("recognised", "front"), ("stranger", "front")}
    wait_until(lambda: "unavailable" not in house.states().values(), "all are available")
    assert house.home.state(THRESHOLD) == "0.43"
    assert [line for line in house.home.log.splitlines() if "mqtt" in line or "ERROR" in line] == []


def test_an_event_is_told_once_and_not_again_after_edged_or_the_broker_restarts(house: House) -> None:
    event_id = house.event("recognised", b"face of Alice", person="alice", display_name="Alice Smith", similarity=0.71)
    house.home.wait_for("counter.told", "1")
    told = house.home.entity(VISITOR)
    assert told is not None
    assert told["attributes"]["event_type"] == "recognised"
    assert told["attributes"]["person"] == "alice"
    house.home.wait_for("sensor.edged_door_front_last_person", "Alice Smith")
    assert (house.home.state("input_text.message") or "").startswith(f"Alice Smith is at the door /local/edged/{event_id}.jpg")
    house.switch_off()
    house.home.wait_for(SOMEBODY, "unavailable")
    assert house.home.state(LAST_PERSON) == "Alice Smith", "to come back with a name would be an arrival"
    house.daemon.start()
    house.home.wait_for(SOMEBODY, "off")
    births = len(house.subscriber.on(BIRTH))
    house.broker.kill()
    house.home.wait_for(VISITOR, "unavailable")
    house.broker.start()
    house.subscriber.wait_for(BIRTH, births + 1)
    house.home.wait_for(SOMEBODY, "off")
    house.home.wait_for(VISITOR, told["state"])
    assert house.home.state("counter.told") == "1"


def test_each_has_their_own_picture_and_who_has_none_has_nobodys(house: House) -> None:
    pictures = house.home.folder / "www" / "edged"
    for name in ("Bob", "Carol"):
        picture = pictures / f"{house.event('recognised', name.encode(), person=name, display_name=name)}.jpg"
        wait_until(lambda picture=picture, name=name: picture.exists() and picture.read_text() == name, "it is kept")  # type: ignore[misc]
    at_once = [(house.event("recognised", name.encode(), person=name, display_name=name), name) for name in ("Eve", "Frank")]
    house.home.wait_for("counter.told", "5")
    told = {event_id: (pictures / f"{event_id}.jpg") for event_id, _ in at_once}
    assert all(told[event_id].read_text() == name for event_id, name in at_once if told[event_id].exists())
    assert told[at_once[-1][0]].exists()
    house.event("recognised", person="dave", display_name="Dave")
    wait_until(lambda: house.home.state("input_text.message") == "Dave is at the door  edged-front-1", "no picture is Dave's")


def test_who_comes_twice_is_a_change(house: House) -> None:
    house.event("recognised", person="alice", display_name="Alice Smith")
    house.home.wait_for(LAST_PERSON, "Alice Smith")
    first = house.home.entity(LAST_PERSON)
    house.event("recognised", person="alice", display_name="Alice Smith", frame_at="2026-01-01T00:00:00.000Z")
    house.home.wait_for("sensor.edged_door_front_last_person_came", "2026-01-01T00:00:00+00:00")
    second = house.home.entity(LAST_PERSON)
    assert first
    assert second
    assert (first["state"], first["last_changed"]) == (second["state"], second["last_changed"])
    assert first["attributes"]["event_id"] != second["attributes"]["event_id"]
    house.home.wait_for("counter.told", "7")


def test_a_stranger_is_an_alarm_and_old_news_is_none(house: House) -> None:
    house.event("stranger", stranger="stranger-9", seen_count=1, frame_at="2026-01-01T00:00:00.000Z")
    house.event("departed", person="alice")
    for _ in range(5):
        house.event("stranger", stranger="stranger-9", seen_count=1)
    house.home.wait_for("counter.told", "12")
    house.home.wait_for("counter.alarmed", "5")
    assert "Template variable" not in house.home.log
    assert (house.home.state("input_text.message") or "").startswith("A stranger is at the door")


@pytest.mark.parametrize("name", ["{{ 6 * 7 }}", "{% raw %}", "<script>alert(1)</script>", "['a', 'b']", "{'a': 1}"])
def test_whatever_a_person_of_an_older_gallery_is_called_is_shown_and_not_carried_out(house: House, name: str) -> None:
    house.event("recognised", person="mallory", display_name=name)
    wait_until(lambda: (house.home.state("input_text.message") or "").startswith(f"{name} is at the door"), name)
    house.home.wait_for("sensor.edged_door_front_last_person", name)


def test_a_number_changed_in_home_assistant_changes_the_threshold(house: House) -> None:
    house.home.call("number.set_value", entity_id=THRESHOLD, value=0.5)
    house.home.wait_for(THRESHOLD, "0.5")
    assert json.loads(house.subscriber.on("/setting/match_threshold")[-1]) == {
        "value": 0.5,
        "default": 0.43,
        "overridden": True,
        "locked": False,
        "minimum": 0.37,
        "maximum": 0.9,
    }
    house.home.call("switch.turn_off", entity_id="switch.edged_door_expression")
    house.home.wait_for("switch.edged_door_expression", "off")
    assert json.loads(house.subscriber.on("/setting/emotion")[-1])["value"] is False
    assert "setting:age_gender" not in house.entities(), "the configuration does not allow it"


def test_an_unsafe_number_is_refused_and_the_old_one_shown_again(house: House) -> None:
    told = len(house.subscriber.on("/setting/match_threshold"))
    house.home.call("number.set_value", entity_id=THRESHOLD, value=0.25)
    assert json.loads(house.subscriber.wait_for("/setting/match_threshold", told + 1)[-1])["value"] == 0.5
    house.home.wait_for(THRESHOLD, "0.5")
    wait_until(lambda: json.loads(house.subscriber.on("/response/settings")[-1])["status"] == "error", "it is refused")
    said = json.loads(house.subscriber.on("/response/settings")[-1])["error"]["message"]
    house.home.wait_for("sensor.edged_door_last_refusal", said[:255])


def test_pictures_are_switched_off_from_home_assistant(house: House) -> None:
    house.home.call("switch.turn_off", entity_id="switch.edged_door_pictures")
    house.home.wait_for("switch.edged_door_pictures", "off")
    house.subscriber.publish("edged/door/request/snapshot", "")
    assert json.loads(house.subscriber.wait_for("/response/snapshot")[-1])["error"]["code"] == "pictures_off"
    house.home.call("switch.turn_on", entity_id="switch.edged_door_pictures")
    house.home.wait_for("switch.edged_door_pictures", "on")


def test_a_camera_is_paused_and_resumed(house: House) -> None:
    house.home.call("switch.turn_on", entity_id="switch.edged_door_front_pause")
    house.home.wait_for("switch.edged_door_front_pause", "on")
    assert json.loads(house.subscriber.on("/front/status")[-1])["status"] == "paused"
    house.home.call("switch.turn_off", entity_id="switch.edged_door_front_pause")
    house.home.wait_for("switch.edged_door_front_pause", "off")


def test_the_button_enrolls_the_stranger_seen_last_under_the_name_that_was_given(house: House) -> None:
    house.home.call("text.set_value", entity_id="text.edged_door_name_to_enroll", value="Anna Weiß")
    house.home.wait_for("text.edged_door_name_to_enroll", "Anna Weiß")
    named = house.home.entity("text.edged_door_name_to_enroll")
    assert named is not None
    seen = named["attributes"]["stranger"]
    remember_strangers(house.daemon.gallery, 3)
    house.home.call("button.press", entity_id="button.edged_door_enroll_last_stranger")
    house.home.wait_for("text.edged_door_name_to_enroll", "")
    done = json.loads(house.subscriber.wait_for("/response/enroll", 2)[-1])["data"]
    assert (done["person"], done["stranger"]) == ("anna_weiss", seen), "and not whoever came after her"
    wait_until(lambda: ANNA in house.entities(), "she has an entity")
    assert house.entities()[ANNA]["disabled_by"] == "integration"


def test_the_entity_of_somebody_forgotten_goes_and_all_others_stay(house: House) -> None:
    entity = house.entities()[ANNA]["entity_id"]
    house.home.command(type="config/entity_registry/update", entity_id=entity, disabled_by=None)
    house.home.wait_for(entity, "off")
    before = house.entities().keys()
    house.subscriber.publish("edged/door/request/forget", json.dumps({"person": "anna_weiss"}))
    wait_until(lambda: ANNA not in house.entities(), "she has none any more")
    assert house.entities().keys() == before - {ANNA}


def test_what_the_owner_does_not_allow_is_offered_no_more(house: House) -> None:
    before, configuration = house.entities().keys(), house.daemon.config.read_text(encoding="utf-8")
    house.switch_off()
    house.daemon.config.write_text(f"{configuration}\n[mqtt.allow]\npause = false\nenroll = false\n", encoding="utf-8")
    house.daemon.start()
    wait_until(lambda: house.entities().keys() == before - {"front:pause", "enroll:name", "enroll:last_stranger"}, "they are gone")
    house.switch_off()
    house.daemon.config.write_text(configuration, encoding="utf-8")
    house.daemon.start()
    wait_until(lambda: house.entities().keys() == before, "they are back")


def test_the_last_face_is_shown(house: House, portraits: dict[str, Path]) -> None:
    house.subscriber.publish("edged/door/front/face/image", portraits["astronaut"].read_bytes())
    wait_until(lambda: house.home.state(FACE) != "unknown", "there is a picture")
    assert house.home.get(f"image_proxy/{FACE}") == portraits["astronaut"].read_bytes()


def test_switched_off_everything_is_unavailable_but_what_happened_and_cleared_it_is_gone(house: House) -> None:
    refused = house.daemon.run("discovery", "--clear")
    assert (refused.returncode, "stop it first" in refused.stderr) == (1, True)
    before = house.home.state("counter.told"), house.home.state("counter.alarmed"), house.home.state(VISITOR)
    house.switch_off()
    house.home.wait_for(SOMEBODY, "unavailable")
    assert {entity for entity, state in house.states().items() if state != "unavailable"} == {VISITOR, LAST_PERSON, f"{LAST_PERSON}_came"}
    assert (house.home.state("counter.told"), house.home.state("counter.alarmed"), house.home.state(VISITOR)) == before
    assert [line for line in house.home.log.splitlines() if ("ERROR" in line or "discovery" in line) and BROKER_KILLED not in line] == []
    cleared = house.daemon.run("discovery", "--clear")
    assert cleared.returncode == 0, cleared.stderr
    wait_until(lambda: house.entities() == {}, "no entity is left")
    with Subscriber(house.broker.port) as latecomer:
        latecomer.publish("edged/door/last", "")
        latecomer.wait_for("/last")
        assert [heard.topic for heard in latecomer.heard if heard.retained] == []
