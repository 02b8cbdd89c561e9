"""Answers of a household of 2,000 people with five templates each: every verb's fits into a message, or says how to ask for less."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edged.errors import EdgedError
from edged.gallery.templates import to_blob
from edged.interface.messages import ReplyAddress, reply_json
from edged.interface.verbs import VERBS, parse_request
from edged.mqtt.bridge import Bridge
from edged.mqtt.link import MemoryLink
from edged.storage.database import open_database
from edged.types import Embedding
from edged.vision.pictures import read_picture
from tests.control.asking import ask, sent, shown
from tests.hostile import archive_with
from tests.household import Household, household_of
from tests.mqtt.conftest import TOPICS
from tests.program import remember_strangers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.interface.messages import Reply
    from edged.storage.database import Database
    from edged.vision.faces import FaceReader

PEOPLE, TEMPLATES, STRANGERS = 2000, 5, 60
PICTURE_BYTES = 2_000
"""Bytes of each picture, which nobody decodes here: less than a real one, so that the test's file stays small."""
SMALL, USUAL = 12_000, 2_000_000
"""Bytes of a message that a broker of little means takes, and a usual one."""
REFUSED = {SMALL: {"people", "strangers", "export"}, USUAL: {"export"}}
"""Verbs whose whole answer does not fit."""
WAYS_OUT = ("'limit'", "'part'", "leave the pictures out", "ask for less")


@pytest.fixture(scope="module")
def large(reader: FaceReader, tmp_path_factory: pytest.TempPathFactory, portraits: dict[str, Path]) -> Iterator[Household]:
    path = tmp_path_factory.mktemp("large") / "gallery.db"
    remember_strangers(path, STRANGERS)
    with open_database(path) as database:
        fill(database, reader.embedder.model_id, reader.embedding_card.dimensions)
        household = household_of(reader, database)
        household.show(shown(read_picture(portraits["obama"])))
        yield household


def fill(database: Database, model_id: str, dimensions: int) -> None:
    """Enroll everybody, each with faces like their own and nobody else's."""
    random, now = np.random.default_rng(13), "2026-01-01T00:00:00.000Z"
    with database.transaction():
        people = [f"person_{number:04}" for number in range(PEOPLE)]
        database.write(
            "INSERT INTO people (person, display_name, enrolled_at) VALUES (?, ?, ?)", [(one, f"{one} \u263a", now) for one in people]
        )
        vectors = random.normal(size=(PEOPLE * TEMPLATES, dimensions)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        database.write(
            "INSERT INTO templates (person, model_id, embedding, quality, source, created_at, number, aligned) "
            "VALUES (?, ?, ?, 0.8, 'shell', ?, ?, zeroblob(?))",
            [
                (people[row // TEMPLATES], model_id, to_blob(Embedding(vector, model_id)), now, row, PICTURE_BYTES)
                for row, vector in enumerate(vectors)
            ],
        )


@pytest.fixture(scope="module")
def requests(portraits: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """A request of each verb that is carried out here; a new verb needs one too."""
    picture = {"image": sent(portraits["obama"])}
    return {
        "people": {},
        "person": {"person": "person_0000"},
        "rename": {"person": "person_0001", "display_name": "Somebody"},
        "export": {},
        "import": {"archive": base64.b64encode(archive_with(b"")).decode()},
        "calibrate": {},
        "tell_apart": {},
        "merge": {"person": "person_0002", "into": "person_0003"},
        "forget": {"person": "person_0004", "with_strangers": True},
        "strangers": {},
        "ignore": {"stranger": "stranger-1"},
        "groups": {},
        "visits": {},
        "picture": {"stranger": "stranger-2"},
        "settings": {"set": {}},
        "pause": {},
        "resume": {},
        "recognise": picture,
        "verify": {**picture, "person": "person_0005"},
        "analyse": picture,
        "represent": picture,
        "extract": picture,
        "enroll": {**picture, "person": "Newcomer"},
        "snapshot": {},
        "self_test": {},
        "reload": {},
        "suggestions": {},
        "learn": {"suggestion": 1, "accept": False},
        "unlearn": {"person": "person_0006"},
        "erase_pictures": {},
    }


@pytest.mark.parametrize("verb", [*(verb for verb in VERBS if verb != "erase_pictures"), "erase_pictures"])
@pytest.mark.parametrize("most_bytes", [SMALL, USUAL])
def test_the_answer_fits_or_says_how_to_ask_for_less(
    large: Household, requests: dict[str, dict[str, Any]], verb: str, most_bytes: int
) -> None:
    link = MemoryLink(most_packet_bytes=most_bytes)
    bridge = Bridge(link, TOPICS, on_input=lambda: None, subscriber_grace_seconds=60.0)
    bridge.start()
    link.connect()
    large.control = large.parts.control(large.scenes, most_bytes=bridge.most_answer_bytes)
    bridge.answer(reply_to(large, verb, {"id": "i" * 100, **requests[verb]}))
    message = link.sent[-1]
    assert message.packet_bytes <= most_bytes
    answer = json.loads(message.payload)
    assert answer["id"] == "i" * 100
    if answer["status"] == "error" and answer["error"]["code"] == "too_large":
        assert verb in REFUSED[most_bytes]
        assert any(way in answer["error"]["message"] for way in WAYS_OUT)
    else:
        assert verb not in REFUSED[most_bytes]


def reply_to(household: Household, verb: str, request: dict[str, Any]) -> Reply:
    return household.handle(parse_request(ReplyAddress(verb), json.dumps(request).encode()))


@pytest.mark.parametrize(("verb", "key"), [("people", "person"), ("strangers", "stranger")])
def test_pages_are_as_large_as_fit_and_together_are_everybody(large: Household, verb: str, key: str) -> None:
    large.control = large.parts.control(large.scenes)
    everybody = ask(large, verb)
    assert (everybody["total"], everybody["next"]) == (len(everybody[verb]), None)
    large.control = large.parts.control(large.scenes, most_bytes=lambda: 8_000)
    found, pages = [], 0
    page: dict[str, Any] = {"next": None}
    while pages == 0 or page["next"]:
        page, pages = ask(large, verb, limit=1000, after=page["next"]), pages + 1
        assert len(reply_json(reply_to(large, verb, {"limit": 1000}))) < 8_000
        found += page[verb]
    assert (found, page["total"]) == (everybody[verb], everybody["total"])
    assert pages > 1
    assert [row[key] for row in ask(large, verb, limit=2)[verb]] == [row[key] for row in everybody[verb][:2]]


def test_what_is_suggested_comes_in_pages_with_its_pictures(large: Household) -> None:
    database, most_bytes, found = large.parts.gallery.gallery.database, 12_000, list[str]()
    large.control = large.parts.control(large.scenes, most_bytes=lambda: most_bytes)
    suggested = (
        "UPDATE templates SET origin = ?, aligned = zeroblob(?) WHERE number % 5 = 4 AND person BETWEEN 'person_0100' AND 'person_0119'"
    )
    with database.transaction():
        database.write(suggested, [("suggested", PICTURE_BYTES)])  # also after a test that erased the pictures
    whole = reply_to(large, "suggestions", {"pictures": True}).outcome
    assert isinstance(whole, EdgedError)
    assert (whole.code, "'limit'" in str(whole)) == ("too_large", True)
    page: dict[str, Any] = {"next": None}
    while not found or page["next"]:
        page = ask(large, "suggestions", limit=100, after=page["next"], pictures=True)
        assert 0 < len(json.dumps(page)) < most_bytes
        found += [row["person"] for row in page["suggestions"]]
    assert found == [f"person_{number:04}" for number in range(100, 120)]
    with database.transaction():
        database.write(suggested, [("enrolled", PICTURE_BYTES)])


def test_a_page_begins_behind_who_is_gone_where_the_order_says_where(large: Household) -> None:
    large.control = large.parts.control(large.scenes)
    assert ask(large, "people", limit=1, after="person_0999_gone")["people"][0]["person"] == "person_1000"
    assert ask(large, "people", after="zzz") == {"people": [], "total": len(ask(large, "people")["people"]), "next": None}
    outcome = reply_to(large, "strangers", {"after": "stranger-999"}).outcome
    assert isinstance(outcome, EdgedError)
    assert "begin anew" in str(outcome)
