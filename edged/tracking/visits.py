"""Visits: who is before one camera, since when, and whether somebody has just come or gone.

Knows identities, tracks and frame times; it does not know how an identity was found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edged.types import Presence

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.types import Identity, Verdict


@dataclass(slots=True)
class Visit:
    """One identity before the camera, in one track or in several, one after the other or at once."""

    identity: Identity
    verdict: Verdict
    first_seen: float
    last_seen: float
    track: int  # the latest
    tracks: set[int] = field(default_factory=set)  # those that live
    all_tracks: set[int] = field(default_factory=set)

    @property
    def seconds(self) -> float:
        """From the first sight to the last."""
        return self.last_seen - self.first_seen


class Visits:
    """The visits of one camera. A visit goes on while its identity is seen again within the refractory time."""

    def __init__(self) -> None:
        """Begin with nobody here."""
        self._visits: list[Visit] = []

    @property
    def presence(self) -> Presence:
        """Who the living tracks are held to be, without those of whom the owner does not want to hear."""
        here = [visit.identity for visit in self._visits if visit.tracks and not visit.identity.ignored]
        people = sorted({identity.person for identity in here if identity.person is not None})
        return Presence(tuple(people), sum(identity.person is None for identity in here))

    def of(self, track: int) -> Visit | None:
        """The visit that a living track belongs to."""
        return next((visit for visit in self._visits if track in visit.tracks), None)

    def find(self, same: Callable[[Identity], bool]) -> Visit | None:
        """The visit of the identity for which same holds."""
        return next((visit for visit in self._visits if same(visit.identity)), None)

    def join(self, track: int, identity: Identity, verdict: Verdict, now: float, since: float) -> bool:
        """Let a track, seen since then, be of this identity from now on; whether the identity has just come, or was here already."""
        self.leave(track)
        visit = self.find(lambda other: other.key == identity.key)
        if visit is None:
            self._visits.append(Visit(identity, verdict, since, now, track, {track}, {track}))
            return True
        visit.tracks.add(track)
        visit.all_tracks.add(track)
        visit.track, visit.last_seen, visit.verdict = track, now, verdict
        return False

    def see(self, track: int, now: float) -> None:
        """Note that a track was seen; it need not have a visit."""
        if visit := self.of(track):
            visit.last_seen = now

    def leave(self, track: int) -> None:
        """Take a track that ended, or is somebody else's, from its visit, which goes on for the refractory time."""
        if visit := self.of(track):
            visit.tracks.discard(track)

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
