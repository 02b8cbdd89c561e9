"""Pictures, end to end: the real program, a real broker, real faces; what is sent of them, when, and what not."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from door_acts import comes_closer, nobody

from edged.gallery.store import Gallery
from edged.storage.database import open_database
from edged.vision.pictures import decode_sent
from tests.broker import Mosquitto, Subscriber, wait_until
from tests.door import SIZE, film_to
from tests.program import Daemon
from tests.test_end_to_end import ask, enroll

if TYPE_CHECKING:
    from pathlib import Path

    from edged.vision.faces import FaceReader

EAGER: dict[str, str | int | float | bool] = {"refractory_seconds": 0.5, "lost_after_seconds": 0.5, "stranger_after_seconds": 0.5}


@pytest.fixture(scope="session")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Obama comes to the door and leaves, then somebody who is not enrolled does."""
    acts = [nobody(1), comes_closer("obama", 3), nobody(2), comes_closer("astronaut", 3), nobody(2)]
    return film_to(tmp_path_factory.mktemp("clips") / "visit.mp4", *acts)


def announced(subscriber: Subscriber) -> list[dict[str, Any]]:
    """The events that announce somebody."""
    told = [json.loads(payload) for payload in subscriber.on("/event")]
    return [event for event in told if event["event_type"] in {"recognised", "stranger"}]


def test_each_event_is_followed_by_the_face(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visit: Path, portraits: dict[str, Path], reader: FaceReader
) -> None:
    daemon = Daemon(tmp_path, broker.port, visit, camera={"loop": True}, recognition=EAGER)
    enroll(daemon, portraits["obama"])
    with daemon:
        subscriber.wait_for("/front/face/image", 2)
        assert daemon.stop() == 0
    kinds = [message.topic.rpartition("/")[2] for message in subscriber.heard if message.topic.endswith(("/event", "/face/image"))]
    told = iter(json.loads(payload)["event_type"] for payload in subscriber.on("/event"))
    kinds = [next(told) if kind == "event" else kind for kind in kinds]
    before_images = [kinds[place - 1] for place, kind in enumerate(kinds) if kind == "image"]
    assert set(before_images) == {"recognised", "stranger"}, kinds
    assert len(before_images) == len(announced(subscriber))
    for image in subscriber.on("/front/face/image"):
        assert len(image) <= 100_000
        head = cv2.copyMakeBorder(decode_sent(image), 60, 60, 60, 60, cv2.BORDER_CONSTANT)
        assert reader.detector.detect(np.asarray(head, np.uint8))
    with Subscriber(broker.port) as latecomer:
        latecomer.wait_for("/availability")
        assert latecomer.on("/face/image") == [], "it is not retained"


def test_who_is_seen_while_the_broker_is_away_has_an_event_and_no_picture(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visit: Path
) -> None:
    broker.kill()
    with Daemon(tmp_path, broker.port, visit, camera={"pace": "fast"}, recognition=EAGER) as daemon:
        assert daemon.wait() == 0
    broker.start()
    nowhere = tmp_path / "gone.mp4"
    with Daemon(tmp_path, broker.port, nowhere, recognition=EAGER) as daemon:
        wait_until(lambda: len(announced(subscriber)) == 2, "both are told of late")
        subscriber.wait_for("/health")
        assert daemon.stop() == 0
    assert not any(subscriber.on("/face/image"))


def test_the_privacy_switch_turns_pictures_off_everywhere_and_survives_a_restart(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visit: Path, portraits: dict[str, Path]
) -> None:
    daemon = Daemon(tmp_path, broker.port, visit, camera={"loop": True}, recognition=EAGER)
    portrait = base64.b64encode(portraits["biden"].read_bytes()).decode()
    with daemon:
        subscriber.wait_for("/front/face/image", 1)
        assert ask(subscriber, "snapshot")["data"]["frame_size"] == list(SIZE)
        with open_database(daemon.gallery) as database:
            kept = Gallery(database).pictures()
            assert kept > 0, "of the strangers"
        assert ask(subscriber, "settings", set={"pictures": False})["data"]["settings"]["pictures"]["value"] is False
        images, before = sum(map(bool, subscriber.on("/face/image"))), len(announced(subscriber))
        wait_until(lambda: len(announced(subscriber)) >= before + 2, "they come again")
        for verb, request in (("snapshot", {}), ("extract", {"image": portrait})):
            assert ask(subscriber, verb, **request)["error"]["code"] == "pictures_off"
        assert ask(subscriber, "enroll", person="Joe", image=portrait)["status"] == "ok"
        with open_database(daemon.gallery) as database:
            assert Gallery(database).pictures() <= kept, "none is added"
        assert daemon.stop() == 0
    with daemon:
        wait_until(lambda: len(announced(subscriber)) >= before + 4, "they come again after a restart")
        assert ask(subscriber, "snapshot")["error"]["code"] == "pictures_off"
        assert sum(map(bool, subscriber.on("/face/image"))) == images, "no picture after the switch"
        erased = ask(subscriber, "erase_pictures")["data"]
        assert erased["templates"] + erased["strangers"] > 0
        assert "0 pictures" in daemon.run("pictures").stdout
        assert daemon.stop() == 0


def test_the_configuration_switches_pictures_off_too(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visit: Path) -> None:
    with Daemon(tmp_path, broker.port, visit, camera={"pace": "fast"}, recognition=EAGER, privacy={"pictures": False}) as daemon:
        assert daemon.wait() == 0
        subscriber.wait_for("/availability", 2)
    assert len(announced(subscriber)) == 2
    assert not any(subscriber.on("/face/image"))
    with open_database(daemon.gallery) as database:
        assert Gallery(database).pictures() == 0


def test_pictures_are_examined_from_the_shell(tmp_path: Path, portraits: dict[str, Path], broker: Mosquitto) -> None:
    daemon = Daemon(tmp_path, broker.port, tmp_path / "gone.mp4")
    enroll(daemon, portraits["obama"])
    done = daemon.run("recognise", portraits["obama_again"], portraits["astronaut"])
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert "Barack Obama (similarity" in first
    assert "nobody who is known (below_threshold" in second
    rows = json.loads(daemon.run("recognise", portraits["obama_again"], "--json").stdout)
    assert [face["person"] for row in rows for face in row["faces"]] == ["barack_obama"]
    bad = daemon.run("analyse", portraits["astronaut"], tmp_path / "gone.jpg")
    assert bad.returncode == 1
    assert "happy" in bad.stdout
    assert "gone.jpg cannot be read" in bad.stderr
    assert json.loads(daemon.run("analyse", portraits["astronaut"], "--json").stdout)[0]["faces"][0]["gender"] == "female"
    assert "1 picture is kept" in daemon.run("pictures").stdout
    assert "1 picture of people and 0 of strangers are erased" in daemon.run("pictures", "--erase").stdout
