"""Verdicts: what a track is held to be, from the evidence of all its looks.

Knows looks, matches and frame times of one camera; nothing here knows pixels, the gallery, or who is told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from edged.tracking.evidence import CLEAR_QUALITY, Evidence
from edged.types import Glimpse, Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Container

    from edged.types import Embedding, Match, Quality

STRANGER_QUALITY = 0.4
"""The best look at a stranger has at least this quality: of poorer ones more than half do not match their own person either
(pairsDevTest, 1,878 looks made worse), so that it may well be somebody known."""
BETTER_QUALITY = 0.1
"""By how much a look must surpass those before to be worth the embedder's time, or to overturn a name."""
RECHECK_SECONDS = 2.0
"""How often a decided face is looked at again without need: somebody else may stand there by now."""
REMEMBER_SECONDS = 0.5
"""Looks that could not vote are remembered so far apart: neighbouring frames show the same."""
UNLIKE = 0.2
"""A look with less similarity to its track's evidence is hardly the same face: of LFW View 1's 1,600 genuine pairs,
single looks both, 1 in 100 has less, and of its impostor pairs 95 in 100."""
UNLIKE_LOOKS = 2
"""So many of these in a row, and the track begins anew: a tracker can be deceived."""


@dataclass(frozen=True, slots=True)
class VerdictRules:
    """What it takes to be held to be somebody."""

    trigger_level: int
    """Usable looks after which the evidence must have said the same, in a row."""
    stranger_after_seconds: float
    """How long a track must have shown usable looks before it is called a stranger: people come closer, and the
    better looks that follow often name them."""


@dataclass(slots=True)
class _Track:
    first_seen: float
    last_seen: float
    large_looks: int = 0
    """Looks at a face large enough."""
    evidence: Evidence = field(default_factory=Evidence)
    usable_since: float = 0.0
    looked_at: float = 0.0
    unlike: int = 0
    best_view: float = 0.0
    best_quality: float = 0.0
    """Of the looks that agree now."""
    weakness: Reason = Reason.UNCLEAR
    """What is weakest in the best of them."""
    answer: str | None = None
    agreeing: int = 0
    latest: Match | None = None
    decided: Verdict | None = None
    poor: Quality | None = None
    """The best of the looks that could not vote."""
    remembered: Evidence = field(default_factory=Evidence)
    """Looks that could not vote, but are clear enough to tell the face from another."""
    remembered_at: float = -math.inf

    def begin_anew(self, now: float) -> None:
        self.first_seen, self.large_looks, self.poor = now, 1, None
        self.evidence, self.usable_since, self.decided = Evidence(), now, None
        self.agreeing, self.best_view = 0, 0.0


class VerdictKeeper:
    """The open questions of one camera: every track, its evidence, and what was made of it."""

    def __init__(self) -> None:
        """Begin with nobody seen."""
        self._tracks: dict[int, _Track] = {}

    def see(self, track: int, now: float) -> None:
        """A track was seen at monotonic time now, well or not."""
        state = self._tracks.setdefault(track, _Track(now, now))
        state.last_seen = now

    def is_due(self, track: int, view: float, now: float) -> bool:
        """Whether another look can still change the answer: view is 0…1, its quality as far as it is known without pixels."""
        state = self._tracks[track]
        if state.decided is None or now - state.looked_at >= RECHECK_SECONDS or view > state.best_view + BETTER_QUALITY:
            return True
        is_becoming_somebody = state.decided.person is None and state.answer is not None
        return is_becoming_somebody or state.unlike > 0

    def note_poor(self, track: int, quality: Quality) -> None:
        """A look could not vote."""
        state = self._tracks[track]
        state.large_looks += quality.reason is not Reason.TOO_SMALL
        if state.poor is None or quality.score > state.poor.score:
            state.poor = quality

    def lacks_look(self, track: int, quality: Quality, now: float) -> bool:
        """Whether a look that could not vote should be remembered: it is clear, none could vote, and the last is long enough ago."""
        state = self._tracks[track]
        is_new = not state.evidence.looks and now - state.remembered_at >= REMEMBER_SECONDS
        return is_new and quality.score >= CLEAR_QUALITY

    def remember(self, track: int, embedding: Embedding, quality: Quality, now: float) -> Embedding:
        """Take in a look that could not vote; all such looks of the track as one embedding."""
        state = self._tracks[track]
        state.remembered_at = now
        state.remembered.add(embedding, quality.score)
        fused = state.remembered.fused()
        return embedding if fused is None else fused.embedding

    def add(self, track: int, embedding: Embedding, quality: Quality, view: float, now: float) -> Embedding:
        """Take a usable look into the track's evidence; all of its looks as one embedding."""
        state = self._tracks[track]
        state.looked_at = now
        state.large_looks += 1
        before = state.evidence.fused()
        if before is None:
            state.usable_since = now
        elif before.embedding.vector @ embedding.vector < UNLIKE:
            state.unlike += 1
            if state.unlike < UNLIKE_LOOKS:
                return before.embedding
            state.begin_anew(now)
        state.unlike = 0
        state.best_view = max(state.best_view, view)
        state.evidence.add(embedding, quality.score)
        fused = state.evidence.fused()
        return embedding if fused is None else fused.embedding

    def consider(self, track: int, match: Match, quality: Quality, now: float, rules: VerdictRules) -> Verdict | None:
        """What the gallery says of the track's evidence; a verdict comes back where it is the first, or another than before."""
        state = self._tracks[track]
        state.latest = match
        if state.agreeing and state.answer == match.person:
            state.agreeing += 1
        else:
            state.answer, state.agreeing, state.best_quality = match.person, 1, -math.inf
        if quality.score > state.best_quality:
            state.best_quality, state.weakness = quality.score, quality.weakest[1] or Reason.UNCLEAR
        if not _is_enough(state, now, rules):
            return None
        before = state.decided
        if before is not None and before.person != match.person and not _may_overturn(before, state):
            return None
        state.decided = _verdict(state, match)
        return state.decided if before is None or before.person != match.person else None

    def conclude(self, track: int, rules: VerdictRules) -> Verdict | None:
        """The verdict on a track that ended before a stranger would have been called one; None where it has one or gets none."""
        state = self._tracks.get(track)
        if state is None or state.decided or state.latest is None or state.answer is not None or state.agreeing < rules.trigger_level:
            return None
        if state.best_quality < STRANGER_QUALITY:
            return None
        state.decided = _verdict(state, state.latest)
        return state.decided

    def seen(self, track: int) -> Embedding | None:
        """All looks of a track as one embedding; None where none could vote."""
        state = self._tracks.get(track)
        fused = state.evidence.fused() if state else None
        return fused.embedding if fused else None

    def end(self, track: int) -> Glimpse | None:
        """Drop a track that ended; what was seen of it where it ends without a verdict, None where it has one or is unknown."""
        state = self._tracks.pop(track, None)
        if state is None or state.decided is not None:
            return None
        reason, quality = _why_not(state)
        return Glimpse(state.large_looks, state.last_seen - state.first_seen, state.last_seen, reason, quality)

    def verdict(self, track: int) -> Verdict | None:
        """What a track is held to be."""
        state = self._tracks.get(track)
        return state.decided if state else None

    def seen_since(self, track: int) -> float:
        """When a living track was seen first, or, where it began anew, whoever it follows now."""
        return self._tracks[track].first_seen

    def undecided(self) -> int:
        """How many living tracks have none yet."""
        return sum(state.decided is None for state in self._tracks.values())

    def ask_again(self, people: Container[str]) -> None:
        """The gallery has changed, and holds these people: another look is due, and who is gone is nobody's verdict any more."""
        for state in self._tracks.values():
            state.looked_at = -math.inf
            if state.answer is not None and state.answer not in people:
                state.answer, state.agreeing = None, 0
            if state.decided and state.decided.person is not None and state.decided.person not in people:
                state.decided = None


def _is_enough(state: _Track, now: float, rules: VerdictRules) -> bool:
    if state.agreeing < rules.trigger_level:
        return False
    if state.answer is not None:
        return True
    return now - state.usable_since >= rules.stranger_after_seconds and state.best_quality >= STRANGER_QUALITY


def _may_overturn(before: Verdict, state: _Track) -> bool:
    """A stranger may always turn out to be somebody; a name is taken back only for clearly better looks."""
    return before.person is None or state.best_quality >= before.quality + BETTER_QUALITY


def _verdict(state: _Track, match: Match) -> Verdict:
    verdict = Verdict(
        person=match.person,
        similarity=match.similarity,
        margin=match.margin,
        threshold=match.threshold,
        reason=match.reason,
        looks=state.evidence.looks,
        quality=state.best_quality,
    )
    before = state.decided
    if before and before.person == verdict.person:
        return replace(verdict, quality=max(before.quality, verdict.quality))
    return verdict


def _why_not(state: _Track) -> tuple[Reason, float]:
    """Why a track ends without a verdict: its looks were too few, or too poor by what is weakest in the best, or none could vote."""
    if state.evidence.looks or state.poor is None or state.poor.reason is None:
        return state.weakness if state.agreeing and state.best_quality < STRANGER_QUALITY else Reason.TOO_BRIEF, state.best_quality
    return state.poor.reason, state.poor.score
