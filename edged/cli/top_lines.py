"""The lines of `edged top`: a device as text for a terminal of some width and height.

It knows nothing of terminals and brokers: what it is given becomes lines, the same each time.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING

from edged.cli.metrics import COSINE, told, told_of
from edged.errors import counted
from edged.interface.events import AgeGenderPayload, DepartedPayload, EmotionPayload, FacePayload, LessonPayload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.cli.top_device import ShownCamera, ShownDevice, ShownTrack
    from edged.interface.events import EventPayload
    from edged.interface.states import HealthPayload

NOT_SHOWN = "\N{REPLACEMENT CHARACTER}"
"""What stands for a character that would move the cursor, or turn the line around: whoever may publish could send one."""
IN_COLOUR = {True: "in colour", False: "without colours", None: ""}
"""What is said of a camera whose pictures have colours, of one whose have none, as by infrared light, and of one that does not tell."""
MINUTE, HOUR, DAY = 60, 3600, 86_400
WIDE = frozenset("WF")
"""East Asian widths of characters that take two columns (Unicode Standard Annex 11)."""


def lines(device: ShownDevice, width: int, height: int, metric: str = COSINE) -> list[str]:
    """At most so many lines of so many columns: the device, its cameras with who is in view, and as many events as have room."""
    top = [fitted(line, width) for line in _above(device)]
    room = max(0, height - len(top) - 1)
    events = [fitted(_event(event, metric), width) for event in list(device.events)[-room:]] if room else []
    told = events[::-1] or ["none since this began"]
    return [*top, "EVENTS, the newest first", *told][:height]


def fitted(text: str, width: int) -> str:
    """Cut text to so many columns, and take out what is no letter to show."""
    shown, columns = "", 0
    for character in text:
        columns += 2 if unicodedata.east_asian_width(character) in WIDE else 0 if unicodedata.combining(character) else 1
        if columns > width:
            break
        shown += character if character.isprintable() else NOT_SHOWN
    return shown


def _above(device: ShownDevice) -> Iterator[str]:
    state = {None: "not heard of yet", True: "online", False: "offline: it does not run, or does not reach the broker"}[device.is_online]
    version = f", edged {device.info.version}" if device.info else ""
    up = f", up {_duration(device.health.uptime_seconds)}" if device.health else ""
    yield f"{device.topics.root}: {state}{version}{up}"
    if device.lost:
        yield f"The broker is away: {device.lost}"
    if device.problem and device.problem.reason:
        yield f"PROBLEM: {device.problem.reason}"
    if device.health:
        yield ", ".join(_health(device.health))
    yield ""
    yield "CAMERAS"
    for name, camera in sorted(device.cameras.items()):
        yield from _camera(device, name, camera)
    if not device.cameras:
        yield "none heard of yet"
    yield ""


def _health(health: HealthPayload) -> Iterator[str]:
    yield f"processor {health.cpu_percent:.0f} %"
    yield f"memory {health.rss_mb:.0f} MB"
    if health.temperature_celsius is not None:
        yield f"{health.temperature_celsius:.0f} °C{', throttled' if health.throttled else ''}"
    if health.slowed_by:
        yield f"slowed down {health.slowdown:.1f} times ({health.slowed_by})"
    yield f"longest round {health.longest_round_ms:.0f} ms"
    yield f"{counted(health.events_waiting, 'event')} and {counted(health.requests_waiting, 'request')} waiting"
    yield f"{counted(health.templates, 'template')}"
    yield f"clock {health.clock}"


def _camera(device: ShownDevice, name: str, camera: ShownCamera) -> Iterator[str]:
    status = camera.status.status if camera.status else "not heard of yet"
    colour = camera.status.colour if camera.status and status == "online" else None
    health = device.health.cameras.get(name) if device.health else None
    yield "  ".join(filter(None, (name, status, IN_COLOUR[colour], f"{health.fps:.1f} frames/s" if health else "", _in_view(camera))))
    for reason in (camera.status.reason, camera.status.hint) if camera.status else ():
        if reason:
            yield f"    {reason}"
    for track, shown in camera.in_view.items():
        yield f"    track {track}  {', '.join(_told(shown))}"


def _in_view(camera: ShownCamera) -> str:
    if camera.people is None:
        return ""
    people = [*camera.people.people, *([counted(camera.people.strangers, "stranger")] if camera.people.strangers else [])]
    still = f" ({counted(len(camera.people.still) + camera.people.still_strangers, 'picture')} among them)"
    has_still = camera.people.still or camera.people.still_strangers
    return f"in view: {', '.join(people)}{still if has_still else ''}" if people else "nobody in view"


def _told(shown: ShownTrack) -> Iterator[str]:
    yield f"{_who(shown.face)} since {_clock(shown.face.frame_at)}"
    if shown.emotion and shown.emotion.emotion:
        yield shown.emotion.emotion
    if shown.age:
        yield from _age(shown.age)


def _age(age: AgeGenderPayload) -> Iterator[str]:
    if age.age_range:
        yield "{} to {} years".format(*age.age_range)
    if age.gender:
        yield age.gender.value


def _event(event: EventPayload, metric: str) -> str:
    facts = ", ".join(_told_by(event, metric))
    return (
        f"{_clock(event.frame_at)}  {event.camera}  {event.event_type}  {_who(event)}{f'  {facts}' if facts else ''}  track {event.track}"
    )


def _told_by(event: EventPayload, metric: str) -> Iterator[str]:
    match event:
        case FacePayload():
            if event.similarity is not None:
                yield told_of(metric, event.similarity, event.threshold)
            if event.corrects:
                yield "a correction"
        case EmotionPayload():
            yield event.emotion or "no clear expression"
        case AgeGenderPayload():
            yield ", ".join(_age(event)) or "unsure"
        case DepartedPayload():
            yield f"after {_duration(event.seen_seconds)}{f' ({event.reason})' if event.reason else ''}"
        case LessonPayload():
            yield told(metric, event.similarity)


def _who(event: EventPayload) -> str:
    return event.display_name or event.person or event.stranger or "somebody"


def _clock(moment: str) -> str:
    """The time of day here."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone():%H:%M:%S}"
    except ValueError:
        return "at no time"


def _duration(seconds: float) -> str:
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds / HOUR:.0f} h" if seconds < 2 * DAY else f"{seconds / DAY:.0f} days"
