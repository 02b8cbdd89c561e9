"""The AsyncAPI document: one by the specification's own schema, of all topics, verbs and events, with forms that refuse what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator

from edged.interface.asyncapi import HEARD, address, document
from edged.interface.events import EVENTS
from tests.forms import REQUESTS
from tests.specification import Interface, specification
from tests.topics import topic_names

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def interface() -> Interface:
    return Interface()


def references(value: object) -> Iterator[str]:
    match value:
        case {"$ref": str() as reference}:
            yield reference
        case dict():
            for inner in value.values():
                yield from references(inner)
        case list():
            for inner in value:
                yield from references(inner)


def resolved(whole: dict[str, Any], reference: str) -> object:
    found: Any = whole
    for level in reference.removeprefix("#/").split("/"):
        found = found[level]
    return found


def test_the_shell_prints_a_document_that_the_specification_allows() -> None:
    done = subprocess.run([sys.executable, "-m", "edged", "asyncapi"], capture_output=True, text=True, check=True)
    printed = json.loads(done.stdout)
    validator = Draft7Validator(specification())
    assert not validator.is_valid({**printed, "operations": {"wrong": {}}})
    assert [error.message for error in validator.iter_errors(printed)] == []


def test_every_topic_is_a_channel_with_what_varies_as_its_parameters(interface: Interface) -> None:
    channels = interface.document["channels"]
    assert {channel["address"] for channel in channels.values()} == {address(name) for name in topic_names()}
    assert channels["setting"]["address"] == "{prefix}/{device}/setting/{name}"
    assert set(channels["event"]["parameters"]) == {"prefix", "device", "camera"}
    assert channels["request"]["parameters"]["verb"]["enum"] == list(REQUESTS)


def test_every_verb_is_received_and_answered(interface: Interface) -> None:
    operations = interface.document["operations"]
    requests = {name: operation for name, operation in operations.items() if name.startswith("request_")}
    assert [name.removeprefix("request_") for name in requests] == list(REQUESTS)
    for verb, operation in zip(REQUESTS, requests.values(), strict=True):
        assert operation["reply"]["messages"] == [{"$ref": f"#/channels/response/messages/{verb}"}]
    assert {heard.verb for heard in HEARD.values()} - {None} <= set(REQUESTS)


def test_every_answer_has_a_form_of_its_own(interface: Interface) -> None:
    answers = interface.document["channels"]["response"]["messages"]
    assert list(answers) == list(REQUESTS)
    for verb in answers:
        empty: dict[str, object] = {"id": None, "status": "ok", "data": {}, "error": None}
        assert interface.problems(f"edged/door/response/{verb}", json.dumps(empty).encode()), "an answer has fields"


def test_every_type_of_event_is_a_message(interface: Interface) -> None:
    assert list(interface.document["channels"]["event"]["messages"]) == list(EVENTS)


def test_every_reference_leads_to_something(interface: Interface) -> None:
    found = set(references(interface.document))
    assert found
    assert all(resolved(interface.document, reference) for reference in found)


def test_every_form_is_a_schema_of_the_dialect_that_is_named(interface: Interface) -> None:
    for schema in interface.document["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)
    assert "prefixItems" not in json.dumps(document("0")), "draft 7 does not know it and would let anything pass"


def test_what_is_retained_and_what_is_not(interface: Interface) -> None:
    retained = {name: operation["bindings"]["mqtt"]["retain"] for name, operation in interface.document["operations"].items()}
    sent = {name for name, kept in retained.items() if kept}
    assert not any(name.startswith(("receive_", "request_")) for name in sent)
    assert not {"send_event", "send_response", "send_face_image"} & sent
    assert retained["send_availability"]
    assert retained["send_info"]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("edged/door/front/people", b'{"people": "alice", "strangers": 0, "still": [], "still_strangers": 0}'),
        ("edged/door/front/people", b'{"people": [], "strangers": 0, "still": [], "still_strangers": 0, "more": 1}'),
        ("edged/door/availability", b"away"),
        ("edged/door/request/forget", b"{}"),
        ("edged/door/response/pause", b'{"id": "1", "status": "ok", "data": {"paused": [1]}, "error": null}'),
        ("edged/door/response/pause", b'{"id": "1", "status": "ok", "data": {"paused": [], "more": 1}, "error": null}'),
        ("edged/door/front/elsewhere", b"{}"),
    ],
)
def test_a_message_that_is_not_of_its_form_is_seen(interface: Interface, topic: str, payload: bytes) -> None:
    assert interface.problems(topic, payload)
