"""Fields as programs and people really write them: base64, numbers, switches and ids."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from pydantic import TypeAdapter

from edged.errors import EdgedError
from edged.interface.enrollment import CaptureForm
from edged.interface.fields import Encoded
from edged.interface.form import Form
from edged.interface.messages import ReplyAddress
from edged.interface.verbs import parse_request

PICTURE = bytes(range(256)) + b"?>"
PLAIN = base64.b64encode(PICTURE).decode()
URL_SAFE = base64.urlsafe_b64encode(PICTURE).decode()


@pytest.mark.parametrize(
    "written",
    [
        PLAIN,
        PLAIN.rstrip("="),
        URL_SAFE,
        URL_SAFE.rstrip("="),
        base64.encodebytes(PICTURE).decode(),
        base64.encodebytes(PICTURE).decode().replace("\n", "\r\n"),
        f"  {PLAIN} \n",
        f"data:image/jpeg;base64,{PLAIN}",
        f"DATA:image/JPEG;BASE64,{PLAIN}",
        f"data:image/jpeg;name=a.jpg;base64, {PLAIN}",
        f"data:;base64,{URL_SAFE.rstrip('=')}",
        f"data:image/jpeg;base64,{quote(PLAIN, safe='')}",
        f"\ufeff{PLAIN[:8]}\u00a0{PLAIN[8:]}\u200b",
    ],
)
def test_base64_is_read_however_it_is_written(written: str) -> None:
    assert TypeAdapter(Encoded).validate_python(written) == PICTURE


@pytest.mark.parametrize("written", ["", "=", "A", "AAAAA", "data:image/jpeg;base64,", "data:image/jpeg,AAAA", "Ä" * 4, "A*AA", "AA=A"])
def test_what_is_no_base64_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"base64|at least 1 "):
        TypeAdapter(Encoded).validate_python(written)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (f"b'{PLAIN}'", 'because of "\'", character 2'),
        (f"{PLAIN[:4]}\\n{PLAIN[4:]}", r'because of "\\", character 5'),
        (f"data:image/jpeg;base64,{PLAIN}\0", f"because of U.0000, character {len(PLAIN) + 24}"),
        (PLAIN[:-3], "cut short"),
        ("", "is empty"),
        (None, "send its bytes as text, in base64"),
        ([255, 216], "send its bytes as text, in base64"),
    ],
)
def test_what_keeps_a_text_from_being_base64_is_told(written: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        TypeAdapter(Encoded).validate_python(written)


def read(verb: str, content: object, before: bytes = b"") -> Form:
    command = parse_request(ReplyAddress(verb), before + json.dumps(content).encode()).command
    assert isinstance(command, Form), command
    return command


def test_an_id_may_be_a_number_and_comes_back_as_text() -> None:
    assert read("people", {"id": 7}).id == "7"
    assert read("people", {"id": 1795942099.25}).id == "1795942099.25"
    endless = parse_request(ReplyAddress("people"), b'{"id": 1e999}')
    assert isinstance(endless.command, EdgedError)
    large = parse_request(ReplyAddress("people"), b'{"id": 1%b}' % (b"0" * 400))
    assert isinstance(large.command, EdgedError)
    wrong = parse_request(ReplyAddress("people"), b'{"id": 7, "peple": 1}')
    assert isinstance(wrong.command, EdgedError)
    assert wrong.address.id == "7"


def test_json_may_begin_with_a_byte_order_mark() -> None:
    assert read("people", {"id": "7"}, b"\xef\xbb\xbf").id == "7"
    assert parse_request(ReplyAddress("people"), b"\xef\xbb\xbf").command == read("people", {})
    assert parse_request(ReplyAddress("people"), b" \r\n").command == read("people", {})


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_json_may_be_in_what_its_byte_order_mark_says(encoding: str) -> None:
    sent = parse_request(ReplyAddress("person"), '{"id": 7, "person": "Zoë"}'.encode(encoding))
    assert sent.command == read("person", {"id": "7", "person": "Zoë"})
    wrong = parse_request(ReplyAddress("person"), '{"id": 7, "persn": "Zoë"}'.encode(encoding))
    assert isinstance(wrong.command, EdgedError)
    assert wrong.address.id == "7"
    cut = parse_request(ReplyAddress("person"), '{"person": "Zoë"}'.encode(encoding)[:-1])
    assert isinstance(cut.command, EdgedError)


@pytest.mark.parametrize("on", [True, 1, 1.0, "true", "True", "ON", "on", "1", "1.0", "yes"])
@pytest.mark.parametrize("off", [False, 0, "false", "OFF", "0", "0.0"])
def test_a_switch_is_read_however_it_is_written(on: object, off: object) -> None:
    assert CaptureForm.model_validate({"camera": "front", "cancel": on}).cancel is True
    assert CaptureForm.model_validate({"camera": "front", "cancel": off}).cancel is False
    assert read("settings", {"set": {"emotion": on}}) == read("settings", {"set": {"emotion": True}})
    assert read("settings", {"set": {"emotion": off}}) == read("settings", {"set": {"emotion": False}})


@pytest.mark.parametrize("five", [5, 5.0, "5", "5.0", " 5 ", "5e0"])
def test_a_number_is_read_however_it_is_written(five: object) -> None:
    form = CaptureForm.model_validate({"camera": "front", "looks": five, "timeout_seconds": five})
    assert (form.looks, form.timeout_seconds) == (5, 5)
    assert read("settings", {"set": {"trigger_level": five, "margin": "0.45"}}) == read(
        "settings", {"set": {"trigger_level": 5, "margin": 0.45}}
    )


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "0,45", "1_0", "five", "", "\u0665", [], {}])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"number|integer|float"):
        CaptureForm.model_validate({"camera": "front", "timeout_seconds": value, "looks": value})
    assert isinstance(parse_request(ReplyAddress("settings"), json.dumps({"set": {"margin": value}}).encode()).command, EdgedError)
