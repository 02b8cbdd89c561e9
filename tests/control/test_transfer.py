"""People from one device to another: who comes, who is refused, and what cannot be used."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.gallery.archive import FILE, SENT
from edged.storage.database import Database, open_database
from edged.vision.pictures import encode_png, read_picture
from tests.control.asking import ask, refusal, sent
from tests.household import Household, household_of

if TYPE_CHECKING:
    from pathlib import Path

    from edged.vision.faces import FaceReader

HUGE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (30_000).to_bytes(4) * 2 + b"\x08\x02\0\0\0" + b"\0" * 100).decode()


def test_people_move_to_another_device_and_are_known_there(household: Household, elsewhere: Household, portraits: dict[str, Path]) -> None:
    archive = ask(household, "export", people=["Barack", "joe"])
    assert (archive["people"], archive["templates"]) == (["barack", "joe"], 3)
    assert archive["bytes"] == len(base64.b64decode(archive["archive"]))
    done = ask(elsewhere, "import", archive=archive["archive"])
    assert [(row["person"], row["display_name"], row["templates"]) for row in done["people"]] == [
        ("barack", "Barack O.", 2),
        ("joe", "joe", 1),
    ]
    assert (done["left_out"], done["notes"]) == ([], [])
    assert ask(elsewhere, "person", person="barack")["template_list"][0]["created_at"] == "2026-01-01T00:00:00.000Z"
    face = elsewhere.parts.reader.largest(read_picture(portraits["biden"]))
    assert face is not None
    assert elsewhere.shared.matcher.match(face.embedding, threshold=0.43, margin=0.05).person == "joe"


def test_too_much_is_refused_before_any_of_it_is_read(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = household.parts.gallery.gallery
    with gallery.database.transaction():
        gallery.database.write("UPDATE templates SET aligned = zeroblob(?)", [(SENT.json_bytes * 3 // 4,)])
    monkeypatch.setattr("edged.gallery.curation.Curation.templates", lambda *_: pytest.fail("templates were read"))
    error = refusal(household, "export")
    assert (error.code, "leave the pictures out" in str(error)) == ("too_large", True)
    monkeypatch.undo()
    assert ask(household, "export", pictures=False)["templates"] > 0


def test_who_is_there_already_is_refused_merged_or_replaced(household: Household, elsewhere: Household, portraits: dict[str, Path]) -> None:
    archive = ask(household, "export")["archive"]
    ask(elsewhere, "enroll", person="barack", display_name="B.", image=sent(portraits["obama"]))
    assert refusal(elsewhere, "import", archive=archive).code == "person_exists"
    done = ask(elsewhere, "import", archive=archive, if_exists="merge")
    assert {row["person"]: (row["display_name"], row["templates"], len(row["dropped"])) for row in done["people"]} == {
        "barack": ("B.", 2, 1),
        "eileen": ("eileen", 1, 0),
        "joe": ("joe", 1, 0),
    }
    done = ask(elsewhere, "import", archive=archive, if_exists="replace")
    assert [(row["display_name"], row["templates"]) for row in done["people"] if row["person"] == "barack"] == [("Barack O.", 2)]


def test_who_looks_like_somebody_there_is_refused_or_noted(household: Household, elsewhere: Household, portraits: dict[str, Path]) -> None:
    archive = ask(household, "export")["archive"]
    ask(elsewhere, "enroll", person="somebody", image=sent(portraits["biden"]))
    error = refusal(elsewhere, "import", archive=archive)
    assert error.code == "looks_like_other"
    assert "'somebody'" in str(error)
    [note] = ask(elsewhere, "import", archive=archive, allow_alike=True)["notes"]
    assert note["code"] == "looks_like_other"


def changed(archive: str, **changes: object) -> str:
    """An archive whose templates all have something changed."""
    whole = json.loads(gzip.decompress(base64.b64decode(archive)))
    for person in whole["people"]:
        for template in person["templates"]:
            template.update(changes)
    return base64.b64encode(gzip.compress(json.dumps(whole).encode())).decode()


def test_templates_of_another_model_are_made_anew_from_their_pictures(
    household: Household, elsewhere: Household, portraits: dict[str, Path]
) -> None:
    archive = changed(
        ask(household, "export")["archive"], model_id="another", embedding=base64.b64encode(np.eye(1, 512, dtype="<f4").tobytes()).decode()
    )
    assert ask(elsewhere, "import", archive=archive)["left_out"] == []
    face = elsewhere.parts.reader.largest(read_picture(portraits["obama_again"]))
    assert face is not None
    found = elsewhere.shared.matcher.nearest(face.embedding)
    assert found is not None
    assert found.person == "barack"
    assert found.similarity == pytest.approx(1.0, abs=1e-3)


def test_templates_of_another_model_without_a_picture_are_left_out(household: Household, elsewhere: Household) -> None:
    whole = json.loads(gzip.decompress(base64.b64decode(ask(household, "export", people=["barack"])["archive"])))
    whole["people"][0]["templates"][0] |= {"model_id": "another", "picture": None}
    archive = base64.b64encode(gzip.compress(json.dumps(whole).encode())).decode()
    done = ask(elsewhere, "import", archive=archive)
    assert done["left_out"] == [{"person": "barack", "templates": 1}]
    assert [row["templates"] for row in done["people"]] == [1]
    nobody = changed(ask(household, "export")["archive"], model_id="another", picture=None)
    assert refusal(elsewhere, "import", archive=nobody, if_exists="replace").code == "wrong_model"


def test_pictures_stay_behind_where_they_are_not_wanted(household: Household, reader: FaceReader, tmp_path: Path) -> None:
    bare = ask(household, "export", pictures=False)
    assert bare["bytes"] < ask(household, "export")["bytes"] / 10
    ask(household, "settings", set={"pictures": False})
    assert ask(household, "export")["bytes"] < 2 * bare["bytes"], "the switch holds over what is asked for"
    ask(household, "settings", set={"pictures": None})
    with open_database(tmp_path / "bare.db") as database:
        control = household_of(reader, database, keep_pictures=False)
        ask(control, "import", archive=ask(household, "export")["archive"])
        assert [row["has_picture"] for row in ask(control, "person", person="barack")["template_list"]] == [False, False]


def png(width: int, height: int) -> str:
    return base64.b64encode(encode_png(np.full((height, width, 3), 90, np.uint8))).decode()


@pytest.mark.parametrize(
    "change",
    [{"picture": png(111, 112)}, {"picture": png(1, 1)}, {"picture": HUGE}, {"picture": base64.b64encode(b"hello").decode()}],
    ids=["wide", "tiny", "huge", "text"],
)
def test_a_picture_that_is_no_aligned_face_is_refused(household: Household, elsewhere: Household, change: dict[str, str]) -> None:
    archive = changed(ask(household, "export")["archive"], **change)
    assert refusal(elsewhere, "import", archive=archive).code == "bad_archive"


def test_an_embedding_of_another_size_is_refused(household: Household, elsewhere: Household) -> None:
    wrong = base64.b64encode(np.eye(1, 512, dtype="<f4").tobytes()).decode()
    error = refusal(elsewhere, "import", archive=changed(ask(household, "export")["archive"], embedding=wrong))
    assert error.code == "bad_archive"


def test_an_archive_too_large_to_send_is_written_to_a_file_instead(household: Household, database: Database) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (112, 112, 3), dtype=np.uint8)
    with database.transaction():
        database.write("UPDATE templates SET aligned = ?", [(encode_png(noise) + bytes(np.random.default_rng(2).bytes(500_000)),)])
    error = refusal(household, "export")
    assert error.code == "too_large"
    assert "edged export" in str(error)
    assert ask(household, "export", pictures=False)["templates"] == 4
    assert household.parts.gallery.exporter.pack(None, FILE, pictures=True).templates == 4


def test_there_is_nothing_to_export_of_nobody(control: Household) -> None:
    assert refusal(control, "export").code == "nobody"
    assert refusal(control, "export", people=["joe"]).code == "person_not_found"
