"""Bare values: which command each is, and what is said of those that are none."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.errors import CommandError, RequestFailed
from edged.interface.settings import Pause
from edged.interface.topics import Topics
from edged.mqtt import inputs
from edged.mqtt.link import Received
from tests import forms
from tests.mqtt.conftest import TOPICS


@pytest.mark.parametrize(
    ("topic", "payload", "verb", "command"),
    [
        ("setting/margin/set", b"0.1", "settings", forms.settings({"margin": 0.1})),
        ("setting/trigger_level/set", b" 7 ", "settings", forms.settings({"trigger_level": 7})),
        ("setting/margin/set", b'{"value": 0.1}', "settings", forms.settings({"margin": 0.1})),
        ("setting/margin/set", b'"0.1"', "settings", forms.settings({"margin": 0.1})),
        ("setting/margin/set", b'\xef\xbb\xbf{"value": "0.1"}', "settings", forms.settings({"margin": 0.1})),
        ("setting/trigger_level/set", b"5.0", "settings", forms.settings({"trigger_level": 5})),
        ("setting/trigger_level/set", b"1", "settings", forms.settings({"trigger_level": 1})),
        *(
            ("setting/emotion/set", payload, "settings", forms.settings({"emotion": is_on}))
            for is_on, payloads in (
                (True, (b"true", b"ON", b"on", b"1", b'"true"', b'{"value": "ON"}', b"1.0")),
                (False, (b"false", b"OFF", b"0", b'"0"')),
            )
            for payload in payloads
        ),
        *(
            ("front/pause/set", payload, "pause", forms.pause("front", paused=True))
            for payload in (b"on", b"true", b"1", b'"true"', b"True")
        ),
        ("setting/margin/set", b"null", "settings", forms.settings({"margin": None})),
        ("setting/margin/set", b"", "settings", forms.settings({"margin": None})),
        ("front/pause/set", b"ON", "pause", forms.pause("front", paused=True)),
        ("front/pause/set", b"OFF", "pause", forms.pause("front", paused=False)),
        ("/pause/set", b"ON", "pause", Pause.model_construct(camera="")),  # which control answers as any camera that is not there
        ("enroll/name/set", "Anna Weiß".encode(), "enroll", forms.keep_name("Anna Weiß")),
        ("enroll/name/set", b"", "enroll", forms.keep_name(None)),
        ("enroll/last_stranger", b"PRESS", "enroll", forms.EnrollLast()),
    ],
)
def test_a_value_is_a_command(topic: str, payload: bytes, verb: str, command: object) -> None:
    request = inputs.parse(TOPICS, Received(f"edged/door/{topic}", payload, response_topic="me", correlation_data=b"7"))
    assert request.command == command
    address = request.address
    assert (address.verb, address.response_topic, address.correlation_data) == (verb, "me", b"7")


@pytest.mark.parametrize(
    ("topic", "payload", "code"),
    [
        ("setting/margin/set", b"a lot", "bad_request"),
        ("setting/margin/set", b'{"value": 0.1, "unit": "m"}', "bad_request"),
        ("setting/margin/set", b"[" * 900, "bad_request"),
        ("setting/margin/set", b"1" * 2000, "too_large"),
        ("front/pause/set", b"maybe", "bad_request"),
        ("front/pause/set", b"[" * 900, "bad_request"),
        ("front/pause/set", b"2", "bad_request"),
        ("enroll/name/set", b"\xff", "bad_request"),
        ("enroll/name/set", b"\xff\xfe", "bad_request"),
        ("enroll/name/set", "Zoë".encode("latin-1"), "bad_request"),
    ],
)
def test_what_is_no_value_is_an_error(topic: str, payload: bytes, code: str) -> None:
    command = inputs.parse(TOPICS, Received(f"edged/door/{topic}", payload)).command
    assert isinstance(command, CommandError)
    assert command.code == code


ON = [b"ON", b"on", b" true\n", b"True", b"1", b"1.0", b'"ON"', b'{"value": "ON"}', b'{"value": 1}', "on".encode("utf-16")]
HALF = [b"0.5", b".5", b"+0.5", b"5e-1", b'"0.5"', b'".5"', b" 0.50 ", b"00.5", b'{"value": "0.5"}', "0.5".encode("utf-16")]


@pytest.mark.parametrize("on", ON)
def test_a_switch_is_the_same_on_every_topic(on: bytes) -> None:
    assert inputs.parse(TOPICS, Received("edged/door/front/pause/set", on)).command == forms.pause("front", paused=True)
    assert inputs.parse(TOPICS, Received("edged/door/setting/emotion/set", on)).command == forms.settings({"emotion": True})


@pytest.mark.parametrize("half", HALF)
def test_a_number_is_the_same_however_it_is_written(half: bytes) -> None:
    assert inputs.parse(TOPICS, Received("edged/door/setting/margin/set", half)).command == forms.settings({"margin": 0.5})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_name_may_be_in_what_its_byte_order_mark_says(encoding: str) -> None:
    assert inputs.parse(TOPICS, Received("edged/door/enroll/name/set", "Zoë".encode(encoding))).command == forms.keep_name("Zoë")


def test_a_defect_in_one_request_does_not_end_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    request = inputs.parse(TOPICS, Received("edged/door/request/people", cast("bytes", 7), response_topic="me"))
    assert isinstance(request.command, RequestFailed)
    assert (request.address.verb, request.address.response_topic) == ("people", "me")
    assert "A request 'people' could not be read." in caplog.text


@given(st.sampled_from(["setting/margin/set", "front/pause/set", "enroll/name/set", "enroll/last_stranger"]), st.binary(max_size=1100))
def test_whatever_is_sent_becomes_a_request(topic: str, payload: bytes) -> None:
    assert inputs.parse(TOPICS, Received(f"edged/door/{topic}", payload)).address.verb in {"settings", "pause", "enroll"}


def test_home_assistant_is_listened_to_only_where_it_is_told_of_the_device() -> None:
    assert "homeassistant/status" in inputs.subscriptions(TOPICS)
    assert inputs.subscriptions(Topics("edged", "door", None)) == inputs.subscriptions(TOPICS)[:-1]
