"""The demo's last table says who was at the door, and keeps its columns with any name."""

from __future__ import annotations

from datetime import UTC, datetime

from demo_table import closing_table

from tests.scripts.payloads import CORRECTION, DEPARTED, EMOTION, GLIMPSED, KNOWN_STRANGER, NOTHING, RECOGNISED, STRANGER


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


def test_a_day_without_visitors_has_a_sentence() -> None:
    assert closing_table([EMOTION]) == closing_table([GLIMPSED]) == "nobody was at the door"


def test_a_name_cannot_steer_the_terminal() -> None:
    assert closing_table([{**RECOGNISED, "display_name": "\033[2J\r\nAlice"}]).replace("\n", "").isprintable()
