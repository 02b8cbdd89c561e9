"""The shared state: who is known, who was seen before, and the rules in force; shared by all cameras.

Control replaces its parts between frames when a command changes them; what is done with them is not known here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from edged.gallery.open_set import threshold_for
from edged.tracking.verdict import VerdictRules
from edged.vision.quality import QualityLimits

if TYPE_CHECKING:
    from edged.evaluation.impostor_tail import ImpostorTail
    from edged.gallery.matcher import Matcher
    from edged.gallery.memory import StrangerMemory


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings in force, as they stand in the configuration's `[recognition]` and `[privacy]`."""

    match_threshold: float
    margin: float
    max_false_alarms: float
    min_face_px: float
    trigger_level: int
    stranger_after_seconds: float
    refractory_seconds: float
    lost_after_seconds: float
    emotion: bool
    age_gender: bool
    pictures: bool

    @property
    def verdict(self) -> VerdictRules:
        """What it takes to be announced."""
        return VerdictRules(self.trigger_level, self.stranger_after_seconds)

    @property
    def quality(self) -> QualityLimits:
        """What a view must be to vote."""
        return QualityLimits(min_face_px=self.min_face_px)


@dataclass(frozen=True, slots=True)
class OwnRules:
    """The rules that hold for one camera instead of the common ones; None where it has none of its own."""

    match_threshold: float | None = None
    margin: float | None = None
    min_face_px: float | None = None

    def over(self, common: Rules) -> Rules:
        """The rules of this camera."""
        own: dict[str, Any] = {name: value for name, value in asdict(self).items() if value is not None}
        return replace(common, **own)


@dataclass(slots=True)
class SharedState:
    """Who is known and by which rules; keep_pictures is whether the configuration asks for pictures to be stored."""

    matcher: Matcher
    strangers: StrangerMemory
    display_names: dict[str, str]
    rules: Rules
    impostors: ImpostorTail
    keep_pictures: bool

    @property
    def stores_pictures(self) -> bool:
        """Whether a picture is to be stored now: the privacy switch holds over the configuration."""
        return self.keep_pictures and self.rules.pictures

    def threshold(self, rules: Rules) -> float:
        """The similarity that it takes at this size of gallery."""
        return threshold_for(len(self.matcher), rules.max_false_alarms, self.impostors, rules.match_threshold)
