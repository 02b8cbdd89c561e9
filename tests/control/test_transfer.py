"""People from one device to another: who comes, who is refused, and what cannot be used."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edged.enrollment.arrivals import Arrivals
from edged.enrollment.export import Wanted
from edged.enrollment.transfer import Importer
from edged.errors import BadArchive
from edged.gallery.archive import FILE, SENT, ArchivePlace, unpack_each
from edged.storage.database import open_database
from edged.system.beside import Beside, Pending, finish
from edged.vision.pictures import encode_png, read_picture
from tests.control.asking import ask, ids, refusal, sent
from tests.hostile import archive_with
from tests.household import Household, household_of

if TYPE_CHECKING:
    from edged.vision.faces import FaceReader

GOOD = archive_with(b"x")
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


def test_what_does_not_fit_into_an_answer_is_refused_before_it_is_read(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = household.parts.gallery.gallery
    with gallery.database.transaction():
        gallery.database.write("UPDATE templates SET aligned = zeroblob(?)", [(SENT.packed_bytes // 2,)])
    monkeypatch.setattr("edged.gallery.curation.Curation.templates", lambda *_: pytest.fail("templates were read"))
    error = refusal(household, "export")
    assert (error.code, "'part': 1, 2" in str(error), "'to': 'file'" in str(error)) == ("too_large", True, True)
    with gallery.database.transaction():
        gallery.database.write("UPDATE templates SET aligned = zeroblob(?)", [(SENT.packed_bytes,)])
    household.control = household.parts.control({})
    assert "leave the pictures out" in str(refusal(household, "export", part=1)), "no part is large enough"
    monkeypatch.undo()
    assert ask(household, "export", pictures=False)["templates"] > 0


def in_parts(household: Household, **request: object) -> list[dict[str, Any]]:
    """All parts of an export."""
    first = ask(household, "export", part=1, **request)
    return [first, *(ask(household, "export", part=part, **request) for part in range(2, first["parts"] + 1))]


@pytest.fixture
def narrow(household: Household) -> Household:
    """A household of whose four templates with pictures an answer has room for one or two."""
    household.control = household.parts.control({}, most_bytes=lambda: 110_000)
    return household


def test_people_travel_in_parts_and_come_once_all_are_there(narrow: Household, elsewhere: Household) -> None:
    assert refusal(narrow, "export").code == "too_large"
    parts = in_parts(narrow)
    assert [(one["part"], one["parts"], one["export"]) for one in parts] == [
        (n, len(parts), parts[0]["export"]) for n in range(1, len(parts) + 1)
    ]
    assert len(parts) > 1
    assert sum(one["templates"] for one in parts) == 4
    for one in parts:
        content = base64.b64decode(one["archive"])
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one["bytes"], one["sha256"])
        assert len(json.dumps(one)) < 110_000
    assert refusal(narrow, "export", part=len(parts) + 1).code == "no_part"
    *first, last = reversed(parts)
    for count, one in enumerate(first, start=1):
        assert ask(elsewhere, "import", archive=one["archive"]) == {"part": one["part"], "parts": len(parts), "arrived": count}
        assert ids(elsewhere) == {}
    done = ask(elsewhere, "import", archive=last["archive"])
    assert (
        {row["person"]: row["templates"] for row in done["people"]} == ids(narrow) == ids(elsewhere) == {"barack": 2, "eileen": 1, "joe": 1}
    )


def test_parts_of_two_archives_do_not_mix_and_a_refused_one_changes_nothing(narrow: Household, elsewhere: Household) -> None:
    early = in_parts(narrow)
    ask(narrow, "forget", person="joe")
    late = in_parts(narrow)
    assert early[0]["export"] != late[0]["export"]
    ask(elsewhere, "import", archive=early[0]["archive"])
    assert ask(elsewhere, "import", archive=late[0]["archive"])["arrived"] == 1, "the other archive has taken the place"
    for one in late[1:]:
        ask(elsewhere, "import", archive=one["archive"])
    assert ids(elsewhere) == {"barack": 2, "eileen": 1}
    for one in late[:-1]:
        ask(elsewhere, "import", archive=one["archive"])
    assert refusal(elsewhere, "import", archive=late[-1]["archive"]).code == "person_exists"
    assert ask(elsewhere, "import", archive=late[0]["archive"], if_exists="replace")["people"], "they need not be sent again"


def test_an_archive_is_written_to_a_file_on_the_device(household: Household, elsewhere: Household) -> None:
    done = ask(household, "export", to="file")
    file = Path(done["file"])
    assert (file.parent.name, file.stat().st_mode & 0o777, file.stat().st_size) == ("exports", 0o600, done["bytes"])
    assert hashlib.sha256(file.read_bytes()).hexdigest() == done["sha256"]
    assert (done["archive"], done["people"], done["templates"], done["parts"]) == (None, None, 4, 1)
    assert ask(household, "export", to="file")["file"] != done["file"]
    assert [path.suffix for path in file.parent.iterdir()] == [".edged"] * 2
    assert len(ask(elsewhere, "import", archive=base64.b64encode(file.read_bytes()).decode())["people"]) == 3
    assert refusal(household, "export", to="file", part=1).code == "bad_request"
    file.parent.chmod(0o500)
    try:
        if os.geteuid():
            assert refusal(household, "export", to="file").code == "bad_archive"
    finally:
        file.parent.chmod(0o700)


def test_a_disk_that_erases_nothing_refuses_the_archive_and_stops_nothing(household: Household, tmp_path: Path) -> None:
    stuck = tmp_path / f".people.edged.{os.getpid()}.part"  # a folder, which is not unlinked as a file of a card that can only be read
    stuck.mkdir()
    with pytest.raises(BadArchive, match="cannot be written"):
        finish(household.parts.gallery.exporter().write(Wanted(), tmp_path / "people.edged"))
    left = tmp_path / "arriving" / "part-1"
    left.mkdir(parents=True)
    arrivals = Arrivals(left.parent)
    assert (len(arrivals), left.exists()) == (0, True)
    with pytest.raises(BadArchive, match="cannot be kept"):
        finish(arrivals.put(b"", ArchivePlace("one", 1, 2)))


def test_while_a_disk_takes_its_time_the_worker_goes_on(household: Household, elsewhere: Household, tmp_path: Path) -> None:
    beside, answers, file = Beside("disk"), Event(), tmp_path / "people.edged"
    beside.submit(answers.wait)
    steps = household.parts.gallery.exporter(beside).write(Wanted(), file)
    assert any(step is not None and not step.is_done for step in steps)
    assert list(tmp_path.glob("*.part")) == [file for file in tmp_path.iterdir() if file.suffix == ".edged"] == []
    answers.set()
    finish(steps)
    assert beside.close(10)
    assert list(tmp_path.glob(".*.part")) == []
    done = finish(elsewhere.parts.importer.take(lambda: unpack_each([file.read_bytes()], FILE), if_exists="refuse", allow_alike=False))
    assert {one.person: one.templates for one in done.people} == ids(household)


def test_while_a_disk_takes_its_time_parts_wait_for_it_and_not_the_worker(narrow: Household, elsewhere: Household, tmp_path: Path) -> None:
    content = [base64.b64decode(one["archive"]) for one in in_parts(narrow)]
    beside, answers, others = Beside("disk"), Event(), Beside("another disk")
    arrivals = Arrivals(tmp_path / "arriving", beside=beside)
    places = [ArchivePlace("one", number, len(content)) for number in range(1, len(content) + 1)]
    beside.submit(answers.wait)
    first = arrivals.put(content[0], places[0])
    waited_for = next(first)
    assert (waited_for is not None and waited_for.is_done, len(arrivals), (tmp_path / "arriving").exists()) == (False, 0, False)
    answers.set()
    are_all = [finish(first), *(finish(arrivals.put(*one)) for one in zip(content[1:], places[1:], strict=True))]
    assert are_all == [*[False] * (len(content) - 1), True]
    answers.clear()
    others.submit(answers.wait)
    importer = Importer(elsewhere.parts.reader, elsewhere.parts.gallery.curation, elsewhere.shared, others)
    steps = importer.take(arrivals.parts, if_exists="refuse", allow_alike=False)
    assert isinstance(next(steps), Pending), "they are read beside, too"
    answers.set()
    done = finish(steps)
    assert {one.person: one.templates for one in done.people} == ids(narrow)
    arrivals.clear()
    assert (beside.close(10), others.close(10), list((tmp_path / "arriving").iterdir())) == (True, True, [])


def test_a_file_in_parts_is_read_as_a_whole_or_not_at_all(household: Household, elsewhere: Household, tmp_path: Path) -> None:
    exporter, importer = household.parts.gallery.exporter(), elsewhere.parts.importer
    written = finish(exporter.write(Wanted(most_bytes=60_000), tmp_path / "people.edged"))
    assert (written.people, written.templates) == (("barack", "eileen", "joe"), 4)
    content = (tmp_path / "people.edged").read_bytes()
    members = [
        content[start:end] for start, end in pairwise([*(found.start() for found in re.finditer(b"\x1f\x8b\x08\0", content)), len(content)])
    ]
    assert len(members) > 1
    for wrong in (members[:-1], members[1:], members[::-1], [*members, members[-1]], [], [content[:-5]], [*members, GOOD]):
        with pytest.raises(BadArchive):
            finish(importer.take(lambda: unpack_each(wrong, FILE), if_exists="refuse", allow_alike=False))  # noqa: B023 - at once
        assert ids(elsewhere) == {}
    pieces = [content[start : start + 1000] for start in range(0, len(content), 1000)]
    done = finish(importer.take(lambda: unpack_each(pieces, FILE), if_exists="refuse", allow_alike=False))
    assert {one.person: one.templates for one in done.people} == ids(household)


def test_what_is_changed_while_a_file_is_written_makes_it_begin_anew(household: Household, tmp_path: Path) -> None:
    steps = household.parts.gallery.exporter().write(Wanted(most_bytes=60_000), tmp_path / "people.edged")
    for _ in range(8):
        next(steps)
    ask(household, "forget", person="joe")
    written = finish(steps)
    assert written.people == ("barack", "eileen")
    assert [path.name for path in tmp_path.iterdir() if "edged" in path.name] == ["people.edged"]


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


def test_there_is_nothing_to_export_of_nobody(control: Household) -> None:
    assert refusal(control, "export").code == "nobody"
    assert refusal(control, "export", people=["joe"]).code == "person_not_found"
