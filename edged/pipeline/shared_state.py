"""The state that all cameras share: who is enrolled, which strangers were seen before, and the rules in force.

Control replaces its parts between two frames when a command changes them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from edged.config import Changeable
from edged.evaluation.impostor_tail import FUSED_LOOKS
from edged.gallery.open_set import threshold_for
from edged.tracking.verdict import VerdictRules
from edged.vision.quality import QualityLimits

if TYPE_CHECKING:
    from edged.evaluation.impostor_tail import ImpostorTail
    from edged.gallery.matcher import Matcher
    from edged.gallery.memory import StrangerMemory
    from edged.types import Embedding, Match, Quality


class Rules(Changeable):
    """The settings in force: each has a value."""

    match_threshold: float  # the similarity at and above which a face may be a person
    margin: float  # the lead over the best other person that is needed

    @property
    def verdict(self) -> VerdictRules:
        """What it takes to be announced."""
        return _verdict_rules(self.trigger_level, self.stranger_after_seconds)

    @property
    def quality(self) -> QualityLimits:
        """What a view must be to vote."""
        return _quality_limits(self.min_face_px)


@lru_cache(maxsize=8)  # asked for several times a look, and different for cameras with settings of their own
def _verdict_rules(trigger_level: int, stranger_after_seconds: float) -> VerdictRules:
    return VerdictRules(trigger_level, stranger_after_seconds)


@lru_cache(maxsize=8)
def _quality_limits(min_face_px: float) -> QualityLimits:
    return QualityLimits(min_face_px=min_face_px)


@dataclass(slots=True)
class SharedState:
    """Who is known, and by which rules; keep_pictures is whether the configuration asks for pictures to be stored."""

    matcher: Matcher
    strangers: StrangerMemory
    display_names: dict[str, str]
    rules: Rules
    impostors: ImpostorTail
    keep_pictures: bool
    decisive_lead: float

    @property
    def stores_pictures(self) -> bool:
        """Whether a picture is to be stored now: the privacy switch holds over the configuration."""
        return self.keep_pictures and self.rules.pictures

    def threshold(self, rules: Rules, looks: int = FUSED_LOOKS) -> float:
        """The similarity that a name takes at this size of the gallery, of a probe that is fused of so many looks."""
        known, share = self.matcher, rules.max_false_alarms
        return threshold_for(len(known), share, self.impostors, rules.match_threshold, people=known.people, looks=looks)

    def decide(self, probe: Embedding, quality: Quality, rules: Rules) -> Match:
        """Decide who a look of this quality shows: a poor one names somebody only where the similarity leaves no doubt, some never."""
        threshold = self.threshold(rules, looks=1) + (self.decisive_lead if quality.reason else 0.0)
        match = self.matcher.match(probe, threshold=threshold, margin=rules.margin)
        if quality.reason and (match.person is None or quality.reason.is_final):
            return replace(match, person=None, reason=quality.reason)
        return match
