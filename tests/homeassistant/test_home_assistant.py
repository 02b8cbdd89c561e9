"""edged in a real Home Assistant: what its owner sees of the device and its cameras, and does with them.

Each test goes on where the one before ended: a start takes ten seconds.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from edged.config import Config
from edged.homeassistant.announcer import description_of
from edged.homeassistant.discovery import message
from tests.broker import Subscriber, wait_until
from tests.home_assistant import environment, refused
from tests.homeassistant.house import BIRTH, DISCOVERY, house
from tests.program import remember_strangers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.config import Language
    from tests.homeassistant.house import House

VISITOR, SOMEBODY, FACE = "front:event", "front:somebody", "front:image"
LAST_EVENT, LAST_PERSON, LAST_VISIT = "front:last_event", "front:last_person", "front:last_visit"
PRESENT = "front:people"
THRESHOLD, NAME, ANNA = "setting:match_threshold", "enroll:name", "person:anna_weiss"
HAPPENED = {VISITOR, LAST_EVENT, LAST_PERSON, LAST_VISIT, "front:last_stranger"}
"""What is said of the past, and stays while edged is away."""


CONFIGURATION = """
recorder:
  commit_interval: 0
history:
logbook:
"""
MEASURED = {"start": "2026-01-01T00:00:00+00:00", "mean": 1.5, "min": 1.0, "max": 2.0}
"""An hour of the statistics of who was before the camera, long ago."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house in which an edged from before the cameras had devices of their own gives way to this one, once its owner has named things.

    It has been there for long: Home Assistant keeps of it who came and how many were there.
    """
    with house(tmp_path_factory.mktemp("house"), CONFIGURATION) as made:
        made.wait_for(VISITOR, "unknown")
        named = {"entity_id": made.entity_of(VISITOR), "new_entity_id": "event.who_comes", "name": "Who comes"}
        made.home.command(type="config/entity_registry/update", **named)
        made.home.wait_for("event.who_comes", "unknown")
        made.subscriber.publish("edged/door/availability", "online")
        made.subscriber.publish("edged/door/front/status", '{"status": "online"}')
        made.subscriber.publish("edged/door/front/people", '{"people": [], "strangers": 2, "still": [], "still_strangers": 0}')
        made.wait_for(PRESENT, "2")
        of = {"statistic_id": made.entity_of(PRESENT), "source": "recorder", "name": None, "unit_of_measurement": None}
        kind = {"has_mean": True, "has_sum": False}
        made.home.command(type="recorder/import_statistics", metadata={**of, **kind}, stats=[MEASURED])
        made.event("recognised", person="alice", display_name="Alice Smith")
        made.wait_for(LAST_PERSON, "Alice Smith")
        with made.daemon:
            made.wait_for("front:connectivity", "on")
            yield made


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("camera", [None, "back-yard"])
def test_its_own_schemas_take_every_entity(language: Language, camera: str | None) -> None:
    config = Config.model_validate({"device": {"id": "door", "language": language}, "camera": [{"name": "front"}, {"name": "back-yard"}]})
    people = {"alice": "Alice", "zoë": "Zoë {{ now() }}", "張三": "張三"}
    told = message(description_of(config, "1.2.3"), people, camera)
    assert refused(environment(), told) == ""
    assert refused(environment(), told.replace(b'"state_topic":', b'"state_topics":'))


def test_the_old_device_becomes_one_for_each_camera_and_nothing_is_lost_or_left(home: House) -> None:
    described = {key: one for told in json.loads(home.daemon.run("discovery").stdout).values() for key, one in told["cmps"].items()}
    triggers = {key for key, component in described.items() if component["platform"] == "device_automation"}
    left = {"front:person:alice"}  # Home Assistant 2025.4 does not listen for what was never switched on
    wait_until(lambda: home.entities().keys() - left == described.keys() - triggers, "all entities are there, and no other")
    if "front:person:alice" in home.entities():
        home.home.command(type="config/entity_registry/remove", entity_id=home.entity_of("front:person:alice"))
    wait_until(lambda: "unavailable" not in home.states().values(), "all are available")
    moved, devices = home.entities()[VISITOR], home.devices()
    assert (moved["entity_id"], moved["name"], moved["device_id"]) == ("event.who_comes", "Who comes", devices["Front"]["id"])
    assert devices["Front"]["via_device_id"] == devices["edged door"]["id"]
    assert devices.keys() == {"Front", "edged door"}
    areas = {row["area_id"]: row["name"] for row in home.home.command(type="config/area_registry/list")}
    assert areas[devices["Front"]["area_id"]] == "Front"
    listed = home.home.command(type="device_automation/trigger/list", device_id=devices["Front"]["id"])
    assert {row["type"] for row in listed if row["domain"] == "mqtt"} == {"somebody was recognised", "a stranger came"}
    assert home.home.state(home.entity_of(THRESHOLD)) == "0.43"
    assert home.complaints() == []


def test_history_and_statistics_stay_with_what_moves_and_counts_have_statistics(home: House) -> None:
    present = home.entity_of(PRESENT)
    home.wait_for(PRESENT, "0")
    asked = {"start_time": MEASURED["start"], "entity_ids": [present, "event.who_comes"], "no_attributes": True}

    def kept() -> dict[str, list[str]]:
        found = home.home.command(type="history/history_during_period", significant_changes_only=False, **asked)
        return {entity: [one["s"] for one in rows] for entity, rows in found.items()}

    wait_until(lambda: kept()[present][-1] == "0", "it goes on")
    assert "2" in kept()[present], "what was there before the move"
    assert home.states()[VISITOR] in kept()["event.who_comes"], "and who came"
    period = {"start_time": "2025-12-31T00:00:00+00:00", "period": "hour", "statistic_ids": [present]}
    [hour, *_] = home.home.command(type="recorder/statistics_during_period", **period)[present]
    assert (hour["mean"], hour["min"], hour["max"]) == (1.5, 1.0, 2.0)
    measured = {row["statistic_id"] for row in home.home.command(type="recorder/list_statistic_ids")}
    assert {present, home.entity_of("people"), home.entity_of("strangers")} <= measured


def test_a_tile_has_a_short_name_and_the_whole_one_says_where(home: House) -> None:
    for key, name in ((FACE, "Front Last face"), ("person:alice", "edged door Alice Smith"), ("front:stranger", "Front Stranger present")):
        found = home.home.entity(home.entity_of(key))
        assert found
        assert found["attributes"]["friendly_name"] == name
    home.wait_for("person:alice", "off")
    names = [row["original_name"] for row in home.entities().values()]
    assert not [name for name in names if name.startswith(("Front", "edged"))]


def test_what_there_is_not_is_not_shown_and_the_start_is_a_time(home: House) -> None:
    health = json.loads(home.subscriber.wait_for("/door/health")[-1])
    assert ("health:temperature" in home.entities()) is (health["temperature_celsius"] is not None)
    home.wait_for("health:started", health["started_at"][:19] + "+00:00")
    home.wait_for("people", "1")
    home.wait_for("strangers", "2")
    home.wait_for("front:colour", "on")
    assert "health:uptime" not in home.entities()


def test_an_event_names_who_and_is_not_told_again_after_edged_or_the_broker_restarts(home: House) -> None:
    event_id = home.event("recognised", b"face of Alice", person="alice", display_name="Alice Smith", similarity=0.71)
    home.wait_for(LAST_PERSON, "Alice Smith")
    wait_until(lambda: (home.home.entity("event.who_comes") or {})["attributes"].get("event_id") == event_id, "it is told")
    told = home.home.entity("event.who_comes")
    assert told
    attributes = told["attributes"]
    assert (attributes["event_type"], attributes["person"], attributes["message"]) == ("recognised", "alice", "Alice Smith came")
    home.switch_off()
    home.wait_for(SOMEBODY, "unavailable")
    assert home.states()[LAST_PERSON] == "Alice Smith", "to come back with a name would be an arrival"
    home.daemon.start()
    home.wait_for(SOMEBODY, "off")
    births = len(home.subscriber.on(BIRTH))
    home.broker.kill()
    home.wait_for(VISITOR, "unavailable")
    home.broker.start()
    home.subscriber.wait_for(BIRTH, births + 1)
    home.wait_for(SOMEBODY, "off")
    home.wait_for(VISITOR, told["state"])


def test_the_list_of_activities_says_who_came_and_left_each_time(home: House) -> None:
    since = datetime.now(UTC).isoformat()
    alice = ["Alice Smith left", "Alice Smith came", "Alice Smith left", "Alice Smith came"]
    said = [*alice, "A stranger came: stranger-9", "Alice Smith left"]
    for words in said:
        if "Alice" in words:
            home.event("departed" if "left" in words else "recognised", person="alice", display_name="Alice Smith")
        else:
            home.event("stranger", stranger="stranger-9")
        home.wait_for(LAST_EVENT, words)
    home.event("emotion", person="alice", display_name="Alice Smith")
    event = "event.who_comes"
    wait_until(lambda: (home.home.entity(event) or {})["attributes"]["event_type"] == "emotion", "it is told")
    assert home.states()[LAST_EVENT] == said[-1], "who comes and leaves is not lost among expressions"
    last = home.entity_of(LAST_EVENT)

    def listed() -> list[dict[str, str]]:
        asked = {"start_time": since, "entity_ids": [row["entity_id"] for row in home.entities().values()]}
        found: list[dict[str, str]] = home.home.command(type="logbook/get_events", **asked)
        return [row for row in found if row["entity_id"] == last]

    wait_until(lambda: len(listed()) >= len(said), "all are listed")
    assert [row["state"] for row in listed()] == said


def test_who_comes_twice_is_a_change(home: House) -> None:
    home.event("recognised", person="alice", display_name="Alice Smith")
    home.wait_for(LAST_PERSON, "Alice Smith")
    first = home.home.entity(home.entity_of(LAST_PERSON))
    home.event("recognised", person="alice", display_name="Alice Smith", frame_at="2026-01-01T00:00:00.000Z")
    home.wait_for(LAST_VISIT, "2026-01-01T00:00:00+00:00")
    second = home.home.entity(home.entity_of(LAST_PERSON))
    assert first
    assert second
    assert (first["state"], first["last_changed"]) == (second["state"], second["last_changed"])
    assert first["attributes"]["event_id"] != second["attributes"]["event_id"]


def test_the_last_stranger_has_a_picture_of_their_own(home: House) -> None:
    home.event("stranger", b"stranger", stranger="stranger-9", seen_count=4, first_seen_at="2026-01-01T00:00:00.000Z")
    home.event("recognised", b"Alice", person="alice", display_name="Alice Smith")
    home.wait_for("front:last_stranger", "stranger-9")
    found = home.home.entity(home.entity_of("front:last_stranger"))
    assert found
    assert (found["attributes"]["seen_count"], found["attributes"]["first_seen_at"]) == (4, "2026-01-01T00:00:00.000Z")
    for key, picture in (("front:stranger_image", b"stranger"), (FACE, b"Alice")):
        entity = home.entity_of(key)
        wait_until(lambda entity=entity, picture=picture: home.home.get(f"image_proxy/{entity}") == picture, "it shows them")  # type: ignore[misc]
    for field in ("last_changed", "attributes"):
        assert field in found
    assert "Template variable" not in home.home.log


@pytest.mark.parametrize("name", ["{{ 6 * 7 }}", "{% raw %}", "<script>alert(1)</script>", "['a', 'b']", "{'a': 1}"])
def test_whatever_a_person_of_an_older_gallery_is_called_is_shown_and_not_carried_out(home: House, name: str) -> None:
    home.event("recognised", person="mallory", display_name=name)
    home.wait_for(LAST_PERSON, name)
    told = home.home.entity("event.who_comes")
    assert told
    assert told["attributes"]["message"] == f"{name} came"


def test_a_number_changed_in_home_assistant_changes_the_threshold(home: House) -> None:
    home.home.call("number.set_value", entity_id=home.entity_of(THRESHOLD), value=0.5)
    home.wait_for(THRESHOLD, "0.5")
    state = json.loads(home.subscriber.on("/setting/match_threshold")[-1])
    assert (state["value"], state["default"], state["overridden"]) == (0.5, 0.43, True)
    home.home.call("switch.turn_off", entity_id=home.entity_of("setting:emotion"))
    home.wait_for("setting:emotion", "off")
    assert json.loads(home.subscriber.on("/setting/emotion")[-1])["value"] is False
    assert "setting:age_gender" not in home.entities(), "the configuration does not allow it"


def test_numbers_and_names_go_as_far_as_edged_takes_them(home: House) -> None:
    number, text = home.home.entity(home.entity_of(THRESHOLD)), home.home.entity(home.entity_of(NAME))
    assert number
    assert text
    least = number["attributes"]["min"]
    assert least == json.loads(home.subscriber.on("/setting/match_threshold")[-1])["minimum"] > 0.3
    home.home.call("number.set_value", entity_id=home.entity_of(THRESHOLD), value=least)
    home.wait_for(THRESHOLD, str(least))
    assert text["attributes"]["max"] == 64
    give_name(home, "n" * 64)


def give_name(home: House, name: str) -> None:
    """Type a name for the stranger seen last; once more where that one has come only just now, which Home Assistant is told."""
    before = len(home.subscriber.on("/response/enroll"))
    home.home.call("text.set_value", entity_id=home.entity_of(NAME), value=name)
    said = json.loads(home.subscriber.wait_for("/response/enroll", before + 1)[-1])
    if said["status"] == "error":
        assert said["error"]["code"] == "which_stranger"
        home.wait_for("refusal", said["error"]["message"][:255])
        home.home.call("text.set_value", entity_id=home.entity_of(NAME), value=name)
    home.wait_for(NAME, name)


def test_what_is_refused_is_said_in_edgeds_own_words(home: House) -> None:
    before = home.states()[NAME]
    home.home.call("text.set_value", entity_id=home.entity_of(NAME), value="<b>Anna</b>")
    wait_until(lambda: json.loads(home.subscriber.on("/response/enroll")[-1])["status"] == "error", "it is refused")
    said = json.loads(home.subscriber.on("/response/enroll")[-1])["error"]["message"]
    home.wait_for("refusal", said[:255])
    home.wait_for(NAME, str(before))


def test_a_restart_of_home_assistant_shows_who_came_last_and_tells_no_event_again(home: House) -> None:
    """And so does a reload of its MQTT, as when somebody switches an entity on."""
    home.event("recognised", person="alice", display_name="Alice Smith", frame_at="2026-01-02T00:00:00.000Z")
    home.wait_for(LAST_VISIT, "2026-01-02T00:00:00+00:00")
    told = home.home.entity("event.who_comes")
    assert told
    births = len(home.subscriber.on(BIRTH))
    home.home.restart()
    home.subscriber.wait_for(BIRTH, births + 1)
    wait_until(lambda: "unavailable" not in home.states().values(), "all are available")
    home.wait_for("front:connectivity", "on")
    wait_until(lambda: home.states()["refusal"] not in {None, "unknown"}, "the last refusal is said again")
    home.wait_for("person:alice", "off")
    again = home.home.entity("event.who_comes")
    assert again
    assert again["state"] == told["state"]


def test_the_scene_is_taken_when_the_button_is_pressed(home: House) -> None:
    home.home.call("button.press", entity_id=home.entity_of("front:take_scene"))
    home.subscriber.wait_for("/scene/image")
    scene = home.entity_of("front:scene")
    wait_until(lambda: home.home.state(scene) not in {None, "unknown"}, "there is a picture")
    assert home.home.get(f"image_proxy/{scene}").startswith(b"\xff\xd8")


def test_pictures_are_switched_off_from_home_assistant(home: House) -> None:
    home.home.call("switch.turn_off", entity_id=home.entity_of("setting:pictures"))
    home.wait_for("setting:pictures", "off")
    wait_until(lambda: home.subscriber.on("/scene/image")[-1] == b"", "the scene is not shown any more")
    home.home.call("button.press", entity_id=home.entity_of("front:take_scene"))
    wait_until(lambda: json.loads(home.subscriber.on("/response/snapshot")[-1])["status"] == "error", "it is refused")
    assert json.loads(home.subscriber.on("/response/snapshot")[-1])["error"]["code"] == "pictures_off"
    home.home.call("switch.turn_on", entity_id=home.entity_of("setting:pictures"))
    home.wait_for("setting:pictures", "on")


def test_a_camera_is_paused_and_resumed(home: House) -> None:
    home.home.call("switch.turn_on", entity_id=home.entity_of("front:pause"))
    home.wait_for("front:pause", "on")
    assert json.loads(home.subscriber.on("/front/status")[-1])["status"] == "paused"
    home.home.call("switch.turn_off", entity_id=home.entity_of("front:pause"))
    home.wait_for("front:pause", "off")


def test_the_button_enrolls_the_stranger_seen_last_under_the_name_that_was_given(home: House) -> None:
    give_name(home, "Anna Weiß")
    named = home.home.entity(home.entity_of(NAME))
    assert named is not None
    seen = named["attributes"]["stranger"]
    remember_strangers(home.daemon.gallery, 3)
    home.home.call("button.press", entity_id=home.entity_of("enroll:last_stranger"))
    home.wait_for(NAME, "")
    wait_until(lambda: json.loads(home.subscriber.on("/response/enroll")[-1])["data"].get("person"), "she is enrolled")
    done = json.loads(home.subscriber.on("/response/enroll")[-1])["data"]
    assert (done["person"], done["stranger"]) == ("anna_weiss", seen), "and not whoever came after her"
    home.wait_for(ANNA, "off")


def test_the_entity_of_somebody_forgotten_goes_and_all_others_stay(home: House) -> None:
    before = home.entities().keys()
    home.subscriber.publish("edged/door/request/forget", json.dumps({"person": "anna_weiss"}))
    wait_until(lambda: ANNA not in home.entities(), "she has none any more")
    assert home.entities().keys() == before - {ANNA}


def test_what_the_owner_does_not_allow_is_offered_no_more(home: House) -> None:
    before, configuration = home.entities().keys(), home.daemon.config.read_text(encoding="utf-8")
    home.switch_off()
    home.daemon.config.write_text(f"{configuration}\n[mqtt.allow]\npause = false\nenroll = false\n", encoding="utf-8")
    home.daemon.start()
    wait_until(lambda: home.entities().keys() == before - {"front:pause", NAME, "enroll:last_stranger"}, "they are gone")
    home.switch_off()
    home.daemon.config.write_text(configuration, encoding="utf-8")
    home.daemon.start()
    wait_until(lambda: home.entities().keys() == before, "they are back")


def test_a_camera_that_is_removed_leaves_nothing(home: House, tmp_path: Path) -> None:
    before, configuration = home.entities().keys(), home.daemon.config.read_text(encoding="utf-8")
    home.switch_off()
    garage = f'{configuration}\n[[camera]]\nname = "garage"\nsource = "{tmp_path / "nothing.mp4"}"\n'
    home.daemon.config.write_text(garage.replace("[camera]\n", "[[camera]]\n"), encoding="utf-8")
    home.daemon.start()
    wait_until(lambda: "Garage" in home.devices(), "there are two cameras")
    home.wait_for("garage:connectivity", "off")
    home.switch_off()
    home.daemon.config.write_text(configuration, encoding="utf-8")
    home.daemon.start()
    wait_until(lambda: home.entities().keys() == before, "its entities are gone")
    assert home.devices().keys() == {"Front", "edged door"}
    wait_until(lambda: not [topic for topic in retained(home) if "garage" in topic], "the broker keeps nothing of it")


def test_switched_off_everything_is_unavailable_but_what_happened_and_cleared_it_is_gone(home: House) -> None:
    refused = home.daemon.run("discovery", "--clear")
    assert (refused.returncode, "stop it first" in refused.stderr) == (1, True)
    home.switch_off()
    home.wait_for(SOMEBODY, "unavailable")
    assert {key for key, state in home.states().items() if state != "unavailable"} == HAPPENED
    assert home.complaints() == []
    cleared = home.daemon.run("discovery", "--clear")
    assert cleared.returncode == 0, cleared.stderr
    wait_until(lambda: home.entities() == {}, "no entity is left")
    wait_until(lambda: home.devices() == {}, "no device is left")
    assert retained(home) == set()


def retained(home: House) -> set[str]:
    """The topics of this device on which the broker keeps something."""
    with Subscriber(home.broker.port) as latecomer:
        latecomer.publish("edged/door/last", "")
        latecomer.wait_for("/last")
        topics = {heard.topic for heard in latecomer.heard if heard.retained and heard.payload}
    return {topic for topic in topics if topic.startswith(("edged/door/", DISCOVERY.removesuffix("/config")))}
