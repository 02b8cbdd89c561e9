"""The access list of the topic reference gives edged every right that it needs of a broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.broker import Subscriber
from tests.docs.topic_reference import template, topics
from tests.guarded import PASSWORD, guarded_broker, rights_of_the_shell
from tests.program import Daemon

if TYPE_CHECKING:
    from pathlib import Path

    from tests.docs.doorway import Door


def test_the_access_list_is_all_that_edged_needs(tmp_path: Path, door: Door) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    with guarded_broker(tmp_path) as broker, Subscriber(broker.port) as subscriber:
        login: dict[str, str | int | float | bool] = {"username": "edged", "password_file": str(password)}
        with Daemon(tmp_path, broker.port, door.path, mqtt=login, camera={"loop": True}) as daemon:
            subscriber.wait_for("/event")
            subscriber.publish("edged/door/request/people", b"", response_topic="elsewhere/answer")
            subscriber.publish("edged/door/request/people", b"")
            subscriber.wait_for("/response/people")
            subscriber.publish("edged/door/setting/margin/set", b"9")
            subscriber.publish("edged/door/enroll/name/set", b"Alice")
            subscriber.publish("edged/door/enroll/last_stranger", b"")
            subscriber.wait_for("/response/enroll", 2)
            subscriber.wait_for("/front/last_person")
            subscriber.publish("edged/door/front/scene/take", b"")
            subscriber.wait_for("/front/scene/image")
            subscriber.publish("edged/door/front/pause/set", b"ON")
            subscriber.wait_for("/response/pause")
            subscriber.publish("homeassistant/status", b"online")
            subscriber.wait_for("/availability", 2)
            assert daemon.stop() == 0
        assert {template(heard.topic) for heard in subscriber.heard} == topics()
        assert subscriber.on("elsewhere/answer") == []


def test_with_the_rights_that_are_named_beside_it_the_shell_captures_and_clears(tmp_path: Path, door: Door) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    login: dict[str, str | int | float | bool] = {"username": "edged", "password_file": str(password)}
    with guarded_broker(tmp_path, rights_of_the_shell()) as broker, Subscriber(broker.port) as subscriber:
        with Daemon(tmp_path, broker.port, door.path, mqtt=login, camera={"loop": True}) as daemon:
            subscriber.wait_for("/event")
            done = daemon.run("enroll", "Barack", "--capture", "front", "--looks", "1")
            assert done.returncode == 0, done.stderr
            assert daemon.stop() == 0
        assert "edged/door/availability" in daemon.run("discovery", "--clear").stdout
        with Subscriber(broker.port) as latecomer:
            latecomer.publish("edged/door/last", "")
            latecomer.wait_for("/last")
            assert [heard.topic for heard in latecomer.heard] == ["edged/door/last"]
