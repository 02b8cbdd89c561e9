"""The main job, end to end: the real program, a real broker, real faces in a clip."""

from __future__ import annotations

import base64
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from door_acts import comes_closer, nobody

from edged.gallery.store import Gallery
from edged.gallery.strangers import Strangers
from edged.interface.events import FacePayload
from edged.storage.database import open_database
from edged.storage.outbox import Outbox
from tests.broker import Mosquitto, Subscriber, free_port, wait_until
from tests.camera.test_rtsp import RtspCamera
from tests.door import film_to
from tests.program import Daemon, Value, remember_strangers, toml

SIZE = (640, 480)
RANGE = {"minimum": 1.0, "maximum": 50.0}
"""Of `trigger_level`."""
SWITCH = {"minimum": None, "maximum": None}
NOBODY_VIDEO = Path(__file__).resolve().parents[2] / "shared" / "data" / "video" / "backs_and_empty_scene.mp4"


@pytest.fixture(scope="session")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Obama comes to the door and leaves, then somebody who is not enrolled does."""
    acts = [nobody(1), comes_closer("obama", 4), nobody(2), comes_closer("astronaut", 5), nobody(2)]
    return film_to(tmp_path_factory.mktemp("clips") / "visit.mp4", *acts)


@pytest.fixture(scope="session")
def nobody_there(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty porch."""
    return film_to(tmp_path_factory.mktemp("clips") / "nobody.mp4", nobody(4))


def events(subscriber: Subscriber) -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in subscriber.on("/event")]


def ask(subscriber: Subscriber, verb: str, **request: object) -> dict[str, Any]:
    """The answer to a request over MQTT."""
    before = len(subscriber.on(f"/response/{verb}"))
    subscriber.publish(f"edged/door/request/{verb}", json.dumps({"id": verb, **request}))
    answer: dict[str, Any] = json.loads(subscriber.wait_for(f"/response/{verb}", before + 1)[-1])
    assert answer["id"] == verb
    return answer


def enroll(daemon: Daemon, picture: Path, name: str = "Barack Obama") -> None:
    done = daemon.run("enroll", name, picture)
    assert done.returncode == 0, done.stderr


def test_the_right_person_and_one_stranger_are_announced(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visit: Path, portraits: dict[str, Path]
) -> None:
    daemon = Daemon(tmp_path, broker.port, visit, camera={"pace": "fast"})
    enroll(daemon, portraits["obama"])
    with daemon:
        assert daemon.wait() == 0, daemon.log
        subscriber.wait_for("/availability", 2)
    told = [FacePayload.model_validate(event) for event in events(subscriber)]
    assert [(event.event_type, event.person, event.display_name) for event in told] == [
        ("recognised", "barack_obama", "Barack Obama"),
        ("stranger", None, None),
    ]
    assert [event.seq for event in told] == [1, 2]
    assert told[0].similarity is not None
    assert told[0].similarity >= told[0].threshold > (told[1].similarity or 0)
    assert told[1].reason == "below_threshold"
    assert told[0].frame_size == SIZE
    assert not any(message.retained for message in subscriber.heard if message.topic.endswith("/event"))
    people = [json.loads(payload) for payload in subscriber.on("/people")]
    assert {"people": ["barack_obama"], "strangers": 0, "still": [], "still_strangers": 0} in people
    assert people[-1] == {"people": [], "strangers": 0, "still": [], "still_strangers": 0}
    assert subscriber.on("/availability") == [b"online", b"offline"]
    with open_database(daemon.gallery) as database:
        assert Outbox(database).count() == 0


def test_an_empty_scene_has_no_event(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, nobody_there: Path) -> None:
    with Daemon(tmp_path, broker.port, nobody_there, camera={"pace": "fast"}) as daemon:
        assert daemon.wait() == 0
        subscriber.wait_for("/availability", 2)
    assert events(subscriber) == []


@pytest.mark.skipif(not NOBODY_VIDEO.exists(), reason="the development data is not here")
def test_people_seen_from_behind_are_no_event(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    with Daemon(tmp_path, broker.port, NOBODY_VIDEO, camera={"pace": "fast"}) as daemon:
        assert daemon.wait() == 0
        subscriber.wait_for("/availability", 2)
    assert events(subscriber) == []


def test_a_broker_killed_in_the_middle_gets_every_event_once_and_in_order(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visit: Path
) -> None:
    eager: dict[str, str | int | float | bool] = {
        "refractory_seconds": 0.0,
        "stranger_after_seconds": 0.0,
        "lost_after_seconds": 0.3,
        "trigger_level": 1,
    }
    with (
        Daemon(tmp_path, broker.port, visit, camera={"loop": True}, recognition=eager) as daemon,
        open_database(daemon.gallery) as database,
    ):
        outbox = Outbox(database)
        subscriber.wait_for("/event")
        wait_until(lambda: outbox.count() == 0, "the broker has acknowledged what it was sent")
        broker.kill()
        wait_until(lambda: outbox.count() >= 2, "events happen while the broker is away")
        broker.start()
        waited = outbox.pending()[-1].seq
        wait_until(lambda: any(event["seq"] > waited for event in events(subscriber)), "all that waited, and one more")
        assert daemon.stop() == 0
        wait_until(lambda: outbox.count() == 0 or subscriber.on("/availability")[-1] == b"offline", "the end")
    told = events(subscriber)
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    assert len({event["event_id"] for event in told}) == len(told)
    late = [event for event in told if event["latency_ms"] > 500]
    assert late, "those that waited say how late they are"


def test_the_gallery_is_managed_over_mqtt_and_from_the_shell_while_it_runs(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visit: Path, portraits: dict[str, Path]
) -> None:
    with Daemon(tmp_path, broker.port, visit, camera={"loop": True}, recognition={"refractory_seconds": 0.5}) as daemon:
        subscriber.wait_for("/availability")
        subscriber.wait_for("/front/status")
        image = base64.b64encode(portraits["astronaut"].read_bytes()).decode()
        answer = ask(subscriber, "enroll", person="Eileen", image=image)
        assert (answer["status"], answer["data"]["person"]) == ("ok", "eileen")
        assert ask(subscriber, "enroll", person="Eileen", image=image)["error"]["code"] == "duplicate"
        enroll(daemon, portraits["obama"])
        wait_until(lambda: {"eileen", "barack_obama"} <= {event["person"] for event in events(subscriber)}, "both are recognised")
        assert [row["person"] for row in ask(subscriber, "people")["data"]["people"]] == ["barack_obama", "eileen"]
        assert "eileen" in daemon.run("people").stdout
        assert ask(subscriber, "forget", person="Eileen")["data"]["templates"] == 1
        assert daemon.run("forget", "Barack Obama").returncode == 0
        assert ask(subscriber, "people")["data"]["people"] == []
        assert daemon.stop() == 0
    content = daemon.gallery.read_bytes()
    assert b"Eileen" not in content
    assert b"Obama" not in content


def test_strangers_are_ignored_enrolled_and_forgotten_over_mqtt_and_from_the_shell(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, nobody_there: Path
) -> None:
    daemon = Daemon(tmp_path, broker.port, nobody_there, camera={"loop": True})
    remember_strangers(daemon.gallery, 4)
    with daemon:
        subscriber.wait_for("/availability")
        assert {row["stranger"] for row in ask(subscriber, "strangers")["data"]["strangers"]} == {f"stranger-{n}" for n in (1, 2, 3, 4)}
        assert ask(subscriber, "ignore", stranger="stranger-1")["data"]["ignored"] is True
        assert ask(subscriber, "ignore", stranger="stranger-9")["error"]["code"] == "stranger_not_found"
        assert ask(subscriber, "enroll", person="Stranger-5", stranger="stranger-2")["error"]["code"] == "bad_name"
        assert ask(subscriber, "enroll", person="Anna Weiß", stranger="stranger-2")["data"]["templates"] == 1
        assert ask(subscriber, "forget", person="stranger-3")["data"]["templates"] == 1
        assert ask(subscriber, "forget", person="stranger-3")["error"]["code"] == "stranger_not_found"
        assert daemon.run("ignore", "stranger-1", "--off").returncode == 0
        assert daemon.run("forget", "stranger-4").returncode == 0
        [left] = ask(subscriber, "strangers")["data"]["strangers"]
        assert (left["stranger"], left["ignored"]) == ("stranger-1", False)
        assert [row["person"] for row in ask(subscriber, "people")["data"]["people"]] == ["anna_weiss"]
        assert daemon.stop() == 0
    with open_database(daemon.gallery) as database:
        assert [stranger.id for stranger in Strangers(database).strangers()] == ["stranger-1"]
        assert [person.id for person in Gallery(database).people()] == ["anna_weiss"]


def test_settings_change_at_once_and_survive_a_restart(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, nobody_there: Path
) -> None:
    daemon = Daemon(tmp_path, broker.port, nobody_there, camera={"loop": True})
    with daemon:
        subscriber.wait_for("/setting/trigger_level")
        answer = ask(subscriber, "settings", set={"trigger_level": 7})
        assert answer["data"]["settings"]["trigger_level"] == {"value": 7, "default": 3, "overridden": True, "locked": False} | RANGE
        assert json.loads(subscriber.wait_for("/setting/trigger_level", 2)[-1])["value"] == 7
        assert ask(subscriber, "settings", set={"match_threshold": 0.01})["error"]["code"] == "bad_setting"
        assert json.loads(subscriber.wait_for("/setting/trigger_level", 3)[-1])["value"] == 7, "told again after a refusal"
        assert daemon.stop() == 0
    with daemon:
        assert json.loads(subscriber.wait_for("/setting/trigger_level", 4)[-1])["value"] == 7
        assert daemon.stop() == 0


def test_expression_age_and_gender_are_told_from_when_they_are_switched_on_until_they_are_switched_off(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visit: Path
) -> None:
    brief: dict[str, Value] = {"refractory_seconds": 0.5, "emotion": True, "age_gender": True}
    with Daemon(tmp_path, broker.port, visit, camera={"loop": True, "pace": "fast"}, recognition=brief) as daemon:
        subscriber.wait_for("/front/status")
        assert ask(subscriber, "settings", set={"emotion": False, "age_gender": "off"})["status"] == "ok"
        visits_pass(subscriber)
        before = max(event["seq"] for event in events(subscriber))
        visits_pass(subscriber)
        assert types(subscriber, after=before) <= {"stranger", "departed"}
        on = ask(subscriber, "settings", set={"emotion": True, "age_gender": True})
        assert on["data"]["settings"]["emotion"] == {"value": True, "default": True, "overridden": True, "locked": False} | SWITCH
        wait_until(lambda: {"emotion", "age_gender"} <= types(subscriber), "expression, age and gender are told")
        told = [event for event in events(subscriber) if event["event_type"] in ("emotion", "age_gender")]
        announced = {(event["track"], event["stranger"]) for event in events(subscriber) if event["event_type"] == "stranger"}
        assert {(event["track"], event["stranger"]) for event in told} <= announced
        assert ask(subscriber, "settings", set={"emotion": False, "age_gender": False})["status"] == "ok"
        visits_pass(subscriber)  # and what was told before the answer, and was on its way, has come
        last = max(event["seq"] for event in events(subscriber))
        visits_pass(subscriber)
        assert types(subscriber, after=last) <= {"stranger", "departed"}
        assert daemon.stop() == 0


def test_what_the_configuration_does_not_allow_is_neither_switched_on_nor_sent_elsewhere(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, nobody_there: Path
) -> None:
    allowed: dict[str, Value] = {"response_topics": ["phones/+"]}
    with Daemon(tmp_path, broker.port, nobody_there, mqtt=allowed, camera={"loop": True}, privacy={"pictures": False}) as daemon:
        subscriber.wait_for("/front/status")
        for name in ("emotion", "age_gender", "pictures"):
            assert json.loads(subscriber.wait_for(f"/setting/{name}")[0]) == {
                "value": False,
                "default": False,
                "overridden": False,
                "locked": True,
                **SWITCH,
            }
            refused = ask(subscriber, "settings", set={name: True})["error"]
            assert (refused["code"], f"{name} = true" in refused["message"]) == ("bad_setting", True)
        for topic in ("zigbee2mqtt/lock/set", "edged/door/front/event", "phones/a/b"):
            subscriber.publish("edged/door/request/settings", '{"set": {"trigger_level": 9}}', response_topic=topic)
        for topic in ("phones/a", "edged/door/response/phone"):
            subscriber.publish("edged/door/request/settings", '{"id": "a"}', response_topic=topic)
            assert json.loads(subscriber.wait_for(topic)[0])["data"]["settings"]["trigger_level"]["value"] == 3
        answers = [json.loads(payload) for payload in subscriber.on("/response/settings")[-3:]]
        assert {answer["error"]["code"] for answer in answers} == {"bad_response_topic"}
        assert not {heard.topic for heard in subscriber.heard} & {"zigbee2mqtt/lock/set", "edged/door/front/event", "phones/a/b"}
        assert "Answers are not sent to 'zigbee2mqtt/lock/set'" in daemon.log
        assert daemon.stop() == 0


def test_a_camera_that_refuses_says_so_and_no_secret_is_told_or_logged(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    (tmp_path / "password").write_text("br0ker-s3cret\n")
    login: dict[str, Value] = {"username": "edged", "password_file": str(tmp_path / "password")}
    with RtspCamera() as camera:
        threading.Thread(target=camera.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        daemon = Daemon(tmp_path, broker.port, camera.url("admin:cam3ra-s3cret@"), mqtt=login, log={"level": "debug"})
        with daemon:
            wait_until(lambda: any(b"401 Unauthorized" in status for status in subscriber.on("/front/status")), "it says why")
            status = json.loads(subscriber.on("/front/status")[-1])
            assert (status["status"], "the user name or the password is wrong" in status["reason"]) == ("offline", True)
            subscriber.publish("edged/door/request/people", "{}", response_topic="a/lock")
            subscriber.publish("edged/door/request/export", "{}")
            wait_until(lambda: "'export' is not allowed" in daemon.log, "it is logged")
            told = b"".join(heard.payload for heard in subscriber.heard).decode(errors="replace")
            assert daemon.stop() == 0
        camera.shutdown()
    assert "401 Unauthorized" in daemon.log
    for secret in ("br0ker-s3cret", "cam3ra-s3cret", "channel=2"):
        assert secret not in daemon.log
        assert secret not in told


def types(subscriber: Subscriber, after: int = 0) -> set[str]:
    """The types of the events after this number."""
    return {event["event_type"] for event in events(subscriber) if event["seq"] > after}


def visits_pass(subscriber: Subscriber) -> None:
    """Wait until two more have come and left, as somebody does whose expression would be told."""
    before = len(events(subscriber))
    wait_until(
        lambda: sum(event["event_type"] == "departed" for event in events(subscriber)[before:]) >= 2,
        "two visits begin and end",
    )


def test_a_camera_that_is_not_there_is_told_and_waited_for(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, nobody_there: Path
) -> None:
    place = tmp_path / "camera.mp4"
    with Daemon(tmp_path, broker.port, place, camera={"loop": True}) as daemon:
        status = json.loads(subscriber.wait_for("/front/status")[0])
        assert status["status"] == "offline"
        assert "camera.mp4" in status["reason"]
        assert ask(subscriber, "people")["status"] == "ok"
        place.symlink_to(nobody_there)
        back = {"status": "online", "reason": None, "problem": None, "hint": None, "colour": True, "decoder": None}
        wait_until(lambda: json.loads(subscriber.on("/front/status")[-1]) == back, "the camera is back")
        assert daemon.stop() == 0


def test_without_a_broker_it_watches_and_keeps_what_it_saw(tmp_path: Path, visit: Path) -> None:
    with Daemon(tmp_path, free_port(), visit, camera={"pace": "fast"}) as daemon:
        assert daemon.wait() == 0
    with open_database(daemon.gallery) as database:
        assert [json.loads(entry.payload)["event_type"] for entry in Outbox(database).pending()] == ["stranger", "stranger"]


def test_a_second_daemon_on_the_same_gallery_is_refused(tmp_path: Path, broker: Mosquitto, visit: Path) -> None:
    with Daemon(tmp_path, broker.port, visit, camera={"loop": True}) as daemon:
        daemon.wait_for_log("online")
        second = daemon.run("run")
        assert second.returncode == 1
        assert "Another edged runs on the gallery" in second.stderr
        assert "Traceback" not in second.stderr
        daemon.process.kill()
        daemon.process.wait()
    with Daemon(tmp_path, broker.port, visit) as third:
        third.wait_for_log("online")


def test_with_too_little_processor_time_it_slows_down_and_says_so(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, nobody_there: Path
) -> None:
    with Daemon(tmp_path, broker.port, nobody_there, camera={"loop": True}, limits={"max_cpu_percent": 0.01}) as daemon:
        health = json.loads(subscriber.wait_for("/health", 2)[-1])
        daemon.wait_for_log("limits.max_cpu_percent")
        assert daemon.stop() == 0
    assert health["slowed_by"] == "cpu"
    assert health["slowdown"] > 1
    assert health["cameras"]["front"]["frames_skipped"] > 0


def test_what_it_is_and_how_it_is_stands_retained(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, nobody_there: Path) -> None:
    with Daemon(tmp_path, broker.port, nobody_there, camera={"loop": True}) as daemon:
        subscriber.wait_for("/front/people")
        subscriber.wait_for("/front/status")
        subscriber.wait_for("/health")
        with Subscriber(broker.port) as latecomer:
            info = json.loads(latecomer.wait_for("/info")[0])
            health = json.loads(latecomer.wait_for("/health")[0])
            latecomer.wait_for("/front/people")
            assert all(message.retained for message in latecomer.heard)
        assert daemon.stop() == 0
    assert info["cameras"] == ["front"]
    assert all(len(digest) == 64 for model in info["models"] for digest in model["files"].values())
    assert health["rss_mb"] > 10
    status = json.loads(subscriber.on("/front/status")[-1])
    stopped = {"status": "offline", "reason": "edged has been stopped.", "problem": "no_frames", "hint": None}
    assert status == {**stopped, "colour": True, "decoder": None}, "nothing that is retained says that it still watches"
    assert health["events_waiting"] == 0


def test_two_cameras_tell_of_who_is_before_each(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visit: Path, nobody_there: Path, portraits: dict[str, Path]
) -> None:
    daemon = Daemon(tmp_path, broker.port, visit, camera={"pace": "fast"})
    second: dict[str, Value] = {"name": "back", "source": str(nobody_there), "pace": "fast"}
    daemon.config.write_text(daemon.config.read_text(encoding="utf-8") + toml({"camera": second}), encoding="utf-8")
    enroll(daemon, portraits["obama"])
    with daemon:
        assert daemon.wait() == 0, daemon.log
        subscriber.wait_for("/availability", 2)
    assert {event["camera"] for event in events(subscriber)} == {"front"}
    assert subscriber.on("/back/people") == [b'{"people":[],"strangers":0,"still":[],"still_strangers":0}']
    assert json.loads(subscriber.on("/back/status")[0])["status"] == "online"
