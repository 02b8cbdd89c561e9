"""People on a real gallery with real faces, asked as over MQTT: shown, renamed, merged, calibrated, moved to another device, forgotten."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.control.control import Control
from edged.control.enrollment import EnrollmentVerbs
from edged.control.owner_state import OwnerState
from edged.control.people import PeopleVerbs
from edged.errors import EdgedError, GalleryError
from edged.gallery.strangers import Strangers, latest
from edged.interface.messages import ReplyAddress
from edged.interface.removal import ForgetAnswer
from edged.interface.verbs import parse_request
from edged.storage.kept_settings import KeptSettings
from edged.storage.outbox import Outbox
from edged.system.beside import Beside, Pending, finish
from edged.types import Embedding
from edged.vision.pictures import read_picture
from tests import forms
from tests.control.asking import ask, ids, refusal, sent, similarity
from tests.household import NEW_YEAR, Household, asked, household_of, refused, remembered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edged.storage.database import Database
    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader


# Enrollment.


def test_an_enrollment_tells_the_figures_of_each_picture(household: Household, portraits: dict[str, Path]) -> None:
    ask(household, "forget", person="barack")
    done = ask(household, "enroll", person="barack", images=[sent(portraits["obama"]), sent(portraits["obama_again"])])
    first, second = done["accepted"]
    assert first["own_similarity"] is None
    assert second["own_similarity"] == pytest.approx(similarity(household, portraits["obama"], portraits["obama_again"]), abs=2e-3)
    assert {first["other_person"], second["other_person"]} <= {"joe", "eileen"}
    assert 0.0 < first["quality"] <= 1.0
    assert done["dropped"] == []


def test_of_pictures_that_show_the_same_view_the_best_is_kept(household: Household, portraits: dict[str, Path]) -> None:
    pixels = read_picture(portraits["obama"])
    dimmer = np.asarray(np.clip(pixels * 0.3, 0, 255), np.uint8)
    done = ask(household, "enroll", person="barack", image=sent(dimmer))
    assert (done["templates"], done["added"], len(done["dropped"])) == (2, 1, 1)
    [dropped] = done["dropped"]
    assert dropped["similarity"] > 0.9
    assert dropped["quality"] == done["accepted"][0]["quality"]


def test_a_person_has_no_more_templates_than_the_owner_allows(reader: FaceReader, database: Database, portraits: dict[str, Path]) -> None:
    control = household_of(reader, database, max_templates=1)
    done = ask(control, "enroll", person="barack", images=[sent(portraits["obama"]), sent(portraits["obama_again"])])
    assert (done["templates"], len(done["dropped"])) == (1, 1)
    assert len(control.shared.matcher) == 1


def test_a_relative_is_enrolled_where_that_is_asked_for_and_then_needs_a_larger_lead(
    household: Household, portraits: dict[str, Path]
) -> None:
    ask(household, "forget", person="barack")
    ask(household, "enroll", person="barack", image=sent(portraits["obama"]))
    twin = {"person": "twin", "image": sent(portraits["obama_again"])}
    assert refusal(household, "enroll", **twin).code == "looks_like_other"
    [note] = ask(household, "enroll", **twin, allow_alike=True)["notes"]
    assert note["code"] == "looks_like_other"
    assert "'barack' (similarity 0." in note["message"]
    [pair] = ask(household, "calibrate")["look_alikes"]
    assert (pair["person"], pair["other_person"]) == ("barack", "twin")
    assert pair["margin"] > household.shared.rules.margin
    matrix = household.shared.matcher._matrix
    his, hers = (matrix[template_rows(household, person)] for person in ("barack", "twin"))
    found = []
    for share in np.linspace(0, 2, 50):
        vector = (his + hers)[0] + share * (hers - his)[0]
        probe = Embedding((vector / np.linalg.norm(vector)).astype(np.float32), household.shared.matcher.model_id)
        found.append(household.shared.matcher.match(probe, threshold=0.43, margin=0.05))
    assert {match.person for match in found if match.margin and match.margin < pair["margin"] - 0.001} == {None}
    assert {match.person for match in found if match.margin and match.margin > pair["margin"] + 0.001} == {"twin"}


def template_rows(control: Household, person: str) -> list[int]:
    names = control.parts.gallery.gallery.templates(control.shared.matcher.model_id).persons
    return [row for row, name in enumerate(names) if name == person]


def test_the_faces_of_a_picture_with_several_are_named_by_their_place(control: Household, astronaut: Uint8Array) -> None:
    pair = np.hstack([astronaut, astronaut])
    error = refusal(control, "enroll", person="eileen", image=sent(np.asarray(pair, np.uint8)))
    assert error.code == "several_faces"
    assert "There are 2 faces in the picture, at [" in str(error)
    small = cv2.resize(astronaut, (120, 120), interpolation=cv2.INTER_AREA)
    error = refusal(control, "enroll", person="eileen", image=sent(np.asarray(small, np.uint8)))
    assert error.code == "too_small"
    assert "pixels, at least 40 are needed" in str(error)


# One person.


def test_a_person_is_shown_with_each_template_and_who_is_near(household: Household, portraits: dict[str, Path]) -> None:
    done = ask(household, "person", person="Barack")
    assert (done["person"], done["display_name"], done["templates"]) == ("barack", "Barack O.", 2)
    first = done["template_list"][0]
    assert (first["source"], first["has_picture"], first["created_at"]) == ("mqtt", True, "2026-01-01T00:00:00.000Z")
    nearest = max(("joe", "biden"), ("eileen", "astronaut"), key=lambda one: similarity(household, portraits["obama"], portraits[one[1]]))
    assert first["nearest_person"] == nearest[0]
    assert first["nearest_similarity"] == pytest.approx(similarity(household, portraits["obama"], portraits[nearest[1]]), abs=2e-3)


def test_nobody_is_renamed_to_what_is_read_as_somebody_else(household: Household) -> None:
    error = refusal(household, "rename", person="barack", display_name="J\u043ee")
    assert (error.code, "'joe'" in str(error)) == ("alike_name", True)
    assert ask(household, "rename", person="barack", display_name="J\u043ee", allow_alike=True)["display_name"] == "J\u043ee"
    assert ask(household, "rename", person="barack", display_name="Barack")["display_name"] == "Barack"


def test_a_person_is_renamed_and_keeps_the_id(household: Household) -> None:
    done = ask(household, "rename", person="barack", display_name="Präsident 😀")
    assert (done["person"], done["display_name"], done["templates"]) == ("barack", "Präsident 😀", 2)
    assert household.shared.display_names["barack"] == "Präsident 😀"
    assert refusal(household, "rename", person="barack", display_name="\u202eevil").code == "bad_name"
    assert household.shared.display_names["barack"] == "Präsident 😀"


def test_two_ids_of_one_person_are_merged(household: Household, portraits: dict[str, Path]) -> None:
    ask(household, "forget", person="barack")
    ask(household, "enroll", person="barack", image=sent(portraits["obama"]))
    ask(household, "enroll", person="obama", image=sent(portraits["obama_again"]), allow_alike=True)
    done = ask(household, "merge", person="obama", into="barack")
    assert (done["person"], done["merged"], done["templates"], done["dropped"], done["notes"]) == ("barack", "obama", 2, [], [])
    assert ids(household) == {"barack": 2, "joe": 1, "eileen": 1}
    face = household.parts.reader.largest(read_picture(portraits["obama_again"]))
    assert face is not None
    assert household.shared.matcher.match(face.embedding, threshold=0.43, margin=0.05).person == "barack"


def test_merging_two_people_is_noted(household: Household) -> None:
    [note] = ask(household, "merge", person="joe", into="eileen")["notes"]
    assert note["code"] == "unlike_own"
    assert "similarity at most 0." in note["message"]


# Calibration.


# From one device to another.


def test_a_disk_that_refuses_leaves_the_gallery_as_it_was(
    household: Household, elsewhere: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = ask(household, "export")["archive"]

    def full(*_: object) -> None:
        raise GalleryError("The disk is full.")

    monkeypatch.setattr(elsewhere.parts.gallery.curation, "thin_out", full)
    assert refusal(elsewhere, "import", archive=archive).code == "gallery"
    assert len(elsewhere.shared.matcher) == 0


# Forgetting.


def test_the_strangers_who_are_the_person_are_named_or_forgotten_too(
    household: Household, database: Database, portraits: dict[str, Path]
) -> None:
    unseen = household_of(household.parts.reader, database)
    ask(unseen, "forget", person="barack")
    stranger, other = remembered(unseen, portraits["obama"]), remembered(unseen, portraits["biden"])
    ask(unseen, "enroll", person="barack", image=sent(portraits["obama_again"]))
    ask(unseen, "enroll", person="zoe", image=sent(portraits["obama_again"]), allow_alike=True)
    done = ask(unseen, "forget", person="zoe")
    assert (done["also_strangers"], done["strangers"]) == ([stranger], [])
    done = ask(unseen, "forget", person="barack", with_strangers=True)
    assert (done["also_strangers"], done["strangers"], done["residue"]) == ([], [stranger], None)
    assert done["compaction_due"]
    assert [row["stranger"] for row in ask(unseen, "strangers")["strangers"]] == [other]


def test_who_of_the_strangers_is_the_person_is_found_out_while_cameras_go_on(
    household: Household, database: Database, portraits: dict[str, Path]
) -> None:
    stranger, busy = remembered(household, portraits["obama_again"]), Event()
    database.write_beside(lambda: None)
    database.writer.submit(busy.wait)
    selected: list[str] = []
    database._library.conn.set_trace_callback(selected.append)
    known = household.parts.gallery
    steps = PeopleVerbs(known.gallery, known.curation, household.shared, known.owner_state).forget(forms.forget("barack"))
    assert not isinstance(steps, ForgetAnswer)
    waits = next(steps)
    assert isinstance(waits, Pending)
    assert not waits.is_done
    busy.set()
    assert finish(steps).also_strangers == (stranger,)
    assert not any("stranger_looks" in statement for statement in selected)


def test_no_byte_of_a_forgotten_person_is_left_in_the_files(household: Household, database: Database, portraits: dict[str, Path]) -> None:
    assert database.path is not None
    folder = database.path.parent
    rows = database.select(dict[str, bytes], "SELECT embedding, aligned FROM templates WHERE person = 'barack'")
    stranger = remembered(household, portraits["obama_again"])
    looks = database.select(dict[str, bytes], "SELECT embedding, aligned FROM stranger_looks")
    Outbox(database).append("1", "topic", '{"person": "barack", "display_name": "Barack O.", "reason": null}', NEW_YEAR)
    secrets = [piece for row in (*rows, *looks) for piece in (row["embedding"][:32], row["aligned"][100:164])] + [b"barack", b"Barack O."]
    assert all(secret in content(folder) for secret in secrets)
    done = ask(household, "forget", person="barack", with_strangers=True)
    assert (done["templates"], done["pictures"], done["events"], done["strangers"]) == (2, 2, 1, [stranger])
    assert [secret for secret in secrets if secret in content(folder)] == []
    assert Strangers(database).strangers() == []


# Found by the name that is shown.


@pytest.fixture
def with_zoe(household: Household, portraits: dict[str, Path]) -> Household:
    """One who is shown by another name than she was enrolled by, beside Joe and Eileen."""
    ask(household, "forget", person="barack")
    ask(household, "enroll", person="zoë", display_name="Zoë O'Brien", image=sent(portraits["obama"]))
    return household


def test_everything_that_is_asked_of_a_person_finds_them_by_the_name_that_is_shown(with_zoe: Household, portraits: dict[str, Path]) -> None:
    assert ask(with_zoe, "person", person="Zoë O'Brien")["person"] == "zoë"
    assert ask(with_zoe, "export", people=["zoë o\u2019brien", "zoë", "Joe"])["people"] == ["zoë", "joe"]
    assert ask(with_zoe, "verify", person="Zoë O'Brien", image=sent(portraits["obama_again"]))["same"]
    more = ask(with_zoe, "enroll", person="ZOË O'BRIEN", image=sent(portraits["obama_again"]))
    assert (more["person"], more["display_name"], more["templates"]) == ("zoë", "Zoë O'Brien", 2)
    assert ask(with_zoe, "rename", person="Zoë O'Brien", display_name="Zoë (at home)")["person"] == "zoë"
    assert ask(with_zoe, "merge", person="Joe", into="Zoë (at home)")["person"] == "zoë"
    assert ask(with_zoe, "forget", person="zoë (At Home)")["person"] == "zoë"
    assert "zoë" not in ids(with_zoe)


def test_a_stranger_becomes_who_is_shown_by_that_name(with_zoe: Household, portraits: dict[str, Path]) -> None:
    stranger = remembered(with_zoe, portraits["obama_again"])
    assert ask(with_zoe, "enroll", person="Zoë O'Brien", stranger=stranger)["person"] == "zoë"


@pytest.mark.parametrize(
    ("verb", "more"),
    [("forget", {}), ("person", {}), ("rename", {"display_name": "J"}), ("merge", {"into": "zoë"}), ("enroll", {"stranger": "stranger-1"})],
)
def test_a_name_by_which_two_are_shown_is_refused_with_their_ids(with_zoe: Household, verb: str, more: Mapping[str, str]) -> None:
    ask(with_zoe, "rename", person="joe", display_name="J. Smith")
    ask(with_zoe, "rename", person="eileen", display_name="j.  smith")
    refused = refusal(with_zoe, verb, person="J. Smith", **more)
    assert refused.code == "ambiguous_name"
    assert str(refused) == "'J. Smith' may be any of 'eileen', 'joe'; say which by that id."


@pytest.mark.parametrize("name", ["None", "unknown", "Unavailable", "NULL", "on", "off", "true", "stranger-me"])
def test_nobody_gets_a_name_that_programs_misread(household: Household, portraits: dict[str, Path], name: str) -> None:
    assert refusal(household, "rename", person="joe", display_name=name).code == "bad_name"
    assert refusal(household, "enroll", person=name, image=sent(portraits["astronaut"])).code == "bad_name"
    assert refusal(household, "enroll", person="ann", display_name=name, image=sent(portraits["astronaut"])).code == "bad_name"


def test_who_has_had_such_a_name_before_it_was_refused_keeps_it(household: Household) -> None:
    known = household.parts.gallery
    known.gallery.enroll("on", "On", list(known.curation.templates("joe").values()))
    ask(household, "forget", person="joe")
    archive = ask(household, "export", people=["On"])["archive"]
    assert ask(household, "forget", person="ON")["person"] == "on"
    assert [person["person"] for person in ask(household, "import", archive=archive)["people"]] == ["on"]


def content(folder: Path) -> bytes:
    return b"\0".join(file.read_bytes() for file in folder.iterdir())


# What is refused.


@pytest.mark.parametrize(
    ("verb", "payload", "code"),
    [
        ("person", b"{}", "bad_request"),
        ("person", b'{"person": "nobody"}', "person_not_found"),
        ("person", b'{"person": "a/b"}', "bad_name"),
        ("person", b'{"person": "stranger-1"}', "bad_name"),
        ("rename", b'{"person": "joe"}', "bad_request"),
        ("rename", b'{"person": "joe", "display_name": ""}', "bad_request"),
        ("rename", b'{"person": "nobody", "display_name": "N"}', "person_not_found"),
        ("rename", b'{"person": "joe", "display_name": "' + b"x" * 81 + b'"}', "bad_name"),
        ("merge", b'{"person": "joe"}', "bad_request"),
        ("merge", b'{"person": "joe", "into": "Joe"}', "bad_request"),
        ("merge", b'{"person": "joe", "into": "nobody"}', "person_not_found"),
        ("merge", b'{"person": "stranger-1", "into": "joe"}', "bad_name"),
        ("calibrate", b'{"now": true}', "bad_request"),
        ("export", b'{"people": []}', "bad_request"),
        ("export", b'{"people": ["nobody"]}', "person_not_found"),
        ("export", b'{"people": ["\'; DROP TABLE people"]}', "bad_name"),
        ("export", b'{"people": "joe"}', "bad_request"),
        ("export", b'{"pictures": 2}', "bad_request"),
        ("import", b"{}", "bad_request"),
        ("import", b'{"archive": "!!"}', "bad_request"),
        ("import", b'{"archive": ""}', "bad_request"),
        ("import", b'{"archive": "aGVsbG8="}', "bad_archive"),
        ("import", b'{"archive": "aGVsbG8=", "if_exists": "overwrite"}', "bad_request"),
        ("import", b'{"archive": "aGVsbG8=", "allow_alike": "perhaps"}', "bad_request"),
        ("forget", b'{"person": "joe", "with_strangers": 2}', "bad_request"),
        ("enroll", b'{"person": "joe", "image": "aGVsbG8=", "allow_alike": null}', "bad_request"),
    ],
)
def test_a_wrong_request_is_answered_with_a_code_and_changes_nothing(household: Household, verb: str, payload: bytes, code: str) -> None:
    before = ids(household)
    outcome = household.handle(parse_request(ReplyAddress(verb), payload)).outcome
    assert isinstance(outcome, EdgedError)
    assert outcome.code == code
    assert len(str(outcome)) < 500
    assert ids(household) == before


class FullDisk(KeptSettings):
    """Settings that can be read and not changed."""

    def change(self, values: Mapping[str, object]) -> None:
        raise GalleryError(f"There is no room for {', '.join(values)}.")


def test_who_is_enrolled_though_the_name_stays_is_known(control: Household, database: Database, portraits: dict[str, Path]) -> None:
    remembered(control, portraits["obama"])
    asked(control, forms.keep_name("Barack"))
    control.control = full(control, database)
    assert refused(control, forms.EnrollLast()).code == "gallery"
    assert control.shared.display_names == {"barack": "Barack"}


def test_what_cannot_be_forgotten_as_a_whole_stays(control: Household, database: Database, portraits: dict[str, Path]) -> None:
    asked(control, forms.enroll("Barack", None, [portraits["obama"].read_bytes()]))
    stranger = remembered(control, portraits["obama_again"])
    asked(control, forms.keep_name("Barack"))
    control.control = full(control, database)
    assert refused(control, forms.forget("Barack", with_strangers=True)).code == "gallery"
    assert [person.id for person in control.parts.gallery.gallery.people()] == ["barack"]
    assert control.shared.strangers.store.stranger(stranger).id == stranger


def full(control: Household, database: Database) -> Control:
    """The same where what the owner asked for cannot be written."""
    known = control.parts.gallery
    owner_state = OwnerState(FullDisk(database), ["front"], lambda: latest(known.shared.strangers.store))
    people = PeopleVerbs(known.gallery, known.curation, known.shared, owner_state)
    enrollment = EnrollmentVerbs(control.parts.enroller, owner_state, Beside())
    return Control([people, enrollment], known.reader)
