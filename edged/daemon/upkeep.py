"""What is done now and then beside frames and requests: the gallery file is looked at, and times are put right.

What any of it does is known to the parts; here stands how often.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.control.self_test import NOT_SYNCHRONISED
from edged.errors import GalleryError
from edged.gallery.erasure import compact_erased, is_compaction_due
from edged.storage.age_clock import AgeClock
from edged.storage.unset_times import UnsetTimes

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.control.gallery_reader import GalleryReader
    from edged.gallery.store import Gallery
    from edged.gallery.visit_memory import VisitMemory
    from edged.storage.database import Database
    from edged.storage.last_number import LastNumber
    from edged.system.beside import Call, Turns

log = logging.getLogger(__name__)

GALLERY_SECONDS, GALLERY_RETRY_SECONDS = 0.25, 2.0
"""Seconds between two looks for other processes' changes of the gallery, and until the next look where it could not be read."""
ERASURE_SECONDS = 60.0
"""Seconds between two tries of an erasure that another process held up."""
EXPIRY_SECONDS = 6 * 3600.0
"""Seconds between two times that strangers who were not seen for too long, and visits of long ago, are erased."""
COMPACTION_SECONDS, COMPACTION_RETRY_SECONDS = 24 * 3600.0, 600.0
"""Seconds between two times that the file is written anew where something was erased, twice its bytes for an SD card; and until the next
try where it gave way to somebody at the door."""
CLOCK_SECONDS, AGE_SECONDS = 0.25, 600.0
"""Seconds between two looks at the clock, and between two times that the age of the file is written down: a power cut loses so much of it,
by which strangers are remembered for longer, and an SD card takes 144 writes a day, 1.2 MB with all that SQLite writes, for decades. Where
nobody is remembered nothing is written."""
UNSET_PATIENCE_SECONDS = 300.0
"""Seconds for which a clock may be unsynchronised before that is logged: after a power cut the router needs minutes too."""


@dataclass(slots=True)
class Every:
    """Says once in so many seconds that it is time; due_at is when next, 0 for at once."""

    seconds: float
    due_at: float = 0.0

    def is_due(self, now: float) -> bool:
        """Whether it is time at monotonic time now; the next time is then so many seconds later."""
        if now < self.due_at:
            return False
        self.due_at = now + self.seconds
        return True


class InTurns:
    """Work in steps beside the requests: one step in each round, the next work when this is done."""

    def __init__(self, on_failure: Callable[[GalleryError], None]) -> None:
        """Begin with none; on_failure is called where the disk refuses."""
        self._on_failure = on_failure
        self._work: Turns[None] | None = None

    @property
    def is_free(self) -> bool:
        """Whether there is no work at hand."""
        return self._work is None

    def begin(self, work: Turns[None]) -> bool:
        """Begin work and carry out its first step; whether that went well."""
        self._work = work
        return self.carry_on()

    def carry_on(self) -> bool:
        """Carry out a step; False where the disk refused it, and the work is over."""
        if self._work is not None:
            try:
                next(self._work)
            except StopIteration:
                self._work = None
            except GalleryError as error:
                self._work = None
                self._on_failure(error)
                return False
        return True


class GalleryUpkeep:
    """Keeps what is in memory true to the file, and the file rid of what was erased or is too old."""

    def __init__(
        self,
        reader: GalleryReader,
        gallery: Gallery,
        visits: VisitMemory,
        *,
        on_failure: Callable[[GalleryError], None],
        is_empty: Callable[[], bool] = lambda: True,
    ) -> None:
        """Look for the first time at once; on_failure is called where the disk refuses, is_empty says whether nobody is in view."""
        self._reader, self._gallery, self._visits, self._is_empty = reader, gallery, visits, is_empty
        self._strangers = reader.shared.strangers
        self._strangers.on_failure = on_failure
        self._turns = InTurns(on_failure)
        self._changes, self._erasure, self._expiry = Every(GALLERY_SECONDS), Every(ERASURE_SECONDS), Every(EXPIRY_SECONDS)
        self._compaction, self._visit_expiry = Every(ERASURE_SECONDS), Every(EXPIRY_SECONDS)
        self._compacting: Call[None] | None = None

    def run(self, now: float) -> None:
        """Do what is due at monotonic time now: take over what was written, and begin one work after the other."""
        self._strangers.take_over_writes(now)
        if not self._turns.carry_on():
            self._changes.due_at = now + GALLERY_RETRY_SECONDS
        for every, work in (
            (self._changes, self._refresh),
            (self._erasure, self._finish_erasure),
            (self._expiry, self._reader.expire),
            (self._visit_expiry, self._visits.expire),
        ):
            if self._turns.is_free and every.is_due(now) and not self._turns.begin(work()):
                self._changes.due_at = now + GALLERY_RETRY_SECONDS
        self._compact(now)

    def _refresh(self) -> Turns[None]:
        yield from self._reader.refresh()

    def _finish_erasure(self) -> Turns[None]:
        """Have the log emptied where an earlier process or another one has kept it; a full one is emptied by SQLite as it grows."""
        if self._gallery.database.has_residue:
            yield from self._gallery.database.writer.in_turns(self._gallery.finish_erasure)

    def _compact(self, now: float) -> None:
        """Have the file written anew where something was erased: once a day, while nobody is in view, giving way to all other writing."""
        database, running = self._gallery.database, self._compacting
        if running and running.is_done:
            self._compacting = None
            self._compaction.due_at = now + (COMPACTION_RETRY_SECONDS if running.has_failed else COMPACTION_SECONDS)
        elif not running and self._compaction.is_due(now) and self._is_empty() and is_compaction_due(database):
            self._compacting = database.writer.submit_last(lambda: compact_erased(database))


class RunUpkeep:
    """Notes on the disk that this run has begun, as soon as the disk takes it."""

    def __init__(self, last: LastNumber, *, on_failure: Callable[[GalleryError], None]) -> None:
        """Try in the first round; on_failure is called where the disk refuses."""
        self._last, self._turns, self._tries = last, InTurns(on_failure), Every(GALLERY_RETRY_SECONDS)

    def run(self, now: float) -> None:
        """Do what is due at monotonic time now."""
        self._turns.carry_on()
        if self._turns.is_free and not self._last.has_begun and self._tries.is_due(now):
            self._turns.begin(self._last.writer.in_turns(self._last.begin))


class ClockUpkeep:
    """Follows the clock: keeps how old the file is, and puts moments right when the clock is set."""

    def __init__(
        self,
        database: Database,
        *,
        on_correction: Callable[[], None],
        on_failure: Callable[[GalleryError], None],
        is_age_needed: Callable[[], bool] = lambda: True,
    ) -> None:
        """Look for the first time at once; on_correction is called where moments were put right, on_failure where the disk refuses.

        is_age_needed says whether anybody is to be forgotten by the age of the file; else it is written down at the start alone, and again
        when somebody is to be remembered.
        """
        self._clock, self._age, self._times, self._writer = database.clock, AgeClock(database), UnsetTimes(database), database.writer
        self._on_correction, self._turns, self._is_age_needed = on_correction, InTurns(on_failure), is_age_needed
        self._looks, self._keeps = Every(CLOCK_SECONDS), Every(AGE_SECONDS)
        self._unset_since: float | None = None
        self._has_begun = self._has_warned = False

    def run(self, now: float) -> None:
        """Do what is due at monotonic time now."""
        if not self._turns.carry_on():
            self._keeps.due_at = now + GALLERY_RETRY_SECONDS
        if not (self._turns.is_free and self._looks.is_due(now)):
            return
        is_due = self._keeps.is_due(now) and (not self._has_begun or self._is_age_needed())
        self._has_begun = True
        if (self._clock.look() or is_due) and not self._turns.begin(self._put_right(keeps_age=is_due)):
            self._keeps.due_at = now + GALLERY_RETRY_SECONDS
        self._tell(now)

    def _put_right(self, *, keeps_age: bool) -> Turns[None]:
        if count := (yield from self._writer.in_turns(self._times.put_right)):
            log.info("The clock is synchronised now; %d times that were noted before are put right.", count)
            self._on_correction()
        if keeps_age:
            yield from self._writer.in_turns(self._age.keep)

    def _tell(self, now: float) -> None:
        """Log once that the clock stays unset, and once when that is over: each boot begins without, and ends it in its first minute."""
        if self._clock.is_synchronised:
            if self._has_warned:
                log.info("The clock is synchronised again.")
            self._unset_since, self._has_warned = None, False
            return
        self._unset_since = now if self._unset_since is None else self._unset_since
        if not self._has_warned and now - self._unset_since >= UNSET_PATIENCE_SECONDS:
            log.warning("%s", NOT_SYNCHRONISED)
            self._has_warned = True
