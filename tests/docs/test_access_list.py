"""The access list of the topic reference gives edged every right that it needs of a broker."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.broker import Mosquitto, Subscriber
from tests.docs.markdown import fenced
from tests.docs.topic_reference import TOPIC_REFERENCE, template, topics
from tests.program import Daemon

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.docs.doorway import Door


@contextmanager
def guarded_broker(folder: Path, password: str) -> Iterator[int]:
    """A broker with the topic reference's access list, where whoever has no name may do everything; its port."""
    access = fenced(TOPIC_REFERENCE, "conf")[0]
    passwords, rights = folder / "passwords", folder / "access"
    passwords.touch(mode=0o600)
    subprocess.run(["mosquitto_passwd", "-b", str(passwords), "edged", password], check=True)
    rights.touch(mode=0o600)
    rights.write_text(f"topic readwrite #\n\n{access}", encoding="utf-8")
    mosquitto = Mosquitto(folder, f"password_file {passwords}\nacl_file {rights}").start()
    try:
        yield mosquitto.port
    finally:
        mosquitto.kill()


def test_the_access_list_is_all_that_edged_needs(tmp_path: Path, door: Door) -> None:
    password = tmp_path / "password"
    password.write_text("s3cret\n")
    with guarded_broker(tmp_path, "s3cret") as port, Subscriber(port) as subscriber:
        login: dict[str, str | int | float | bool] = {"username": "edged", "password_file": str(password)}
        with Daemon(tmp_path, port, door.path, mqtt=login, camera={"loop": True}) as daemon:
            subscriber.wait_for("/event")
            subscriber.publish("edged/door/request/people", b"", response_topic="elsewhere/answer")
            subscriber.publish("edged/door/request/people", b"")
            subscriber.wait_for("/response/people")
            subscriber.publish("edged/door/setting/margin/set", b"0.1")
            subscriber.publish("edged/door/front/pause/set", b"ON")
            subscriber.publish("edged/door/enroll/name/set", b"Alice")
            subscriber.publish("edged/door/enroll/last_stranger", b"")
            subscriber.wait_for("/response/enroll", 2)
            subscriber.publish("homeassistant/status", b"online")
            subscriber.wait_for("/availability", 2)
            assert daemon.stop() == 0
        assert {template(heard.topic) for heard in subscriber.heard} == topics()
        assert subscriber.on("elsewhere/answer") == []
