"""The strangers of the gallery file: remembered, seen again, ignored, enrolled as people, forgotten by command or with time.

It does not know pixels (pictures are PNG bytes), and does not decide who is the same stranger.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from edged.errors import StrangerNotFound
from edged.gallery.erasure import Erased, erase_strangers, finish_erasure
from edged.gallery.looks import Looks
from edged.gallery.names import STRANGER_PREFIX
from edged.gallery.store import Gallery
from edged.storage.age_clock import DAY_SECONDS, AgeClock
from edged.storage.records import StrangerRecord
from edged.storage.unset_times import UnsetTimes
from edged.system.times import from_rfc3339
from edged.types import ClockState, Stranger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from edged.gallery.templates import NewTemplate, Sighting, TemplateRows
    from edged.storage.database import Database
    from edged.storage.table import Value
    from edged.storage.unset_times import Written
    from edged.types import Person

MOST_STRANGERS = 500
"""Strangers remembered, so that a street neither fills the SD card, with about 25 kB each, nor makes everybody look like somebody: at
the threshold of 0.43 2.9 % of people are taken for one of 500 others (LFW View 1, one look each, mean of 20 draws; 1.5 % for one of
250, 6.1 % for one of 1,000)."""

ROOM = 50
"""Strangers forgotten at once where there are too many, since each erasure empties the log and makes a new writing of the file due."""

BETTER_BY = 0.05
"""Gain in quality over the best look that makes another one of the same visit worth writing. Somebody who comes closer is seen a
little better in each frame: without a step each would go to the SD card, with it at most 20 do."""

STRANGERS = """SELECT strangers.id AS number, first_seen_at, last_seen_at, seen_count, ignored,
        first_seen_clock IS NULL AND last_seen_clock IS NULL AS dated,
        count(stranger_looks.id) AS looks, count(aligned) AS pictures
    FROM strangers LEFT JOIN stranger_looks ON stranger = strangers.id"""

TO_PERSON = "UPDATE visits SET person = ?, stranger = NULL WHERE stranger = ?"

_ID = re.compile(rf"{STRANGER_PREFIX}([1-9][0-9]{{0,17}})")
"""Pattern of an id as it is written here, of a number that SQLite can hold."""


class LatestStranger(NamedTuple):
    """A stranger who was here a moment ago: id, and seconds since their last visit began."""

    id: str
    seconds: float


class Strangers:
    """Strangers and their looks in a gallery file. Not thread-safe, by design: one worker thread.

    What changes writes to the disk and waits for it, tens of milliseconds on an SD card: call it once a visit, not for each frame.
    Every method raises GalleryError where the file cannot be read or written; nothing is changed then. One that takes a stranger's
    id raises StrangerNotFound where there is none, or not any more.
    """

    def __init__(self, database: Database, *, most: int = MOST_STRANGERS, room: int = ROOM) -> None:
        """Read and write this file; room is how many strangers are forgotten at once where there are more than most."""
        self._most, self._room = most, room
        self.database, self.writer = database, database.writer
        self._database, self._strangers = database, database.table("strangers", StrangerRecord)
        self._looks, self._times, self._age = Looks(database), UnsetTimes(database), AgeClock(database)

    def strangers(self) -> list[Stranger]:
        """Read everybody remembered, who was seen last first: by the order of their visits, since a clock may have been set meanwhile."""
        return self._database.select(_stranger, f"{STRANGERS} GROUP BY strangers.id ORDER BY last_visit DESC")

    def stranger(self, stranger: str) -> Stranger:
        """Read one of them, by id."""
        found = self._database.select(_stranger, f"{STRANGERS} WHERE strangers.id = ? GROUP BY strangers.id", stranger_number(stranger))
        if not found:
            raise StrangerNotFound(stranger)
        return found[0]

    def picture(self, stranger: str) -> bytes | None:
        """Read the aligned face of their best look as PNG; None where no picture is kept."""
        self.stranger(stranger)
        return self._looks.picture(stranger_number(stranger))

    def looks(self, model_id: str) -> TemplateRows:
        """Read all looks of a model as the matcher wants them, the strangers' ids in place of people's."""
        return self._looks.of_model(model_id)

    def ignored(self) -> frozenset[str]:
        """Read the ids of those who are ignored."""
        return frozenset(stranger_id(row.id) for row in self._strangers.where("ignored"))

    def remember(self, sighting: Sighting, number: int | None = None) -> Stranger:
        """Store a new stranger. Where there are too many, those who have not been seen for longest go, but none that is ignored.

        number is one above last_number() that was given already; None is the next. Where it is here, they are remembered already: a disk
        may have kept what it complained of.
        """
        given = {} if number is None else {"id": number}
        with self._database.transaction():
            if number is not None and self._strangers.get(number):
                return self.stranger(stranger_id(number))
            visit = _visit(self._database, self._times.write(sighting.seen_at), self._age.keep())
            first = {"first_seen_at": visit["last_seen_at"], "first_seen_clock": visit["last_seen_clock"]}
            number = self._strangers.insert(**given, **first, **visit, seen_count=1, ignored=0)
            self._looks.keep(number, sighting)
            too_many = self._strangers.count() - self._most
            if too_many > 0:
                rows = self._strangers.where("NOT ignored AND id <> ?", number, order_by="last_visit", limit=too_many + self._room)
                erase_strangers(self._database, [row.id for row in rows])
            return self.stranger(stranger_id(number))

    def seen_again(self, stranger: str, sighting: Sighting) -> Stranger:
        """Store another visit of a stranger, and its look where that shows something new.

        Raises:
            WrongModel: the look is of another model than the stranger's others.
        """
        number = stranger_number(stranger)
        with self._database.transaction():
            row = self._strangers.get(number)
            if row is None:
                raise StrangerNotFound(stranger)
            visit = _visit(self._database, self._times.write(sighting.seen_at), self._age.keep())
            self._strangers.update(number, seen_count=row.seen_count + 1, **visit)
            self._looks.keep(number, sighting)
            return self.stranger(stranger)

    def improve(self, stranger: str, sighting: Sighting) -> bool:
        """Keep another look of the visit that was noted last where it is clearly better than all that are kept, and give whether it is.

        Writes nothing otherwise, so it may be called for every look.

        Raises:
            WrongModel: the look is of another model than the stranger's others.
        """
        best = self._looks.best_quality(stranger_number(stranger))
        if best is not None and sighting.quality < best + BETTER_BY:
            return False
        with self._database.transaction():
            self.stranger(stranger)
            self._looks.keep(stranger_number(stranger), sighting)
        return True

    def ignore(self, stranger: str, *, ignored: bool) -> Stranger:
        """Never report this stranger again, or do so from now on."""
        with self._database.transaction():
            self._strangers.update(stranger_number(stranger), ignored=int(ignored))
            return self.stranger(stranger)

    def forget(self, stranger: str) -> Erased:
        """Erase a stranger, their looks and picture; what was erased is overwritten."""
        with self._database.transaction():
            found = self.stranger(stranger)
            erase_strangers(self._database, [stranger_number(stranger)])
        return Erased(stranger, None, found.looks, int(found.has_picture), 0, finish_erasure(self._database))

    def withdraw(self, stranger: str) -> None:
        """Delete a stranger at once where they are still remembered, and leave it to finish_erasure() to rid the log of them."""
        with self._database.transaction():
            erase_strangers(self._database, [stranger_number(stranger)])

    def expire(self, days: float) -> int:
        """Erase everybody not seen for so many days, and count them. Whoever is ignored stays, so as to stay ignored.

        Days are those of AgeClock, and nobody is erased while it is not believed; but with 0 days, at which nobody is to be remembered,
        everybody is, whatever the clocks say. Where nobody is remembered nothing is written, nor how old the file is.
        """
        if not self._strangers.count():
            return 0
        age = self._age.keep()
        if days and not self._age.is_believed():
            return 0
        with self._database.transaction():
            rows = self._strangers.where("(last_seen_age < ? OR ? = 0) AND NOT ignored", age - days * DAY_SECONDS, days)
            erase_strangers(self._database, [row.id for row in rows])
        finish_erasure(self._database)
        return len(rows)

    def templates(self, stranger: str, created_at: datetime) -> list[NewTemplate]:
        """Read the looks of a stranger as templates of the person they are to become, the best first.

        Raises:
            StrangerNotFound: also where the disk has damaged all their looks.
        """
        templates = self._looks.templates(stranger_number(stranger), stranger, created_at)
        if not templates:
            raise StrangerNotFound(stranger)
        return templates

    def promote(self, strangers: Sequence[str], person: str, display_name: str | None, templates: Sequence[NewTemplate]) -> Person:
        """Give strangers' templates and visits to a person, who is made where they are new, and delete the strangers: all or nothing.

        What was sent is not changed, nor is what waits in the outbox.

        Raises:
            NameRejected, ValueError: as Gallery.enroll().
        """
        with self._database.transaction():
            numbers = [stranger_number(self.stranger(stranger).id) for stranger in strangers]
            enrolled = Gallery(self._database).enroll(person, display_name, templates)
            self._database.write(TO_PERSON, [(person, number) for number in numbers])
            for number in numbers:
                self._strangers.delete("id = ?", number)
            return enrolled


def latest(strangers: Strangers) -> list[LatestStranger]:
    """Read the two whose last visits began last, the latest first, of those who are not ignored; fewer where there are not so many."""
    rows = strangers.database.table("strangers", StrangerRecord).where("NOT ignored", order_by="last_visit DESC", limit=2)
    now = AgeClock(strangers.database).now() if rows else 0.0
    return [LatestStranger(stranger_id(row.id), max(0.0, now - row.last_seen_age)) for row in rows]


def last_number(database: Database) -> int:
    """Read the greatest number that a stranger ever had in a file; 0 where there was none."""
    return max(database.column(int, "SELECT seq FROM sqlite_sequence WHERE name = 'strangers'"), default=0)


def _visit(database: Database, seen_at: Written, age: float) -> dict[str, Value]:
    """What is written of a visit, inside the caller's transaction: when it was, its place among all, and the file's age."""
    place = database.next_number()
    return {"last_seen_at": seen_at.moment, "last_seen_clock": seen_at.clock, "last_visit": place, "last_seen_age": age}


def stranger_id(number: int) -> str:
    """Give the id of the stranger with this number."""
    return f"{STRANGER_PREFIX}{number}"


def stranger_number(stranger: str) -> int:
    """Give the number of a stranger's id; StrangerNotFound where it is none."""
    found = _ID.fullmatch(stranger)
    if not found:
        raise StrangerNotFound(stranger)
    return int(found[1])


def _stranger(
    *, number: int, first_seen_at: str, last_seen_at: str, seen_count: int, ignored: int, dated: int, looks: int, pictures: int
) -> Stranger:
    first, last, clock = from_rfc3339(first_seen_at), from_rfc3339(last_seen_at), ClockState.of(is_synchronised=bool(dated))
    return Stranger(stranger_id(number), first, last, seen_count, bool(ignored), looks, pictures > 0, clock)
