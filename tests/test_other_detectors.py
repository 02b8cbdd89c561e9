"""The main job with other detectors than the one that ships as the default, end to end: enrolled over MQTT, then recognised."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from door_acts import comes_closer, nobody

from tests.broker import Mosquitto, Subscriber, wait_until
from tests.conftest import MODELS
from tests.door import film_to
from tests.program import Daemon
from tests.vision.postprocess_file import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.types import Uint8Array


def ask(subscriber: Subscriber, verb: str, **request: object) -> dict[str, Any]:
    """The answer to a request over MQTT."""
    subscriber.publish(f"edged/door/request/{verb}", json.dumps({"id": verb, **request}))
    answer: dict[str, Any] = json.loads(subscriber.wait_for(f"/response/{verb}")[-1])
    return answer


def enrolled(subscriber: Subscriber, picture: Path, name: str) -> None:
    image = base64.b64encode(picture.read_bytes()).decode()
    answer = ask(subscriber, "enroll", person=name, image=image)
    assert answer["status"] == "ok", answer


def recognised(subscriber: Subscriber, person: str) -> Callable[[], bool]:
    return lambda: any(
        (event["event_type"], event["person"]) == ("recognised", person) for event in map(json.loads, subscriber.on("/event"))
    )


def test_with_blazeface_somebody_is_enrolled_over_mqtt_and_recognised(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, portraits: dict[str, Path]
) -> None:
    visit = film_to(tmp_path / "visit.mp4", nobody(1), comes_closer("obama", 4), nobody(2), comes_closer("astronaut", 4), nobody(2))
    chosen = {"detection": "detection_blazeface"}
    with Daemon(tmp_path, broker.port, visit, camera={"loop": True}, models=chosen, recognition={"refractory_seconds": 0.5}) as daemon:
        subscriber.wait_for("/front/status")
        assert ask(subscriber, "self_test")["data"]["checks"][0]["sentence"].startswith("blazeface")
        enrolled(subscriber, portraits["obama_again"], "Obama")
        wait_until(recognised(subscriber, "obama"), "the right person is recognised")
        wait_until(
            lambda: any(json.loads(event)["event_type"] == "stranger" for event in subscriber.on("/event")), "the other is a stranger"
        )
        assert daemon.stop() == 0


@pytest.fixture
def models(tmp_path: Path, astronaut: Uint8Array) -> Path:
    """What ships, and a detector that decodes by itself and finds one portrait."""
    place = tmp_path / "models"
    place.mkdir()
    for folder in MODELS.iterdir():
        if folder.name != "build":
            (place / folder.name).symlink_to(folder)
    write(place / "detection_coral", astronaut)
    return place


def test_with_a_detector_that_decodes_by_itself_somebody_is_enrolled_over_mqtt_and_recognised(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, portraits: dict[str, Path], astronaut: Uint8Array, models: Path
) -> None:
    """Its boxes have no landmarks: those of the face mesh align the face, at the camera as in the picture that is sent."""
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(40):
        cv2.imwrite(str(frames / f"{number:03d}.png"), np.roll(astronaut, number % 4, axis=1) if number > 10 else np.zeros_like(astronaut))
    chosen = {"detection": "detection_coral", "directory": str(models)}
    with Daemon(tmp_path, broker.port, frames, camera={"loop": True}, models=chosen, recognition={"refractory_seconds": 0.5}) as daemon:
        subscriber.wait_for("/front/status")
        assert ask(subscriber, "self_test")["data"]["checks"][0]["good"]
        enrolled(subscriber, portraits["astronaut"], "Eileen")
        wait_until(recognised(subscriber, "eileen"), "she is recognised")
        assert daemon.stop() == 0
