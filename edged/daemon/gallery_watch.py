"""The gallery file while edged runs: whether its disk takes what is to be kept, whether it is still there, and whether its pages are whole.

What is in the file is not known here, nor who hears of it.
"""

from __future__ import annotations

import logging
from threading import Thread
from typing import TYPE_CHECKING

from edged.daemon.gallery_file import damage
from edged.daemon.upkeep import Every
from edged.errors import GalleryError
from edged.interface.states import ProblemPayload
from edged.storage.reading import can_be_written
from edged.system.beside import Call
from edged.types import GalleryProblem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.interface.topics import Topics
    from edged.mqtt.retained_states import RetainedStates
    from edged.storage.database import Database

log = logging.getLogger(__name__)

PRESENCE_SECONDS = 5.0
"""Seconds between two looks whether the file is still the one that was opened, of a microsecond each."""
PAGES_SECONDS = 24 * 3600.0
"""Seconds between two looks at all pages, the first so long after the start, which looks itself."""
RECOVERY_SECONDS, READ_ONLY_SECONDS = 2.0, 60.0
"""Seconds between two tries to write after the disk refused, and between two tries to open a file that could only be read at the start."""


READ_ONLY_REASON = (
    "The gallery cannot be written: people are recognised and announced, but nothing new is remembered. See that its disk is not mounted "
    "read-only, and is not full."
)


WELL = ProblemPayload(problem=None, reason=None)
"""State of a gallery without a problem; one object, since it is compared in every round of the worker."""


class GalleryWatch:
    """Knows what is wrong with the gallery now, publishes it, and finds out when it is over."""

    def __init__(self, database: Database, states: RetainedStates, topics: Topics) -> None:
        """Begin without a problem, but where the file could only be read."""
        self._database, self._states, self._topics = database, states, topics
        self.on_recovery: Callable[[], None] = lambda: None
        """Called when a file that could only be read at the start can be written again."""
        self._new: str | None = None  # what is said of a gallery that is new, and perhaps should not be
        self._refusal: str | None = None
        self._try: Call[None] | None = None
        self._pages: _PageLook | None = None
        self._damage: str | None = None
        self._published: ProblemPayload | None = None
        self._presence, self._recovery = Every(PRESENCE_SECONDS), Every(RECOVERY_SECONDS)
        self._read_only, self._daily = Every(READ_ONLY_SECONDS), Every(PAGES_SECONDS)

    def refused(self, error: GalleryError) -> None:
        """Note that the disk refused something; it is asked again after a pause, until it takes it."""
        self._refusal = str(error)

    def found_new(self, reason: str | None) -> None:
        """Note what is to be said of a gallery that is new; None where nothing is any more."""
        self._new = reason

    def run(self, now: float) -> None:
        """Do what is due at monotonic time now, and publish what has changed."""
        if self._database.is_read_only:
            self._try_to_open(now)
        elif self._recovery.is_due(now) if self._refusal else self._presence.is_due(now):
            self._try_to_write()
        self._look_at_pages(now)
        self._publish()

    def _try_to_write(self) -> None:
        """See that the file is there, and where the disk refused something have something written, which may take until the next try."""
        if self._try is None:
            self._try = self._database.writer.submit(self._write_the_same) if self._refusal else Call.done(None)
        if not self._try.is_done:
            return
        tried, self._try = self._try, None
        try:
            self._database.see_that_it_can_be_kept()
            tried.result()
        except GalleryError as error:
            self._refusal = str(error)
            return
        self._refusal = None

    def _write_the_same(self) -> None:
        """By way of another value: SQLite writes nothing where a row becomes what it is, so that a disk that takes nothing seemed well."""
        with self._database.transaction():
            for change in (1, -1):
                self._database.write("UPDATE sequence SET last = last + ?", [(change,)])

    def _try_to_open(self, now: float) -> None:
        """The copy in memory knows nothing of what the file takes from now on, so edged starts anew."""
        if self._read_only.due_at and self._read_only.is_due(now) and self._database.path and can_be_written(self._database.path):
            log.warning("The gallery can be written again; edged starts anew.")
            self.on_recovery()
        self._read_only.due_at = self._read_only.due_at or now + READ_ONLY_SECONDS

    def _look_at_pages(self, now: float) -> None:
        if self._pages is None:
            is_due = self._daily.due_at and self._daily.is_due(now) and self._database.path and not self._database.is_read_only
            self._daily.due_at = self._daily.due_at or now + PAGES_SECONDS
            self._pages = _PageLook(self._database.path) if is_due and self._database.path else None
        elif not self._pages.is_alive():
            self._damage, self._pages = self._pages.found, None

    def _publish(self) -> None:
        state = self._state()
        if state is not self._published and state != self._published:
            if state.problem:
                log.error("Problem of the gallery: %s", state.reason)
            elif self._published and self._published.problem:
                log.info("The gallery is well again.")
            self._published = state
            self._states.publish(self._topics.problem, state.to_json())

    def _state(self) -> ProblemPayload:
        if self._damage:
            return ProblemPayload(problem=GalleryProblem.DAMAGED, reason=self._damage)
        if self._database.is_read_only:
            return ProblemPayload(problem=GalleryProblem.READ_ONLY, reason=READ_ONLY_REASON)
        if self._refusal:
            return ProblemPayload(problem=GalleryProblem.NOT_KEPT, reason=self._refusal)
        if self._new:
            return ProblemPayload(problem=GalleryProblem.NEW, reason=self._new)
        return WELL


class _PageLook(Thread):
    """One look at all pages, beside the worker and on a connection of its own."""

    def __init__(self, path: Path) -> None:
        super().__init__(name="gallery pages", daemon=True)
        self._path = path
        self.found: str | None = None
        self.start()

    def run(self) -> None:
        self.found = damage(self._path)
