"""Commands on a real gallery with real faces: what is enrolled, what is refused and in which words, what is forgotten."""

from __future__ import annotations

import base64
import re
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

import cv2
import numpy as np
import pytest

from edged.config import Changeable, Config
from edged.control.control import Control
from edged.daemon.app import open_attributes
from edged.errors import EXIT_CONFIG, CommandError, EdgedError, GalleryError, ModelError, PersonNotFound, StrangerNotFound
from edged.gallery.curation import Curation
from edged.gallery.memory import StrangerMemory
from edged.gallery.sightings import Sighting
from edged.gallery.store import Gallery
from edged.gallery.strangers import Strangers
from edged.interface.commands import (
    Enroll,
    Forget,
    Ignore,
    ListPeople,
    ListStrangers,
    NameNext,
    Pause,
    Promote,
    PromoteLast,
    Reload,
    Reply,
    ReplyAddress,
    Request,
    Settings,
)
from edged.interface.requests import parse_request
from edged.mqtt.link import Received
from edged.pipeline.attributes import AttributeNetworks
from edged.storage.database import Database, open_database
from edged.storage.kept_settings import KeptSettings
from edged.types import Embedding
from edged.vision.pictures import encode_png, read_picture
from tests.conftest import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.interface.commands import Command
    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def control(reader: FaceReader, database: Database) -> Control:
    return control_of(reader, database)


def control_of(
    reader: FaceReader,
    database: Database,
    *,
    keep_pictures: bool = True,
    stranger_days: int = 30,
    attributes: AttributeNetworks | None = None,
    max_templates: int = 12,
    now: Callable[[], datetime] = lambda: NEW_YEAR,
) -> Control:
    """A control of this file, by the usual configuration."""
    return Control(
        reader,
        Gallery(database),
        StrangerMemory(Strangers(database), reader.embedder.model_id, days=stranger_days),
        KeptSettings(database),
        Changeable(),
        attributes or open_attributes(Config()),
        keep_pictures=keep_pictures,
        cameras=["front"],
        max_templates=max_templates,
        now=now,
    )


def asked(control: Control, command: Command) -> dict[str, Any]:
    """The data of a command that is carried out."""
    outcome = control.handle(Request(ReplyAddress("test"), command)).outcome
    assert isinstance(outcome, dict), outcome
    return outcome


def refused(control: Control, command: Command) -> EdgedError:
    """The error of a command that is not."""
    outcome = control.handle(Request(ReplyAddress("test"), command)).outcome
    assert isinstance(outcome, EdgedError), outcome
    return outcome


def jpeg(pixels: Uint8Array) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def test_a_person_is_enrolled_and_known_at_once(control: Control, portraits: dict[str, Path]) -> None:
    done = asked(control, Enroll("Barack Obama", None, (portraits["obama"].read_bytes(),)))
    assert (done["person"], done["display_name"], done["templates"], done["added"]) == ("barack_obama", "Barack Obama", 1, 1)
    assert [row["person"] for row in asked(control, ListPeople())["people"]] == ["barack_obama"]
    assert control.shared.display_names == {"barack_obama": "Barack Obama"}
    assert len(control.shared.matcher) == 1


def test_a_second_picture_is_added_to_the_same_person(control: Control, portraits: dict[str, Path]) -> None:
    asked(control, Enroll("obama", "Barack", (portraits["obama"].read_bytes(),)))
    done = asked(control, Enroll("Obama", None, (portraits["obama_again"].read_bytes(),)))
    assert (done["display_name"], done["templates"], done["notes"]) == ("Barack", 2, [])


def test_a_picture_of_somebody_else_is_accepted_with_a_note(control: Control, portraits: dict[str, Path]) -> None:
    asked(control, Enroll("obama", None, (portraits["obama"].read_bytes(),)))
    [note] = asked(control, Enroll("obama", None, (portraits["biden"].read_bytes(),)))["notes"]
    assert note["code"] == "unlike_own"


@pytest.mark.parametrize("name", ["", "a/b", "x" * 65, "\u202eevil", "😀"])
def test_names_that_are_none_are_refused(control: Control, portraits: dict[str, Path], name: str) -> None:
    assert refused(control, Enroll(name, None, (portraits["obama"].read_bytes(),))).code == "bad_name"


def test_pictures_that_will_not_do_are_refused_with_what_to_do(control: Control, astronaut: Uint8Array, portraits: dict[str, Path]) -> None:
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
        assert refused(control, Enroll("alice", None, (picture,))).code == code
    assert asked(control, ListPeople())["people"] == []


def test_one_bad_picture_of_several_enrolls_none(control: Control, portraits: dict[str, Path], astronaut: Uint8Array) -> None:
    grey = jpeg(np.full((200, 200, 3), 127, np.uint8))
    error = refused(control, Enroll("eileen", None, (jpeg(astronaut), grey)))
    assert error.code == "no_face"
    assert str(error).startswith("Picture 2: ")
    assert "Nothing was enrolled" in str(error)
    assert asked(control, ListPeople())["people"] == []
    assert portraits


def test_several_pictures_are_judged_one_by_one_and_enroll_together(control: Control, portraits: dict[str, Path]) -> None:
    pictures = tuple(portraits[name].read_bytes() for name in ("obama", "obama_again"))
    told: list[object] = []
    for reply in control.steps(Request(ReplyAddress("enroll", "7"), Enroll("Barack", None, pictures))):
        assert reply.address.id == "7"
        told.append(reply.outcome if not reply.is_final else len(control.shared.matcher))
        assert reply.is_final or asked(control, ListPeople())["people"] == []
    assert told == [*({"person": "barack", "judged": number, "pictures": 2} for number in range(3)), 2]


def test_a_bad_name_is_refused_before_a_picture_is_looked_at(control: Control) -> None:
    [reply] = control.steps(Request(ReplyAddress("enroll"), Enroll("a/b", None, (b"no picture", b"none"))))
    assert isinstance(reply.outcome, EdgedError)
    assert (reply.is_final, reply.outcome.code) == (True, "bad_name")


def test_the_same_picture_twice_and_somebody_elses_face_are_refused(control: Control, portraits: dict[str, Path]) -> None:
    picture = portraits["obama"].read_bytes()
    asked(control, Enroll("obama", None, (picture,)))
    assert refused(control, Enroll("obama", None, (picture,))).code == "duplicate"
    error = refused(control, Enroll("joe", None, (portraits["obama_again"].read_bytes(),)))
    assert error.code == "looks_like_other"
    assert "obama" in str(error)


def test_who_is_forgotten_is_gone(control: Control, portraits: dict[str, Path]) -> None:
    asked(control, Enroll("Barack Obama", None, (portraits["obama"].read_bytes(),)))
    done = asked(control, Forget("Barack Obama"))
    assert (done["person"], done["templates"], done["pictures"], done["residue"]) == ("barack_obama", 1, 1, None)
    assert len(control.shared.matcher) == 0
    assert isinstance(refused(control, Forget("Barack Obama")), PersonNotFound)


@pytest.mark.parametrize("kept", ["Zoë Unverwechselbar", "zoë unverwechselbar"])
def test_the_name_of_who_is_forgotten_does_not_wait_for_the_next_stranger(
    control: Control, tmp_path: Path, portraits: dict[str, Path], kept: str
) -> None:
    asked(control, Enroll("Zoë Unverwechselbar", None, (portraits["obama"].read_bytes(),)))
    asked(control, NameNext("Alice"))
    assert isinstance(refused(control, Forget("Bob")), PersonNotFound)
    assert KeptSettings(control._gallery.database).get("enroll_name") == "Alice"
    asked(control, NameNext(kept))
    asked(control, Forget("Zoë Unverwechselbar"))
    assert control.owner_state.enroll_name is None
    assert b"nverwechselbar" not in b"".join(path.read_bytes() for path in tmp_path.glob("gallery.db*"))


def test_no_picture_is_kept_where_the_owner_wants_none(reader: FaceReader, database: Database, portraits: dict[str, Path]) -> None:
    control = control_of(reader, database, keep_pictures=False)
    asked(control, Enroll("obama", None, (portraits["obama"].read_bytes(),)))
    assert asked(control, Forget("obama"))["pictures"] == 0


def test_settings_change_persist_and_go_back(control: Control, reader: FaceReader, database: Database) -> None:
    before = control.shared.rules.match_threshold
    done = asked(control, Settings({"match_threshold": 0.5, "trigger_level": 5}))["settings"]
    assert done["match_threshold"] == {"value": 0.5, "default": before, "overridden": True}
    again = control_of(reader, database)
    assert (again.shared.rules.match_threshold, again.shared.rules.trigger_level) == (0.5, 5)
    asked(again, Settings({"match_threshold": None}))
    assert (again.shared.rules.match_threshold, again.shared.rules.trigger_level) == (before, 5)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"match_threshold": 0.1}, "match_threshold: 0.1 is too little; at least 0.2 is allowed, as with less, strangers are taken"),
        ({"match_threshold": 0.95}, "match_threshold: 0.95 is too much; at most 0.9 is allowed, as with more, hardly anybody"),
        ({"max_false_alarms": 0.5}, "max_false_alarms: 0.5 is too much; at most 0.1 is allowed, as"),
        ({"max_false_alarms": 0.0}, "max_false_alarms: 0 is too little; more than 0 is allowed, as no threshold"),
        ({"refractory_seconds": 1e6}, "refractory_seconds: 1e+06 is too much; at most 86400 is allowed. Nothing was changed."),
        ({"trigger_level": 10**400}, "trigger_level: this is too much; at most 50 is allowed"),
    ],
)
def test_a_setting_out_of_its_range_is_refused_with_the_figures_and_the_reason(control: Control, changes: dict[str, Any], why: str) -> None:
    assert str(refused(control, Settings(changes))).startswith(why)


def test_a_threshold_that_takes_too_many_strangers_for_people_is_refused(control: Control) -> None:
    tail = control.shared.impostors
    before = control.shared.rules
    error = refused(control, Settings({"match_threshold": 0.25, "trigger_level": 7}))
    found = re.search(r"0.25 is unsafe: .* (\d+)% of looks at somebody else .* at most 1%.*; take ([\d.]+) or more", str(error))
    assert found, error
    assert float(found[1]) / 100 == pytest.approx(tail.rate_at(0.25), abs=0.005)
    assert control.shared.rules == before
    allowed = asked(control, Settings({"match_threshold": float(found[2])}))["settings"]["match_threshold"]["value"]
    assert tail.rate_at(allowed) <= 0.01 < tail.rate_at(allowed - 0.01)


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
def test_unsafe_settings_are_refused_and_change_nothing(control: Control, changes: dict[str, Any]) -> None:
    before = control.shared.rules
    error = refused(control, Settings({"trigger_level": 7, **changes}))
    assert error.code == "bad_setting"
    assert next(iter(changes)) in str(error)
    assert control.shared.rules == before
    assert asked(control, Settings({}))["settings"]["trigger_level"]["overridden"] is False


def test_settings_that_cannot_all_be_stored_are_not_in_force(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    before = control.shared.rules

    def refuse(_self: object, _values: object) -> None:
        raise GalleryError("The disk is full.")

    monkeypatch.setattr(KeptSettings, "change", refuse)
    assert str(refused(control, Settings({"match_threshold": 0.5, "trigger_level": 1}))) == "The disk is full."
    assert control.shared.rules == before


def test_no_network_stays_switched_on_where_the_setting_cannot_be_stored(
    reader: FaceReader, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = open_attributes(Config())
    control = control_of(reader, database, attributes=networks)

    def refuse(_self: object, _values: object) -> None:
        raise GalleryError("The disk is full.")

    monkeypatch.setattr(KeptSettings, "change", refuse)
    assert refused(control, Settings({"emotion": True})).code == "gallery"
    assert networks.in_use.emotion is None


@pytest.mark.parametrize("damage", ["changed file", "wrong colours"])
def test_a_network_that_cannot_be_used_is_not_switched_on_and_nothing_else_changes(
    reader: FaceReader, database: Database, tmp_path: Path, damage: str
) -> None:
    networks = damaged_networks(tmp_path, damage)
    control = control_of(reader, database, attributes=networks)
    before = control.shared.rules
    error = refused(control, Settings({"emotion": True, "age_gender": True, "trigger_level": 7}))
    assert error.code == "bad_model"
    assert (control.shared.rules, KeptSettings(database).overrides()) == (before, {})
    assert (networks.in_use.emotion, networks.in_use.age_gender) == (None, None)
    settings = asked(control, Settings({"emotion": True, "trigger_level": 7}))["settings"]
    assert (settings["emotion"]["value"], settings["trigger_level"]["value"]) == (True, 7)


def test_a_reload_that_needs_a_network_that_cannot_be_used_takes_nothing_over(
    reader: FaceReader, database: Database, tmp_path: Path, portraits: dict[str, Path]
) -> None:
    control = control_of(reader, database, attributes=damaged_networks(tmp_path, "wrong colours"))
    rules = control.shared.rules
    with open_database(tmp_path / "gallery.db") as other:
        asked(control_of(reader, other), Enroll("obama", None, (portraits["obama"].read_bytes(),)))
        KeptSettings(other).change({"age_gender": True, "trigger_level": 7})
    assert refused(control, Reload()).code == "bad_model"
    assert (control.shared.rules, control.shared.display_names, len(control.shared.matcher)) == (rules, {}, 0)
    assert control.refresh()
    assert (control.shared.rules, control.shared.display_names) == (rules, {"obama": "obama"})
    KeptSettings(database).change({"age_gender": None})
    assert asked(control, Reload())["overridden"] == ["trigger_level"]
    assert control.shared.rules.trigger_level == 7


def test_edged_does_not_start_with_a_network_that_cannot_be_used(reader: FaceReader, database: Database, tmp_path: Path) -> None:
    KeptSettings(database).change({"age_gender": True})
    with pytest.raises(ModelError, match="golden picture is read wrongly") as caught:
        control_of(reader, database, attributes=damaged_networks(tmp_path, "wrong colours"))
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
    request = parse_request("settings", Received("t", b'{"set": {"trigger_level": ' + value + b"}}"))
    assert isinstance(request.command, CommandError)
    assert str(request.command) == "set.trigger_level: send a number, true, false or null."


def test_an_override_of_an_older_edged_that_is_no_longer_allowed_does_not_stop_the_start(reader: FaceReader, database: Database) -> None:
    KeptSettings(database).change({"match_threshold": 7})
    control = control_of(reader, database)
    assert control.shared.rules.match_threshold == reader.embedding_card.matching.match_threshold


def test_one_override_that_is_no_longer_allowed_takes_no_other_with_it(reader: FaceReader, database: Database) -> None:
    KeptSettings(database).change({"match_threshold": 0.1})
    KeptSettings(database).change({"pictures": False})
    control = control_of(reader, database)
    assert not control.shared.rules.pictures
    told = asked(control, Settings({"trigger_level": 4}))["settings"]
    assert {name for name, one in told.items() if one["overridden"]} == {"pictures", "trigger_level"}
    assert not control.shared.rules.pictures


def test_a_change_that_is_done_is_known_as_soon_as_the_file_can_be_read_again(
    control: Control, portraits: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(control, Enroll("obama", None, (portraits["obama"].read_bytes(),)))
    with monkeypatch.context() as broken:
        broken.setattr(Gallery, "templates", _unreadable)
        asked(control, Forget("obama"))
    assert control.refresh()
    assert control.shared.display_names == {}
    assert len(control.shared.matcher) == 0


def test_who_is_enrolled_is_known_where_superfluous_templates_cannot_be_dropped(
    control: Control, portraits: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Curation, "thin_out", _unreadable)
    assert asked(control, Enroll("obama", None, (portraits["obama"].read_bytes(),)))["added"] == 1
    assert control.shared.display_names == {"obama": "obama"}


def test_who_is_forgotten_between_two_pictures_does_not_come_back(control: Control, tmp_path: Path, portraits: dict[str, Path]) -> None:
    asked(control, Enroll("obama", None, (portraits["obama"].read_bytes(),)))
    pictures = (portraits["obama_again"].read_bytes(), portraits["obama"].read_bytes())
    steps = control.steps(Request(ReplyAddress("enroll"), Enroll("obama", None, pictures, allow_alike=True)))
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
    control: Control, tmp_path: Path, portraits: dict[str, Path], reader: FaceReader
) -> None:
    assert not control.refresh()
    with open_database(tmp_path / "gallery.db") as other:
        shell = control_of(reader, other)
        asked(shell, Enroll("obama", None, (portraits["obama"].read_bytes(),)))
    assert control.refresh()
    assert control.shared.display_names == {"obama": "obama"}


def remembered(control: Control, picture: Path, *, quality: float = 0.8) -> str:
    """The id of a stranger with the face of a picture, seen on the first of January."""
    face = control._reader.largest(read_picture(picture))
    assert face is not None
    sighting = Sighting(face.embedding, quality, NEW_YEAR, encode_png(face.aligned.pixels))
    rules, strangers = control.shared.rules, control.shared.strangers
    met = strangers.meet(sighting, strangers.recall(face.embedding, threshold=rules.match_threshold, margin=rules.margin))
    assert met is not None
    return met.id


def test_a_stranger_becomes_a_person_who_is_recognised_in_another_picture(control: Control, portraits: dict[str, Path]) -> None:
    stranger = remembered(control, portraits["obama"])
    assert remembered(control, portraits["obama_again"]) == stranger
    done = asked(control, Promote("Barack Obama", None, stranger))
    assert (done["person"], done["display_name"], done["templates"], done["added"], done["notes"]) == (
        "barack_obama",
        "Barack Obama",
        2,
        2,
        [],
    )
    face = control._reader.largest(read_picture(portraits["obama_again"]))
    assert face is not None
    assert control.shared.matcher.match(face.embedding, threshold=0.43, margin=0.05).person == "barack_obama"
    assert control.shared.strangers.recall(face.embedding, threshold=0.43, margin=0.05) is None
    assert asked(control, ListStrangers())["strangers"] == []
    assert isinstance(refused(control, Promote("Barack Obama", None, stranger)), StrangerNotFound)


def test_a_stranger_is_added_to_somebody_who_is_enrolled(control: Control, portraits: dict[str, Path]) -> None:
    asked(control, Enroll("Barack", "Barack", (portraits["obama"].read_bytes(),)))
    done = asked(control, Promote("barack", None, remembered(control, portraits["obama_again"])))
    assert (done["display_name"], done["templates"], done["added"]) == ("Barack", 2, 1)


def test_a_stranger_is_judged_as_a_picture_is(control: Control, portraits: dict[str, Path]) -> None:
    asked(control, Enroll("obama", None, (portraits["obama"].read_bytes(),)))
    lookalike = remembered(control, portraits["obama_again"])
    error = refused(control, Promote("joe", None, lookalike))
    assert (error.code, "'obama'" in str(error)) == ("looks_like_other", True)
    assert refused(control, Promote("obama", None, remembered(control, portraits["obama"]))).code == "duplicate"
    [note] = asked(control, Promote("obama", None, remembered(control, portraits["biden"])))["notes"]
    assert note["code"] == "unlike_own"
    assert [row["person"] for row in asked(control, ListPeople())["people"]] == ["obama"]
    assert [row["stranger"] for row in asked(control, ListStrangers())["strangers"]] == [lookalike]


def test_the_looks_of_a_stranger_are_like_each_other(control: Control, portraits: dict[str, Path]) -> None:
    asked(control, Enroll("joe", None, (portraits["biden"].read_bytes(),)))
    stranger = remembered(control, portraits["obama"])
    assert remembered(control, portraits["obama_again"]) == stranger
    done = asked(control, Promote("joe", None, stranger))
    assert (done["added"], [note["code"] for note in done["notes"]]) == (2, ["unlike_own"])


def test_a_stranger_of_another_network_cannot_be_enrolled(control: Control, database: Database) -> None:
    stranger = Strangers(database).remember(Sighting(Embedding(np.eye(1, 128, dtype=np.float32)[0], "older"), 0.5, NEW_YEAR, None))
    assert refused(control, Promote("joe", None, stranger.id)).code == "wrong_model"
    assert asked(control, ListPeople())["people"] == []


def test_an_ignored_stranger_is_known_to_be_ignored_at_once_and_until_it_is_taken_back(
    control: Control, portraits: dict[str, Path]
) -> None:
    stranger = remembered(control, portraits["obama"])
    face = control._reader.largest(read_picture(portraits["obama_again"]))
    assert face is not None

    def is_ignored() -> bool:
        recalled = control.shared.strangers.recall(face.embedding, threshold=0.43, margin=0.05)
        assert recalled is not None
        assert recalled.stranger == stranger
        return recalled.ignored

    assert not is_ignored()
    assert asked(control, Ignore(stranger, ignored=True))["ignored"] is True
    assert is_ignored()
    asked(control, Ignore(stranger, ignored=False))
    assert not is_ignored()


def test_the_stranger_seen_last_becomes_the_person_who_was_named(control: Control, portraits: dict[str, Path]) -> None:
    assert refused(control, PromoteLast()).code == "no_name"
    asked(control, NameNext("Barack Obama"))
    assert refused(control, PromoteLast()).code == "no_stranger"
    ignored = remembered(control, portraits["biden"])
    asked(control, Ignore(ignored, ignored=True))
    assert refused(control, PromoteLast()).code == "no_stranger"
    remembered(control, portraits["obama"])
    assert asked(control, PromoteLast())["person"] == "barack_obama"
    remembered(control, portraits["astronaut"])
    assert refused(control, PromoteLast()).code == "no_name", "the name was for one"


def test_a_camera_is_paused_by_name(control: Control) -> None:
    assert asked(control, Pause("front", paused=True)) == {"paused": ["front"]}
    assert refused(control, Pause("side", paused=True)).code == "unknown_camera"


def test_a_stranger_is_forgotten_by_id(control: Control, portraits: dict[str, Path]) -> None:
    stranger = remembered(control, portraits["obama"])
    done = asked(control, Forget(stranger))
    counts = {"templates": 1, "pictures": 1, "events": 0, "residue": None}
    assert done == {"person": stranger, "display_name": None, **counts, "strangers": [stranger], "also_strangers": []}
    assert isinstance(refused(control, Forget(stranger)), StrangerNotFound)
    assert remembered(control, portraits["obama"]) != stranger


def test_what_another_process_does_with_strangers_is_taken_over(
    control: Control, reader: FaceReader, tmp_path: Path, portraits: dict[str, Path]
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
        control = control_of(reader, database, stranger_days=days, now=lambda: NEW_YEAR + timedelta(days=30))
        remembered(control, portraits["obama"])
        control.expire()
        assert len(asked(control, ListStrangers())["strangers"]) == left


def test_a_defect_is_answered_and_does_not_stop_the_daemon(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "forget", lambda _, with_strangers: 1 / with_strangers)
    assert refused(control, Forget("x")).code == "internal"


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
def test_a_malformed_request_is_answered_with_a_code(control: Control, verb: str, payload: bytes, code: str) -> None:
    reply = control.handle(parse_request(verb, Received(f"edged/door/request/{verb}", payload)))
    assert isinstance(reply, Reply)
    assert isinstance(reply.outcome, EdgedError)
    assert reply.outcome.code == code
    assert len(str(reply.outcome)) < 400


def test_a_field_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    request = parse_request("settings", Received("t", b'{"emotion": true}'))
    assert str(request.command) == "emotion: there is no such field; there are: id, set."


def test_the_id_of_a_wrong_request_comes_back() -> None:
    request = parse_request("enroll", Received("t", b'{"id": "42", "person": 5}'))
    assert request.address.id == "42"
    assert isinstance(request.command, CommandError)


def test_a_picture_may_come_as_a_data_url(control: Control, portraits: dict[str, Path]) -> None:
    picture = base64.b64encode(portraits["obama"].read_bytes()).decode()
    request = parse_request("enroll", Received("t", f'{{"person": "obama", "image": "data:image/jpeg;base64,{picture}"}}'.encode()))
    assert isinstance(control.handle(request).outcome, dict)
