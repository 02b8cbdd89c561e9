"""Learning end to end: the real program and a real broker; the owner is asked, edged is killed, and the question still stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from tests.broker import Mosquitto, Subscriber, wait_until
from tests.enrollment.test_live import near
from tests.program import Daemon

if TYPE_CHECKING:
    from pathlib import Path

    from edged.vision.faces import FaceReader


@pytest.fixture
def visits(tmp_path: Path, reader: FaceReader, portraits: dict[str, Path]) -> Path:
    """Somebody stands before the camera, and then nobody does; over and over."""
    folder = tmp_path / "visits"
    folder.mkdir()
    someone = near(reader, portraits["obama_again"])
    for number in range(60):
        cv2.imwrite(str(folder / f"{number:03}.png"), someone if number < 20 else np.full_like(someone, 127))
    return folder


def events(subscriber: Subscriber, event_type: str) -> list[dict[str, Any]]:
    return [event for payload in subscriber.on("/front/event") if (event := json.loads(payload))["event_type"] == event_type]


def answer(subscriber: Subscriber, verb: str, **fields: object) -> dict[str, Any]:
    """Ask a running edged over the broker."""
    before = len(subscriber.on(f"/response/{verb}"))
    subscriber.publish(f"edged/door/request/{verb}", json.dumps(fields))
    reply: dict[str, Any] = json.loads(subscriber.wait_for(f"/response/{verb}", before + 1)[-1])
    assert reply["status"] == "ok", reply
    data: dict[str, Any] = reply["data"]
    return data


def test_the_owner_is_asked_and_may_answer_after_a_kill_and_undo_it_all(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visits: Path, portraits: dict[str, Path]
) -> None:
    daemon = Daemon(tmp_path, broker.port, visits, camera={"loop": True}, gallery={"learn": "ask"})
    assert daemon.run("enroll", "Barack", portraits["obama"]).returncode == 0
    with daemon:
        wait_until(lambda: events(subscriber, "suggestion"), "a suggestion")
        daemon.process.kill()
        daemon.process.wait()
    wait_until(lambda: subscriber.on("/availability")[-1] == b"offline", "the broker says that it is gone")
    [event] = events(subscriber, "suggestion")[:1]
    assert (event["person"], event["reason"]) == ("barack", None)
    listed = daemon.run("suggestions", "--pictures", tmp_path / "faces")
    assert listed.stdout.startswith(f"{event['suggestion']}  Barack (barack)")
    assert (tmp_path / "faces" / f"{event['suggestion']}-barack.png").exists()
    with daemon:
        wait_until(lambda: subscriber.on("/availability")[-1] == b"online", "it is back")
        [waiting] = answer(subscriber, "suggestions")["suggestions"]
        assert waiting["suggestion"] == event["suggestion"]
        assert answer(subscriber, "learn", suggestion=waiting["suggestion"])["templates"] == 2
        [person] = answer(subscriber, "people")["people"]
        assert (person["learned"], person["hint"]) == (1, None)
        assert daemon.stop() == 0
    undone = daemon.run("unlearn", "Barack")
    assert undone.stdout.startswith("Erased: 1 learned template and 0 suggestions of barack.\n")
    assert "one template only" in daemon.run("people").stdout
    assert daemon.run("learn", str(event["suggestion"]), "--refuse").returncode == 1
    assert daemon.run("unlearn").returncode == 2
