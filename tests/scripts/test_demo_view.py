"""Lines, table and pictures of the demo say what the payloads say, and never break on what is missing.

Knows the payloads of MQTT.md only as dictionaries.
"""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import numpy as np
import pytest
from demo_view import annotate, ascii_only, closing_table, contact_sheet, message_line, wants_colour, who

RECOGNISED: dict[str, object] = {
    "event_type": "recognised",
    "event_id": "01JD0000000000000000000000",
    "seq": 4711,
    "camera": "front_door",
    "track": 17,
    "person": "alice",
    "display_name": "Alice",
    "similarity": 0.71,
    "margin": 0.38,
    "threshold": 0.36,
    "reason": None,
    "box": [412, 96, 561, 288],
    "frame_size": [1280, 720],
    "looks": 3,
    "quality": 0.82,
    "frame_at": "2025-03-01T10:00:04.250Z",
    "published_at": "2025-03-01T10:00:04.334Z",
    "latency_ms": 84,
}
STRANGER = {
    **RECOGNISED,
    "event_type": "stranger",
    "person": None,
    "display_name": None,
    "similarity": 0.12,
    "margin": None,
    "reason": "below_threshold",
    "looks": 1,
    "latency_ms": 131,
    "frame_at": "2025-03-01T10:00:12.000Z",
}
KNOWN_STRANGER = {**STRANGER, "stranger": "stranger-7", "seen_count": 3}
CORRECTION = {**RECOGNISED, "event_id": "01JD0000000000000000000001", "corrects": KNOWN_STRANGER["event_id"]}
DEPARTED: dict[str, object] = {
    "event_type": "departed",
    "person": "alice",
    "display_name": "Alice",
    "stranger": None,
    "latency_ms": 30114,
    "seen_seconds": 12.34,
    "looks": 9,
    "quality": 0.88,
    "reason": None,
}
GLIMPSED = {**DEPARTED, "person": None, "display_name": None, "looks": 1, "reason": "turned_away"}
NOTHING = dict.fromkeys(RECOGNISED) | {"event_type": "stranger"}
EMOTION: dict[str, object] = {
    "event_type": "emotion",
    "person": "alice",
    "display_name": "Alice",
    "latency_ms": 77,
    "emotion": "happy",
    "probabilities": {"sad": 0.149, "happy": 0.851},
    "looks": 4,
    "reason": None,
}
AGE_GENDER: dict[str, object] = {
    "event_type": "age_gender",
    "stranger": "stranger-7",
    "latency_ms": 80,
    "age_range": [24, 38],
    "age_years": 30.6,
    "gender": "male",
    "female": 0.043,
    "looks": 1,
    "reason": None,
}
UNKNOWN = {**RECOGNISED, "event_type": "spoof", "kind": "phone"}
EVENT_TOPIC = "edged/demo/front_door/event"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


CAMERA = "edged/demo/front_door"
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
        closing_table([{**RECOGNISED, "display_name": evil}]).replace("\n", ""),
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


def test_the_table_says_who_when_how_sure_and_how_late() -> None:
    table = closing_table([RECOGNISED, EMOTION, STRANGER, NOTHING], started_at=datetime(2025, 3, 1, 10, tzinfo=UTC))
    assert table.splitlines() == [
        "who          when  similarity  margin  threshold  quality  looks    late  remark",
        "────────  ───────  ──────────  ──────  ─────────  ───────  ─────  ──────  ───────────────",
        "Alice      +4.2 s        0.71    0.38       0.36     0.82      3   84 ms",
        "stranger  +12.0 s        0.12       -       0.36     0.82      1  131 ms  below threshold",
        "stranger        -           -       -          -        -      -       -",
        "3 events; from frame to message 108 ms in the middle, 131 ms at most",
    ]


def test_the_table_is_of_those_who_came_and_tells_what_was_corrected() -> None:
    rows = closing_table([KNOWN_STRANGER, CORRECTION, DEPARTED, GLIMPSED]).splitlines()[2:]
    assert [row.partition("  ")[0].strip() for row in rows[:-1]] == ["stranger-7", "Alice"]
    assert rows[0].endswith("below threshold, visit 3, corrected later")
    assert rows[1].endswith("a correction")
    assert rows[-1].startswith("2 events; ")


def test_the_table_keeps_its_columns_with_any_name() -> None:
    lines = closing_table([{**RECOGNISED, "display_name": "田中"}, {**RECOGNISED, "display_name": "Zoë Ångström"}]).splitlines()
    assert lines[2].startswith("田中" + " " * 8 + "  ")
    assert lines[3].startswith("Zoë Ångström  ")


def test_an_empty_evening_is_told() -> None:
    assert closing_table([EMOTION]) == closing_table([GLIMPSED]) == "nobody was at the door"


@pytest.mark.parametrize("size", [(1280, 720), (640, 480), (160, 120), (40, 30)])
@pytest.mark.parametrize(
    "box",
    [
        [412, 96, 561, 288],
        [0, 0, 200, 200],
        [1100, 0, 1280, 720],
        [0, 600, 300, 720],
        [-80, -40, 90, 100],
        [1200, 650, 1400, 800],
        [0, 0, 1280, 720],
        [2000, 2000, 2100, 2100],
        [300, 300, 300, 300],
        None,
    ],
)
def test_drawings_stay_in_the_frame(size: tuple[int, int], box: list[int] | None) -> None:
    frame = np.full((size[1], size[0], 3), 127, np.uint8)
    picture = annotate(
        frame, {**RECOGNISED, "box": box, "display_name": "A name that goes on and on, far beyond every frame and still further"}
    )
    assert picture.shape == frame.shape
    assert picture.dtype == np.uint8
    assert (picture != frame).any()
    assert (frame == 127).all(), "the frame itself is left alone"


def test_the_box_is_scaled_to_the_frame() -> None:
    picture = annotate(np.zeros((360, 640, 3), np.uint8), RECOGNISED)
    assert tuple(picture[143, 210]) == (80, 200, 80)
    assert not picture[100:140, 215:270].any(), "nothing is drawn over the face"


def test_an_event_without_anything_is_still_drawn() -> None:
    assert annotate(np.zeros((120, 160, 3), np.uint8), {}).any()


def test_strangers_and_people_have_their_own_colours() -> None:
    frame = np.zeros((720, 1280, 3), np.uint8)
    assert not np.array_equal(
        annotate(frame, {**RECOGNISED, "display_name": "stranger"}), annotate(frame, {**RECOGNISED, "event_type": "stranger"})
    )


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Zoë", "Zoe"),
        ("Straße", "Strasse"),
        ("Łukasz Żak", "Lukasz Zak"),
        ("Søren", "Soren"),
        ("田中", "??"),
        ("a\nb", "a?b"),
        ("O\N{RIGHT SINGLE QUOTATION MARK}Neil", "O'Neil"),
    ],
)
def test_names_become_ascii_for_drawing(text: str, plain: str) -> None:
    assert ascii_only(text) == plain


def test_who_falls_back_from_name_to_id() -> None:
    assert [who(RECOGNISED), who({"person": "alice"}), who({"stranger": "stranger-7"}), who({})] == [
        "Alice",
        "alice",
        "stranger-7",
        "stranger",
    ]


@pytest.mark.parametrize(("count", "shape"), [(1, (52, 80)), (2, (52, 152)), (4, (96, 224))])
def test_a_contact_sheet_holds_all_pictures(count: int, shape: tuple[int, int]) -> None:
    pictures = [np.full((72, 128, 3), 40 * (i + 1), np.uint8) for i in range(count)]
    sheet = contact_sheet(pictures, columns=3, cell_width=64)
    assert sheet.shape == (*shape, 3)
    assert all((sheet == 40 * (i + 1)).any() for i in range(count))


def test_a_contact_sheet_takes_pictures_of_any_shape() -> None:
    contact_sheet([np.zeros((72, 128, 3), np.uint8), np.zeros((300, 20, 3), np.uint8), np.zeros((5, 900, 3), np.uint8)], cell_width=64)


def test_a_contact_sheet_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one picture"):
        contact_sheet([])
