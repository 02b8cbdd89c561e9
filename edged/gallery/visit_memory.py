"""The visits of a running edged: made of events, in memory while somebody is there, and on their way to the gallery file.

It does not know when the file is written, nor what events say on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from edged.gallery.visits import SeenVisit, WantedVisits
from edged.types import Announcement, ClockState, Departure

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from edged.gallery.visits import KeptVisits
    from edged.system.beside import Turns
    from edged.types import Event


@dataclass(frozen=True, slots=True)
class VisitChanges:
    """What is to be written: visits as they are now, and the numbers of those that were none."""

    visits: tuple[SeenVisit, ...]
    gone: tuple[int, ...]


class VisitPage(NamedTuple):
    """Some of the visits that were asked for, the newest first, how many there are in all, and whether older ones follow."""

    visits: list[SeenVisit]
    total: int
    has_more: bool


class VisitMemory:
    """Notes visits and lists them. Not thread-safe, by design: one worker thread. Nothing here waits for the disk but page()."""

    def __init__(self, store: KeptVisits, *, days: int) -> None:
        """Begin with nobody here; days is for how long visits are kept in the file, 0: they are not."""
        self.store, self.days = store, days
        self._open: dict[tuple[str, int], SeenVisit] = {}
        self._renamed: dict[tuple[str, int], SeenVisit] = {}  # of those who are here under another name, by camera and track
        self._tracks: dict[int, int] = {}
        self._unwritten: dict[int, SeenVisit] = {}
        self._writing: dict[int, SeenVisit] = {}
        self._gone: set[int] = set()
        self._first: int | None = None

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to write."""
        return not (self._unwritten or self._gone)

    def note(self, event: Event, number: int, event_id: str) -> None:
        """Take an event that has happened, with its number and id."""
        if event.visit is None:
            return
        self._first = number if self._first is None else self._first
        key = event.camera, event.visit
        if isinstance(event.fact, Announcement):
            self._announce(event, event.fact, number, event_id)
        elif isinstance(event.fact, Departure) and (visit := self._open.pop(key, None)):
            self._tracks.pop(visit.number, None)
            self._put(replace(visit, ended_at=event.frame_at, is_still=event.still))

    def _announce(self, event: Event, fact: Announcement, number: int, event_id: str) -> None:
        key = event.camera, event.visit or 0
        before = self._open.pop((event.camera, fact.replaces), None) if fact.replaces is not None else None
        here = self._open.get(key)
        if here and before:  # the mistake was of somebody who is here already
            self._unwritten.pop(before.number, None)
            self._gone |= {before.number} if self.days else set()
            return
        renamed = self._renamed.pop((event.camera, event.track), None) if fact.verdict.person else None
        begun = before or here or renamed
        identity, verdict = event.identity, fact.verdict
        visit = SeenVisit(
            begun.number if begun else number,
            event_id,
            event.camera,
            identity.person if identity else None,
            identity.stranger.id if identity and identity.stranger else None,
            begun.began_at if begun else event.frame_at,
            None,
            verdict.similarity,
            verdict.margin,
            verdict.threshold,
            verdict.looks,
            is_corrected=fact.is_correction or bool(begun and begun.is_corrected),
            is_still=event.still,
        )
        self._open[key], self._tracks[visit.number] = visit, event.track
        self._put(visit)

    def _put(self, visit: SeenVisit) -> None:
        if self.days:
            self._unwritten[visit.number] = visit

    def take(self) -> VisitChanges:
        """Give what is to be written; wrote() says what came of it."""
        changes = VisitChanges(tuple(self._unwritten.values()), tuple(self._gone))
        self._writing = self._unwritten
        self._unwritten, self._gone = {}, set()
        return changes

    def wrote(self, changes: VisitChanges, *, is_kept: bool) -> None:
        """Take over whether the file has taken what take() gave; what it has not is to be written again, unless it is another by now."""
        if not is_kept:
            self._unwritten = self._writing | self._unwritten
            self._gone |= set(changes.gone)
        self._writing = {}

    def forget_others(self, people: Collection[str], knows_stranger: Callable[[str], bool]) -> None:
        """Let no visit in memory be of anybody but these people and known strangers.

        Whoever is here and has another name now is announced by it in a moment, and their visit goes on then.
        """

        def is_known(visit: SeenVisit) -> bool:
            return visit.person in people if visit.person else visit.stranger is None or knows_stranger(visit.stranger)

        gone = {key: visit for key, visit in self._open.items() if not is_known(visit)}
        self._renamed = {(visit.camera, self._tracks.pop(visit.number)): visit for visit in gone.values()}
        self._open = {key: visit for key, visit in self._open.items() if key not in gone}
        self._unwritten = {number: visit for number, visit in self._unwritten.items() if is_known(visit)}
        self._writing = {number: visit for number, visit in self._writing.items() if is_known(visit)}

    def page(self, wanted: WantedVisits, limit: int, before: int | None = None) -> VisitPage:
        """List visits, the newest first, those below a number where one is given; what is in memory holds over what is in the file."""
        held = {visit.number: visit for visit in (*self._open.values(), *self._writing.values(), *self._unwritten.values())}
        kept = self.store.newest(wanted, limit + len(held) + len(self._gone) + 1, before)
        own = [self._dated(visit) for visit in held.values() if wanted.holds(visit) and (before is None or visit.number < before)]
        others = [visit for visit in kept if visit.number not in held and visit.number not in self._gone]
        found = sorted([*own, *others], key=lambda visit: -visit.number)
        total = self.store.count(wanted) + self._more_than_kept(wanted, held.values())
        return VisitPage(found[:limit], total, len(found) > limit)

    def _more_than_kept(self, wanted: WantedVisits, held: Iterable[SeenVisit]) -> int:
        """How many of those in memory are not in the file yet, or not at all."""
        return sum(wanted.holds(visit) for visit in held if not self.store.has(visit.number))

    def expire(self) -> Turns[None]:
        """Erase what was kept for long enough, and end the visits of a run before this one.

        Raises:
            GalleryError: the file cannot be written; nothing was erased.
        """
        first = self._first

        def write() -> None:
            self.store.end_interrupted(first)
            self.store.expire(self.days)

        yield from self.store.writer.in_turns(write)

    def _dated(self, visit: SeenVisit) -> SeenVisit:
        """A visit by what the clock says now of its moments: it may have been set since."""
        stamps = [self.store.clock.stamp(moment) for moment in (visit.began_at, visit.ended_at) if moment]
        state = ClockState.of(is_synchronised=all(stamp.wall_offset is None for stamp in stamps))
        return replace(visit, began_at=stamps[0].moment, ended_at=visit.ended_at and stamps[-1].moment, clock=state)
