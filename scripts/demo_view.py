"""How the demo shows messages: one line for each, coloured where the terminal can.

Knows the form of topics and payloads, and nothing of brokers, cameras or edged itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

Payload: TypeAlias = Mapping[str, object] | str | bytes

BOLD, DIM, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN = "1", "2", "31", "32", "33", "34", "35", "36"
EVENT_COLOURS = {"recognised": GREEN, "stranger": YELLOW, "emotion": MAGENTA, "age_gender": MAGENTA, "departed": DIM, "spoof": RED}
STATUS_COLOURS = {"online": GREEN, "offline": RED, "paused": YELLOW}
CAME = {"recognised", "stranger"}
"""The events of somebody who came."""
KIND_WIDTH = 12
"""Columns of the first word of a line."""
SUMMARY_WIDTH = 96
"""Columns after which a long payload (info, health, discovery) is cut, so that it stays one line on a usual terminal."""

IN_EVERY_EVENT = frozenset((
    "event_type", "event_id", "seq", "camera", "track", "person", "display_name", "stranger", "box", "frame_size",
    "frame_at", "published_at", "latency_ms", "looks", "quality",
))  # fmt: skip
"""Fields that every event has; of an event of another type, the rest is shown."""


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
    kind, where = _kind_of(visible(topic))
    tint, text = _words_of(kind, content)
    clock = f"{received_at.astimezone():%H:%M:%S}.{received_at.microsecond // 1000:03d}" if received_at else ""
    parts = ((clock, DIM), (kind.ljust(KIND_WIDTH), CYAN), (where, DIM), (text, tint))
    return "  ".join(coloured(part, code, wanted=colour) for part, code in parts if part)


def is_news(topic: str, payload: Payload) -> bool:
    """Whether a message is what the demo is about: an answer, a camera that gives frames, somebody who came or left."""
    content = _decoded(payload)
    match _kind_of(topic)[0], content:
        case "event", {"event_type": "recognised" | "stranger" | "departed"}:
            return True
        case "status", {"status": "online"}:
            return True
        case kind, _:
            return kind == "response"


def came(event: Mapping[str, object]) -> bool:
    """Whether an event says that somebody came, and so has a box to draw."""
    return event.get("event_type") in CAME


def who(event: Mapping[str, object]) -> str:
    """The name to show for an event: the person's, or the stranger's id; of a face that left without either, that it is one."""
    nameless = "a face" if event.get("event_type") == "departed" and event.get("reason") else "stranger"
    name = event.get("display_name") or event.get("person") or event.get("stranger") or nameless
    return str(name)


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


def _words_of(kind: str, content: Mapping[str, object] | str | bytes) -> tuple[str, str]:
    """Colour and words for a message's content."""
    if isinstance(content, bytes):
        return DIM, f"{len(content) / 1000:.1f} kB, binary"
    if isinstance(content, str):
        text = _shortened(visible(content))
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
    if kind in words:
        return visible(f"{words[kind]}  {figures(event)}".rstrip())
    rest = {key: value for key, value in event.items() if key not in IN_EVERY_EVENT}
    return visible(f"{who(event)} {kind.replace('_', ' and ')}  {_summary(rest)}")


def _expression_words(event: Mapping[str, object]) -> str:
    """`looks happy (0.85)`; without a name of it that it is unclear."""
    emotion, probabilities = event.get("emotion"), event.get("probabilities")
    if emotion is None:
        return "has no clear expression"
    share = number(probabilities, str(emotion)) if isinstance(probabilities, Mapping) else None
    return f"looks {emotion}{'' if share is None else f' ({share:.2f})'}"


def _age_gender_words(event: Mapping[str, object]) -> str:
    """`looks 24 to 38 years old, female (0.96)`; of what is null that it is unclear."""
    years, female = event.get("age_range"), number(event, "female")
    age = f"looks {years[0]} to {years[1]} years old" if isinstance(years, list) and len(years) == 2 else "is of unclear age"  # noqa: PLR2004 - from, to
    gender = str(event.get("gender") or "unclear gender")
    share = "" if female is None else f" ({max(female, 1 - female):.2f})"
    return f"{age}, {gender}{share}"


def figures(event: Mapping[str, object]) -> str:
    """How sure and how late: `similarity 0.71 >= 0.36, margin 0.38, quality 0.82, 3 looks, 84 ms`, without what is null.

    For somebody who left: how long they were seen, in place of how late: a departure is always reported late.
    """
    similarity, threshold = number(event, "similarity"), number(event, "threshold")
    parts = []
    if similarity is not None:
        sign = "" if threshold is None else f" {'>=' if similarity >= threshold else '<'} {threshold:.2f}"
        parts.append(f"similarity {similarity:.2f}{sign}")
    parts += [f"{name} {value:.2f}" for name in ("margin", "quality") if (value := number(event, name)) is not None]
    if (looks := number(event, "looks")) is not None:
        parts.append(f"{looks:.0f} look{'' if looks == 1 else 's'}")
    if (seconds := number(event, "seen_seconds")) is not None:
        parts.append(f"seen for {seconds:.1f} s")
    elif (latency := number(event, "latency_ms")) is not None:
        parts.append(f"{latency:.0f} ms")
    return ", ".join([*parts, *remarks(event)])


def remarks(event: Mapping[str, object]) -> list[str]:
    """Why there is no name, which visit of the stranger it is, and whether an earlier event was wrong."""
    visits = number(event, "seen_count") or 1
    remarks = [str(event["reason"]).replace("_", " ")] if event.get("reason") else []
    remarks += [f"visit {visits:.0f}"] if visits > 1 else []
    return remarks + (["a correction"] if event.get("corrects") else [])


def _people_words(content: Mapping[str, object]) -> str:
    people = content.get("people")
    names = [visible(str(person)) for person in people] if isinstance(people, list) else []
    strangers = round(number(content, "strangers") or 0)
    if strangers:
        names.append(f"{strangers} stranger{'' if strangers == 1 else 's'}")
    return f"present: {', '.join(names) or 'nobody'}"


def _reply_colour(content: Mapping[str, object]) -> str:
    return {"ok": GREEN, "error": RED}.get(str(content.get("status")), BLUE)


def _reply_words(content: Mapping[str, object]) -> str:
    error = content.get("error")
    if isinstance(error, Mapping):
        return visible(f"{error.get('code')}: {error.get('message')}")
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
    return _shortened(visible(" ".join(parts)))


def _shortened(text: str) -> str:
    return text if len(text) <= SUMMARY_WIDTH else f"{text[: SUMMARY_WIDTH - 1]}…"


def visible(text: str) -> str:
    """Without control characters: a payload comes from outside and must not steer the terminal."""
    return "".join(letter if letter.isprintable() else "·" for letter in text)


def coloured(text: str, code: str, *, wanted: bool = True) -> str:
    """Text in a colour, by ANSI escape sequences, where they are wanted."""
    return f"\033[{code}m{text}\033[0m" if wanted and text else text


def number(event: Mapping[str, object], key: str) -> float | None:
    """The number in a field; None where there is none."""
    value = event.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
