"""How the demo looks: a line for every MQTT message, a closing table, and an annotated picture for every event.

It knows the form of topics and payloads and how to draw, and nothing of brokers, cameras or edged itself.
"""

from __future__ import annotations

import json
import math
import os
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, TextIO, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Picture: TypeAlias = npt.NDArray[np.uint8]
Payload: TypeAlias = Mapping[str, object] | str | bytes

BOLD, DIM, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN = "1", "2", "31", "32", "33", "34", "35", "36"
# What names a person, warns, and informs, on the terminal and in pictures (BGR) alike.
EVENT_COLOURS = {"recognised": GREEN, "stranger": YELLOW, "emotion": MAGENTA, "age_gender": MAGENTA, "departed": DIM, "spoof": RED}
STATUS_COLOURS = {"online": GREEN, "offline": RED, "paused": YELLOW}
BOX_COLOURS_BGR = {"recognised": (80, 200, 80), "stranger": (40, 190, 250)}
OTHER_COLOUR_BGR = (210, 160, 190)
INK_BGR, PAPER_BGR = (255, 255, 255), (28, 28, 28)

KIND_WIDTH = 12
# Long payloads (info, health, discovery) are cut here, so that a line stays a line on a usual terminal.
SUMMARY_WIDTH = 96

# What ASCII has no accent-free letter for; cv2.putText draws a question mark for everything else.
TRANSLITERATION = str.maketrans({
    "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ð": "d", "þ": "th", "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    "\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{RIGHT SINGLE QUOTATION MARK}": "'",
})  # fmt: skip


def wants_colour(stream: TextIO) -> bool:
    """Whether to colour what goes to stream: a terminal that can, and a person who has not set NO_COLOR (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def message_line(topic: str, payload: Payload, *, colour: bool = False, received_at: datetime | None = None) -> str:
    """One line for one MQTT message.

    Args:
        topic: as received, e.g. `edged/demo/front_door/event`.
        payload: the JSON object already decoded, or the raw text or bytes.
        colour: with ANSI escape sequences; see wants_colour.
        received_at: when it arrived, shown as local time; without it the line has no time.
    """
    content = _decoded(payload)
    kind, where = _kind_of(_visible(topic))
    tint, text = _told(kind, content)
    clock = f"{received_at.astimezone():%H:%M:%S}.{received_at.microsecond // 1000:03d}" if received_at else ""
    parts = ((clock, DIM), (kind.ljust(KIND_WIDTH), CYAN), (where, DIM), (text, tint))
    return "  ".join(_ansi(part, code, colour) for part, code in parts if part)


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
    widths = [max(_columns(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [_ansi(_table_line(header, widths), BOLD, colour), _ansi("  ".join("─" * width for width in widths), DIM, colour)]
    lines += [
        _ansi(_table_line(row, widths), EVENT_COLOURS[str(event["event_type"])], colour) for row, event in zip(rows, shown, strict=True)
    ]
    return "\n".join([*lines, _ansi(_lateness(shown), DIM, colour)])


def came(event: Mapping[str, object]) -> bool:
    """Whether an event tells of somebody who came, and so has a box to draw."""
    return event.get("event_type") in BOX_COLOURS_BGR


def who(event: Mapping[str, object]) -> str:
    """The name to show for an event: the person's, or the stranger's id; of a face that left without either, that it is one."""
    nameless = "a face" if event.get("event_type") == "departed" and event.get("reason") else "stranger"
    name = event.get("display_name") or event.get("person") or event.get("stranger") or nameless
    return str(name)


def annotate(frame_bgr: Picture, event: Mapping[str, object]) -> Picture:
    """A copy of a frame (H, W, 3), uint8 BGR, with the event's box and a caption that never leaves the frame.

    The box is scaled from the event's frame_size to this frame; without a box only the caption is drawn, top left.
    """
    picture = frame_bgr.copy()
    height, width = picture.shape[:2]
    tint = BOX_COLOURS_BGR.get(str(event.get("event_type")), OTHER_COLOUR_BGR)
    box = _box_in(event, width, height)
    if box is not None:
        cv2.rectangle(picture, box[:2], (box[2] - 1, box[3] - 1), tint, max(2, height // 240))
    _caption(picture, [ascii_only(who(event)), ascii_only(_figures(event))], box, tint)
    return picture


def contact_sheet(pictures: Sequence[Picture], columns: int = 3, cell_width: int = 640, gap: int = 8) -> Picture:
    """All pictures in one, row by row, each fitted into a cell of the first one's shape.

    Raises:
        ValueError: there are no pictures.
    """
    if not pictures:
        raise ValueError("a contact sheet needs at least one picture")
    columns = min(columns, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    cell_height = max(1, round(cell_width * pictures[0].shape[0] / pictures[0].shape[1]))
    sheet = np.full((rows * (cell_height + gap) + gap, columns * (cell_width + gap) + gap, 3), PAPER_BGR, np.uint8)
    for index, picture in enumerate(pictures):
        scale = min(cell_width / picture.shape[1], cell_height / picture.shape[0])
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        top = gap + (index // columns) * (cell_height + gap) + (cell_height - size[1]) // 2
        left = gap + (index % columns) * (cell_width + gap) + (cell_width - size[0]) // 2
        sheet[top : top + size[1], left : left + size[0]] = small
    return sheet


def ascii_only(text: str) -> str:
    """Text as cv2.putText can draw it: accents dropped, what has no ASCII letter as a question mark."""
    plain = unicodedata.normalize("NFKD", text.translate(TRANSLITERATION))
    letters = (letter for letter in plain if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" else "?" for letter in letters)


def _decoded(payload: Payload) -> Mapping[str, object] | str | bytes:
    """The payload as a JSON object where it is one, as text where it is UTF-8, else as it came."""
    if isinstance(payload, bytes):
        try:
            payload = payload.decode()
        except UnicodeDecodeError:
            return payload
    if isinstance(payload, str):
        try:
            parsed = json.loads(payload)
        except ValueError:
            return payload
        return parsed if isinstance(parsed, dict) else payload
    return payload


def _kind_of(topic: str) -> tuple[str, str]:
    """What sort of message a topic carries, and of which camera, verb or setting: ("event", "front_door")."""
    kind, where = topic, ""
    match topic.split("/"):
        case ["homeassistant", *_]:
            kind = "discovery"
        case [*_, "request" | "response" | "setting" as kind, where]:
            pass
        case [*_, "setting", name, "set"]:
            kind, where = "setting", f"{name} set"
        case [*_, where, "face", "image"]:
            kind = "face"
        case [*_, "availability" | "info" | "health" as kind]:
            pass
        case [*_, where, kind]:
            pass
    return kind, where


def _told(kind: str, content: Mapping[str, object] | str | bytes) -> tuple[str, str]:
    """Colour and words for a message's content."""
    if isinstance(content, bytes):
        return DIM, f"{len(content) / 1000:.1f} kB, binary"
    if isinstance(content, str):
        text = _shortened(_visible(content))
        return STATUS_COLOURS.get(text, DIM), text
    match kind:
        case "event":
            return EVENT_COLOURS.get(str(content.get("event_type")), BLUE), _event_words(content)
        case "people":
            return BLUE, _people_words(content)
        case "request" | "response":
            return _reply_colour(content), _reply_words(content)
        case _:
            return STATUS_COLOURS.get(str(content.get("status")), DIM), _summary(content)


def _event_words(event: Mapping[str, object]) -> str:
    kind = str(event.get("event_type"))
    words = {
        "recognised": f"{who(event)} recognised",
        "stranger": f"{who(event)} at the door",
        "emotion": f"{who(event)} {_expression_words(event)}",
        "age_gender": f"{who(event)} {_age_gender_words(event)}",
        "departed": f"{who(event)} left",
    }
    figures = _figures(event)
    if kind in words:
        return _visible(f"{words[kind]}{'  ' if figures else ''}{figures}")
    rest = {key: value for key, value in event.items() if key not in _EVENT_FRAME}
    return _visible(f"{who(event)} {kind.replace('_', ' and ')}  {_summary(rest)}")


def _expression_words(event: Mapping[str, object]) -> str:
    """`looks happy (0.85)`; without a name of it that it is unclear."""
    emotion, probabilities = event.get("emotion"), event.get("probabilities")
    if emotion is None:
        return "has no clear expression"
    share = _number(probabilities, str(emotion)) if isinstance(probabilities, Mapping) else None
    return f"looks {emotion}{'' if share is None else f' ({share:.2f})'}"


def _age_gender_words(event: Mapping[str, object]) -> str:
    """`looks 24 to 38 years old, female (0.96)`; of what is null that it is unclear."""
    years, female = event.get("age_range"), _number(event, "female")
    age = f"looks {years[0]} to {years[1]} years old" if isinstance(years, list) and len(years) == 2 else "is of unclear age"  # noqa: PLR2004 - from, to
    gender = str(event.get("gender") or "unclear gender")
    share = "" if female is None else f" ({max(female, 1 - female):.2f})"
    return f"{age}, {gender}{share}"


# What every event has; of events of a kind not known here the rest is the news.
_EVENT_FRAME = frozenset((
    "event_type", "event_id", "seq", "camera", "track", "person", "display_name", "stranger", "box", "frame_size",
    "frame_at", "published_at", "latency_ms", "looks", "quality",
))  # fmt: skip


def _figures(event: Mapping[str, object]) -> str:
    """How sure and how late: `similarity 0.71 >= 0.36, margin 0.38, quality 0.82, 3 looks, 84 ms`, without what is null.

    Of who left, how long they were seen in place of how late: a departure is told late by its nature.
    """
    similarity, threshold = _number(event, "similarity"), _number(event, "threshold")
    parts = []
    if similarity is not None:
        sign = "" if threshold is None else f" {'>=' if similarity >= threshold else '<'} {threshold:.2f}"
        parts.append(f"similarity {similarity:.2f}{sign}")
    parts += [f"{name} {value:.2f}" for name in ("margin", "quality") if (value := _number(event, name)) is not None]
    if (looks := _number(event, "looks")) is not None:
        parts.append(f"{looks:.0f} look{'' if looks == 1 else 's'}")
    if (seconds := _number(event, "seen_seconds")) is not None:
        parts.append(f"seen for {seconds:.1f} s")
    elif (latency := _number(event, "latency_ms")) is not None:
        parts.append(f"{latency:.0f} ms")
    return ", ".join([*parts, *_remarks(event)])


def _remarks(event: Mapping[str, object]) -> list[str]:
    """Why there is no name, which visit of the stranger it is, and whether something told before was wrong."""
    visits = _number(event, "seen_count") or 1
    remarks = [str(event["reason"]).replace("_", " ")] if event.get("reason") else []
    remarks += [f"visit {visits:.0f}"] if visits > 1 else []
    return remarks + (["a correction"] if event.get("corrects") else [])


def _people_words(content: Mapping[str, object]) -> str:
    people = content.get("people")
    names = [_visible(str(person)) for person in people] if isinstance(people, list) else []
    strangers = round(_number(content, "strangers") or 0)
    if strangers:
        names.append(f"{strangers} stranger{'' if strangers == 1 else 's'}")
    return f"present: {', '.join(names) or 'nobody'}"


def _reply_colour(content: Mapping[str, object]) -> str:
    return {"ok": GREEN, "error": RED}.get(str(content.get("status")), BLUE)


def _reply_words(content: Mapping[str, object]) -> str:
    error = content.get("error")
    if isinstance(error, Mapping):
        return _visible(f"{error.get('code')}: {error.get('message')}")
    data = content.get("data")
    if isinstance(data, Mapping):
        return f"{content.get('status')}  {_summary(data)}".rstrip()
    return _summary({key: value for key, value in content.items() if key != "id"})


def _summary(content: Mapping[str, object]) -> str:
    """Keys and short values on one line; pictures in base64 and other long values only by their length."""
    parts = []
    for key, value in content.items():
        if value is None:
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        parts.append(f"{key}={text if len(text) <= SUMMARY_WIDTH // 2 else f'({len(text)} characters)'}")
    return _shortened(_visible(" ".join(parts)))


def _shortened(text: str) -> str:
    return text if len(text) <= SUMMARY_WIDTH else f"{text[: SUMMARY_WIDTH - 1]}…"


def _visible(text: str) -> str:
    """Without control characters: a payload comes from outside and must not steer the terminal."""
    return "".join(letter if letter.isprintable() else "·" for letter in text)


def _ansi(text: str, code: str, colour: bool) -> str:  # noqa: FBT001 - private, and always the last of three
    return f"\033[{code}m{text}\033[0m" if colour and text else text


def _number(event: Mapping[str, object], key: str) -> float | None:
    value = event.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _table_row(event: Mapping[str, object], started_at: datetime | None, *, is_corrected: bool) -> tuple[str, ...]:
    def figure(key: str, form: str = ".2f") -> str:
        value = _number(event, key)
        return "-" if value is None else format(value, form)

    late = figure("latency_ms", ".0f")
    remark = ", ".join([*_remarks(event), *(["corrected later"] if is_corrected else [])])
    return (
        _visible(who(event)),
        _when(event.get("frame_at"), started_at),
        *(figure(key) for key in ("similarity", "margin", "threshold", "quality")),
        figure("looks", ".0f"),
        late if late == "-" else f"{late} ms",
        _visible(remark),
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
    late = [value for event in events if (value := _number(event, "latency_ms")) is not None]
    count = f"{len(events)} event{'' if len(events) == 1 else 's'}"
    return count if not late else f"{count}; from frame to message {median(late):.0f} ms in the middle, {max(late):.0f} ms at most"


def _table_line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Names and remarks to the left, figures to the right."""
    last = len(cells) - 1
    padded = [
        cell + " " * (width - _columns(cell)) if index in (0, last) else " " * (width - _columns(cell)) + cell
        for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _columns(text: str) -> int:
    """How many terminal columns text takes: Chinese and Japanese letters take two, combining accents none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _box_in(event: Mapping[str, object], width: int, height: int) -> tuple[int, int, int, int] | None:
    """The event's box in pixels of a frame of this size, clipped to it; None where there is none or it lies outside."""
    box, frame_size = event.get("box"), event.get("frame_size")
    if not isinstance(box, list | tuple) or len(box) != 4:  # noqa: PLR2004 - x1 y1 x2 y2
        return None
    scale_x, scale_y = 1.0, 1.0
    if isinstance(frame_size, list | tuple) and len(frame_size) == 2 and all(frame_size):  # noqa: PLR2004 - width, height
        scale_x, scale_y = width / float(frame_size[0]), height / float(frame_size[1])
    x1, x2 = (min(width, max(0, round(float(x) * scale_x))) for x in (box[0], box[2]))
    y1, y2 = (min(height, max(0, round(float(y) * scale_y))) for y in (box[1], box[3]))
    return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def _caption(picture: Picture, lines: list[str], box: tuple[int, int, int, int] | None, tint: tuple[int, int, int]) -> None:
    """Write lines on a dark plate above the box, or below or inside it where there is no room; in place."""
    height, width = picture.shape[:2]
    lines = [line for line in lines if line]
    pad = max(3, height // 120)
    sizes = [height / 720 * 0.95, *([height / 720 * 0.68] * (len(lines) - 1))]
    plate_width, line_heights = _measured(lines, sizes, pad)
    if plate_width > width:
        sizes = [size * width / plate_width * 0.98 for size in sizes]
        plate_width, line_heights = _measured(lines, sizes, pad)
    plate_width, plate_height = min(width, plate_width), min(height, sum(line_heights) + pad)
    left, top = _plate_corner(box, (plate_width, plate_height), (width, height))
    plate = picture[top : top + plate_height, left : left + plate_width]
    plate[:] = np.rint(plate * 0.25 + np.array(PAPER_BGR) * 0.75).astype(np.uint8)
    cv2.rectangle(picture, (left, top), (left + max(2, pad // 2), top + plate_height - 1), tint, cv2.FILLED)
    baseline = top
    for line, size, line_height in zip(lines, sizes, line_heights, strict=True):
        baseline += line_height
        thickness = max(1, round(size * 2))
        cv2.putText(picture, line, (left + 2 * pad, baseline - pad // 2), cv2.FONT_HERSHEY_SIMPLEX, size, INK_BGR, thickness, cv2.LINE_AA)


def _measured(lines: list[str], sizes: list[float], pad: int) -> tuple[int, list[int]]:
    """How wide a plate these lines need, and how high each line is, in pixels."""
    extents = [
        cv2.getTextSize(line, cv2.FONT_HERSHEY_SIMPLEX, size, max(1, round(size * 2)))[0] for line, size in zip(lines, sizes, strict=True)
    ]
    return max(extent[0] for extent in extents) + 4 * pad, [extent[1] + 2 * pad for extent in extents]


def _plate_corner(box: tuple[int, int, int, int] | None, plate: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int]:
    if box is None:
        return 0, 0
    left = max(0, min(box[0], frame[0] - plate[0]))
    if box[1] >= plate[1]:
        return left, box[1] - plate[1]
    return left, min(box[3], frame[1] - plate[1])
