"""Verdicts: when the looks of a track are enough to say who it is, and whether that is news.

Knows looks and frame times of one camera; nothing here knows pixels, the gallery, or who is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edged.types import Match, Presence, Verdict

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from edged.types import Embedding, Look


@dataclass(frozen=True, slots=True)
class VerdictRules:
    """What it takes to be announced."""

    trigger_level: int
    """Agreeing usable looks in a row that make a verdict."""
    stranger_after_seconds: float
    """How long a track must have shown usable looks before it is called a stranger: people come closer, and the
    better looks that follow often name them."""
    refractory_seconds: float
    """A person or stranger who was here within this time is not announced again."""


@dataclass(slots=True)
class _Track:
    usable_since: float
    agreeing: list[tuple[Look, Match]] = field(default_factory=list)
    decided: Verdict | None = None


@dataclass(slots=True)
class _Stranger:
    embedding: Embedding
    seen_at: float


class VerdictKeeper:
    """The open questions of one camera: every track's looks, and who was here lately."""

    def __init__(self) -> None:
        """Begin with nobody seen."""
        self._tracks: dict[int, _Track] = {}
        self._people_seen: dict[str, float] = {}
        self._strangers_seen: list[_Stranger] = []

    @property
    def presence(self) -> Presence:
        """Who the living tracks are held to be."""
        verdicts = [track.decided for track in self._tracks.values() if track.decided]
        people = sorted({verdict.person for verdict in verdicts if verdict.person})
        return Presence(tuple(people), sum(verdict.person is None for verdict in verdicts))

    def forget_tracks(self, tracks: Iterable[int]) -> None:
        """Drop tracks that ended."""
        for track in tracks:
            self._tracks.pop(track, None)

    def keep_people(self, people: Container[str]) -> None:
        """Forget whom the tracks were held to be, and who was here, where it is none of these people."""
        for track in self._tracks.values():
            track.agreeing = [pair for pair in track.agreeing if pair[1].person is None or pair[1].person in people]
            if track.decided and track.decided.person is not None and track.decided.person not in people:
                track.decided = None
        self._people_seen = {person: at for person, at in self._people_seen.items() if person in people}

    def consider(self, track: int, look: Look, now: float, rules: VerdictRules) -> Verdict | None:
        """Take one look of a track at monotonic time now; a verdict comes back only when it is news."""
        if look.match is None or look.embedding is None:
            return None
        state = self._tracks.setdefault(track, _Track(usable_since=now))
        if state.agreeing and state.agreeing[-1][1].person != look.match.person:
            state.agreeing.clear()
        state.agreeing.append((look, look.match))
        del state.agreeing[: -max(rules.trigger_level, 1)]
        if not _enough(state, now, rules):
            self._note_seen(state.decided, look.embedding, now, rules)
            return None
        changed = state.decided is None or state.decided.person != look.match.person
        state.decided = _verdict(state)
        return self._if_news(state.decided, look.embedding, now, rules, changed=changed)

    def _if_news(self, verdict: Verdict, embedding: Embedding, now: float, rules: VerdictRules, *, changed: bool) -> Verdict | None:
        was_here = self._was_here(verdict, embedding, now, rules)
        self._note_seen(verdict, embedding, now, rules)
        return verdict if changed and not was_here else None

    def _was_here(self, verdict: Verdict, embedding: Embedding, now: float, rules: VerdictRules) -> bool:
        if verdict.person is not None:
            seen_at = self._people_seen.get(verdict.person)
            return seen_at is not None and now - seen_at <= rules.refractory_seconds
        return self._known_stranger(embedding, now, verdict.threshold, rules) is not None

    def _note_seen(self, verdict: Verdict | None, embedding: Embedding, now: float, rules: VerdictRules) -> None:
        if verdict is None:
            return
        if verdict.person is not None:
            self._people_seen[verdict.person] = now
            return
        self._strangers_seen = [s for s in self._strangers_seen if now - s.seen_at <= rules.refractory_seconds]
        known = self._known_stranger(embedding, now, verdict.threshold, rules)
        if known is None:
            self._strangers_seen.append(_Stranger(embedding, now))
        else:
            known.seen_at = now

    def _known_stranger(self, embedding: Embedding, now: float, threshold: float, rules: VerdictRules) -> _Stranger | None:
        for stranger in self._strangers_seen:
            if now - stranger.seen_at <= rules.refractory_seconds and stranger.embedding.vector @ embedding.vector >= threshold:
                return stranger
        return None


def _enough(state: _Track, now: float, rules: VerdictRules) -> bool:
    if len(state.agreeing) < rules.trigger_level:
        return False
    return state.agreeing[-1][1].person is not None or now - state.usable_since >= rules.stranger_after_seconds


def _verdict(state: _Track) -> Verdict:
    look, match = max(state.agreeing, key=lambda pair: pair[0].quality.score)
    return Verdict(
        person=match.person,
        similarity=match.similarity,
        margin=match.margin,
        threshold=match.threshold,
        reason=match.reason,
        looks=len(state.agreeing),
        quality=look.quality.score,
    )
