"""Means of attributes: the looks of a track add up to one answer, which is given when it changes.

Knows scores, weights and frame times of one camera; nothing here knows pixels or networks.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from edged.types import AgeGender, AgeGenderAnswer, EmotionAnswer, EmotionScores, Gender

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class EmotionRules:
    """When an expression is named, and how fast an older look is forgotten."""

    least_confidence: float
    """Probability of the likeliest label below which none is named, 0…1."""
    half_life_seconds: float = 1.5
    """Seconds after which a look counts half as much: expressions change, and an old smile shall not outlive its look."""
    pause_seconds: float = 1.0
    """Seconds between two answers of a track, at least."""


@dataclass(frozen=True, slots=True)
class AgeGenderRules:
    """When age and gender are given."""

    least_confidence: float
    """Probability of the likelier gender below which none is named, 0.5…1."""
    max_range_years: float
    """Width of an age range, years, above which none is given."""
    step_years: int = 3
    """A range whose ends have moved less than this is the same answer: whole years flicker."""
    pause_seconds: float = 1.0
    """Seconds between two answers of a track, at least."""


class _WeightedMean:
    """The mean of rows of numbers by weight, whose older rows may fade."""

    __slots__ = ("_at", "_sums", "_weight", "looks")

    def __init__(self) -> None:
        self._sums: tuple[float, ...] = ()
        self._weight = 0.0
        self._at = -math.inf
        self.looks = 0

    def add(self, row: tuple[float, ...], weight: float, now: float, half_life: float = math.inf) -> None:
        kept = 0.5 ** (max(now - self._at, 0.0) / half_life) if self.looks else 0.0
        sums = self._sums or (0.0,) * len(row)
        self._sums = tuple(kept * total + weight * value for total, value in zip(sums, row, strict=True))
        self._weight = kept * self._weight + weight
        self._at = now
        self.looks += 1

    @property
    def value(self) -> tuple[float, ...]:
        return tuple(total / self._weight for total in self._sums)


AnswerT = TypeVar("AnswerT")


@dataclass(slots=True)
class _Track(Generic[AnswerT]):
    """The looks of a track so far, what they say together, and which answer was given last, and when."""

    mean: _WeightedMean = field(default_factory=_WeightedMean)
    latest: AnswerT | None = None
    given: AnswerT | None = None
    given_at: float = -math.inf


class _Keeper(ABC, Generic[AnswerT]):
    """Adds up the looks of one camera's tracks, and gives an answer when it is new and the last is long enough ago."""

    def __init__(self, pause_seconds: float) -> None:
        self._pause_seconds = pause_seconds
        self._tracks: dict[int, _Track[AnswerT]] = {}

    def take_latest(self, track: int, now: float) -> AnswerT | None:
        """Take the answer of all looks at a track so far, given only now since it had to wait; None before the first."""
        state = self._tracks.get(track)
        if state is None:
            return None
        state.given, state.given_at = state.latest, now
        return state.latest

    def forget_tracks(self, tracks: Iterable[int]) -> None:
        """Drop tracks that ended."""
        for track in tracks:
            self._tracks.pop(track, None)

    def _track(self, track: int) -> _Track[AnswerT]:
        return self._tracks.setdefault(track, _Track())

    def _if_new(self, track: int, answer: AnswerT, now: float) -> AnswerT | None:
        state = self._tracks[track]
        state.latest = answer
        if now - state.given_at < self._pause_seconds or (state.given is not None and self._is_same(state.given, answer)):
            return None
        state.given, state.given_at = answer, now
        return answer

    @abstractmethod
    def _is_same(self, given: AnswerT, answer: AnswerT) -> bool:
        """Whether an answer says the same as the last one."""


class EmotionKeeper(_Keeper[EmotionAnswer]):
    """The expressions of one camera's tracks."""

    def __init__(self, rules: EmotionRules) -> None:
        """Begin with no track."""
        super().__init__(rules.pause_seconds)
        self._rules = rules

    def add(self, track: int, scores: EmotionScores, weight: float, now: float) -> EmotionAnswer | None:
        """Take one look of a track; an answer comes back only when it is new.

        A look without weight changes nothing. The first answer is given even where no emotion is named.

        Args:
            track: the track's id.
            scores: what the look says.
            weight: how much it counts, its quality, 0…1.
            now: monotonic seconds of its frame.

        Raises:
            ValueError: the weight is negative, or the number of labels has changed within a track.
        """
        if _is_nothing(weight):
            return None
        mean = self._track(track).mean
        mean.add(scores.probabilities, weight, now, self._rules.half_life_seconds)
        return self._if_new(track, self._answer(scores.labels, mean), now)

    def _answer(self, labels: tuple[str, ...], mean: _WeightedMean) -> EmotionAnswer:
        scores = EmotionScores(labels, mean.value)
        is_sure = max(scores.probabilities) >= self._rules.least_confidence
        return EmotionAnswer(scores.likeliest if is_sure else None, scores, mean.looks)

    def _is_same(self, given: EmotionAnswer, answer: EmotionAnswer) -> bool:
        """Doubt alone is nothing new: an emotion lasts while it is the likeliest."""
        return answer.emotion == given.emotion or (answer.emotion is None and answer.scores.likeliest == given.emotion)


class AgeGenderKeeper(_Keeper[AgeGenderAnswer]):
    """Age and gender of one camera's tracks."""

    def __init__(self, rules: AgeGenderRules) -> None:
        """Begin with no track."""
        super().__init__(rules.pause_seconds)
        self._rules = rules

    def add(self, track: int, look: AgeGender, weight: float, now: float) -> AgeGenderAnswer | None:
        """Take one look of a track; an answer comes back only when it is new.

        A look without weight changes nothing. The first answer is given even where it says nothing.

        Args:
            track: the track's id.
            look: what the look says.
            weight: how much it counts, its quality, 0…1.
            now: monotonic seconds of its frame.

        Raises:
            ValueError: the weight is negative.
        """
        if _is_nothing(weight):
            return None
        mean = self._track(track).mean
        mean.add((look.age_years, look.age_low, look.age_high, look.female), weight, now)
        return self._if_new(track, answer_of(AgeGender(*mean.value), self._rules, mean.looks), now)

    def _is_same(self, given: AgeGenderAnswer, answer: AgeGenderAnswer) -> bool:
        if given.gender != answer.gender or given.age_range is None or answer.age_range is None:
            return given.gender == answer.gender and given.age_range == answer.age_range
        return all(abs(old - new) < self._rules.step_years for old, new in zip(given.age_range, answer.age_range, strict=True))


def answer_of(mean: AgeGender, rules: AgeGenderRules, looks: int = 1) -> AgeGenderAnswer:
    """The answer of this mean: each part that is sure enough."""
    width = mean.age_high - mean.age_low
    years = (math.floor(mean.age_low), math.ceil(mean.age_high)) if width <= rules.max_range_years else None
    gender = Gender.FEMALE if mean.female >= 0.5 else Gender.MALE  # noqa: PLR2004 - even odds
    sure = max(mean.female, 1 - mean.female) >= rules.least_confidence
    return AgeGenderAnswer(years, gender if sure else None, mean, looks)


def _is_nothing(weight: float) -> bool:
    if weight < 0:
        raise ValueError(f"a look's weight is at least 0, not {weight}")
    return weight == 0
