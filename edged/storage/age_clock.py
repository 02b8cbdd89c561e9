"""How old the file is, counted so that no jump of the wall clock makes it older than it can be.

It does not know whose age is counted by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.storage.records import AgeRecord
from edged.system.clock_watch import STEP_SECONDS

if TYPE_CHECKING:
    from edged.storage.database import Database

DAY_SECONDS = 24 * 3600.0
STEADY_SECONDS = DAY_SECONDS
"""Running seconds without a setting of the clock after which one that is not synchronised is plausible."""
YOUNGER = (
    "UPDATE strangers SET last_seen_age = last_seen_age + ? WHERE last_seen_age >= ?",
    "UPDATE visits SET age = age + ? WHERE age >= ?",
)
"""Statements that make younger what may be younger than it seems."""


class AgeClock:
    """The age of a gallery file. Not thread-safe, by design: one worker thread.

    The age grows by the running seconds of each boot, and by the wall time between two boots only where the clock was settled in both.
    What was noted after the last settled moment before such a gap was noted at an unknown time in it, and is taken for as young as it
    can be.

    Every method raises GalleryError where the file cannot be read or written; nothing is changed then.
    """

    def __init__(self, database: Database) -> None:
        """Read and write this file, by its clock."""
        self._database, self._clock, self._age = database, database.clock, database.table("age", AgeRecord)

    def keep(self) -> float:
        """Write down how old the file is, and give that, in seconds; what was not written down before a power cut is not counted."""
        self._clock.look()
        with self._database.transaction():
            before = self._read()
            running, seconds = self._clock.clock.running(), self._seconds(before)
            steady = self._steady_since(before)
            trusted = before.trusted_boot, before.trusted_wall, before.trusted_seconds
            if self._clock.is_settled:
                wall = running + self._clock.offset
                seconds += self._gap(before, wall, seconds)
                trusted = self._clock.boot, wall, seconds
            self._write(AgeRecord(1, seconds, self._clock.boot, running, self._clock.offset, steady, *trusted))
        return seconds

    def now(self) -> float:
        """Say how old the file is, in seconds, without writing that down."""
        return self._seconds(self._read())

    def is_believed(self) -> bool:
        """Whether ages may have consequences: the clock is synchronised, or was not set for a day of this boot."""
        self._clock.look()
        return self._clock.is_synchronised or self._clock.clock.running() - self._steady_since(self._read()) >= STEADY_SECONDS

    def _read(self) -> AgeRecord:
        return self._age.where()[0]

    def _seconds(self, before: AgeRecord) -> float:
        """The age by running seconds alone. Of another boot it is not known how long ago it was."""
        return before.seconds + (max(0.0, self._clock.clock.running() - before.running) if before.boot == self._clock.boot else 0.0)

    def _gap(self, before: AgeRecord, wall: float, seconds: float) -> float:
        """Seconds for which the device was off since the last boot with a settled clock, once in each boot; the strangers are told."""
        if before.trusted_boot in {None, self._clock.boot}:
            return 0.0
        gap = max(0.0, wall - before.trusted_wall - (seconds - before.trusted_seconds))
        for statement in YOUNGER:
            self._database.write(statement, [(gap, before.trusted_seconds)])
        return gap

    def _steady_since(self, before: AgeRecord) -> float:
        """The running seconds since which the clock was not set, also by what an earlier process of this boot has seen."""
        is_same = before.boot == self._clock.boot and abs(before.wall_offset - self._clock.offset) < STEP_SECONDS
        saw_none = self._clock.steady_since == self._clock.began
        return before.steady_since if is_same and saw_none else self._clock.steady_since

    def _write(self, age: AgeRecord) -> None:
        self._age.upsert(**age._asdict())
