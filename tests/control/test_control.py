"""Commands on a real gallery with real faces: what is enrolled, what is refused and in which words, what is forgotten."""

from __future__ import annotations

import base64
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

import cv2
import numpy as np
import pytest

from edged.config import Config
from edged.control.control import Control
from edged.control.handlers import answers
from edged.daemon.opening import open_attributes
from edged.errors import EXIT_CONFIG, CommandError, EdgedError, GalleryError, ModelError, PersonNotFound, StrangerNotFound
from edged.gallery.curation import Curation
from edged.gallery.store import Gallery
from edged.gallery.strangers import Strangers
from edged.gallery.templates import Sighting
from edged.interface.enrollment import Enroll, EnrolledAnswer, JudgedAnswer
from edged.interface.messages import Reply, ReplyAddress, Request
from edged.interface.removal import FORGET, Forget, ForgetAnswer
from edged.interface.settings import ChangeSettings
from edged.interface.verbs import parse_request
from edged.pipeline.attributes import AttributeNetworks
from edged.storage.database import Database, open_database
from edged.storage.kept_settings import KeptSettings
from edged.types import Embedding
from edged.vision.pictures import read_picture
from tests import forms
from tests.conftest import MODELS
from tests.household import NEW_YEAR, Household, asked, household_of, refused, remembered

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader


@pytest.fixture
def control(reader: FaceReader, database: Database) -> Household:
    return household_of(reader, database)


def jpeg(pixels: Uint8Array) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


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
        "bad_image": b"hello",
    }
    for code, picture in cases.items():
        assert refused(control, forms.enroll("alice", None, (picture,))).code == code
    assert asked(control, forms.ListPeople())["people"] == []


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
    for reply in control.control.steps(Request(ReplyAddress("enroll", "7"), forms.enroll("Barack", None, pictures))):
        assert reply.address.id == "7"
        told.append(reply.outcome if not reply.is_final else len(control.shared.matcher))
        assert reply.is_final or asked(control, forms.ListPeople())["people"] == []
    assert told == [*(JudgedAnswer("barack", number, 2) for number in range(3)), 2]


def test_a_bad_name_is_refused_before_a_picture_is_looked_at(control: Household) -> None:
    [reply] = control.control.steps(Request(ReplyAddress("enroll"), forms.enroll("a/b", None, (b"no picture", b"none"))))
    assert isinstance(reply.outcome, EdgedError)
    assert (reply.is_final, reply.outcome.code) == (True, "bad_name")


def test_the_same_picture_twice_and_somebody_elses_face_are_refused(control: Household, portraits: dict[str, Path]) -> None:
    picture = portraits["obama"].read_bytes()
    asked(control, forms.enroll("obama", None, (picture,)))
    assert refused(control, forms.enroll("obama", None, (picture,))).code == "duplicate"
    error = refused(control, forms.enroll("joe", None, (portraits["obama_again"].read_bytes(),)))
    assert error.code == "looks_like_other"
    assert "obama" in str(error)


def test_who_is_forgotten_is_gone(control: Household, portraits: dict[str, Path]) -> None:
    asked(control, forms.enroll("Barack Obama", None, (portraits["obama"].read_bytes(),)))
    done = asked(control, forms.forget("Barack Obama"))
    assert (done["person"], done["templates"], done["pictures"], done["residue"]) == ("barack_obama", 1, 1, None)
    assert len(control.shared.matcher) == 0
    assert isinstance(refused(control, forms.forget("Barack Obama")), PersonNotFound)


@pytest.mark.parametrize("kept", ["Zoë Unverwechselbar", "zoë unverwechselbar"])
def test_the_name_of_who_is_forgotten_does_not_wait_for_the_next_stranger(
    control: Household, tmp_path: Path, portraits: dict[str, Path], kept: str
) -> None:
    asked(control, forms.enroll("Zoë Unverwechselbar", None, (portraits["obama"].read_bytes(),)))
    asked(control, forms.keep_name("Alice"))
    assert isinstance(refused(control, forms.forget("Bob")), PersonNotFound)
    assert KeptSettings(control.parts.gallery.gallery.database).get("enroll_name") == "Alice"
    asked(control, forms.keep_name(kept))
    asked(control, forms.forget("Zoë Unverwechselbar"))
    assert control.parts.gallery.owner_state.enroll_name is None
    assert b"nverwechselbar" not in b"".join(path.read_bytes() for path in tmp_path.glob("gallery.db*"))


def test_no_picture_is_kept_where_the_owner_wants_none(reader: FaceReader, database: Database, portraits: dict[str, Path]) -> None:
    control = household_of(reader, database, keep_pictures=False)
    asked(control, forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
    assert asked(control, forms.forget("obama"))["pictures"] == 0


def test_settings_change_persist_and_go_back(control: Household, reader: FaceReader, database: Database) -> None:
    before = control.shared.rules.match_threshold
    done = asked(control, forms.settings({"match_threshold": 0.5, "trigger_level": 5}))["settings"]
    assert done["match_threshold"] == {"value": 0.5, "default": before, "overridden": True}
    again = household_of(reader, database)
    assert (again.shared.rules.match_threshold, again.shared.rules.trigger_level) == (0.5, 5)
    asked(again, forms.settings({"match_threshold": None}))
    assert (again.shared.rules.match_threshold, again.shared.rules.trigger_level) == (before, 5)


@pytest.mark.parametrize(
    "changes",
    [
        {"match_threshold": 0.01},
        {"match_threshold": 2},
        {"nonsense": 1},
        {"trigger_level": 0},
        {"trigger_level": True},
        {"emotion": 1},
        {"margin": "x"},
    ],
)
def test_unsafe_settings_are_refused_and_change_nothing(control: Household, changes: dict[str, Any]) -> None:
    before = control.shared.rules
    form = ChangeSettings.model_construct(set={"trigger_level": 7, **changes})  # the form refuses some of them itself
    error = refused(control, form)
    assert error.code == "bad_setting"
    assert next(iter(changes)) in str(error)
    assert control.shared.rules == before
    assert asked(control, forms.settings({}))["settings"]["trigger_level"]["overridden"] is False


def test_settings_that_cannot_all_be_stored_are_not_in_force(control: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    before = control.shared.rules

    def refuse(_self: object, _values: object) -> None:
        raise GalleryError("The disk is full.")

    monkeypatch.setattr(KeptSettings, "change", refuse)
    assert str(refused(control, forms.settings({"match_threshold": 0.5, "trigger_level": 1}))) == "The disk is full."
    assert control.shared.rules == before


def test_no_network_stays_switched_on_where_the_setting_cannot_be_stored(
    reader: FaceReader, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = open_attributes(Config())
    control = household_of(reader, database, attributes=networks)

    def refuse(_self: object, _values: object) -> None:
        raise GalleryError("The disk is full.")

    monkeypatch.setattr(KeptSettings, "change", refuse)
    assert refused(control, forms.settings({"emotion": True})).code == "gallery"
    assert networks.in_use.emotion is None


@pytest.mark.parametrize("damage", ["changed file", "wrong colours"])
def test_a_network_that_cannot_be_used_is_not_switched_on_and_nothing_else_changes(
    reader: FaceReader, database: Database, tmp_path: Path, damage: str
) -> None:
    networks = damaged_networks(tmp_path, damage)
    control = household_of(reader, database, attributes=networks)
    before = control.shared.rules
    error = refused(control, forms.settings({"emotion": True, "age_gender": True, "trigger_level": 7}))
    assert error.code == "bad_model"
    assert (control.shared.rules, KeptSettings(database).overrides()) == (before, {})
    assert (networks.in_use.emotion, networks.in_use.age_gender) == (None, None)
    settings = asked(control, forms.settings({"emotion": True, "trigger_level": 7}))["settings"]
    assert (settings["emotion"]["value"], settings["trigger_level"]["value"]) == (True, 7)


def test_a_reload_that_needs_a_network_that_cannot_be_used_takes_nothing_over(
    reader: FaceReader, database: Database, tmp_path: Path, portraits: dict[str, Path]
) -> None:
    control = household_of(reader, database, attributes=damaged_networks(tmp_path, "wrong colours"))
    rules = control.shared.rules
    with open_database(tmp_path / "gallery.db") as other:
        asked(household_of(reader, other), forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
        KeptSettings(other).change({"age_gender": True, "trigger_level": 7})
    assert refused(control, forms.Reload()).code == "bad_model"
    assert (control.shared.rules, control.shared.display_names, len(control.shared.matcher)) == (rules, {}, 0)
    assert control.refresh()
    assert (control.shared.rules, control.shared.display_names) == (rules, {"obama": "obama"})
    KeptSettings(database).change({"age_gender": None})
    assert asked(control, forms.Reload())["overridden"] == ["trigger_level"]
    assert control.shared.rules.trigger_level == 7


def test_edged_does_not_start_with_a_network_that_cannot_be_used(reader: FaceReader, database: Database, tmp_path: Path) -> None:
    KeptSettings(database).change({"age_gender": True})
    with pytest.raises(ModelError, match="golden picture is read wrongly") as caught:
        household_of(reader, database, attributes=damaged_networks(tmp_path, "wrong colours"))
    assert caught.value.exit_code == EXIT_CONFIG


def damaged_networks(folder: Path, damage: str) -> AttributeNetworks:
    """The networks of attributes, of which that of age and gender cannot be used."""
    for name in ("emotion_xception", "age_gender_faceres", "golden"):
        shutil.copytree(MODELS / name, folder / name)
    file, right, wrong = ("faceres_224x224.tflite", b"TFL3", b"TFL2") if damage == "changed file" else ("model.toml", b'"BGR"', b'"RGB"')
    path = folder / "age_gender_faceres" / file
    path.write_bytes(path.read_bytes().replace(right, wrong, 1))
    return AttributeNetworks(folder, emotion="emotion_xception", age_gender="age_gender_faceres", threads=1, delegate=None)


@pytest.mark.parametrize("value", [b'"5"', b"[]", b"1e999", b"NaN"])
def test_a_setting_is_a_number_or_a_switch(value: bytes) -> None:
    request = parse_request(ReplyAddress("settings"), b'{"set": {"trigger_level": ' + value + b"}}")
    assert isinstance(request.command, CommandError)
    assert str(request.command) == "set.trigger_level: send a number, true, false or null."


def test_a_change_that_is_done_is_known_as_soon_as_the_file_can_be_read_again(
    control: Household, portraits: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(control, forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
    with monkeypatch.context() as broken:
        broken.setattr(Gallery, "templates", _unreadable)
        asked(control, forms.forget("obama"))
    assert control.refresh()
    assert control.shared.display_names == {}
    assert len(control.shared.matcher) == 0


def test_who_is_enrolled_is_known_where_superfluous_templates_cannot_be_dropped(
    control: Household, portraits: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Curation, "thin_out", _unreadable)
    assert asked(control, forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))["added"] == 1
    assert control.shared.display_names == {"obama": "obama"}


def test_who_is_forgotten_between_two_pictures_does_not_come_back(control: Household, tmp_path: Path, portraits: dict[str, Path]) -> None:
    asked(control, forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
    pictures = (portraits["obama_again"].read_bytes(), portraits["obama"].read_bytes())
    steps = control.control.steps(Request(ReplyAddress("enroll"), forms.enroll("obama", None, pictures, allow_alike=True)))
    next(steps)
    with open_database(tmp_path / "gallery.db") as other:
        Gallery(other).forget("obama")
    assert control.refresh()
    *_, last = steps
    assert isinstance(last.outcome, PersonNotFound)
    assert control.shared.display_names == {}


def _unreadable(*_: object) -> NoReturn:
    raise GalleryError("The gallery cannot be read.")


def test_what_another_process_changes_is_taken_over(
    control: Household, tmp_path: Path, portraits: dict[str, Path], reader: FaceReader
) -> None:
    assert not control.refresh()
    with open_database(tmp_path / "gallery.db") as other:
        shell = household_of(reader, other)
        asked(shell, forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
    assert control.refresh()
    assert control.shared.display_names == {"obama": "obama"}


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


def test_an_ignored_stranger_is_known_to_be_ignored_at_once_and_until_it_is_taken_back(
    control: Household, portraits: dict[str, Path]
) -> None:
    stranger = remembered(control, portraits["obama"])
    face = control.parts.reader.largest(read_picture(portraits["obama_again"]))
    assert face is not None

    def is_ignored() -> bool:
        recalled = control.shared.strangers.recall(face.embedding, threshold=0.43, margin=0.05)
        assert recalled is not None
        assert recalled.stranger == stranger
        return recalled.ignored

    assert not is_ignored()
    assert asked(control, forms.ignore(stranger, ignored=True))["ignored"] is True
    assert is_ignored()
    asked(control, forms.ignore(stranger, ignored=False))
    assert not is_ignored()


def test_the_stranger_seen_last_becomes_the_person_who_was_named(control: Household, portraits: dict[str, Path]) -> None:
    assert refused(control, forms.EnrollLast()).code == "no_name"
    asked(control, forms.keep_name("Barack Obama"))
    assert refused(control, forms.EnrollLast()).code == "no_stranger"
    ignored = remembered(control, portraits["biden"])
    asked(control, forms.ignore(ignored, ignored=True))
    assert refused(control, forms.EnrollLast()).code == "no_stranger"
    remembered(control, portraits["obama"])
    assert asked(control, forms.EnrollLast())["person"] == "barack_obama"
    remembered(control, portraits["astronaut"])
    assert refused(control, forms.EnrollLast()).code == "no_name", "the name was for one"


def test_a_camera_is_paused_by_name(control: Household) -> None:
    assert asked(control, forms.pause("front", paused=True)) == {"paused": ["front"]}
    assert refused(control, forms.pause("side", paused=True)).code == "unknown_camera"


def test_a_stranger_is_forgotten_by_id(control: Household, portraits: dict[str, Path]) -> None:
    stranger = remembered(control, portraits["obama"])
    done = asked(control, forms.forget(stranger))
    counts = {"templates": 1, "pictures": 1, "events": 0, "residue": None}
    assert done == {"person": stranger, "display_name": None, **counts, "strangers": [stranger], "also_strangers": []}
    assert isinstance(refused(control, forms.forget(stranger)), StrangerNotFound)
    assert remembered(control, portraits["obama"]) != stranger


def test_what_another_process_does_with_strangers_is_taken_over(
    control: Household, reader: FaceReader, tmp_path: Path, portraits: dict[str, Path]
) -> None:
    stranger = remembered(control, portraits["obama"])
    face = reader.largest(read_picture(portraits["obama"]))
    assert face is not None
    with open_database(tmp_path / "gallery.db") as other:
        Strangers(other).forget(stranger)
    assert control.refresh()
    assert control.shared.strangers.recall(face.embedding, threshold=0.43, margin=0.05) is None


def test_strangers_are_forgotten_with_time(reader: FaceReader, database: Database, portraits: dict[str, Path]) -> None:
    for days, left in ((30, 1), (29, 0)):
        control = household_of(reader, database, stranger_days=days)
        remembered(control, portraits["obama"])
        control.parts.gallery.reader.expire(NEW_YEAR + timedelta(days=30))
        assert len(asked(control, forms.ListStrangers())["strangers"]) == left


class Defective:
    """Cannot forget anybody."""

    @answers(FORGET)
    def forget(self, form: Forget) -> ForgetAnswer:
        raise ZeroDivisionError(form.person)


def test_a_defect_is_answered_and_does_not_stop_the_daemon(control: Household) -> None:
    control.control = Control([Defective()], control.parts.gallery.reader)
    assert refused(control, forms.forget("x")).code == "internal"


@pytest.mark.parametrize(
    ("verb", "payload", "code"),
    [
        ("enroll", b"{", "bad_request"),
        ("enroll", b"[]", "bad_request"),
        ("enroll", b"\xff\xfe", "bad_request"),
        ("enroll", b'{"person": "a"}', "bad_request"),
        ("enroll", b'{"person": "a", "image": "!!"}', "bad_request"),
        ("enroll", b'{"person": 5, "image": "aGVsbG8="}', "bad_request"),
        ("enroll", b'{"person": "a", "image": "aGVsbG8=", "more": 1}', "bad_request"),
        ("enroll", b'{"person": "a", "image": "aGVsbG8="}', "bad_image"),
        ("enroll", b" " * 1_400_001, "too_large"),
        ("enroll", b'{"person": "a", "image": "aGVsbG8=", "stranger": "stranger-1"}', "bad_request"),
        ("enroll", b'{"person": "a", "stranger": ""}', "bad_request"),
        ("enroll", b'{"person": "a", "stranger": "stranger-1"}', "stranger_not_found"),
        ("enroll", b'{"person": "a/b", "stranger": "stranger-1"}', "bad_name"),
        ("enroll", b'{"person": "stranger-7", "image": "aGVsbG8="}', "bad_name"),
        ("forget", b'{"person": "nobody"}', "person_not_found"),
        ("forget", b'{"person": "stranger-1"}', "stranger_not_found"),
        ("forget", b'{"person": "stranger-' + b"9" * 200 + b'"}', "stranger_not_found"),
        ("forget", '{"person": "stranger-٣"}'.encode(), "stranger_not_found"),
        ("forget", b'{"person": "Stranger-1"}', "bad_name"),
        ("strangers", b'{"all": true}', "bad_request"),
        ("ignore", b"", "bad_request"),
        ("ignore", b'{"stranger": 7}', "bad_request"),
        ("ignore", b'{"stranger": "stranger-1", "ignored": "yes"}', "bad_request"),
        ("ignore", b'{"stranger": "stranger-1", "ignored": null}', "bad_request"),
        ("ignore", b'{"stranger": "stranger-1"}', "stranger_not_found"),
        ("ignore", b'{"stranger": "stranger-007"}', "stranger_not_found"),
        ("ignore", b'{"stranger": "stranger--1"}', "stranger_not_found"),
        ("ignore", b'{"stranger": "alice"}', "stranger_not_found"),
        ("ignore", b'{"stranger": "1 OR 1=1"}', "stranger_not_found"),
        ("people", b"[" * 100_000, "bad_request"),
        ("open_the_door", b"{}", "unknown_verb"),
    ],
)
def test_a_malformed_request_is_answered_with_a_code(control: Household, verb: str, payload: bytes, code: str) -> None:
    reply = control.handle(parse_request(ReplyAddress(verb), payload))
    assert isinstance(reply, Reply)
    assert isinstance(reply.outcome, EdgedError)
    assert reply.outcome.code == code
    assert len(str(reply.outcome)) < 400


def test_a_field_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    request = parse_request(ReplyAddress("settings"), b'{"emotion": true}')
    assert str(request.command) == "emotion: there is no such field; there are: id, set."


def test_the_id_of_a_wrong_request_comes_back() -> None:
    request = parse_request(ReplyAddress("enroll"), b'{"id": "42", "person": 5}')
    assert request.address.id == "42"
    assert isinstance(request.command, CommandError)


def test_a_picture_may_come_as_a_data_url(control: Household, portraits: dict[str, Path]) -> None:
    picture = base64.b64encode(portraits["obama"].read_bytes()).decode()
    request = parse_request(ReplyAddress("enroll"), f'{{"person": "obama", "image": "data:image/jpeg;base64,{picture}"}}'.encode())
    assert isinstance(control.handle(request).outcome, EnrolledAnswer)
