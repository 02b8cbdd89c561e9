"""Events that the broker has not acknowledged, in order, durable from the moment append() returns.

It does not know what an event says, but for the person it names, nor how it is published.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from edged.storage.records import OutboxEntry
from edged.storage.unset_times import UnsetTimes
from edged.system.clock_watch import Stamp  # noqa: TC001 - the type of a field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from edged.storage.database import Database
    from edged.storage.last_number import LastNumber

PENDING_LIMIT = 100
"""Entries read at once: a year's backlog must not be read into memory to send its first event."""
FORGOTTEN = "forgotten"
"""The reason in an event whose person was erased before it was delivered."""

REDACT = """UPDATE outbox SET payload = json_set(payload, '$.person', NULL, '$.display_name', NULL, '$.reason', ?)
    WHERE json_extract(payload, '$.person') = ?"""
"""Statement that takes a person out of the events that name them. It has json_extract() and not ->>, which SQLite has
from 3.38 on and Ubuntu 22.04 has not."""


REDACT_OTHERS = """UPDATE outbox SET payload = json_set(payload, '$.person', NULL, '$.display_name', NULL, '$.reason', ?)
    WHERE json_extract(payload, '$.person') NOT IN (SELECT value FROM json_each(?))"""


class NewEvent(NamedTuple):
    """An event that is to be kept under its number; payload is a JSON object, stamp says when it happened."""

    seq: int
    event_id: str
    topic: str
    payload: str
    stamp: Stamp


class Outbox:
    """The outbox table of a gallery file. Not thread-safe, by design: one worker thread.

    seq is 1, 2, 3, … without a gap, is never given twice, also after a restart with an empty outbox, and is not used up by an
    append that fails. Events are never dropped, so a broker that is away grows the file: an event takes about 550 bytes, so a
    year of a busy door with 200 a day 40 MB. An append waits for the disk, 0.3 ms on a server's, tens of ms on an SD card.
    Every method raises GalleryError where the file cannot be read or written; nothing is changed then.
    """

    def __init__(self, database: Database, last: LastNumber | None = None) -> None:
        """Read and write this file; last knows of numbers that the file does not, None of none."""
        self._last, self.database = last, database
        self._database, self._outbox, self._times = database, database.table("outbox", OutboxEntry), UnsetTimes(database)
        self.clock, self.submit = database.clock, database.writer.submit

    def last_seq(self) -> int:
        """Read the greatest seq that was ever given here; 0 where none was."""
        on_disk = max(self._database.column(int, "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'"), default=0)
        return self._last.after(on_disk) if self._last else on_disk

    def note_seq(self, seq: int) -> None:
        """Note that an event has been given this number, whatever becomes of it."""
        if self._last:
            self._last.note(seq)

    def keep_seq(self, seq: int) -> None:
        """Note that events up to this number have been sent, though none of them was ever here."""
        with self._database.transaction():
            if not self._database.write("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'outbox'", [(seq,)]):
                self._database.write("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', ?)", [(seq,)])

    def append(
        self, event_id: str, topic: str, payload: str, created_at: datetime, stamp: Stamp | None = None, seq: int | None = None
    ) -> int:
        """Keep an event of this moment (aware), a JSON object, and give its seq; it survives a power cut from the return on.

        stamp is what the clock says of the moment, where the event says so too. seq is one above last_seq() that it has already; None is
        the next.

        Raises:
            ValueError: the event is in the outbox already.
        """
        with self._database.transaction():
            if self._outbox.count("event_id = ?", event_id):
                raise ValueError(f"Event {event_id!r} is in the outbox already.")
            stamp = stamp or self.clock.stamp(created_at)
            written = self._times.write_stamp(stamp)
            # SQLite keeps the greatest seq ever given in the same transaction as the row.
            given = {} if seq is None else {"seq": seq}
            return self._outbox.insert(
                **given,
                event_id=event_id,
                topic=topic,
                payload=payload,
                created_at=written.moment,
                created_clock=written.clock,
                boot=None if stamp.running is None else self.clock.boot,
                running=stamp.running,
            )

    def write(self, events: Iterable[NewEvent], *, unkept_seq: int, arrived: Sequence[int]) -> None:
        """Keep events, note that those up to a number were sent (0: none), and remove what has arrived: all or nothing, at one cost.

        It may be tried again after an error: a disk may have kept what it complained of, and that stays as it is.
        """
        with self._database.transaction():
            for event in events:
                if not self._outbox.count("event_id = ? AND seq = ?", event.event_id, event.seq):
                    self.append(event.event_id, event.topic, event.payload, event.stamp.moment, event.stamp, event.seq)
            if unkept_seq:
                self.keep_seq(unkept_seq)
            if arrived:
                self.acknowledge(arrived)

    def pending(self, after_seq: int = 0, limit: int = PENDING_LIMIT) -> list[OutboxEntry]:
        """Read the next entries with a seq above after_seq, in order."""
        return self._outbox.where("seq > ?", after_seq, order_by="seq", limit=limit)

    def count(self) -> int:
        """Count the events that wait."""
        return self._outbox.count()

    def acknowledge(self, seqs: Sequence[int]) -> int:
        """Remove what the broker has, and count what was still there. Several at once cost one write to the disk."""
        with self._database.transaction():
            return self._outbox.delete(f"seq IN ({', '.join('?' * len(seqs))})", *seqs)

    def redact_others(self, people: Iterable[str]) -> None:
        """Take everybody but these people out of the pending events, as redact() does."""
        with self._database.transaction():
            self._database.write(REDACT_OTHERS, [(FORGOTTEN, json.dumps(list(people)))])

    def redact(self, person: str) -> int:
        """Take a person out of the pending events, inside the caller's transaction, and count the events that named them.

        The events stay, since a fact that happened keeps its seq: person and display_name become null, reason FORGOTTEN.
        """
        return self._database.write(REDACT, [(FORGOTTEN, person)])
