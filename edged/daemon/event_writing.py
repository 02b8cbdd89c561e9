"""Events into the outbox and out of it: what is to be written goes there in one batch at a time, beside the worker.

It does not know the bridge, nor when a disk that refused is tried again.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from edged.errors import GalleryError

if TYPE_CHECKING:
    from edged.daemon.unwritten_events import UnwrittenEvents
    from edged.gallery.visit_memory import VisitChanges, VisitMemory
    from edged.storage.outbox import Outbox
    from edged.system.beside import Call

MOST_AT_ONCE = 100
"""Events that are written in one batch."""


class _Batch(NamedTuple):
    """What is being written: numbers of events, the number up to which were sent that no disk knew, and the numbers to be removed.

    doubtful are numbers to be removed that may never have been written.
    """

    call: Call[None]
    seqs: frozenset[int]
    unkept_seq: int
    arrived: tuple[int, ...]
    doubtful: frozenset[int]
    visits: VisitChanges


class EventWriting:
    """Keeps the outbox true to what has happened and what has arrived; only worker calls it, and it waits for nothing."""

    def __init__(self, outbox: Outbox, unwritten: UnwrittenEvents, visits: VisitMemory) -> None:
        """Write into this outbox what waits in memory, and with it, at no cost of its own, the visits that events begin and end."""
        self._outbox, self._unwritten, self._visits = outbox, unwritten, visits
        self.has_failed = False
        """Whether the disk has refused the last batch."""
        self._batch: _Batch | None = None
        self._to_remove: list[int] = []
        self._refused: set[int] = set()  # what was in a batch that failed: a disk may have kept what it complained of
        self._doubtful: set[int] = set()  # of these what has arrived, and is to be removed if it is there
        self._unkept_seq = 0  # the greatest number of an event that was sent and is known to no disk; 0 where there is none

    @property
    def removals(self) -> int:
        """How many events have arrived and are still in the outbox."""
        return len(self._to_remove) + (len(self._batch.arrived) if self._batch else 0)

    def take_out(self, arrived: set[int]) -> None:
        """Note what has arrived: what is being written just now has to be removed after that, what never was is only to be counted."""
        if arrived:
            never_written = self._unwritten.take_out(arrived - self._batch.seqs if self._batch else arrived)
            self._to_remove += arrived - never_written
            self._doubtful |= never_written & self._refused
            self._unkept_seq = max([self._unkept_seq, *never_written])

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to write, and nothing is being written."""
        waiting = self._batch or self._unwritten or self._unkept_seq or self._to_remove or self._doubtful
        return self._visits.is_idle and not waiting

    def step(self, *, may_write: bool) -> int:
        """Take over what came of the last batch, have the next one written where it may be, and give how many events were written.

        Raises:
            GalleryError: the disk refused a batch; it is to be written again.
        """
        written = self._take_over()
        if may_write and self._batch is None and not self.is_idle:
            self._submit()
            written += self._take_over()  # where no thread writes
        return written

    def _submit(self) -> None:
        events, unkept, arrived = self._unwritten.oldest(MOST_AT_ONCE), self._unkept_seq, tuple(self._to_remove)
        doubtful = frozenset(self._doubtful)
        self._unkept_seq = 0
        self._to_remove.clear()
        visits = self._visits.take()
        write = partial(self._outbox.write, events, unkept_seq=unkept, arrived=(*arrived, *doubtful))
        call = self._outbox.submit(lambda: self._visits.store.keep(visits.visits, visits.gone, write))
        self._batch = _Batch(call, frozenset(event.seq for event in events), unkept, arrived, doubtful, visits)

    def _take_over(self) -> int:
        batch = self._batch
        if batch is None or not batch.call.is_done:
            return 0
        self._batch, self.has_failed = None, True
        try:
            batch.call.result()
        except GalleryError:
            self._visits.wrote(batch.visits, is_kept=False)
            self._refused |= batch.seqs
            arrived = {*batch.arrived, *self._to_remove}
            self._unkept_seq = max(self._unkept_seq, batch.unkept_seq)
            self._to_remove.clear()
            self.take_out(arrived)
            raise
        self.has_failed = False
        self._visits.wrote(batch.visits, is_kept=True)
        self._doubtful -= batch.doubtful
        self._refused -= batch.seqs | batch.doubtful
        return len(self._unwritten.take_out(set(batch.seqs)))

    def wait(self, seconds: float) -> None:
        """Wait until the batch is written, or so long."""
        if self._batch:
            self._batch.call.wait(seconds)
