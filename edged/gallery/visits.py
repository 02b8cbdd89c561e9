"""The visits in the gallery file: who was before which camera, from when until when, and how sure that is.

It does not know how a visit came about, nor who may be told of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from edged.errors import GalleryError
from edged.gallery.erasure import note_erasure
from edged.gallery.strangers import stranger_id, stranger_number
from edged.storage.age_clock import DAY_SECONDS, AgeClock
from edged.storage.compaction import empty_log
from edged.storage.records import VisitRecord
from edged.storage.unset_times import UnsetTimes
from edged.system.times import from_rfc3339, rfc3339
from edged.types import ClockState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from edged.storage.database import Database
    from edged.storage.table import Value

WHO: TypeAlias = Literal["person", "stranger"]

WANTED = """id < coalesce(?, id + 1) AND person IS coalesce(?, person) AND stranger IS coalesce(?, stranger)
    AND camera = coalesce(?, camera) AND (person IS NULL) = coalesce(?, person IS NULL) AND began_at >= coalesce(?, began_at)"""
INTERRUPTED = "ended_at IS NULL AND id < coalesce(?, id + 1)"
"""What is NULL is not asked for. No numbers stand at the marks, which Python 3.12 would warn of."""
LAST_SEEN = """SELECT person, coalesce(ended_at, began_at) AS moment FROM visits
    WHERE id IN (SELECT max(id) FROM visits WHERE person IS NOT NULL GROUP BY person)"""


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """Somebody before a camera. number is the seq of the event that announced them, event_id that of the event that said who they are.

    person and stranger are ids, both None of a stranger who is not remembered. ended_at is None while they are there.
    """

    number: int
    event_id: str
    camera: str
    person: str | None
    stranger: str | None
    began_at: datetime
    ended_at: datetime | None
    similarity: float | None
    margin: float | None
    threshold: float
    looks: int
    is_corrected: bool = False  # whether they were taken for somebody else at first
    is_still: bool = False  # whether the face had not moved for minutes, as a picture
    clock: ClockState = ClockState.SYNCHRONISED  # what the two times are worth


@dataclass(frozen=True, slots=True)
class WantedVisits:
    """Which visits are asked for: all that hold; None everywhere: all."""

    person: str | None = None
    stranger: str | None = None
    camera: str | None = None
    who: WHO | None = None
    since: datetime | None = None

    def holds(self, visit: SeenVisit) -> bool:
        """Whether a visit is one of them."""
        pairs = ((self.person, visit.person), (self.stranger, visit.stranger), (self.camera, visit.camera))
        is_who = self.who is None or (visit.person is None) == (self.who == "stranger")
        is_late = self.since is None or visit.began_at >= self.since
        return is_who and is_late and all(wanted in {None, found} for wanted, found in pairs)


class KeptVisits:
    """The visits table of a gallery file. Not thread-safe, by design: one worker thread, and the writer for what writes.

    Every method raises GalleryError where the file cannot be read or written; nothing is changed then.
    """

    def __init__(self, database: Database) -> None:
        """Read and write this file."""
        self.writer, self.clock = database.writer, database.clock
        self._database, self._visits = database, database.table("visits", VisitRecord)
        self._times, self._age = UnsetTimes(database), AgeClock(database)

    def keep(self, visits: Iterable[SeenVisit], gone: Iterable[int], also: Callable[[], None] = lambda: None) -> None:
        """Write visits, new ones and those that were kept before, and delete others by number; also writes what goes with them.

        It is one transaction, all or nothing. The visit of a person who is not enrolled any more is left out.
        """
        with self._database.transaction():
            also()
            for number in gone:
                self._visits.delete("id = ?", number)
            for visit in visits:
                self._write(visit)

    def newest(self, wanted: WantedVisits, limit: int, before: int | None = None) -> list[SeenVisit]:
        """Read the newest visits, those below a number where one is given."""
        return [_visit(row) for row in self._visits.where(WANTED, *_values(wanted, before), order_by="id DESC", limit=limit)]

    def count(self, wanted: WantedVisits) -> int:
        """Count visits."""
        return self._visits.count(WANTED, *_values(wanted, None))

    def has(self, number: int) -> bool:
        """Whether a visit is in the file."""
        return self._visits.get(number) is not None

    def owner(self, event_id: str) -> str | None:
        """Read whose visit an event announced, the id of a person or stranger; None where no such visit is kept."""
        found = self._visits.where("event_id = ?", event_id, limit=1)
        return next((row.person or (row.stranger and stranger_id(row.stranger)) or None for row in found), None)

    def last_seen(self) -> dict[str, datetime]:
        """Read when the last visit of each person ended, or began where they are still there."""
        found = self._database.select(dict[str, str], LAST_SEEN)
        return {row["person"]: from_rfc3339(row["moment"]) for row in found}

    def end_interrupted(self, before: int | None) -> None:
        """Note of visits below a number, None: of all, that have no end that nothing is known after their beginning: edged was stopped."""
        if self._visits.count(INTERRUPTED, before):
            with self._database.transaction():
                self._database.write(f"UPDATE visits SET ended_at = began_at WHERE {INTERRUPTED}", [(before,)])  # noqa: S608 - words of our own

    def expire(self, days: float) -> int:
        """Erase the visits that ended more than so many days ago, 0: all, and what is left of them in the log, and count them.

        Days are those of AgeClock, as for strangers: nothing is erased while it is not believed, but for 0 days. Where there is none
        nothing is written.
        """
        if not self._visits.count():
            return 0
        age = self._age.keep()
        if days and not self._age.is_believed():
            return 0
        with self._database.transaction():
            erased = self._visits.delete("age < ? OR ? = 0", age - days * DAY_SECONDS, days)
        if erased:
            self._finish()
        return erased

    def _finish(self) -> None:
        """Empty the log. The file need not be written anew: no index holds anything of a visit, and what is deleted is zeros."""
        try:
            empty_log(self._database)
        except GalleryError:
            with self._database.transaction():
                note_erasure(self._database)  # which tries again

    def _write(self, visit: SeenVisit) -> None:
        person, stranger = visit.person, None if visit.stranger is None else stranger_number(visit.stranger)
        if person is not None and not self._is_there("SELECT 1 FROM people WHERE person = ?", person):
            return
        if stranger and not self._is_there("SELECT 1 FROM strangers WHERE id = ?", stranger):
            stranger = None  # their own writing waits for the disk, or they were forgotten
        began, ended = self._times.write(visit.began_at), self._times.write(visit.ended_at) if visit.ended_at else None
        self._visits.upsert(
            id=visit.number,
            event_id=visit.event_id,
            camera=visit.camera,
            person=person,
            stranger=stranger,
            began_at=began.moment,
            ended_at=ended.moment if ended else None,
            similarity=visit.similarity,
            margin=visit.margin,
            threshold=visit.threshold,
            looks=visit.looks,
            corrected=int(visit.is_corrected),
            still=int(visit.is_still),
            age=self._age.now(),
            clock=began.clock or (ended.clock if ended else None),
        )

    def _is_there(self, query: str, key: str | int) -> bool:
        return bool(self._database.column(int, query, key))


def _visit(row: VisitRecord) -> SeenVisit:
    return SeenVisit(
        row.id,
        row.event_id,
        row.camera,
        row.person,
        stranger_id(row.stranger) if row.stranger else None,
        from_rfc3339(row.began_at),
        from_rfc3339(row.ended_at) if row.ended_at else None,
        row.similarity,
        row.margin,
        row.threshold,
        row.looks,
        bool(row.corrected),
        bool(row.still),
        ClockState.of(is_synchronised=row.clock is None),
    )


def _values(wanted: WantedVisits, before: int | None) -> tuple[Value, ...]:
    """What stands for the marks in WANTED."""
    stranger = None if wanted.stranger is None else stranger_number(wanted.stranger)
    is_stranger = None if wanted.who is None else int(wanted.who == "stranger")
    return before, wanted.person, stranger, wanted.camera, is_stranger, rfc3339(wanted.since) if wanted.since else None
