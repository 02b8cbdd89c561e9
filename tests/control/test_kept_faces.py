"""Faces that are kept, shown by `picture`: whose it is, how large, and why there is none."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edged.control.event_faces import MOST_BYTES, MOST_FACES, EventFaces
from edged.types import AlignedFace
from edged.vision.crops import encode_jpeg
from edged.vision.pictures import decode_sent, read_picture
from tests.control.asking import answer, ask, refusal, sent
from tests.household import Household, household_of, remembered

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database
    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader


def pixels_of(shown: dict[str, Any]) -> Uint8Array:
    return decode_sent(base64.b64decode(shown["image"]))


def likeness(household: Household, shown: dict[str, Any], picture: Path) -> float:
    """How much the aligned face that is shown is the one of a picture: cosine, −1…1."""
    reader = household.parts.reader
    face = reader.largest(read_picture(picture))
    assert face is not None
    return float(reader.embedder.embed(AlignedFace(pixels_of(shown))).vector @ face.embedding.vector)


def test_the_picture_of_a_person_is_their_best_face_and_of_a_template_that_one(household: Household, portraits: dict[str, Path]) -> None:
    templates = ask(household, "person", person="barack")["template_list"]
    best = ask(household, "picture", person="Barack O.")
    assert (best["person"], best["stranger"], best["event_id"]) == ("barack", None, None)
    assert (best["cut"], best["size"], pixels_of(best).shape) == ("aligned", [112, 112], (112, 112, 3))
    each = [ask(household, "picture", person="barack", template=place) for place in (1, 2)]
    assert best["image"] == max(zip(templates, each, strict=True), key=lambda pair: pair[0]["quality"])[1]["image"]
    for shown, name in zip(each, ("obama", "obama_again"), strict=True):
        assert likeness(household, shown, portraits[name]) > 0.9
        assert likeness(household, shown, portraits["biden"]) < 0.4
    assert "2 templates" in str(refusal(household, "picture", person="barack", template=3))


def test_the_picture_of_a_stranger_is_theirs(control: Household, portraits: dict[str, Path]) -> None:
    first, second = remembered(control, portraits["astronaut"]), remembered(control, portraits["biden"])
    shown = ask(control, "picture", stranger=first, longest_side=64)
    assert (shown["stranger"], shown["size"], pixels_of(shown).shape[:2]) == (first, [64, 64], (64, 64))
    for stranger, name, other in ((first, "astronaut", "biden"), (second, "biden", "astronaut")):
        shown = ask(control, "picture", stranger=stranger)
        assert likeness(control, shown, portraits[name]) > 0.9
        assert likeness(control, shown, portraits[other]) < 0.4
    ask(control, "forget", person=first)
    assert refusal(control, "picture", stranger=first).code == "stranger_not_found"


def test_the_picture_of_an_event_is_there_for_a_while(household: Household, astronaut: Uint8Array) -> None:
    faces = household.parts.gallery.event_faces
    faces.keep("01A", "eileen", encode_jpeg(astronaut, most_bytes=100_000, longest_side=512))
    shown = ask(household, "picture", event="01A", longest_side=512)
    assert (shown["event_id"], shown["cut"], shown["size"]) == ("01A", "head", [512, 512])
    assert np.abs(pixels_of(shown).astype(int) - astronaut).mean() < 5
    gone = refusal(household, "picture", event="01B")
    assert (gone.code, "in memory" in str(gone)) == ("no_picture", True)
    ask(household, "erase_pictures")
    assert refusal(household, "picture", event="01A").code == "no_picture"
    assert "was erased" in str(refusal(household, "picture", person="eileen"))


def test_where_no_picture_is_kept_the_sentence_says_why(reader: FaceReader, database: Database, portraits: dict[str, Path]) -> None:
    household = household_of(reader, database, keep_pictures=False)
    ask(household, "enroll", person="joe", image=sent(portraits["biden"]))
    assert "gallery.keep_pictures" in str(refusal(household, "picture", person="joe"))
    ask(household, "settings", set={"pictures": False})
    assert refusal(household, "picture", person="joe").code == "pictures_off"
    assert refusal(household, "picture", event="01A").code == "pictures_off"


def test_a_damaged_picture_is_none(household: Household, database: Database) -> None:
    database.write("UPDATE templates SET aligned = substr(aligned, 1, 60)", [()])
    assert "SD card" in str(refusal(household, "picture", person="joe"))


@pytest.mark.parametrize("request_", [{}, {"person": "joe", "event": "01A"}, {"stranger": "stranger-1", "template": 1}])
def test_a_picture_is_of_one(household: Household, request_: dict[str, object]) -> None:
    assert refusal(household, "picture", **request_).code == "bad_request"
    assert getattr(answer(household, "picture", person="nobody"), "code", None) == "person_not_found"


def test_the_answer_fits_into_what_the_broker_takes(household: Household, astronaut: Uint8Array) -> None:
    household.control = household.parts.control(household.scenes, most_bytes=lambda: 8_000)
    household.parts.gallery.event_faces.keep("01A", None, encode_jpeg(astronaut, most_bytes=100_000, longest_side=512))
    assert len(ask(household, "picture", event="01A", longest_side=512)["image"]) < 8_000


def test_only_the_newest_faces_are_held_and_of_nobody_who_is_gone() -> None:
    faces = EventFaces()
    for number in range(MOST_FACES + 1):
        faces.keep(f"{number}", "alice" if number % 2 else "stranger-1", b"x" * 10)
    assert (faces.get("0"), faces.get("1")) == (None, b"x" * 10)
    faces.forget_others(lambda owner: owner == "alice")
    assert (faces.get("2"), faces.get("3")) == (None, b"x" * 10)
    faces.keep("large", None, b"x" * (MOST_BYTES - 5))
    assert (faces.get("3"), len(faces.get("large") or b"")) == (None, MOST_BYTES - 5)
    faces.clear()
    faces.keep("again", None, b"x" * (MOST_BYTES - 5))
    assert faces.get("again")
