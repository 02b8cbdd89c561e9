"""How the demo ends: a table of who was at the door, when, how sure, how late.

Knows the form of events, and nothing of how they arrived.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING

from demo_view import BOLD, DIM, EVENT_COLOURS, came, coloured, number, remarks, visible, who

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def closing_table(events: Iterable[Mapping[str, object]], *, colour: bool = False, started_at: datetime | None = None) -> str:
    """The table at the end: who was at the door, when, how sure, how late.

    Args:
        events: payloads of `…/event`; only those of somebody who came are shown.
        colour: with ANSI escape sequences.
        started_at: when the clip began (aware); then `when` is seconds into it, otherwise the time of day.
    """
    events = list(events)
    shown = [event for event in events if came(event)]
    if not shown:
        return "nobody was at the door"
    header = ("who", "when", "similarity", "margin", "threshold", "quality", "looks", "late", "remark")
    wrong = {event.get("corrects") for event in shown} - {None}
    rows = [_table_row(event, started_at, is_corrected=event.get("event_id") in wrong) for event in shown]
    widths = [max(columns(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [
        coloured(_table_line(header, widths), BOLD, wanted=colour),
        coloured("  ".join("─" * width for width in widths), DIM, wanted=colour),
    ]
    lines += [
        coloured(_table_line(row, widths), EVENT_COLOURS[str(event["event_type"])], wanted=colour)
        for row, event in zip(rows, shown, strict=True)
    ]
    return "\n".join([*lines, coloured(_lateness(shown), DIM, wanted=colour)])


def _table_row(event: Mapping[str, object], started_at: datetime | None, *, is_corrected: bool) -> tuple[str, ...]:
    def figure(key: str, form: str = ".2f") -> str:
        value = number(event, key)
        return "-" if value is None else format(value, form)

    late = figure("latency_ms", ".0f")
    remark = ", ".join([*remarks(event), *(["corrected later"] if is_corrected else [])])
    return (
        visible(who(event)),
        _when(event.get("frame_at"), started_at),
        *(figure(key) for key in ("similarity", "margin", "threshold", "quality")),
        figure("looks", ".0f"),
        late if late == "-" else f"{late} ms",
        visible(remark),
    )


def _when(frame_at: object, started_at: datetime | None) -> str:
    try:
        moment = datetime.fromisoformat(str(frame_at))
    except ValueError:
        return "-"
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if started_at is None:
        return f"{moment.astimezone():%H:%M:%S}"
    return f"{(moment - started_at).total_seconds():+.1f} s"


def _lateness(events: Sequence[Mapping[str, object]]) -> str:
    late = [value for event in events if (value := number(event, "latency_ms")) is not None]
    count = f"{len(events)} event{'' if len(events) == 1 else 's'}"
    return count if not late else f"{count}; from frame to message {median(late):.0f} ms in the middle, {max(late):.0f} ms at most"


def _table_line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Names and remarks to the left, figures to the right."""
    last = len(cells) - 1
    padded = [
        cell + " " * (width - columns(cell)) if index in (0, last) else " " * (width - columns(cell)) + cell
        for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def columns(text: str) -> int:
    """How many terminal columns text takes: Chinese and Japanese letters take two, combining accents none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
