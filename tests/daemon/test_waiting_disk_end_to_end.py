"""A disk that is locked by another process, or slow: the cameras of the real program wait for neither, and nothing is lost or half done."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from door_acts import comes_closer, nobody

from edged.storage.database import open_database
from edged.storage.outbox import Outbox
from tests.broker import wait_until
from tests.disks import SlowDisk
from tests.door import film_to
from tests.program import Daemon

if TYPE_CHECKING:
    from pathlib import Path

    from tests.broker import Mosquitto, Subscriber

SHORT_VISITS: dict[str, Any] = {"recognition": {"refractory_seconds": 1}}


def door(folder: Path, broker: Mosquitto, portraits: dict[str, Path]) -> Daemon:
    """A door to which somebody comes again and again: who is enrolled, and a stranger."""
    clip = film_to(folder / "visits.mp4", nobody(1), comes_closer("obama", 3), nobody(2), comes_closer("biden", 3), nobody(2))
    daemon = Daemon(folder, broker.port, clip, camera={"loop": True}, **SHORT_VISITS)
    assert daemon.run("enroll", "Barack Obama", portraits["obama"]).returncode == 0
    return daemon


def told(subscriber: Subscriber, ending: str) -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in subscriber.on(ending)]


def test_while_another_process_holds_the_lock_events_go_out_and_requests_are_answered(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, portraits: dict[str, Path]
) -> None:
    with door(tmp_path, broker, portraits) as daemon:
        subscriber.wait_for("/event", 2)
        with closing(sqlite3.connect(daemon.gallery, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            before = len(subscriber.on("/event"))
            subscriber.publish("edged/door/request/rename", json.dumps({"id": "1", "person": "barack_obama", "display_name": "Barack"}))
            subscriber.wait_for("/event", before + 3)
            subscriber.wait_for("/problem", 2)
            [refused] = subscriber.wait_for("/response/rename")
            assert "locked by another process" in json.loads(refused)["error"]["message"]
            subscriber.publish("edged/door/request/rename", json.dumps({"id": "2", "person": "barack_obama", "display_name": "Mr Obama"}))
            subscriber.publish("edged/door/request/people", json.dumps({"id": "3"}))
            subscriber.wait_for("/people", len(subscriber.on("/people")) + 2)
        [_, renamed] = subscriber.wait_for("/response/rename", 2)
        assert json.loads(renamed)["data"]["display_name"] == "Mr Obama"
        subscriber.wait_for("/problem", 3)
        assert daemon.stop() == 0
    assert [problem["problem"] for problem in told(subscriber, "/problem")][:3] == [None, "not_kept", None]
    assert [event["seq"] for event in told(subscriber, "/event")] == list(range(1, len(told(subscriber, "/event")) + 1))
    with open_database(daemon.gallery) as database:
        assert Outbox(database).last_seq() >= len(subscriber.on("/event"))


def test_while_the_disk_does_not_answer_frames_are_looked_at_and_events_wait_for_it(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, portraits: dict[str, Path]
) -> None:
    disk = SlowDisk(tmp_path)
    daemon = door(tmp_path, broker, portraits)
    daemon.env = disk.env
    with daemon:
        subscriber.wait_for("/event", 2)
        disk.hang()
        present = len(subscriber.on("/front/people"))
        subscriber.wait_for("/front/people", present + 4)
        wait_until(lambda: len(subscriber.on("/event")) < len(subscriber.on("/front/people")), "an event waits")
        heard = len(subscriber.on("/event"))
        subscriber.publish("edged/door/request/people", "{}")
        subscriber.wait_for("/response/people")
        disk.go_on()
        subscriber.wait_for("/event", heard + 2)
        assert daemon.stop() == 0
    events = told(subscriber, "/event")
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert len({event["event_id"] for event in events}) == len(events)
    assert {event["event_type"] for event in events} >= {"recognised", "stranger"}
