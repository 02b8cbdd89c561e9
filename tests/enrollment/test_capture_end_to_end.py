"""Enrollment before a camera, end to end: the real program, a real broker, a face that turns in a clip."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from edged.enrollment.capture import ASKED
from tests.broker import PATIENCE_SECONDS, Mosquitto, Subscriber, free_port, wait_until
from tests.enrollment.test_live import POSES, SIZE, near, turns
from tests.program import Daemon, Value

if TYPE_CHECKING:
    from pathlib import Path

    from edged.vision.faces import FaceReader

FPS = 10.0
REQUEST = "edged/door/request/enroll"


@pytest.fixture(scope="module")
def turning(tmp_path_factory: pytest.TempPathFactory, reader: FaceReader, portraits: dict[str, Path]) -> Path:
    """Somebody who stands before the camera, turns and nods, over and over."""
    path = tmp_path_factory.mktemp("clips") / "turning.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, SIZE)
    for pixels in turns(reader, near(reader, portraits["astronaut"]), POSES):
        writer.write(pixels)
    writer.release()
    return path


@pytest.fixture(scope="module")
def nobody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rough grey wall: one of a single colour would count as a covered lens after a while."""
    folder = tmp_path_factory.mktemp("wall")
    rough = np.random.default_rng(1).normal(127, 20, (*SIZE[::-1], 3))
    cv2.imwrite(str(folder / "wall.png"), np.clip(rough, 0, 255).astype(np.uint8))
    return folder


def replies(subscriber: Subscriber, topic: str = "/response/enroll") -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in subscriber.on(topic)]


def final(subscriber: Subscriber, topic: str = "/response/enroll") -> dict[str, Any]:
    """The last reply, once it has come."""
    wait_until(lambda: any(reply["status"] != "progress" for reply in replies(subscriber, topic)), "the final reply")
    return replies(subscriber, topic)[-1]


def test_who_stands_at_the_door_is_guided_enrolled_and_recognised(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, turning: Path
) -> None:
    allowed: dict[str, Value] = {"response_topics": ["me/+"]}
    with Daemon(tmp_path, broker.port, turning, mqtt=allowed, camera={"loop": True}) as daemon:
        subscriber.wait_for("/front/status")
        request = {"id": "7", "person": "Barack", "capture": {"camera": "front", "timeout_seconds": 60}}
        subscriber.publish(REQUEST, json.dumps(request), response_topic="me/answer", correlation_data=b"c")
        done = final(subscriber, "me/answer")
        assert (done["id"], done["status"], done["error"]) == ("7", "ok", None)
        assert done["data"]["looks"][0]["direction"] == "front"
        assert all(look["accepted"] for look in done["data"]["looks"])
        assert done["data"]["added"] == len(done["data"]["looks"]) >= 3
        told = replies(subscriber, "me/answer")[:-1]
        assert {reply["status"] for reply in told} == {"progress"}
        assert {reply["id"] for reply in told} == {"7"}
        assert told[0]["data"]["hint"] is None
        assert {reply["data"]["hint"] for reply in told[1:]} & set(ASKED.values())
        taken = [reply["data"]["taken"] for reply in told]
        assert taken == sorted(taken)
        assert {heard.correlation_data for heard in subscriber.heard if heard.topic == "me/answer"} == {b"c"}
        wait_until(lambda: any(json.loads(event)["person"] == "barack" for event in subscriber.on("/event")), "barack is recognised")
        assert daemon.stop() == 0


def test_a_daemon_that_is_stopped_says_that_nobody_was_enrolled(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, nobody: Path
) -> None:
    with Daemon(tmp_path, broker.port, nobody, camera={"loop": True}) as daemon:
        subscriber.wait_for("/front/status")
        subscriber.publish(REQUEST, json.dumps({"person": "Alice", "capture": {"camera": "front"}}))
        wait_until(lambda: any((reply["data"] or {}).get("hint") == "nobody" for reply in replies(subscriber)), "the hint")
        assert daemon.stop() == 0
    assert final(subscriber)["error"]["code"] == "cancelled"


def test_a_camera_that_goes_ends_the_enrollment(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, nobody: Path) -> None:
    with Daemon(tmp_path, broker.port, nobody / "gone") as daemon:
        subscriber.wait_for("/front/status")
        subscriber.publish(REQUEST, json.dumps({"person": "Alice", "capture": {"camera": "front"}}))
        assert final(subscriber)["error"]["code"] == "camera_offline"
        assert daemon.stop() == 0


def test_a_camera_that_is_paused_enrolls_nobody(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, nobody: Path) -> None:
    with Daemon(tmp_path, broker.port, nobody, camera={"loop": True}) as daemon:
        subscriber.wait_for("/front/status")
        subscriber.publish(REQUEST, json.dumps({"person": "Alice", "capture": {"camera": "front"}}))
        wait_until(lambda: replies(subscriber), "it has begun")
        subscriber.publish("edged/door/request/pause", json.dumps({"camera": "front"}))
        assert final(subscriber)["error"]["code"] == "camera_offline"
        assert "paused" in final(subscriber)["error"]["message"]
        assert daemon.stop() == 0


def test_the_shell_says_what_edged_says(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, turning: Path) -> None:
    with Daemon(tmp_path, broker.port, turning, camera={"loop": True}) as daemon:
        subscriber.wait_for("/front/status")
        done = daemon.run("enroll", "Barack", "--capture", "front", "--looks", "3")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("0/3  Look straight into the camera 'front'.\n")
        assert "Barack (barack) is enrolled with 3 templates, 3 were made." in done.stdout
        wrong = daemon.run("enroll", "Barack", "--capture", "garden")
        assert (wrong.returncode, "There is no camera 'garden'; there are: front." in wrong.stderr) == (1, True)
        assert daemon.stop() == 0


def test_the_shell_cancels_when_it_is_interrupted(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, nobody: Path) -> None:
    with Daemon(tmp_path, broker.port, nobody, camera={"loop": True}) as daemon:
        subscriber.wait_for("/front/status")
        command = [sys.executable, "-m", "edged", "enroll", "--config", str(daemon.config), "Alice", "--capture", "front"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as shell:
            wait_until(lambda: any((reply["data"] or {}).get("hint") == "nobody" for reply in replies(subscriber)), "the hint")
            shell.send_signal(signal.SIGINT)
            assert shell.wait(PATIENCE_SECONDS) == 130
        wait_until(lambda: any((reply["error"] or {}).get("code") == "cancelled" for reply in replies(subscriber)), "it is cancelled")
        assert daemon.stop() == 0


def test_the_shell_says_that_the_broker_is_not_there(tmp_path: Path, nobody: Path) -> None:
    done = Daemon(tmp_path, free_port(), nobody).run("enroll", "Alice", "--capture", "front")
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
