"""Events that the broker has not acknowledged, in order, durable from the moment append() returns.

It does not know what an event says nor how it is published.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edged.system.times import from_rfc3339, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from edged.storage.database import Database

FORGOTTEN = "forgotten"
"""The reason in an event whose person was erased before it was delivered."""

PENDING_LIMIT = 100
"""Entries read at once: a year's backlog must not be read into memory to send its first event."""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One event to be delivered; payload is a JSON object that holds its seq, without the time of publishing."""

    seq: int
    event_id: str
    topic: str
    payload: dict[str, Any]
    created_at: datetime


class Outbox:
    """The outbox table of a gallery file. Not thread-safe, by design: one worker thread.

    seq is 1, 2, 3, … without a gap, is never given twice, also after a restart with an empty outbox, and is not used up by an
    append that fails. Events are never dropped, so a broker that is away grows the file: an event takes about 550 bytes, so a
    year of a busy door with 200 a day 40 MB. An append waits for the disk, 0.3 ms on a server's, tens of ms on an SD card.
    """

    def __init__(self, database: Database) -> None:
        """Read and write this file."""
        self._database = database

    def append(self, event_id: str, topic: str, payload: Mapping[str, object], created_at: datetime) -> OutboxEntry:
        """Keep an event; it survives a power cut from the moment this returns.

        Args:
            event_id: Unique among the pending events.
            topic: Where it is to be published.
            payload: A JSON object; "seq" is set in it, in its place where it has that key already.
            created_at: When it happened, aware.

        Raises:
            ValueError: the event is in the outbox already, or the payload holds NaN or infinity.
            TypeError: the payload is not JSON.
            GalleryError: the file cannot be written; nothing was kept.
        """
        with self._database.transaction():
            if self._database.rows("SELECT 1 FROM outbox WHERE event_id = ?", [event_id]):
                raise ValueError(f"Event {event_id!r} is in the outbox already.")
            seq = self._next_seq()
            text = _json({**payload, "seq": seq})
            self._database.write("INSERT INTO outbox VALUES (?, ?, ?, ?, ?)", [(seq, event_id, topic, text, rfc3339(created_at))])
        return OutboxEntry(seq, event_id, topic, json.loads(text), from_rfc3339(rfc3339(created_at)))

    def pending(self, after_seq: int = 0, limit: int = PENDING_LIMIT) -> list[OutboxEntry]:
        """The next entries with a seq above after_seq, in order.

        Raises:
            GalleryError: the file cannot be read.
        """
        rows = self._database.rows("SELECT * FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?", [after_seq, limit])
        return [_entry(row) for row in rows]

    def oldest(self) -> OutboxEntry | None:
        """The entry that has waited longest."""
        return next(iter(self.pending(limit=1)), None)

    def count(self) -> int:
        """How many events wait."""
        return self._database.count("outbox")

    def acknowledge(self, seqs: Iterable[int]) -> int:
        """Remove what the broker has; how many were still there. Several at once cost one write to the disk.

        Raises:
            GalleryError: the file cannot be written; nothing was removed.
        """
        with self._database.transaction():
            return self._database.write("DELETE FROM outbox WHERE seq = ?", ((seq,) for seq in seqs))

    def redact(self, person: str) -> int:
        """Take a person out of the pending events, inside the caller's transaction; how many named them.

        The events stay, since a fact that happened keeps its seq: person and display_name become null, reason "forgotten",
        at any depth, and lists under "people" lose the id. Free text is not searched: a name does not belong there.

        Raises:
            GalleryError: the file cannot be written.
        """
        rows = self._database.rows("SELECT seq, payload FROM outbox WHERE instr(payload, ?)", [_json(person)])
        payloads = [(json.loads(row["payload"]), row["seq"]) for row in rows]
        changed = [(_json(after), seq) for payload, seq in payloads if (after := redacted(payload, person)) != payload]
        if changed:
            self._database.write("UPDATE outbox SET payload = ? WHERE seq = ?", changed)
        return len(changed)

    def _next_seq(self) -> int:
        # SQLite keeps the greatest seq ever given in this table, within the same transaction as the row.
        rows = self._database.rows("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")
        return int(rows[0]["seq"]) + 1 if rows else 1


def _entry(row: dict[str, Any]) -> OutboxEntry:
    return OutboxEntry(row["seq"], row["event_id"], row["topic"], json.loads(row["payload"]), from_rfc3339(row["created_at"]))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def redacted(payload: dict[str, Any], person: str) -> dict[str, Any]:
    """An event without a person who was forgotten, as Outbox.redact() leaves it; one that does not name them as it is."""
    kept = {key: _redacted(_without(person, inner) if key == "people" else inner, person) for key, inner in payload.items()}
    is_named = payload.get("person") == person
    return kept | {"person": None, "display_name": None, "reason": FORGOTTEN} if is_named else kept


def _redacted(value: object, person: str) -> object:
    match value:
        case dict():
            return redacted(value, person)
        case list():
            return [_redacted(inner, person) for inner in value]
        case _:
            return value


def _without(person: str, people: object) -> object:
    return [inner for inner in people if inner != person] if isinstance(people, list) else people
