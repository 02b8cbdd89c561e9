"""Forms and answers: what is wrong with a request is said in a sentence, and an answer is the same after its way through JSON."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from edged.errors import BadRequest
from edged.interface.calibration import RateAnswer
from edged.interface.form import MAX_FIELDS, Answer, parsed, plain
from edged.interface.operation import SnapshotAnswer
from edged.interface.people import PersonAnswer, Rename, ShownAnswer, TemplateAnswer
from edged.interface.pictures import PoseAnswer, RepresentedFace, Verify
from edged.interface.settings import ChangeSettings
from edged.interface.states import SettingState
from edged.interface.verbs import ROWS

if TYPE_CHECKING:
    from edged.interface.form import Form, Verb

NOON = datetime(2026, 1, 1, 12, 0, 0, 123_456, tzinfo=UTC)
VALUES: dict[Any, Any] = {str: "text", int: 7, bool: True, float: 0.25, bytes: b"\xff\x00bytes", datetime: NOON}
ANSWERS = [(row, kind) for row in ROWS for kind in (row.answer, *row.also)]


def example(kind: Any, *, full: bool) -> Any:  # noqa: ANN401 - a value of any type that a field may have
    """A value of a type; where it may be null, it is unless it is to be full."""
    inner = get_args(kind)
    if kind is SettingState:
        return SettingState(value=0.5, default=0.4, overridden=True, locked=False, minimum=0.37, maximum=0.9)
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{field.name: example(hints[field.name], full=full) for field in fields(kind)})
    if get_origin(kind) in {Union, UnionType}:
        return example(inner[0], full=full) if full else None
    if get_origin(kind) is dict:
        return {"key": example(inner[1], full=full)}
    if get_origin(kind) is tuple:
        return tuple(example(one, full=full) for one in inner if one is not ...)
    choices = inner if get_origin(kind) is Literal else tuple(kind) if issubclass(kind, StrEnum) else (VALUES[kind],)
    return choices[0]


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(("row", "kind"), ANSWERS, ids=lambda one: getattr(one, "__name__", None))
def test_an_answer_is_the_same_after_its_way_through_json(row: Verb[Any, Any], kind: type[Answer], full: bool) -> None:  # noqa: FBT001
    answer = example(kind, full=full)
    received = parsed(row, json.loads(json.dumps(plain(answer), allow_nan=False)))
    assert type(received) is kind
    assert plain(received) == plain(answer)


def test_an_answer_of_another_verb_is_none() -> None:
    [pause] = [row for row in ROWS if row.name == "pause"]
    with pytest.raises(ValueError, match="people"):
        parsed(pause, {"people": []})


def test_figures_are_rounded_and_times_are_in_utc_with_milliseconds() -> None:
    template = plain(
        TemplateAnswer(
            0.456, "mqtt", learned=False, created_at=NOON, model="model", nearest_person="a", nearest_similarity=0.12345, has_picture=False
        )
    )
    assert (template["quality"], template["nearest_similarity"], template["created_at"]) == (0.46, 0.123, "2026-01-01T12:00:00.123Z")
    assert plain(RateAnswer(0.123456, 0.0, 1.0, 9))["estimate"] == 0.1235
    assert plain(PoseAnswer(-0.6, 12.4, 89.9)) == {"yaw_degrees": -1, "pitch_degrees": 12, "roll_degrees": 90}
    face = RepresentedFace((0, 0, 1, 1), 0.98765, 0.5, None, None, {}, (0.12345678,))
    assert (plain(face)["score"], plain(face)["embedding"]) == (0.988, [0.123457])
    assert plain(SnapshotAnswer("front", NOON, (4, 3), None, b"\xff"))["image"] == "/w=="


def test_an_answer_says_all_that_another_one_says_and_more() -> None:
    person = PersonAnswer("alice", "Alice", 2, NOON)
    shown = ShownAnswer.extending(person, learned=0, hint=None, template_list=())
    assert shown == ShownAnswer("alice", "Alice", 2, NOON, 0, None, ())


@pytest.mark.parametrize(
    ("form", "fields", "sentence"),
    [
        (Rename, {"person": "a"}, "display_name: is missing."),
        (Rename, {"person": "", "display_name": "b"}, "person: String should have at least 1 character."),
        (
            Rename,
            {"person": "a", "display_name": "b", "into": "c"},
            "into: there is no such field; there are: id, person, display_name, allow_alike.",
        ),
        (Rename, dict.fromkeys(map(str, range(MAX_FIELDS + 1))), "The request is not what it should be: there are more than 100 fields."),
        (ChangeSettings, {"set": {"margin": "much"}}, "set.margin: send a number, true, false or null."),
        (Verify, {"image": "aGVsbG8="}, "Give either a 'person' or a second picture as 'other_image'."),
        (
            Verify,
            {"image": "aGVsb*8", "person": "a"},
            'image: is not base64 because of "*", character 6: send the file\'s bytes alone, in base64.',
        ),
        (Verify, {"image": b"JPEG", "person": "a", "x" * 200: 1}, f"{'x' * 99}…: there is no such field"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_in_a_sentence(form: type[Form], fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadRequest) as refused:
        form.of(**fields)
    assert str(refused.value).startswith(sentence)
