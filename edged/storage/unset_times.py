"""Moments in the file that come from a clock that was not set: marked when they are written, and put right when the clock is.

It does not know what happened at them.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, NamedTuple

from edged.storage.records import UnsetClockRecord
from edged.system.clock_watch import shifted
from edged.system.private import Private
from edged.system.times import from_rfc3339, rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from edged.storage.database import Database
    from edged.system.clock_watch import Stamp

log = logging.getLogger(__name__)

MARKED = (
    ("people", "person", "enrolled_at", "enrolled_clock"),
    ("templates", "id", "created_at", "created_clock"),
    ("strangers", "id", "first_seen_at", "first_seen_clock"),
    ("strangers", "id", "last_seen_at", "last_seen_clock"),
    ("outbox", "seq", "created_at", "created_clock"),
    ("visits", "id", "began_at", "clock"),
    ("visits", "id", "ended_at", "clock"),
)
"""Moments in the file: table, key, column, and the column that marks it."""
UNUSED = "DELETE FROM unset_clocks WHERE boot <> ?"
MARKS = " AND id NOT IN (SELECT {mark} FROM {table} WHERE {mark} IS NOT NULL)"
"""Clocks of other boots, and the condition on each column that it marks nothing by them."""


class _Moment(NamedTuple):
    key: str | int
    moment: str


class Written(NamedTuple):
    """A moment as its columns hold it; clock is None where it is right, or nothing is known of it."""

    moment: str
    clock: int | None


class UnsetTimes:
    """The moments of a gallery file. Not thread-safe, by design: one worker thread.

    Every method raises GalleryError where the file cannot be read or written; nothing is changed then.
    """

    def __init__(self, database: Database) -> None:
        """Read and write this file, by its clock."""
        self._database, self._clock = database, database.clock
        self._clocks = database.table("unset_clocks", UnsetClockRecord)

    def write(self, moment: datetime) -> Written:
        """Give what is to be written for a moment (aware) that was read from the clock, inside the caller's transaction."""
        return self.write_stamp(self._clock.stamp(moment))

    def write_stamp(self, stamp: Stamp) -> Written:
        """Give the same for a moment that was looked at before."""
        return Written(rfc3339(shifted(stamp.moment, 0.0)), None if stamp.wall_offset is None else self._clock_of(stamp.wall_offset))

    def put_right(self) -> int:
        """Put the moments of this boot right where the clock is synchronised now, and count them; what is damaged stays as it is."""
        self._clock.look()
        if not self._clock.is_synchronised or not self._clocks.count("boot = ?", self._clock.boot):
            return 0
        with self._database.transaction():
            return sum(self._put_right(unset) for unset in self._clocks.where("boot = ?", self._clock.boot))

    def _put_right(self, unset: UnsetClockRecord) -> int:
        seconds = self._clock.offset - unset.wall_offset
        self._put_events_right(unset.id, seconds)
        count = sum(self._shift(*columns, unset.id, seconds) for columns in MARKED)
        self._clocks.delete("id = ?", unset.id)  # which takes the marks away
        return count

    def _shift(self, table: str, key: str, column: str, mark: str, clock: int, seconds: float) -> int:
        query = f"SELECT {key} AS key, {column} AS moment FROM {table} WHERE {mark} = ? AND {column} IS NOT NULL"  # noqa: S608 - names of our own
        found = self._database.select(_Moment, query, clock)
        later = _later(found, lambda moment: _shifted(moment, seconds), f"{table}.{column}")
        return self._database.write(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", later)  # noqa: S608 - names of our own

    def _put_events_right(self, clock: int, seconds: float) -> None:
        found = self._database.select(_Moment, "SELECT seq AS key, payload AS moment FROM outbox WHERE created_clock = ?", clock)
        later = _later(found, lambda payload: _put_right(payload, seconds), "outbox.payload")
        self._database.write("UPDATE outbox SET payload = ? WHERE seq = ?", later)

    def _clock_of(self, wall_offset: float) -> int:
        """The row of this time of the boot, which is made where it is new; those of other boots that mark nothing any more go then."""
        found = self._clocks.where("boot = ? AND wall_offset = ?", self._clock.boot, wall_offset)
        if found:
            return found[0].id
        unused = UNUSED + "".join(MARKS.format(mark=mark, table=table) for table, _, _, mark in MARKED)
        self._database.write(unused, [(self._clock.boot,)])
        return self._clocks.insert(boot=self._clock.boot, wall_offset=wall_offset)


def _later(rows: Iterable[_Moment], put_right: Callable[[str], str], column: str) -> list[tuple[str, str | int]]:
    """What is to be written, with its key; a row that is damaged is left out, so that it keeps no other from being put right."""
    later: list[tuple[str, str | int]] = []
    for row in rows:
        try:
            later.append((put_right(row.moment), row.key))
        except (ValueError, OverflowError):
            log.warning(
                "%s of %s in the gallery is damaged, and its time stays as it is; check the SD card.",
                column,
                Private(str(row.key), "a row"),
            )
    return later


def _shifted(moment: str, seconds: float) -> str:
    return rfc3339(shifted(from_rfc3339(moment), seconds))


def _put_right(payload: str, seconds: float) -> str:
    """The JSON of an event with the moment of its frame put right, and that of a stranger's first visit where this is it."""
    event = json.loads(payload)
    if isinstance(event, dict) and "frame_at" in event:
        before, after = str(event["frame_at"]), _shifted(str(event["frame_at"]), seconds)
        event |= {"frame_at": after, "clock": "synchronised"} | ({"first_seen_at": after} if event.get("first_seen_at") == before else {})
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
