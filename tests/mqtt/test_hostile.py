"""Requests that mean harm: each is answered, as an error where it asks for a change, nothing falls, the gallery stays as it is."""

from __future__ import annotations

import base64
import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edged.gallery.archive import MOST_PICTURE_BYTES
from edged.interface.messages import MAX_MESSAGE_CHARACTERS, Request, Response, reply_json
from edged.mqtt import inputs
from edged.mqtt.link import Received
from edged.storage.database import open_database
from tests import forms
from tests.broker import Mosquitto, Subscriber, wait_until
from tests.forms import REQUESTS
from tests.hostile import BARE, NAMES, UNREADABLE, archive_with, bad_pictures, floods, requests
from tests.household import Household, asked, household_of
from tests.mqtt.conftest import TOPICS
from tests.program import Daemon, remember_strangers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.vision.faces import FaceReader

MOST_MB = 130
"""What one request of 1.4 MB may take of memory for a moment: its JSON as Python's objects, or its picture of 20 megapixels."""
MOST_FLOOD_MB = 40
"""What a flood of wrong fields may take, which is 300 kB itself."""
MOST_GROWTH_MB = 20
"""What a daemon may keep of the same requests a second time."""
EXAMPLES = 60
DEFECTS = {"internal", "failed"}
"""Codes that say that nobody thought of it."""


class Target:
    """A gallery with somebody in it, behind the same two calls as in the daemon."""

    def __init__(self, control: Household, gallery: Path) -> None:
        """Attack this."""
        self._control, self._gallery = control, gallery

    def content(self) -> bytes:
        """Every byte of the gallery's file and its log."""
        return b"".join(
            path.read_bytes() for path in sorted(self._gallery.parent.glob(f"{self._gallery.name}*")) if path.suffix != ".db-shm"
        )

    def people(self) -> list[str]:
        """Who is enrolled."""
        return [row["person"] for row in asked(self._control, forms.ListPeople())["people"]]

    def ask(self, verb: str, payload: bytes, **mqtt: Any) -> dict[str, Any]:  # noqa: ANN401 - of a Received
        """The answer to a request, which must be an answer by its form; where it is an error nothing has changed."""
        before = self.content()
        request: Request = inputs.parse(TOPICS, Received(f"edged/door/request/{verb}", payload, **mqtt))
        answer: dict[str, Any] = json.loads(reply_json(self._control.handle(request)))
        Response.model_validate(answer)
        if answer["status"] == "error":
            assert self.content() == before
            assert answer["error"]["code"] not in DEFECTS
            assert len(answer["error"]["message"]) <= MAX_MESSAGE_CHARACTERS
        return answer

    def refuse(self, verb: str, payload: bytes) -> str:
        """The code with which a request is refused."""
        answer = self.ask(verb, payload)
        assert answer["status"] == "error", (verb, payload[:200], answer)
        code: str = answer["error"]["code"]
        return code


@pytest.fixture(scope="module")
def portrait(portraits: dict[str, Path]) -> bytes:
    return portraits["obama"].read_bytes()


@pytest.fixture(scope="module")
def target(reader: FaceReader, tmp_path_factory: pytest.TempPathFactory, portraits: dict[str, Path]) -> Iterator[Target]:
    path = tmp_path_factory.mktemp("hostile") / "gallery.db"
    remember_strangers(path, 1)
    with open_database(path) as database:
        control = household_of(reader, database)
        asked(control, forms.enroll("Eileen", None, (portraits["astronaut"].read_bytes(),)))
        yield Target(control, path)


@pytest.mark.parametrize("verb", REQUESTS)
def test_whatever_is_asked_is_answered_and_touches_nobody(target: Target, portrait: bytes, verb: str) -> None:
    @settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(payload=requests(verb, portrait))
    def ask(payload: bytes) -> None:
        target.ask(verb, payload)

    ask()
    assert target.people() == ["eileen"]


@pytest.mark.parametrize("verb", REQUESTS)
def test_what_cannot_be_read_is_refused(target: Target, verb: str) -> None:
    for payload in UNREADABLE:
        if payload:  # which is an empty object
            assert target.refuse(verb, payload) in {"bad_request", "too_large"}


@pytest.mark.parametrize("verb", REQUESTS)
def test_a_request_full_of_mistakes_takes_little_memory(target: Target, verb: str) -> None:
    for payload in floods(verb):
        before = memory_mb("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # begin to measure the most anew: proc(5)
        assert target.refuse(verb, payload) == "bad_request"
        assert memory_mb("VmHWM") - before < MOST_FLOOD_MB


@pytest.mark.parametrize("verb", [verb for verb, form in REQUESTS.items() if "person" in form.model_fields])
@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_none_is_refused_before_a_picture_is_opened(target: Target, verb: str, name: str) -> None:
    """Who opened this one would call it a bad image."""
    picture = {"image": base64.b64encode(b"no picture").decode()} if "image" in REQUESTS[verb].model_fields else {}
    payload = json.dumps({"person": f"{name}/", **picture}).encode()
    assert target.refuse(verb, payload) in {"bad_name", "bad_request", "person_not_found"}


PICTURES = ("image", "images", "other_image")
"""The fields in which a picture may stand."""


def with_bad_picture(name: str, good: bytes, bad: bytes) -> dict[str, Any]:
    """The fields of a request in one of which, the named, stands a bad picture."""
    first, second = (base64.b64encode(picture).decode() for picture in (good, bad))
    made: dict[str, dict[str, Any]] = {
        "image": {"person": "Eileen", "image": second},
        "images": {"person": "Mallory", "images": [first, second]},
        "other_image": {"image": first, "other_image": second},
    }
    return made[name]


@pytest.mark.parametrize(
    ("verb", "name"), [(verb, name) for verb, form in REQUESTS.items() for name in PICTURES if name in form.model_fields]
)
def test_a_picture_that_is_none_is_refused_in_little_memory(target: Target, portrait: bytes, verb: str, name: str) -> None:
    for picture in bad_pictures(portrait):
        before = memory_mb("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        fields = with_bad_picture(name, portrait, picture)
        known = {key: value for key, value in fields.items() if key in REQUESTS[verb].model_fields}
        assert target.refuse(verb, json.dumps(known).encode()) == "bad_image"
        assert memory_mb("VmHWM") - before < MOST_MB


@pytest.mark.parametrize("verb", [verb for verb, form in REQUESTS.items() if "image" in form.model_fields])
def test_a_bad_picture_that_is_sent_as_bytes_is_refused(target: Target, portrait: bytes, verb: str) -> None:
    for picture in bad_pictures(portrait):
        assert target.refuse(verb, picture) in {"bad_image", "bad_request"}


@pytest.mark.parametrize(
    "place", [{"part": 1, "parts": 2}, {"part": 2, "parts": 1}, {"part": 0, "parts": 0}, {"part": 1, "parts": 10**9}, {"part": -1}]
)
def test_a_part_of_an_archive_that_never_comes_to_an_end_changes_nobody(target: Target, place: dict[str, int]) -> None:
    whole = json.loads(gzip.decompress(archive_with(b"no picture")))
    part = gzip.compress(json.dumps(whole | {"version": 2, "export": "../../etc/passwd", "part": 1, "parts": 1} | place).encode())
    before = target.content()
    target.ask("import", json.dumps({"archive": base64.b64encode(part).decode()}).encode())
    assert target.content() == before


def test_an_archive_with_a_picture_that_is_none_is_refused(target: Target, portrait: bytes) -> None:
    for picture in bad_pictures(portrait):
        if len(picture) <= MOST_PICTURE_BYTES:
            request = {"archive": base64.b64encode(archive_with(picture)).decode()}
            assert target.refuse("import", json.dumps(request).encode()) == "bad_archive"


@settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(verb=st.text(max_size=30) | st.sampled_from(NAMES), payload=st.binary(max_size=50))
def test_a_verb_that_is_none_is_refused(target: Target, verb: str, payload: bytes) -> None:
    if verb not in REQUESTS:
        assert target.refuse(verb, payload) == "unknown_verb"


def test_of_a_request_that_is_wrong_the_id_comes_back_where_it_is_one(target: Target) -> None:
    assert target.ask("forget", b'{"id": "7", "person": 1}')["id"] == "7"
    assert target.ask("forget", b'{"id": "\\ud800", "person": 1}')["id"] is None
    assert target.ask("forget", json.dumps({"id": "x" * 257}).encode())["id"] is None


def memory_mb(what: str, process: str = "self") -> float:
    """Resident memory of a process, now (VmRSS) or at most since it was measured anew (VmHWM), 10^6 bytes."""
    [line] = [line for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines() if line.startswith(what)]
    return int(line.split()[1]) * 1024 / 1e6


def test_the_daemon_answers_all_of_it_and_lives(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, portraits: dict[str, Path]
) -> None:
    portrait = portraits["obama"].read_bytes()
    daemon = Daemon(tmp_path, broker.port, portraits["astronaut"].parent, camera={"loop": True})
    assert daemon.run("enroll", "Eileen", portraits["astronaut"]).returncode == 0
    before = people(daemon.gallery)
    with daemon:
        subscriber.wait_for("/front/status")
        memory = []
        for _ in range(2):
            for topic, payload in everything_hostile(portrait):
                sent = len(answers(subscriber)) + 1
                subscriber.publish(f"edged/door/{topic}", payload)
                wait_until(lambda: len(answers(subscriber)) == sent, f"an answer to {topic[:100]} {payload[:100]!r}")  # noqa: B023 - at once
            memory.append(memory_mb("VmRSS", str(daemon.process.pid)))
        assert memory[1] - memory[0] < MOST_GROWTH_MB
        assert {answer["status"] for answer in answers(subscriber)} == {"error"}
        assert not DEFECTS & {answer["error"]["code"] for answer in answers(subscriber)}
        assert subscriber.on("/availability") == [b"online"], "the connection was kept"
        assert daemon.stop() == 0
    assert people(daemon.gallery) == before


def everything_hostile(portrait: bytes) -> Iterator[tuple[str, bytes]]:
    """Of every kind, on every topic that edged listens to, with what stands below the device's."""
    pictures = bad_pictures(portrait)
    for number, verb in enumerate(REQUESTS):
        picture = base64.b64encode(pictures[number % len(pictures)]).decode()
        named = json.dumps({"person": "../+/#", "image": picture}).encode()
        for payload in (named, floods(verb)[0], b'{"id": "\\ud800"}', UNREADABLE[1 + number % (len(UNREADABLE) - 1)]):
            yield f"request/{verb}", payload
    yield from BARE


def answers(subscriber: Subscriber) -> list[dict[str, Any]]:
    """All answers to all verbs."""
    return [json.loads(message.payload) for message in list(subscriber.heard) if "/response/" in message.topic]


def people(gallery: Path) -> list[str]:
    """Who is enrolled in a gallery file, and by what, as SQL; the strangers that a running edged sees are left out."""
    with closing(sqlite3.connect(gallery)) as connection:
        return [line for line in connection.iterdump() if line.startswith(('INSERT INTO "people"', 'INSERT INTO "templates"'))]
