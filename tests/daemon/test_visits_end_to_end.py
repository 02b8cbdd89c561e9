"""Visits and their faces, end to end: the real program, a real broker, real faces, and the bytes on the disk."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from door_acts import comes_closer, nobody

from edged.vision.pictures import decode_sent
from tests.broker import Mosquitto, Subscriber, wait_until
from tests.door import film_to, template
from tests.program import Daemon
from tests.test_end_to_end import ask, enroll

if TYPE_CHECKING:
    from pathlib import Path

    from edged.vision.faces import FaceReader

EAGER: dict[str, str | int | float | bool] = {"refractory_seconds": 0.5, "lost_after_seconds": 0.5, "stranger_after_seconds": 0.5}


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Obama comes to the door and leaves, then somebody who is not enrolled does."""
    acts = [nobody(1), comes_closer("obama", 3), nobody(2), comes_closer("astronaut", 3), nobody(2)]
    return film_to(tmp_path_factory.mktemp("clips") / "visit.mp4", *acts)


def listed(subscriber: Subscriber, **wanted: object) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ask(subscriber, "visits", **wanted)["data"]["visits"]
    return rows


def likeness(reader: FaceReader, answer: dict[str, Any], person: str) -> float:
    """How alike the head of an answer is to somebody's portrait."""
    face = reader.largest(decode_sent(base64.b64decode(answer["data"]["image"])))
    assert face is not None, "there is a face in it"
    return float(face.embedding.vector @ template(reader, person).vector)


def on_the_disk(daemon: Daemon) -> bytes:
    return b"".join(path.read_bytes() for path in daemon.gallery.parent.glob("gallery.db*"))


def test_who_comes_is_listed_with_the_right_face_and_is_gone_when_forgotten(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visit: Path, portraits: dict[str, Path], reader: FaceReader
) -> None:
    daemon = Daemon(tmp_path, broker.port, visit, camera={"loop": True}, recognition=EAGER)
    enroll(daemon, portraits["obama"])
    with daemon:
        subscriber.wait_for("/event")
        wait_until(lambda: len([row for row in listed(subscriber) if row["ended_at"]]) >= 2, "both have come and gone")
        told = {event["event_id"]: event for payload in subscriber.on("/event") if (event := json.loads(payload))}
        rows = listed(subscriber)[-2:]
        stranger, obama = rows
        assert (obama["person"], obama["display_name"], stranger["person"]) == ("barack_obama", "Barack Obama", None)
        for row, owner, other in ((obama, "obama", "astronaut"), (stranger, "astronaut", "obama")):
            event = told[row["event_id"]]
            same = ("camera", "person", "stranger", "similarity", "margin", "threshold", "looks", "clock")
            assert [row[name] for name in same] == [event[name] for name in same]
            assert (row["visit"], row["began_at"], row["has_picture"]) == (event["seq"], event["frame_at"], True)
            head = ask(subscriber, "picture", event=row["event_id"], longest_side=512)
            assert (head["data"]["cut"], likeness(reader, head, owner) > likeness(reader, head, other) + 0.3) == ("head", True)
        ask(subscriber, "pause")
        wait_until(lambda: all(row["ended_at"] for row in listed(subscriber)), "nobody is here any more")
        assert ask(subscriber, "enroll", person="Eileen", stranger=stranger["stranger"])["status"] == "ok"
        named = [row for row in listed(subscriber, person="eileen") if row["visit"] == stranger["visit"]]
        assert [(row["display_name"], row["stranger"], row["has_picture"]) for row in named] == [("Eileen", None, True)]
        assert daemon.stop() == 0
    assert b"eileen" in on_the_disk(daemon)
    heard = len(subscriber.on("/health"))
    with daemon:
        subscriber.wait_for("/health", heard + 1)
        assert [row["visit"] for row in named] == [row["visit"] for row in listed(subscriber, person="eileen")][-1:]
        assert not any(row["has_picture"] for row in listed(subscriber)), "no picture of a visit was on the disk"
        assert ask(subscriber, "picture", event=obama["event_id"])["error"]["code"] == "no_picture"
        assert "Barack Obama (barack_obama)" in daemon.run("visits", "barack_obama").stdout
        for name in ("eileen", "barack_obama"):
            assert ask(subscriber, "forget", person=name)["data"]["residue"] is None
        assert [row for row in listed(subscriber) if row["visit"] in {obama["visit"], stranger["visit"]}] == []
        disk = on_the_disk(daemon)
        assert not any(word in disk for word in (b"eileen", b"barack_obama", obama["event_id"].encode(), stranger["event_id"].encode()))
        assert daemon.stop() == 0
