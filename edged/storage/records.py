"""The rows of the tables as values, column by column in the order of schema.py; moments are RFC 3339 text.

What is made of them is not known here.
"""

from __future__ import annotations

from typing import NamedTuple


class PersonRecord(NamedTuple):
    """Somebody enrolled; a column named …_clock is the unset clock that the moment beside it comes from, None where that is right."""

    person: str
    display_name: str
    enrolled_at: str
    enrolled_clock: int | None = None


class TemplateRecord(NamedTuple):
    """A template of a person, number its place among all; embedding is d little-endian float32, aligned the face as PNG.

    origin is a word of `gallery.templates.Origin`.
    """

    id: int
    person: str
    model_id: str
    embedding: bytes
    quality: float
    source: str
    created_at: str
    aligned: bytes | None
    number: int
    created_clock: int | None
    origin: str


class SettingRecord(NamedTuple):
    """A setting that was changed by command; value is JSON."""

    name: str
    value: str


class OutboxEntry(NamedTuple):
    """An event that the broker has not acknowledged; payload is a JSON object that says what happened.

    It happened in this boot and at these running seconds; None where that is not known.
    """

    seq: int
    event_id: str
    topic: str
    payload: str
    created_at: str
    created_clock: int | None = None
    boot: str | None = None
    running: float | None = None


class StrangerRecord(NamedTuple):
    """A stranger who is remembered; ignored is 0 or 1.

    last_visit is the place of their last visit among all, and last_seen_age how old the file was then, in seconds.
    """

    id: int
    first_seen_at: str
    last_seen_at: str
    seen_count: int
    ignored: int
    last_visit: int
    last_seen_age: float
    first_seen_clock: int | None
    last_seen_clock: int | None


class LookRecord(NamedTuple):
    """A look of a stranger; embedding and aligned as in TemplateRecord."""

    id: int
    stranger: int
    model_id: str
    embedding: bytes
    quality: float
    aligned: bytes | None
    typicality: float | None


class VisitRecord(NamedTuple):
    """A visit; id is the seq of the event that announced it, ended_at None while it goes on; corrected and still are 0 or 1.

    age is how old the file was when it was written last, in seconds, and clock the unset clock that both moments come from, None where
    they are right.
    """

    id: int
    event_id: str
    camera: str
    person: str | None
    stranger: int | None
    began_at: str
    ended_at: str | None
    similarity: float | None
    margin: float | None
    threshold: float
    looks: int
    corrected: int
    still: int
    age: float
    clock: int | None


class AgeRecord(NamedTuple):
    """How old the file is for certain, and by which clocks that was counted."""

    id: int
    seconds: float
    boot: str
    running: float
    wall_offset: float
    steady_since: float
    trusted_boot: str | None
    trusted_wall: float
    trusted_seconds: float


class UnsetClockRecord(NamedTuple):
    """A time of a boot in which the wall clock was not synchronised, and by how many seconds it was ahead of the running ones."""

    id: int
    boot: str
    wall_offset: float
