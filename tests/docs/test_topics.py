"""The topic reference names every topic, verb, setting, event and field that there is, and no other, each with a valid example."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import pytest

from edged.config import SETTINGS, Changeable
from edged.enrollment.capture import DIRECTIONS, Hint
from edged.errors import EdgedError
from edged.interface.events import EVENTS
from edged.interface.messages import ReplyAddress
from edged.interface.states import StatusPayload
from edged.interface.verbs import parse_request
from edged.storage.outbox import FORGOTTEN
from edged.types import Reason
from tests.docs.examples import explains, leaves, places, with_pictures
from tests.docs.markdown import SPAN
from tests.docs.topic_reference import (
    EVENT,
    NO_JSON,
    examples,
    last_level,
    model_of,
    parts,
    sections,
    template,
    topic_sections,
    topics,
    values,
)
from tests.forms import REQUESTS
from tests.specification import Interface

if TYPE_CHECKING:
    from pathlib import Path


def test_the_table_names_every_topic_and_no_other() -> None:
    assert sections()[""].spans() == list(dict.fromkeys(sections()[""].spans()))
    assert set(sections()[""].spans()) == topics()


def test_every_topic_has_a_heading_and_no_other() -> None:
    assert {heading: template(heading) for heading in topic_sections() if template(heading) is None} == {}
    assert {template(heading) for heading in topic_sections()} == topics()
    assert all("door/" in heading or heading == "homeassistant/status" for heading in topic_sections() if "/device/" not in heading)


def test_every_verb_has_a_request_and_a_response_and_no_other() -> None:
    assert last_level("request") == last_level("response") == list(REQUESTS)


def test_every_setting_is_explained_and_no_other() -> None:
    assert sections()["Settings"].spans() == list(Changeable.model_fields)
    assert set(last_level("setting")) <= set(Changeable.model_fields)


def test_every_setting_is_told_with_its_range() -> None:
    for (name, row), cells in zip(SETTINGS.items(), sections()["Settings"].rows, strict=True):
        unit = {"s": " seconds", "px": " pixels", None: ""}[row.unit]
        least = f"above {row.gt}" if row.ge is None else f"{row.ge}"
        assert cells[2].startswith("`true`, `false`" if row.is_switch else f"{least}…{row.le}{unit}"), name


def test_every_type_of_event_has_an_example() -> None:
    shown = {heading: {example["event_type"] for example in part.examples} for heading, part in parts(EVENT).items()}
    assert shown == {heading: set(SPAN.findall(heading)) for heading in shown}
    assert [name for heading in shown for name in SPAN.findall(heading)] == list(EVENTS)


def test_every_type_of_event_has_a_form_that_says_its_name() -> None:
    for name, model in EVENTS.items():
        assert name in get_args(model.model_fields["event_type"].annotation)


def test_the_device_says_which_events_and_requests_there_are() -> None:
    [info] = sections()["edged/door/info"].examples
    assert (info["events"], info["requests"]) == (list(EVENTS), list(REQUESTS))


def test_every_json_topic_has_an_example() -> None:
    without = [heading for heading, found in topic_sections().items() if not found.examples]
    assert without == [heading for heading in topic_sections() if heading.endswith(NO_JSON)]


@pytest.mark.parametrize(("heading", "example"), examples())
def test_an_example_is_exactly_what_its_model_gives(heading: str, example: dict[str, Any], portraits: dict[str, Path]) -> None:
    model = model_of(heading, example)
    assert model is not None
    assert set(example) == set(model.model_fields)
    if "/request/" in heading:
        payload = json.dumps(with_pictures(example, iter(portraits.values()))).encode()
        request = parse_request(ReplyAddress(heading.rpartition("/")[2]), payload)
        assert not isinstance(request.command, EdgedError), request.command
        assert request.address.id == example["id"]
    else:
        assert json.loads(model.model_validate_json(json.dumps(example)).model_dump_json()) == example


@pytest.mark.parametrize(("heading", "example"), examples())
def test_an_example_is_of_the_form_that_the_asyncapi_document_gives(heading: str, example: dict[str, Any]) -> None:
    assert Interface().problems(heading, json.dumps(example).encode()) == []


@pytest.mark.parametrize(("heading", "part"), [(heading, part) for heading in topic_sections() for part in parts(heading)])
def test_every_field_is_explained_and_no_other(heading: str, part: str) -> None:
    found = parts(heading)[part]
    there = {place for example in found.examples for place in places(example)}
    rows = found.spans()
    assert [row for row in rows if not any(explains(row, place) for place in there)] == []
    assert [place for place in leaves(there) if not any(explains(row, place) for row in rows)] == []
    assert len(rows) == len(set(rows))
    assert all(row[1] for row in found.rows)


def test_values_that_are_one_of_a_few_are_all_named() -> None:
    statuses = get_args(StatusPayload.model_fields["status"].annotation)
    assert set(values("edged/door/front/status", "status", 2)) == set(statuses)
    assert values(EVENT, "event_type", 2) == list(EVENTS)


def test_every_reason_is_explained_and_no_other() -> None:
    assert set(values(EVENT, "reason", 1)) == {*Reason, FORGOTTEN}


def test_every_hint_is_explained_and_no_other() -> None:
    assert set(values("edged/door/response/enroll", "data.hint", 1)) == set(Hint)
    assert values("edged/door/response/enroll", "data.looks[].direction", 2) == list(DIRECTIONS)
