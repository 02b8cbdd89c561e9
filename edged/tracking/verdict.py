"""Verdicts: what the face of a track is held to be, from the evidence of all its looks.

Knows looks, matches and frame times of one camera; it does not know pixels or the gallery.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edged.tracking.evidence import CLEAR_QUALITY, Evidence
from edged.types import Glimpse, Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Container

    from edged.tracking.evidence import BestView
    from edged.types import Embedding, Match, Quality

STRANGER_QUALITY = 0.4
"""Quality of the best look from which somebody may be called a stranger: of poorer ones more than half do not match their own
person either (pairsDevTest, 1,878 looks made worse), so that it may well be somebody known."""
STRANGER_LOOKS = 3
"""Looks at a face in sight before it is called a stranger: with one look several times as many enrolled people are missed as with three
(models/README.md). Whoever gives fewer is told by those there are: in sight after twice `stranger_after_seconds`, else in time."""
GONE_SECONDS = 0.5
"""Seconds for which a face is not seen after which no better look is waited for: detectors miss single frames."""
BETTER_QUALITY = 0.1
"""Gain in quality over the looks before that makes one worth the embedder's time, or to overturn a name."""
RECHECK_SECONDS, REMEMBER_SECONDS = 2.0, 0.5
"""Seconds between two looks at a decided face without need: somebody else may stand there by now; and between two looks that could not
vote and are remembered: neighbouring frames show the same."""
EARLY_LOOKS, SPARSE_SECONDS = 10, 0.07
"""Looks at a face that the gallery does not know after which neighbouring frames are left out, and seconds between two looks then.

Above 14 frames a second that is every second or third of them. Up to 0.08 the events of all clips of the development data and their times
are the same as without. With 0.1 to 0.3 one is new, at some: whom people_walking_to_camera_1080p loses and finds again has 0.43 to 0.58
to the looks before, as chance picks them."""
UNLIKE, POOR_UNLIKE = 0.4, 0.2
"""Similarity of a clear look to clear evidence below which it is hardly of the same face, and that where one of both is not clear.

Of people_walking_to_camera_1080p 8 of 382 looks at the face itself have less to those before, and 8 of 7,412 at others have more
(at 0.2: 1 and 937). Of LFW View 1, up to four pictures of 150 people, 1 of 448 has less to the others of its person, and
0.05 % of 89,102 have more to another's (at 0.2: 16 %). A face that begins anew is found again, a mixture of two is nobody's.
4 of 35 poor looks of that clip have less than 0.2 to their own face."""
UNLIKE_LOOKS = 2
"""Unlike looks in a row after which the track has gone over to another face: a tracker can be deceived."""


@dataclass(frozen=True, slots=True)
class VerdictRules:
    """When a face is held to be somebody."""

    trigger_level: int  # usable looks in a row after which the evidence must have said the same
    stranger_after_seconds: float  # from the first usable look to a stranger: people come closer, and better looks often name them

    def allow_stranger(self, seconds: float, looks: int) -> bool:
        """Whether a face in sight may be a stranger's, so many seconds after the first of so many looks."""
        return seconds >= self.stranger_after_seconds * (1 if looks >= STRANGER_LOOKS else 2)


@dataclass(slots=True)
class FollowedFace:
    """The one face that a track follows: its looks, and what it is held to be by them and no others."""

    first_seen: float
    last_seen: float
    evidence: Evidence = field(default_factory=Evidence)
    decided: Verdict | None = None
    unlike: int = 0  # the latest looks in a row that are hardly of this face
    usable_since: float = 0.0  # the first look that could vote
    _large_looks: int = 0  # looks at a face large enough
    _clear_looks: int = 0  # of those in the evidence, the ones that were not poor
    _looked_at: float = -math.inf
    _best_view: float = 0.0
    _best_quality: float = 0.0  # of the looks that agree now
    _weakness: Reason = Reason.UNCLEAR  # what is weakest in the best of them
    _answer: str | None = None
    _agreeing: int = 0
    _latest: Match | None = None
    _poor_looks: int = 0  # those that could not vote
    _lying_looks: int = 0  # of these the ones at a face that is not upright
    _rests_until: float = -math.inf
    _poor: Quality | None = None  # the best of the other looks that could not vote
    _remembered: Evidence = field(default_factory=Evidence)  # looks that could not vote, but are clear enough to tell it from others
    _asked_at: float = -math.inf

    def is_due(self, view: float, now: float, rules: VerdictRules) -> bool:
        """Whether another look can still change the answer: view is 0…1, its quality as far as it is known without pixels."""
        if now < self._rests_until:
            return False
        if now - self._looked_at >= RECHECK_SECONDS or view > self._best_view + BETTER_QUALITY or self.unlike > 0:
            return True
        if self.decided is None:
            is_unknown = self._answer is None and self.evidence.looks >= max(EARLY_LOOKS, rules.trigger_level)
            may_be_stranger_now = self._looked_at < self.usable_since + rules.stranger_after_seconds <= now
            return not is_unknown or may_be_stranger_now or now - self._looked_at >= SPARSE_SECONDS
        return self.decided.person is None and self._answer is not None  # a stranger is becoming somebody

    def is_confirmed(self, now: float) -> bool:
        """Whether the frame of this time was looked at, and shows this face, of which it is decided whose it is."""
        return self.decided is not None and self._looked_at == now and not self.unlike

    def look_again(self) -> None:
        """Have the next view looked at."""
        self._looked_at = -math.inf

    def note_poor(self, quality: Quality, now: float) -> None:
        """Take in a look that could not vote; a face that is not upright is looked at again after a while."""
        self._large_looks += quality.reason is not Reason.TOO_SMALL
        self._poor_looks += 1
        if quality.reason is Reason.NOT_UPRIGHT:
            self._lying_looks, self._rests_until = self._lying_looks + 1, now + REMEMBER_SECONDS
            return
        if self._poor is None or quality.score > self._poor.score:
            self._poor = quality

    def asks_for(self, quality: Quality, now: float) -> bool:
        """Whether a look too poor to vote is to be read to the end, and note that: there are no better ones, and the last was long ago."""
        is_new = not self._clear_looks and now - self._asked_at >= REMEMBER_SECONDS
        if not is_new or quality.score < CLEAR_QUALITY:
            return False
        self._asked_at = now
        return True

    def remember(self, embedding: Embedding, quality: Quality) -> Embedding:
        """Take in a look that could not vote to tell the face from another; all such looks as one embedding."""
        self._remembered.add(embedding, quality.score)
        return self._remembered.fused() or embedding

    def add(self, embedding: Embedding, quality: Quality, view: float, now: float, shown: BestView | None) -> bool:
        """Take a usable look into the evidence; whether it was, or was left out since it is hardly of this face."""
        self._looked_at = now
        fused = self.evidence.fused()
        least = UNLIKE if min(quality.score, self.evidence.quality) >= CLEAR_QUALITY else POOR_UNLIKE
        if fused is not None and fused.vector @ embedding.vector < least:
            self.unlike += 1
            return False
        if not self.evidence.looks:
            self.usable_since = now
        self._large_looks, self.unlike = self._large_looks + 1, 0
        self._best_view = max(self._best_view, view)
        self.evidence.add(embedding, quality.score, shown, typicality=quality.typicality)
        self._clear_looks += quality.reason is None
        return True

    def consider(self, match: Match, quality: Quality, now: float, rules: VerdictRules) -> Verdict | None:
        """Take in what the gallery says of the evidence; a verdict comes back where it is the first, or another than before."""
        self._latest = match
        if self._agreeing and self._answer == match.person:
            self._agreeing += 1
        else:
            self._answer, self._agreeing, self._best_quality = match.person, 1, -math.inf
        if quality.score > self._best_quality:
            self._best_quality, self._weakness = quality.score, quality.weakest[1] or Reason.UNCLEAR
        if not self._is_enough(now, rules):
            return None
        before = self.decided
        if before is not None and before.person != match.person and not self._may_overturn(before):
            return None
        self.decided = self._verdict(match)
        return self.decided if before is None or before.person != match.person else None

    def conclude(self, rules: VerdictRules) -> Verdict | None:
        """The verdict on a face that left before it would have been called a stranger; None where it has one or gets none."""
        is_stranger = self._answer is None and self._agreeing >= rules.trigger_level and self._best_quality >= STRANGER_QUALITY
        if self.decided or self._latest is None or not is_stranger:
            return None
        self.decided = self._verdict(self._latest)
        return self.decided

    def glimpse(self) -> Glimpse | None:
        """What was seen of a face that left without a verdict, and why it has none; None where it has one."""
        if self.decided is not None:
            return None
        reason, quality = self._why_not()
        return Glimpse(self._large_looks, self.last_seen - self.first_seen, self.last_seen, reason, quality)

    def ask_again(self, people: Container[str]) -> None:
        """Look again soon, since the gallery has changed and holds these people: who is gone is nobody's verdict any more."""
        self._looked_at = -math.inf
        if self._answer is not None and self._answer not in people:
            self._answer, self._agreeing = None, 0
        if self.decided and self.decided.person is not None and self.decided.person not in people:
            self.decided = None

    def _is_enough(self, now: float, rules: VerdictRules) -> bool:
        if self._agreeing < rules.trigger_level:
            return False
        is_stranger = rules.allow_stranger(now - self.usable_since, self.evidence.looks) and self._best_quality >= STRANGER_QUALITY
        return self._answer is not None or is_stranger

    def _may_overturn(self, before: Verdict) -> bool:
        """A stranger may always turn out to be somebody; a name is taken back only for clearly better looks."""
        return before.person is None or self._best_quality >= before.quality + BETTER_QUALITY

    def _verdict(self, match: Match) -> Verdict:
        quality = self._best_quality
        if self.decided and self.decided.person == match.person:
            quality = max(quality, self.decided.quality)
        return Verdict(match.person, match.similarity, match.margin, match.threshold, match.reason, self.evidence.looks, quality)

    def _why_not(self) -> tuple[Reason, float]:
        """Why there is no verdict: the looks were too few, or too poor by what is weakest in the best, or none could vote."""
        if not self.evidence.looks and 2 * self._lying_looks > self._poor_looks:
            return Reason.NOT_UPRIGHT, 0.0
        if not self.evidence.looks and self._poor and self._poor.reason:
            return self._poor.reason, self._poor.score
        is_unclear = self._agreeing and self._best_quality < STRANGER_QUALITY
        return self._weakness if is_unclear else Reason.TOO_BRIEF, self._best_quality


class FollowedFaces:
    """The faces that one camera follows now, by track; where a track goes over to another face that one is a new one."""

    def __init__(self) -> None:
        """Begin with nobody seen."""
        self._faces: dict[int, FollowedFace] = {}

    def see(self, track: int, now: float) -> FollowedFace:
        """The face of a track that is seen at monotonic time now, well or not."""
        face = self._faces.setdefault(track, FollowedFace(now, now))
        face.last_seen = now
        return face

    def add(
        self, track: int, embedding: Embedding, quality: Quality, view: float, now: float, shown: BestView | None = None
    ) -> FollowedFace | None:
        """Take a usable look into the evidence of the face that it shows, and the view shown if it is the best; view is as in is_due().

        Returns:
            The face, which is a new one where the track has gone over to another; None where the look may be another's, and is left out.
        """
        face = self._faces[track]
        if not face.add(embedding, quality, view, now, shown):
            if face.unlike < UNLIKE_LOOKS:
                return None
            face = self._faces[track] = FollowedFace(now, now)
            face.add(embedding, quality, view, now, shown)
        return face

    def of(self, track: int) -> FollowedFace:
        """The face of a track that was seen."""
        return self._faces[track]

    def is_in_doubt(self, track: int) -> bool:
        """Whether the latest look at a track that was seen may have been another's."""
        return self._faces[track].unlike > 0

    def end(self, track: int) -> FollowedFace | None:
        """Drop a track that ended; its face, None where the track is unknown."""
        return self._faces.pop(track, None)

    def overdue(self, now: float, rules: VerdictRules) -> list[tuple[int, FollowedFace]]:
        """The faces without a verdict that are out of sight, with their tracks, and were seen first so long ago that strangers are told."""
        gone = [(track, face) for track, face in self._faces.items() if face.decided is None and now - face.last_seen >= GONE_SECONDS]
        return [(track, face) for track, face in gone if now - face.usable_since >= rules.stranger_after_seconds]

    def undecided(self) -> int:
        """How many faces have no verdict yet."""
        return sum(face.decided is None for face in self._faces.values())

    def ask_again(self, people: Container[str]) -> None:
        """Look at every face again soon: the gallery has changed, and holds these people."""
        for face in self._faces.values():
            face.ask_again(people)
