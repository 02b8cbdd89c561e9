"""Each line of the demo says what its payload says, and never breaks on what is missing."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
from demo_view import is_news, message_line, wants_colour, who

from tests.scripts.payloads import (
    AGE_GENDER,
    CAMERA,
    CORRECTION,
    DEPARTED,
    EMOTION,
    EVENT_TOPIC,
    GLIMPSED,
    KNOWN_STRANGER,
    NOTHING,
    RECOGNISED,
    STRANGER,
    UNKNOWN,
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


LINES: list[tuple[str, dict[str, object] | str | bytes, str]] = [
    (
        EVENT_TOPIC,
        RECOGNISED,
        "event         front_door  Alice recognised  similarity 0.71 >= 0.36, margin 0.38, quality 0.82, 3 looks, 84 ms",
    ),
    (
        EVENT_TOPIC,
        STRANGER,
        "event         front_door  stranger at the door  similarity 0.12 < 0.36, quality 0.82, 1 look, 131 ms, below threshold",
    ),
    (EVENT_TOPIC, NOTHING, "event         front_door  stranger at the door"),
    (EVENT_TOPIC, EMOTION, "event         front_door  Alice looks happy (0.85)  4 looks, 77 ms"),
    (EVENT_TOPIC, {**EMOTION, "emotion": None}, "Alice has no clear expression  4 looks, 77 ms"),
    (EVENT_TOPIC, {**EMOTION, "probabilities": None}, "Alice looks happy  4 looks, 77 ms"),
    (EVENT_TOPIC, AGE_GENDER, "stranger-7 looks 24 to 38 years old, male (0.96)  1 look, 80 ms"),
    (EVENT_TOPIC, {**AGE_GENDER, "age_range": None}, "stranger-7 is of unclear age, male (0.96)  1 look, 80 ms"),
    (EVENT_TOPIC, {**AGE_GENDER, "gender": None, "female": 0.45}, "24 to 38 years old, unclear gender (0.55)  1 look, 80 ms"),
    (EVENT_TOPIC, UNKNOWN, "Alice spoof  similarity=0.71 margin=0.38 threshold=0.36 kind=phone"),
    (EVENT_TOPIC, DEPARTED, "event         front_door  Alice left  quality 0.88, 9 looks, seen for 12.3 s"),
    (EVENT_TOPIC, {**DEPARTED, "display_name": None, "person": None, "stranger": "stranger-7"}, "stranger-7 left"),
    (EVENT_TOPIC, GLIMPSED, "a face left  quality 0.88, 1 look, seen for 12.3 s, turned away"),
    (EVENT_TOPIC, KNOWN_STRANGER, "stranger-7 at the door  similarity 0.12 < 0.36, quality 0.82, 1 look, 131 ms, below threshold, visit 3"),
    (EVENT_TOPIC, CORRECTION, "Alice recognised  similarity 0.71 >= 0.36, margin 0.38, quality 0.82, 3 looks, 84 ms, a correction"),
    ("edged/demo/availability", "online", "availability  online"),
    ("edged/demo/availability", b"offline", "availability  offline"),
    (f"{CAMERA}/status", {"status": "offline", "reason": "no frames"}, "status        front_door  status=offline reason=no frames"),
    (f"{CAMERA}/people", {"people": ["alice"], "strangers": 2}, "people        front_door  present: alice, 2 strangers"),
    (f"{CAMERA}/people", {"people": [], "strangers": 0}, "present: nobody"),
    (f"{CAMERA}/face/image", b"\xff\xd8\xff" * 4000, "face          front_door  12.0 kB, binary"),
    ("edged/demo/request/enroll", {"id": "1", "person": "alice", "image": "A" * 500}, "enroll  person=alice image=(500 characters)"),
    ("edged/demo/response/enroll", {"id": "1", "status": "ok", "data": {"person": "alice"}}, "response      enroll  ok  person=alice"),
    ("edged/demo/response/enroll", {"status": "error", "error": {"code": "no_face", "message": "Come."}}, "enroll  no_face: Come."),
    ("edged/demo/setting/threshold", "0.36", "setting       threshold  0.36"),
    ("edged/demo/setting/threshold/set", "0.4", "setting       threshold set  0.4"),
    ("edged/demo/health", {"uptime_seconds": 30, "temperature_celsius": None}, "health        uptime_seconds=30"),
    ("homeassistant/device/edged_demo/config", {"dev": {}}, "discovery     dev={}"),
    ("other", "[1, 2]", "other         [1, 2]"),
]


@pytest.mark.parametrize(("topic", "payload", "words"), LINES)
def test_a_line_says_what_the_message_says(topic: str, payload: dict[str, object] | str | bytes, words: str) -> None:
    line = message_line(topic, payload)
    assert words in line
    assert "\033" not in line
    assert "\n" not in line
    assert "None" not in line


def test_text_and_decoded_json_give_the_same_line() -> None:
    text = json.dumps(RECOGNISED)
    assert message_line(EVENT_TOPIC, text) == message_line(EVENT_TOPIC, text.encode()) == message_line(EVENT_TOPIC, RECOGNISED)


def test_colours_tell_people_from_strangers() -> None:
    assert "\033[32mAlice recognised" in message_line(EVENT_TOPIC, RECOGNISED, colour=True)
    assert "\033[33mstranger at the door" in message_line(EVENT_TOPIC, STRANGER, colour=True)
    refused = {"status": "error", "error": {"code": "no_face", "message": "Come closer."}}
    assert "\033[31mno_face" in message_line("edged/demo/response/enroll", refused, colour=True)


def test_a_line_begins_with_the_time_where_it_is_known() -> None:
    received_at = datetime(2025, 3, 1, 10, 0, 4, 250_000, tzinfo=UTC)
    assert message_line(EVENT_TOPIC, RECOGNISED, received_at=received_at).startswith(f"{received_at.astimezone():%H:%M:%S}.250  event")


def test_a_payload_cannot_steer_the_terminal() -> None:
    evil = "\033[2J\r\nAlice"
    for line in (
        message_line(EVENT_TOPIC, {**RECOGNISED, "display_name": evil}),
        message_line("edged/demo/availability", evil),
        message_line("edged/demo/front_door/people", {"people": [evil]}),
    ):
        assert line.isprintable()


def test_a_long_payload_stays_a_line() -> None:
    assert len(message_line("edged/demo/info", {f"key{i}": i for i in range(200)})) < 130


@pytest.mark.parametrize(
    ("stream", "environment", "wanted"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour_is_for_terminals_of_people_who_want_it(
    monkeypatch: pytest.MonkeyPatch,
    stream: io.StringIO,
    environment: dict[str, str],
    wanted: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_colour(stream) is wanted


def test_who_falls_back_from_name_to_id() -> None:
    assert [who(RECOGNISED), who({"person": "alice"}), who({"stranger": "stranger-7"}), who({})] == [
        "Alice",
        "alice",
        "stranger-7",
        "stranger",
    ]


@pytest.mark.parametrize(
    ("topic", "payload", "news"),
    [
        (EVENT_TOPIC, RECOGNISED, True),
        (EVENT_TOPIC, STRANGER, True),
        (EVENT_TOPIC, DEPARTED, True),
        (EVENT_TOPIC, EMOTION, False),
        (f"{CAMERA}/status", {"status": "online"}, True),
        (f"{CAMERA}/status", {"status": "offline"}, False),
        ("edged/demo/response/enroll", {"status": "ok"}, True),
        ("edged/demo/request/enroll", {"person": "alice"}, False),
        (f"{CAMERA}/face/image", b"\xff\xd8\xff", False),
    ],
)
def test_news_are_answers_and_who_came_or_left(topic: str, payload: dict[str, object] | bytes, *, news: bool) -> None:
    assert is_news(topic, payload) is news
