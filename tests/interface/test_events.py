"""The JSON of events: what is told of comings, goings, corrections and attributes, and what is null."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from edged.interface.events import EVENTS, PendingEvent, event_fields
from edged.storage.database import open_database
from edged.storage.outbox import FORGOTTEN, Outbox
from edged.types import ClockState, Event, Reason
from tests.mqtt.conftest import FRAME_AT, age_gender, departure, emotion, event

ALICE = ("alice", "Alice", None)
STRANGER_7 = (None, None, "stranger-7")
NOBODY = (None, None, None)
RUNNING = 1000.0
"""Seconds for which the device had been running when the frame was taken."""


def sent(happened: Event, after_seconds: float = 0.084) -> dict[str, Any]:
    """An event as it is sent, so long after its frame."""
    fields = event_fields(happened).dated(FRAME_AT, ClockState.SYNCHRONISED)
    pending = PendingEvent(1, "topic", fields.to_text("event-1", None), taken=RUNNING)
    content: dict[str, Any] = json.loads(pending.to_json(FRAME_AT + timedelta(seconds=after_seconds), RUNNING + after_seconds))
    return content


@pytest.mark.parametrize(
    ("happened", "event_type", "whom"),
    [
        (event(), "recognised", ALICE),
        (event(None), "stranger", STRANGER_7),
        (departure(), "departed", ALICE),
        (departure(None), "departed", NOBODY),
        (replace(departure(), identity=event(None).identity), "departed", STRANGER_7),
        (emotion(), "emotion", ALICE),
        (emotion(None), "emotion", ALICE),
        (emotion(person=None), "emotion", STRANGER_7),
        (age_gender(), "age_gender", ALICE),
        (age_gender(is_sure=False), "age_gender", ALICE),
        (age_gender(person=None), "age_gender", STRANGER_7),
    ],
)
def test_every_event_is_of_the_form_of_its_type(happened: Event, event_type: str, whom: tuple[str | None, ...]) -> None:
    content = sent(happened)
    assert content["event_type"] == event_type
    assert (content["person"], content["display_name"], content["stranger"]) == whom
    form = EVENTS[event_type].model_validate(content)
    assert json.loads(form.to_json()) == content


def test_of_a_stranger_it_is_told_since_when_and_how_often() -> None:
    assert (sent(event(None))["first_seen_at"], sent(event(None))["seen_count"]) == ("2026-01-02T03:04:05.678Z", 3)
    assert (sent(event())["first_seen_at"], sent(event())["seen_count"]) == (None, None)


def test_where_strangers_are_not_remembered_there_is_no_id() -> None:
    unremembered = event(None)
    assert unremembered.identity
    content = sent(replace(unremembered, identity=replace(unremembered.identity, key="unremembered 1", stranger=None)))
    assert (content["event_type"], content["stranger"], content["seen_count"]) == ("stranger", None, None)


def test_a_departure_tells_how_long_and_of_a_face_without_a_name_why() -> None:
    named, unnamed = sent(departure()), sent(departure(None))
    assert (named["seen_seconds"], named["looks"], named["quality"], named["reason"]) == (12.3, 5, 0.82, None)
    assert unnamed["reason"] == Reason.TURNED_AWAY


def test_a_departure_is_dated_when_they_were_last_seen() -> None:
    content = sent(departure(), after_seconds=30.2)
    assert (content["frame_at"], content["latency_ms"]) == ("2026-01-02T03:04:05.678Z", 30_200)


def test_an_expression_is_told_with_the_probability_of_each() -> None:
    content = sent(emotion())
    assert (content["emotion"], content["probabilities"], content["looks"]) == ("happy", {"sad": 0.218, "happy": 0.782}, 4)


def test_an_expression_that_is_unsure_is_null_and_its_probabilities_are_told_all_the_same() -> None:
    content = sent(emotion(None))
    assert (content["emotion"], content["probabilities"]) == (None, {"sad": 0.5, "happy": 0.5})


def test_age_is_told_as_a_range_of_whole_years_and_gender_with_its_probability() -> None:
    content = sent(age_gender())
    assert (content["age_range"], content["age_years"], content["gender"], content["female"]) == ([30, 44], 36.1, "female", 0.951)


def test_age_and_gender_that_are_unsure_are_null_and_what_they_come_from_is_told_all_the_same() -> None:
    content = sent(age_gender(is_sure=False))
    assert (content["age_range"], content["age_years"], content["gender"], content["female"]) == (None, 33.3, None, 0.447)


@pytest.mark.parametrize("happened", [event(), emotion(), age_gender(), departure()])
def test_an_event_whose_person_was_forgotten_while_it_waited_still_has_its_form(happened: Event) -> None:
    with open_database(None) as database:
        outbox = Outbox(database)
        outbox.append("event-1", "edged/door/front/event", event_fields(happened).to_text("event-1", None), FRAME_AT)
        with database.transaction():
            assert outbox.redact("alice") == 1
        [entry] = outbox.pending()
    in_memory = event_fields(happened).redacted().to_text("event-1", None)
    assert json.loads(entry.payload) == json.loads(in_memory)
    content = json.loads(PendingEvent(entry.seq, entry.topic, entry.payload).to_json(FRAME_AT, RUNNING))
    form = EVENTS[content["event_type"]].model_validate(content)
    assert (form.person, form.display_name, content["reason"]) == (None, None, FORGOTTEN)


def test_an_event_that_an_older_edged_stored_is_sent_with_its_number_and_all_it_says() -> None:
    text = '{"event_type":"old","frame_at":"2025-01-01T00:00:00.000Z","event_id":"a","seq":41,"more":[1,{"deep":null}]}'
    content = json.loads(PendingEvent(41, "topic", text).to_json(FRAME_AT, RUNNING))
    unknown = {"latency_ms": None, "clock": "unsynchronised"}  # whether its clock was right, it did not look
    assert content == {**json.loads(text), **unknown, "published_at": "2026-01-02T03:04:05.678Z"}


@pytest.mark.parametrize(("taken", "latency_ms"), [(RUNNING - 30.2, 30_200), (-5.0, 1_005_000), (RUNNING + 1.0, None), (None, None)])
def test_how_long_an_event_took_does_not_depend_on_the_wall_clock(taken: float | None, latency_ms: int | None) -> None:
    for years in (-3, 0, 3):
        published_at = FRAME_AT + timedelta(days=365 * years)
        content = json.loads(PendingEvent(1, "topic", event_fields(event()).to_text("1", None), taken).to_json(published_at, RUNNING))
        assert content["latency_ms"] == latency_ms


def test_only_an_announcement_can_correct_another_event() -> None:
    assert json.loads(event_fields(event()).to_text("2", "1"))["corrects"] == "1"
    assert "corrects" not in json.loads(event_fields(departure()).to_text("2", None))


@pytest.mark.parametrize(
    ("happened", "person", "stranger"),
    [(event(), "alice", None), (event(None), None, "stranger-7"), (departure(None), None, None)],
)
def test_an_event_says_whom_it_is_about(happened: Event, person: str | None, stranger: str | None) -> None:
    assert (event_fields(happened).person, event_fields(happened).stranger) == (person, stranger)
