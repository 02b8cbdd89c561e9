"""The rows of the tables as values, column by column in the order of schema.py; moments are RFC 3339 text.

What is made of them is not known here.
"""

from __future__ import annotations

from typing import NamedTuple


class PersonRecord(NamedTuple):
    """Somebody enrolled."""

    person: str
    display_name: str
    enrolled_at: str


class TemplateRecord(NamedTuple):
    """A template of a person; embedding is d little-endian float32, aligned the face as PNG."""

    id: int
    person: str
    model_id: str
    embedding: bytes
    quality: float
    source: str
    created_at: str
    aligned: bytes | None


class SettingRecord(NamedTuple):
    """A setting that was changed by command; value is JSON."""

    name: str
    value: str


class OutboxEntry(NamedTuple):
    """An event that the broker has not acknowledged; payload is a JSON object that says what happened."""

    seq: int
    event_id: str
    topic: str
    payload: str
    created_at: str


class StrangerRecord(NamedTuple):
    """A stranger who is remembered; ignored is 0 or 1."""

    id: int
    first_seen_at: str
    last_seen_at: str
    seen_count: int
    ignored: int


class LookRecord(NamedTuple):
    """A look of a stranger; embedding and aligned as in TemplateRecord."""

    id: int
    stranger: int
    model_id: str
    embedding: bytes
    quality: float
    aligned: bytes | None
