"""Commands on a real gallery with real faces: what is enrolled, what is refused and in which words, what is forgotten."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from edged.control.control import Control
from edged.control.handlers import answers
from edged.errors import CommandError, EdgedError, PersonNotFound, StrangerNotFound
from edged.interface.enrollment import EnrolledAnswer
from edged.interface.messages import Reply, ReplyAddress
from edged.interface.removal import FORGET, Forget, ForgetAnswer
from edged.interface.verbs import MAX_REQUEST_BYTES, parse_request
from edged.storage.kept_settings import KeptSettings
from edged.vision.pictures import read_picture
from tests import forms
from tests.household import Household, asked, refused, remembered

if TYPE_CHECKING:
    from pathlib import Path


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


@pytest.mark.parametrize("value", [b'"five"', b"[]", b"1e999", b"NaN"])
def test_a_setting_is_a_number_or_a_switch(value: bytes) -> None:
    request = parse_request(ReplyAddress("settings"), b'{"set": {"trigger_level": ' + value + b"}}")
    assert isinstance(request.command, CommandError)
    assert str(request.command) == "set.trigger_level: send a number, true, false or null."


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


def test_a_camera_is_paused_by_name(control: Household) -> None:
    assert asked(control, forms.pause("front", paused=True)) == {"paused": ["front"]}
    assert refused(control, forms.pause("side", paused=True)).code == "unknown_camera"


def test_a_stranger_is_forgotten_by_id(control: Household, portraits: dict[str, Path]) -> None:
    stranger = remembered(control, portraits["obama"])
    done = asked(control, forms.forget(stranger))
    counts = {"templates": 1, "pictures": 1, "events": 0, "residue": None, "compaction_due": True}
    assert done == {"person": stranger, "display_name": None, **counts, "strangers": [stranger], "also_strangers": []}
    assert isinstance(refused(control, forms.forget(stranger)), StrangerNotFound)
    assert remembered(control, portraits["obama"]) != stranger


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
        ("enroll", b" " * (MAX_REQUEST_BYTES + 1), "too_large"),
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
        ("ignore", b'{"stranger": "stranger-1", "ignored": "perhaps"}', "bad_request"),
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
