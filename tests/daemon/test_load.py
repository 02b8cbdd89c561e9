"""Many requests at once while a camera runs: each is answered, carried out or not, and no event is lost."""

from __future__ import annotations

import base64
import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from door_acts import comes_closer, nobody
from door_clip import compose_scenes
from portraits import fetch

from tests.broker import Mosquitto, Subscriber, wait_until
from tests.program import Daemon

if TYPE_CHECKING:
    from pathlib import Path

BURST = 200


@pytest.fixture
def passers_by(tmp_path: Path) -> Path:
    """Two people who come and go, quickly."""
    path = tmp_path / "passers_by.mp4"
    compose_scenes([comes_closer("obama", 1), nobody(1), comes_closer("biden", 1), nobody(1)], fetch(), path, (640, 480))
    return path


def test_every_request_of_a_burst_is_answered_and_no_event_is_lost(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, passers_by: Path, portraits: dict[str, Path]
) -> None:
    eager: dict[str, str | int | float | bool] = {"trigger_level": 1, "refractory_seconds": 0.0, "stranger_after_seconds": 0.0}
    picture = base64.b64encode(portraits["astronaut"].read_bytes()).decode()
    with Daemon(tmp_path, broker.port, passers_by, camera={"loop": True}, recognition={**eager, "lost_after_seconds": 0.3}) as daemon:
        subscriber.wait_for("/event")
        for number in range(BURST):
            request = {"person": "Eileen", "image": picture} if number % 10 == 0 else {}
            verb = "enroll" if request else "people"
            subscriber.publish(f"edged/door/request/{verb}", json.dumps({"id": str(number), **request}), wait=False)
        wait_until(lambda: len(answered(subscriber)) == BURST, "an answer to each")
        before = len(subscriber.on("/event"))
        wait_until(lambda: len(subscriber.on("/event")) > before, "it still sees who comes")
        assert daemon.stop() == 0
    codes = answered(subscriber)
    assert set(codes) == {str(number) for number in range(BURST)}
    assert set(codes.values()) <= {"ok", "duplicate", "busy"}
    assert Counter(codes.values())["ok"] > 0
    seqs = [json.loads(payload)["seq"] for payload in subscriber.on("/event")]
    assert seqs == list(range(1, len(seqs) + 1))


def answered(subscriber: Subscriber) -> dict[str, str]:
    """What each request came to, by its id; an id that is answered twice counts as two."""
    found: dict[str, str] = {}
    for message in list(subscriber.heard):
        if "/response/" in message.topic:
            answer = json.loads(message.payload)
            again = "again " if answer["id"] in found else ""
            found[again + answer["id"]] = answer["error"]["code"] if answer["error"] else "ok"
    return found
