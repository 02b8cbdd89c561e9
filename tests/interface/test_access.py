"""Access: every verb belongs to a key of the configuration, and what a key does not allow is an error, whatever was sent."""

from __future__ import annotations

import pytest

from edged.config import AllowConfig
from edged.errors import CommandError, ForeignResponseTopic, NotAllowed
from edged.interface.access import EVERY_GROUP, Access
from edged.interface.messages import ReplyAddress
from edged.interface.topics import Topics
from edged.interface.verbs import ROWS, VERBS, parse_request

TOPICS = Topics("edged", "door")
DEFAULT = Access(TOPICS, AllowConfig().groups)


def test_the_keys_of_the_configuration_are_the_groups_of_the_verbs() -> None:
    keys = {field.alias or name for name, field in AllowConfig.model_fields.items()}
    assert keys == EVERY_GROUP == {row.group for row in ROWS}


def test_every_verb_is_carried_out_but_those_that_move_faces_between_devices() -> None:
    assert DEFAULT.refused_verbs() == ("export", "import")
    assert {*DEFAULT.verbs(), *DEFAULT.refused_verbs()} == VERBS.keys()


@pytest.mark.parametrize("payload", [b"", b'{"id": "7"}', b"\xff", b'{"id": "7", "unknown": 1}', b" " * 2_000_000])
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_what_is_not_allowed_is_an_error_whatever_is_sent(verb: str, payload: bytes) -> None:
    request = parse_request(ReplyAddress(verb), payload)
    refused = Access(TOPICS, frozenset()).checked(request)
    assert isinstance(refused.command, NotAllowed)
    assert f"mqtt.allow.{VERBS[verb].group} = true" in str(refused.command)
    assert refused.address == request.address


def test_what_is_allowed_stays_as_it_is() -> None:
    for verb, payload in (("people", b'{"id": "7"}'), ("snapshot", b"nonsense"), ("no_such_verb", b"")):
        request = parse_request(ReplyAddress(verb), payload)
        assert DEFAULT.checked(request) == request
    assert isinstance(DEFAULT.checked(parse_request(ReplyAddress("no_such_verb"), b"")).command, CommandError)


@pytest.mark.parametrize("verb", ["people", "export", "no_such_verb"])
@pytest.mark.parametrize(
    "topic",
    [
        "zigbee2mqtt/lock/set",
        "homeassistant/lock/door/config",
        "homeassistant/device/edged_door/config",
        "homeassistant/device/edged_door/7/config",
        "edged/door/front/event",
        "edged/door/availability",
        "edged/door/request/forget",
        "edged/door/response",
        "edged/window/request/forget",
        "edged/doors",
        "$SYS/x",
        "phones/a/answers/#",
        "+",
        "phones/\0/answers",
        "phones//a/answers",
        "a line\nwith another",
    ],
)
def test_nobody_has_an_answer_sent_where_the_owner_does_not_want_it(verb: str, topic: str) -> None:
    request = parse_request(ReplyAddress(verb, response_topic=topic, correlation_data=b"c"), b'{"id": "7"}')
    for access in (DEFAULT, Access(TOPICS, response_topics=("phones/+/answers",))):
        refused = access.checked(request)
        assert isinstance(refused.command, ForeignResponseTopic)
        assert "\n" not in str(refused.command)
        assert refused.address == ReplyAddress(verb, "7", None, b"c")


def test_the_owner_allows_topics_of_others_and_our_own_answers_are_always_allowed() -> None:
    access = Access(TOPICS, response_topics=("phones/+/answers", "node-red/#"))
    for topic in ("phones/a/answers", "node-red", "node-red/a/b", "edged/door/response/a/b", "edged/door/response/people"):
        request = parse_request(ReplyAddress("people", response_topic=topic), b"")
        assert access.checked(request) == request
    for everything in ("#", "edged/#", "+/+/+/+"):
        faked = parse_request(ReplyAddress("people", response_topic="edged/door/front/event"), b"")
        assert isinstance(Access(TOPICS, response_topics=(everything,)).checked(faked).command, ForeignResponseTopic)
