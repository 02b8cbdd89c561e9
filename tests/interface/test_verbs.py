"""The registry of verbs, and requests as they are read: a command, or the error that made it none, with the asker's address."""

from __future__ import annotations

import pytest

from edged.errors import CommandError
from edged.interface.enrollment import KEEP_NAME, KeepName
from edged.interface.fields import MAX_ID_CHARACTERS
from edged.interface.messages import ReplyAddress, Request
from edged.interface.people import PEOPLE, RENAME, ListPeople, Rename
from edged.interface.pictures import Recognise
from edged.interface.settings import Pause
from edged.interface.verbs import MAX_REQUEST_BYTES, ROWS, VERBS, parse_request, row_of

LONG = b"A" * (MAX_REQUEST_BYTES * 2 // 3)
ASKER = ReplyAddress("rename", response_topic="replies", correlation_data=b"1")


def test_a_request_becomes_a_command_with_the_address_of_its_asker() -> None:
    request = parse_request(ASKER, b'{"id": "7", "person": "alice", "display_name": "Alice"}')
    assert request.command == Rename(id="7", person="alice", display_name="Alice")
    assert request.address == ReplyAddress("rename", "7", "replies", b"1")


def test_an_empty_request_asks_for_what_the_form_says_without_it() -> None:
    assert parse_request(ReplyAddress("pause"), b"").command == Pause(camera=None)


@pytest.mark.parametrize(
    ("verb", "payload", "code", "id_"),
    [
        ("rename", b'{"id": "7"}', "bad_request", "7"),
        ("rename", b'{"id": 7}', "bad_request", "7"),
        ("rename", b'{"id": "' + b"7" * (MAX_ID_CHARACTERS + 1) + b'"}', "bad_request", None),
        ("rename", b'["7"]', "bad_request", None),
        ("rename", b'{"id": "7"', "bad_request", None),
        ("dance", b'{"id": "7"}', "unknown_verb", "7"),
        ("rename", b'{"id": "7"}' + b" " * MAX_REQUEST_BYTES, "too_large", "7"),
        ("enroll", b'{"id": 7, "person": "\xc3\xa9", "image": "' + b"A" * MAX_REQUEST_BYTES + b'"}', "too_large", "7"),
        ("enroll", b'{"image": "' + b"A" * MAX_REQUEST_BYTES + b'", "person": "alice", "id": "7"}', "too_large", "7"),
        ("enroll", b'{"images": ["' + b"A" * MAX_REQUEST_BYTES + b'"], "id": "7", "person": "alice"}', "too_large", "7"),
        ("verify", b'{"image": "' + LONG + b'", "id": "7", "other_image": "' + LONG + b'", "person": "alice"}', "too_large", "7"),
        ("enroll", b'{"images": ["' + b'", "'.join([LONG] * 4) + b'"], "id": 7, "images": ["' + LONG + b'"]}', "too_large", "7"),
        ("enroll", b'{"image": "' + LONG.replace(b"AA", b"\\/\\n") + b'\\\\", "id": "7", "person": "' + LONG + b'"}', "too_large", "7"),
        ("enroll", b'{"image": "' + LONG + b'", "id": "7", "person": "' + LONG, "too_large", "7"),
        ("enroll", b'{"image": "' + b'\\"' * MAX_REQUEST_BYTES + b'", "id": "7"}', "too_large", None),
        ("enroll", b'{"image": "' + b"\\" * MAX_REQUEST_BYTES + b'", "id": "7"}', "too_large", "7"),
        ("enroll", b'{"image": "' + b"A" * MAX_REQUEST_BYTES + b'", "capture": {"id": "7"}}', "too_large", None),
        ("enroll", b'{"image": "' + b'\\"id\\": \\"7\\"}' * 1_000_000 + b'"}', "too_large", None),
        ("enroll", b"\xff" * (MAX_REQUEST_BYTES + 1), "too_large", None),
        ("enroll", b'{"id": "7", "image": ' + b"[" * MAX_REQUEST_BYTES, "too_large", None),
    ],
)
def test_an_error_stands_in_place_of_the_command_and_keeps_the_id(verb: str, payload: bytes, code: str, id_: str | None) -> None:
    request = parse_request(ReplyAddress(verb, response_topic="replies"), payload)
    assert isinstance(request.command, CommandError)
    assert request.command.code == code
    assert request.address == ReplyAddress(verb, id_, "replies")


def test_a_picture_alone_is_a_request_where_nothing_else_matters() -> None:
    for picture in (b"\xff\xd8\xff\xe0 of a phone", b"\x89PNG\r\n\x1a\n"):
        assert parse_request(ReplyAddress("recognise"), picture).command == Recognise(image=picture)
        assert isinstance(parse_request(ReplyAddress("people"), picture).command, CommandError)
        command = parse_request(ReplyAddress("enroll"), picture).command
        assert isinstance(command, CommandError)
        assert "person" in str(command)


def test_a_request_may_be_as_large_as_it_is_said() -> None:
    assert parse_request(ReplyAddress("pause"), b"{}".ljust(2000), most_bytes=2000).command == Pause(camera=None)
    assert isinstance(parse_request(ReplyAddress("pause"), b"{}".ljust(2001), most_bytes=2000).command, CommandError)


def test_the_row_is_that_of_the_form_and_of_an_error_that_of_its_verb() -> None:
    assert row_of(Request(ReplyAddress("people"), ListPeople())) is PEOPLE
    assert row_of(Request(ReplyAddress("enroll"), KeepName())) is KEEP_NAME
    assert row_of(parse_request(ASKER, b"{")) is RENAME
    assert row_of(parse_request(ReplyAddress("dance"), b"")) is None


def test_a_verb_is_asked_for_by_one_form_and_bare_values_by_none() -> None:
    assert list(VERBS) == [row.name for row in ROWS if not row.bare]
    assert {row.name for row in ROWS} == VERBS.keys()
    assert len({row.form for row in ROWS}) == len(ROWS)
