"""Visits: who is before one camera, since when, and whether somebody has just come or gone.

Knows identities, tracks and frame times; it does not know how an identity was found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from edged.tracking.sights import Sights
from edged.types import Presence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edged.types import Identity, Verdict


@dataclass(slots=True)
class Visit:
    """One face of an identity before the camera, in one track or in several, one after the other or at once.

    told are the tracks that an event has announced.
    """

    identity: Identity
    verdict: Verdict
    first_seen: float
    last_seen: float
    track: int  # the latest
    tracks: set[int] = field(default_factory=set)  # those that live
    all_tracks: set[int] = field(default_factory=set)
    told: set[int] = field(default_factory=set)
    is_still: bool = False  # whether the face has not moved for minutes
    number: int = 0  # counts the visits of a camera
    asked_at: float = -math.inf  # when both of two tracks were last asked to be looked at, since they may be two faces

    @property
    def seconds(self) -> float:
        """From the first sight to the last."""
        return self.last_seen - self.first_seen


class Visits:
    """The visits of one camera. A visit goes on while its identity is seen again within the refractory time.

    A portrait and whom it shows are two faces of one identity, and have a visit each.
    """

    def __init__(self) -> None:
        """Begin with nobody here."""
        self._visits: list[Visit] = []
        self._numbers = count(1)
        self.sights = Sights()

    @property
    def presence(self) -> Presence:
        """Who the living tracks are held to be, without those of whom the owner does not want to hear."""
        here = [visit for visit in self._visits if visit.tracks and not visit.identity.ignored]
        moving = {visit.identity.key for visit in here if not visit.is_still}
        people, strangers = _named(here)
        still, still_strangers = _named(visit for visit in here if visit.identity.key not in moving)
        return Presence(people, strangers, still, still_strangers)

    def of(self, track: int) -> Visit | None:
        """The visit that a living track belongs to."""
        return next((visit for visit in self._visits if track in visit.tracks), None)

    def find(self, same: Callable[[Identity], bool]) -> Visit | None:
        """The visit of the identity for which same holds."""
        return next((visit for visit in self._visits if same(visit.identity)), None)

    def join(self, track: int, identity: Identity, verdict: Verdict, now: float, since: float) -> bool:
        """Let a track, seen since then and last now, be of this identity; whether the identity has just come, or was here already.

        Of several faces of the identity it continues the one that was seen last, and is not seen elsewhere now.
        """
        self._detach(track)
        visit = self._open(identity.key, now)
        if visit is None:
            self._visits.append(Visit(identity, verdict, since, now, track, {track}, {track}, number=next(self._numbers)))
            return True
        visit.tracks.add(track)
        visit.all_tracks.add(track)
        visit.track, visit.last_seen, visit.verdict = track, max(visit.last_seen, now), verdict
        return False

    def see(self, track: int, now: float, *, is_still: bool = False) -> None:
        """Note that a track was seen, and whether it is a face that does not move; it need not have a visit."""
        if visit := self.of(track):
            visit.last_seen, visit.is_still = now, is_still

    def seen_together(self, now: float) -> Iterator[tuple[Visit, int, int]]:
        """Each visit that has several tracks in the frame of this time, with the one that is to go, and one that stays.

        Who was announced stays; of two the older one.
        """
        for visit in self._visits:
            seen = [track for track in visit.tracks if self.sights.is_seen(track, now)]
            if len(seen) > 1:
                stays, *_, goes = sorted(seen, key=lambda track: (track not in visit.told, track))
                yield visit, goes, stays

    def split(self, visit: Visit, track: int, verdicts: tuple[Verdict, Verdict], since: float) -> None:
        """Give a track a visit of its own, which began then, since it is another face; verdicts are its own, and that of who stays."""
        visit.tracks.discard(track)
        visit.all_tracks.discard(track)
        own, visit.verdict = verdicts
        visit.track = max(visit.tracks)
        told = {track} & visit.told
        visit.told -= told
        number = next(self._numbers)
        self._visits.append(Visit(visit.identity, own, since, visit.last_seen, track, {track}, {track}, told, number=number))

    def leave(self, track: int) -> None:
        """Take a track that ended, or follows another face, from its visit, which goes on for the refractory time."""
        self._detach(track)
        self.sights.end(track)

    def _detach(self, track: int) -> None:
        if visit := self.of(track):
            visit.tracks.discard(track)

    def _open(self, key: str, now: float) -> Visit | None:
        """The visit that a face of this identity continues, or is held to until both are seen together for long enough."""
        same = [visit for visit in self._visits if visit.identity.key == key]
        free = [visit for visit in same if not any(self.sights.is_seen(track, now) for track in visit.tracks)]
        return max(free or same[:1], key=lambda visit: visit.last_seen, default=None)

    def dissolve(self, visit: Visit) -> None:
        """Drop a visit that was a mistake: nobody of this identity has been here."""
        self._visits.remove(visit)

    def end(self, now: float, refractory_seconds: float) -> list[Visit]:
        """End the visits of which nobody was seen for longer than the refractory time; which."""
        over = [visit for visit in self._visits if not visit.tracks and now - visit.last_seen > refractory_seconds]
        if over:
            self._visits = [visit for visit in self._visits if visit not in over]
        return over

    def keep(self, wanted: Callable[[Identity], bool]) -> None:
        """Drop the visits of the other identities, which were erased."""
        self._visits = [visit for visit in self._visits if wanted(visit.identity)]

    def keys(self) -> set[str]:
        """The keys of all identities whose visit goes on."""
        return {visit.identity.key for visit in self._visits}


def _named(visits: Iterable[Visit]) -> tuple[tuple[str, ...], int]:
    """The people of visits, sorted, and how many strangers; each once, however many their faces."""
    identities = {visit.identity.key: visit.identity for visit in visits}.values()
    people = sorted(identity.person for identity in identities if identity.person is not None)
    return tuple(people), len(identities) - len(people)
