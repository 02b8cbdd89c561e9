"""Enrollment on a real gallery with real faces: from pictures and of strangers, what is refused and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.errors import EdgedError, PersonNotFound, StrangerNotFound
from edged.gallery.curation import Curation
from edged.gallery.store import Gallery
from edged.gallery.strangers import Strangers
from edged.gallery.templates import Sighting
from edged.interface.enrollment import Enroll, JudgedAnswer
from edged.interface.messages import ReplyAddress, Request
from edged.storage.database import Database, open_database
from edged.types import Embedding
from edged.vision.pictures import read_picture
from tests import forms
from tests.clocks import HOUR, YEAR, Device
from tests.control.asking import jpeg, unreadable
from tests.household import NEW_YEAR, Household, asked, household_of, refused, remembered
from tests.painted import LARGE, SMALL, beside, painted

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader


def test_a_person_is_enrolled_and_known_at_once(control: Household, portraits: dict[str, Path]) -> None:
    done = asked(control, forms.enroll("Barack Obama", None, (portraits["obama"].read_bytes(),)))
    assert (done["person"], done["display_name"], done["templates"], done["added"]) == ("barack_obama", "Barack Obama", 1, 1)
    assert [row["person"] for row in asked(control, forms.ListPeople())["people"]] == ["barack_obama"]
    assert control.shared.display_names == {"barack_obama": "Barack Obama"}
    assert len(control.shared.matcher) == 1


def test_a_second_picture_is_added_to_the_same_person(control: Household, portraits: dict[str, Path]) -> None:
    asked(control, forms.enroll("obama", "Barack", (portraits["obama"].read_bytes(),)))
    done = asked(control, forms.enroll("Obama", None, (portraits["obama_again"].read_bytes(),)))
    assert (done["display_name"], done["templates"], done["notes"]) == ("Barack", 2, [])


def test_a_picture_of_somebody_else_is_accepted_with_a_note(control: Household, portraits: dict[str, Path]) -> None:
    asked(control, forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
    [note] = asked(control, forms.enroll("obama", None, (portraits["biden"].read_bytes(),)))["notes"]
    assert note["code"] == "unlike_own"


@pytest.mark.parametrize("name", ["", "a/b", "x" * 65, "\u202eevil", "😀"])
def test_names_that_are_none_are_refused(control: Household, portraits: dict[str, Path], name: str) -> None:
    form = Enroll.model_construct(person=name, images=[portraits["obama"].read_bytes()])  # the form refuses some of them itself
    assert refused(control, form).code == "bad_name"


def test_a_name_that_looks_like_another_is_refused_unless_that_is_allowed(control: Household, portraits: dict[str, Path]) -> None:
    asked(control, forms.enroll("Barack", None, (portraits["obama"].read_bytes(),)))
    stranger = remembered(control, portraits["biden"])
    for alike in (
        forms.enroll("B\u0430rack", None, (portraits["biden"].read_bytes(),)),
        forms.enroll("B\u0430rack", None, (portraits["biden"].read_bytes(),) * 2),
        forms.enroll("somebody", "\uff22arack", (portraits["biden"].read_bytes(),)),
        forms.promote("B\u0430rack", None, stranger),
    ):
        error = refused(control, alike)
        assert (error.code, "'Barack' (id 'barack')" in str(error)) == ("alike_name", True)
    assert control.shared.display_names == {"barack": "Barack"}
    done = asked(control, forms.enroll("B\u0430rack", None, (portraits["biden"].read_bytes(),), allow_alike=True))
    assert [note["code"] for note in done["notes"]] == ["odd_letters"]
    asked(control, forms.enroll("barack", None, (portraits["obama_again"].read_bytes(),)))


@pytest.mark.parametrize("shown", ["{{ now() }}", "<b>Barack</b>", "a\x1bb", "{% raw %}"])
def test_what_a_page_or_a_template_would_carry_out_is_in_no_new_name(control: Household, portraits: dict[str, Path], shown: str) -> None:
    assert refused(control, forms.enroll("barack", shown, (portraits["obama"].read_bytes(),))).code == "bad_name"
    asked(control, forms.enroll("barack", None, (portraits["obama"].read_bytes(),)))
    assert refused(control, forms.rename("barack", shown)).code == "bad_name"
    assert control.shared.display_names == {"barack": "barack"}


def test_pictures_that_will_not_do_are_refused_with_what_to_do(
    control: Household, astronaut: Uint8Array, portraits: dict[str, Path]
) -> None:
    biden = cv2.imread(str(portraits["biden"]))
    assert biden is not None
    side = 400
    pair = np.hstack([cv2.resize(astronaut, (side, side)), cv2.resize(biden, (side, side))])
    dark = (astronaut * 0.06).astype(np.uint8)
    bright = np.clip(astronaut * 2.2, 0, 255).astype(np.uint8)
    small = cv2.resize(astronaut, (120, 120), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(astronaut, (0, 0), 8)
    cases = {
        "no_face": jpeg(np.full((200, 200, 3), 127, np.uint8)),
        "several_faces": jpeg(np.asarray(pair, np.uint8)),
        "too_small": jpeg(np.asarray(small, np.uint8)),
        "blurred": jpeg(np.asarray(blurred, np.uint8)),
        "too_dark": jpeg(dark),
        "too_bright": jpeg(bright),
        "cut_off": jpeg(astronaut[:138]),  # through her mouth
        "not_upright": jpeg(np.ascontiguousarray(astronaut[::-1, ::-1])),
        "unusual_view": jpeg(np.ascontiguousarray(astronaut[:, ::2])),
        "bad_image": b"hello",
    }
    for code, picture in cases.items():
        assert refused(control, forms.enroll("alice", None, (picture,))).code == code
    assert asked(control, forms.ListPeople())["people"] == []


def test_what_is_hardly_a_face_is_in_nobodys_way_and_is_told(control: Household, reader: FaceReader, astronaut: Uint8Array) -> None:
    for side in (SMALL, LARGE):  # smaller and larger than her
        picture = beside(astronaut, painted(side))
        found = {detection.score > 0.8: detection.box.width for detection in reader.detect(picture)}
        assert set(found) == {True, False}
        assert (found[False] > found[True]) == (side == LARGE)
        asked(control, forms.enroll("eileen", None, (jpeg(astronaut[4:]), jpeg(picture))))
        done = asked(control, forms.enroll(f"eileen {side}", None, (jpeg(picture),), allow_alike=True))
        assert done["added"] == 1
        note = next(note for note in done["notes"] if note["code"] == "other_face")
        assert note["message"].startswith("Beside the face at [")
        assert note["message"].endswith("which is too poor to be meant, and was left out.")
        asked(control, forms.forget(f"eileen {side}"))
        asked(control, forms.forget("eileen"))


def test_a_bystander_whom_the_edge_cuts_off_is_in_nobodys_way(
    control: Household, reader: FaceReader, astronaut: Uint8Array, portraits: dict[str, Path]
) -> None:
    biden = read_picture(portraits["biden"])
    face = reader.detect(biden)[0].box
    middle = round(face.centre[0])
    asked(control, forms.enroll("joe", None, (portraits["biden"].read_bytes(),)))
    half = np.asarray(cv2.resize(biden[: 2 * middle, :middle], (256, 512), interpolation=cv2.INTER_AREA), np.uint8)
    assert len(reader.detect(beside(astronaut, half))) == 2
    done = asked(control, forms.enroll("eileen", None, (jpeg(astronaut[8:]), jpeg(beside(astronaut, half)))))
    assert [note["message"][:10] for note in done["notes"]] == ["Picture 2:"]
    assert max(one["other_similarity"] for one in done["accepted"]) < 0.3


def test_one_bad_picture_of_several_enrolls_none(control: Household, portraits: dict[str, Path], astronaut: Uint8Array) -> None:
    grey = jpeg(np.full((200, 200, 3), 127, np.uint8))
    error = refused(control, forms.enroll("eileen", None, (jpeg(astronaut), grey)))
    assert error.code == "no_face"
    assert str(error).startswith("Picture 2: ")
    assert "Nothing was enrolled" in str(error)
    assert asked(control, forms.ListPeople())["people"] == []
    assert portraits


def test_several_pictures_are_judged_one_by_one_and_enroll_together(control: Household, portraits: dict[str, Path]) -> None:
    pictures = tuple(portraits[name].read_bytes() for name in ("obama", "obama_again"))
    told: list[object] = []
    for reply in control.replies(Request(ReplyAddress("enroll", "7"), forms.enroll("Barack", None, pictures))):
        assert reply.address.id == "7"
        told.append(reply.outcome if not reply.is_final else len(control.shared.matcher))
        assert reply.is_final or asked(control, forms.ListPeople())["people"] == []
    assert told == [*(JudgedAnswer("barack", number, 2) for number in range(3)), 2]


def test_a_bad_name_is_refused_before_a_picture_is_looked_at(control: Household) -> None:
    [reply] = control.replies(Request(ReplyAddress("enroll"), forms.enroll("a/b", None, (b"no picture", b"none"))))
    assert isinstance(reply.outcome, EdgedError)
    assert (reply.is_final, reply.outcome.code) == (True, "bad_name")


def test_the_same_picture_twice_and_somebody_elses_face_are_refused(control: Household, portraits: dict[str, Path]) -> None:
    picture = portraits["obama"].read_bytes()
    asked(control, forms.enroll("obama", None, (picture,)))
    assert refused(control, forms.enroll("obama", None, (picture,))).code == "duplicate"
    error = refused(control, forms.enroll("joe", None, (portraits["obama_again"].read_bytes(),)))
    assert error.code == "looks_like_other"
    assert "obama" in str(error)


def test_no_picture_is_kept_where_the_owner_wants_none(reader: FaceReader, database: Database, portraits: dict[str, Path]) -> None:
    control = household_of(reader, database, keep_pictures=False)
    asked(control, forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
    assert asked(control, forms.forget("obama"))["pictures"] == 0


def test_who_is_enrolled_is_known_where_superfluous_templates_cannot_be_dropped(
    control: Household, portraits: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Curation, "thin_out", unreadable)
    assert asked(control, forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))["added"] == 1
    assert control.shared.display_names == {"obama": "obama"}


def test_templates_are_added_and_thinned_out_by_one_commit(control: Household, database: Database, portraits: dict[str, Path]) -> None:
    """The disk takes longer for a commit than all else of an answer."""
    stranger, statements = remembered(control, portraits["biden"]), list[str]()
    for form in (forms.enroll("obama", None, (portraits["obama"].read_bytes(),)), forms.promote("joe", None, stranger)):
        statements.clear()
        database.writer.library.conn.set_trace_callback(statements.append)
        asked(control, form)
        assert statements.count("COMMIT") == 1


def test_who_is_forgotten_between_two_pictures_does_not_come_back(control: Household, tmp_path: Path, portraits: dict[str, Path]) -> None:
    asked(control, forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
    pictures = (portraits["obama_again"].read_bytes(), portraits["obama"].read_bytes())
    steps = control.replies(Request(ReplyAddress("enroll"), forms.enroll("obama", None, pictures, allow_alike=True)))
    next(steps)
    with open_database(tmp_path / "gallery.db") as other:
        Gallery(other).forget("obama")
    assert control.refresh()
    *_, last = steps
    assert isinstance(last.outcome, PersonNotFound)
    assert control.shared.display_names == {}


def test_a_stranger_becomes_a_person_who_is_recognised_in_another_picture(control: Household, portraits: dict[str, Path]) -> None:
    stranger = remembered(control, portraits["obama"])
    assert remembered(control, portraits["obama_again"]) == stranger
    done = asked(control, forms.promote("Barack Obama", None, stranger))
    assert (done["person"], done["display_name"], done["templates"], done["added"], done["notes"]) == (
        "barack_obama",
        "Barack Obama",
        2,
        2,
        [],
    )
    face = control.parts.reader.largest(read_picture(portraits["obama_again"]))
    assert face is not None
    assert control.shared.matcher.match(face.embedding, threshold=0.43, margin=0.05).person == "barack_obama"
    assert control.shared.strangers.recall(face.embedding, threshold=0.43, margin=0.05) is None
    assert asked(control, forms.ListStrangers())["strangers"] == []
    assert isinstance(refused(control, forms.promote("Barack Obama", None, stranger)), StrangerNotFound)


def test_a_stranger_is_added_to_somebody_who_is_enrolled(control: Household, portraits: dict[str, Path]) -> None:
    asked(control, forms.enroll("Barack", "Barack", (portraits["obama"].read_bytes(),)))
    done = asked(control, forms.promote("barack", None, remembered(control, portraits["obama_again"])))
    assert (done["display_name"], done["templates"], done["added"]) == ("Barack", 2, 1)


def test_a_stranger_is_judged_as_a_picture_is(control: Household, portraits: dict[str, Path]) -> None:
    asked(control, forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
    lookalike = remembered(control, portraits["obama_again"])
    error = refused(control, forms.promote("joe", None, lookalike))
    assert (error.code, "'obama'" in str(error)) == ("looks_like_other", True)
    assert refused(control, forms.promote("obama", None, remembered(control, portraits["obama"]))).code == "duplicate"
    [note] = asked(control, forms.promote("obama", None, remembered(control, portraits["biden"])))["notes"]
    assert note["code"] == "unlike_own"
    assert [row["person"] for row in asked(control, forms.ListPeople())["people"]] == ["obama"]
    assert [row["stranger"] for row in asked(control, forms.ListStrangers())["strangers"]] == [lookalike]


def test_the_looks_of_a_stranger_are_like_each_other(control: Household, portraits: dict[str, Path]) -> None:
    asked(control, forms.enroll("joe", None, (portraits["biden"].read_bytes(),)))
    stranger = remembered(control, portraits["obama"])
    assert remembered(control, portraits["obama_again"]) == stranger
    done = asked(control, forms.promote("joe", None, stranger))
    assert (done["added"], [note["code"] for note in done["notes"]]) == (2, ["unlike_own"])


def test_a_stranger_of_another_network_cannot_be_enrolled(control: Household, database: Database) -> None:
    stranger = Strangers(database).remember(Sighting(Embedding(np.eye(1, 128, dtype=np.float32)[0], "older"), 0.5, NEW_YEAR, None))
    assert refused(control, forms.promote("joe", None, stranger.id)).code == "wrong_model"
    assert asked(control, forms.ListPeople())["people"] == []


def test_the_stranger_who_was_last_when_the_name_came_becomes_the_person(control: Household, portraits: dict[str, Path]) -> None:
    assert refused(control, forms.EnrollLast()).code == "no_name"
    asked(control, forms.keep_name("Barack Obama"))
    assert refused(control, forms.EnrollLast()).code == "no_stranger"
    ignored = remembered(control, portraits["biden"])
    asked(control, forms.ignore(ignored, ignored=True))
    assert refused(control, forms.EnrollLast()).code == "no_stranger"
    stranger = remembered(control, portraits["obama"])
    assert refused(control, forms.EnrollLast()).code == "no_stranger", "the name came before anybody"
    assert asked(control, forms.keep_name("Barack Obama")) == {"name": "Barack Obama", "stranger": stranger}
    remembered(control, portraits["astronaut"])
    done = asked(control, forms.EnrollLast())
    assert (done["person"], done["stranger"]) == ("barack_obama", stranger), "and not the one who came after the name"
    assert refused(control, forms.EnrollLast()).code == "no_name", "the name was for one"


@pytest.mark.parametrize("ahead", [-HOUR, -10 * YEAR, 3 * YEAR])
def test_the_button_means_the_last_who_came_whatever_the_clock_says(
    reader: FaceReader, tmp_path: Path, portraits: dict[str, Path], ahead: float
) -> None:
    """As after a power cut, when the clock of a Raspberry Pi is an hour behind and one stranger came before it and one after."""
    device = Device()
    with device.start(tmp_path / "gallery.db") as database:
        before = remembered(household_of(reader, database), portraits["biden"], at=device.now)
    device.cut_power(off_seconds=60, ahead=ahead)
    with device.start(tmp_path / "gallery.db") as database:
        household = household_of(reader, database, now=lambda: device.now)
        memory = household.shared.strangers
        assert memory.store.expire(memory.days) == 0
        last = remembered(household, portraits["obama"], at=device.now)
        listed = asked(household, forms.ListStrangers())["strangers"]
        assert [(one["stranger"], one["clock"]) for one in listed] == [(last, "unsynchronised"), (before, "synchronised")]
        assert refused(household, forms.keep_name("Bob")).code == "which_stranger"
        asked(household, forms.keep_name("Bob"))
        assert asked(household, forms.EnrollLast())["person"] == "bob"
        assert [one["stranger"] for one in asked(household, forms.ListStrangers())["strangers"]] == [before]
        found = asked(household, forms.recognise(portraits["obama_again"].read_bytes()))
        assert [face["person"] for face in found["faces"]] == ["bob"]


def test_a_face_in_its_proportions_vouches_for_one_seen_in_an_unusual_way(control: Household, astronaut: Uint8Array) -> None:
    narrow = jpeg(np.asarray(cv2.resize(astronaut, None, fx=0.58, fy=1.0), np.uint8))
    assert refused(control, forms.enroll("eileen", None, (narrow,))).code == "unusual_view"
    answer = asked(control, forms.enroll("eileen", None, (jpeg(astronaut), narrow)))
    assert answer["added"] == 2


def test_a_stranger_seen_only_in_an_unusual_way_is_not_enrolled(control: Household, database: Database, portraits: dict[str, Path]) -> None:
    stranger = remembered(control, portraits["obama"])
    database.write("UPDATE stranger_looks SET typicality = -0.5", [()])
    assert refused(control, forms.promote("Barack", None, stranger)).code == "unusual_view"
    database.write("UPDATE stranger_looks SET typicality = NULL", [()])
    assert asked(control, forms.promote("Barack", None, stranger))["added"] == 1
