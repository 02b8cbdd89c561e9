"""Means of attributes: the looks of a track add up to one answer, which is given when it changes.

Knows scores, weights and frame times of one camera; nothing here knows pixels or networks.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

from edged.types import AgeGender, AgeGenderAnswer, EmotionAnswer, EmotionScores, Gender

PAUSE_SECONDS, STEP_YEARS = 1.0, 3
"""Seconds between two answers of a track, at least; and years by which an end of an age range must move for one: whole years flicker."""


@dataclass(frozen=True, slots=True)
class EmotionRules:
    """When an expression is named, and how fast an older look is forgotten."""

    least_confidence: float  # probability of the likeliest label below which none is named, 0…1
    least_margin: float  # its lead over the next label below which none is named, 0…1
    half_life_seconds: float = 1.5  # until a look counts half as much: expressions change, and an old smile shall not outlive its look


@dataclass(frozen=True, slots=True)
class AgeGenderRules:
    """When age and gender are given."""

    least_confidence: float  # probability of the likelier gender below which none is named, 0.5…1
    max_range_years: float  # width of an age range, in whole years, above which none is given
    half_life_seconds: float = math.inf  # they do not change: no look is forgotten


RulesT = TypeVar("RulesT", EmotionRules, AgeGenderRules)
LookT = TypeVar("LookT")
AnswerT = TypeVar("AnswerT")


@dataclass(slots=True)
class _Track(Generic[AnswerT]):
    """The looks of a track so far, as sums of their numbers by weight, and the answers: the latest, and which was given last, and when."""

    sums: tuple[float, ...] = ()
    weight: float = 0.0
    looks: int = 0
    looked_at: float = -math.inf
    latest: AnswerT | None = None
    given: AnswerT | None = None
    given_at: float = -math.inf

    @property
    def mean(self) -> tuple[float, ...]:
        return tuple(total / self.weight for total in self.sums)

    def add(self, row: tuple[float, ...], weight: float, now: float, half_life: float) -> None:
        kept = 0.5 ** (max(now - self.looked_at, 0.0) / half_life) if self.looks else 0.0
        sums = self.sums or (0.0,) * len(row)
        self.sums = tuple(kept * total + weight * value for total, value in zip(sums, row, strict=True))
        self.weight, self.looks, self.looked_at = kept * self.weight + weight, self.looks + 1, now


class _Keeper(ABC, Generic[RulesT, LookT, AnswerT]):
    """Adds up the looks of one camera's tracks, and gives an answer when it is new and the last is long enough ago."""

    def __init__(self, rules: RulesT) -> None:
        """Begin with no track."""
        self._rules: RulesT = rules
        self._tracks: dict[int, _Track[AnswerT]] = {}

    def add(self, track: int, look: LookT, weight: float, now: float) -> AnswerT | None:
        """Take one look of a track; an answer comes back only when it is new.

        It counts by its weight, its quality, 0…1, and changes nothing without. The first answer is given even where it says nothing.

        Raises:
            ValueError: the weight is negative, or the number of labels has changed within a track.
        """
        if weight < 0:
            raise ValueError(f"a look's weight is at least 0, not {weight}")
        if weight == 0:
            return None
        state = self._tracks.setdefault(track, _Track())
        state.add(self._row(look), weight, now, self._rules.half_life_seconds)
        answer = state.latest = self._answer(look, state.mean, state.looks)
        if now - state.given_at < PAUSE_SECONDS or (state.given is not None and self._is_same(state.given, answer)):
            return None
        state.given, state.given_at = answer, now
        return answer

    def take_latest(self, track: int, now: float) -> AnswerT | None:
        """Take the answer of all looks at a track so far, given only now since it had to wait; None before the first."""
        state = self._tracks.get(track)
        if state is None:
            return None
        state.given, state.given_at = state.latest, now
        return state.latest

    def end(self, track: int) -> None:
        """Drop a track that ended, if it is known."""
        self._tracks.pop(track, None)

    @abstractmethod
    def _row(self, look: LookT) -> tuple[float, ...]:
        """The numbers whose mean is made."""

    @abstractmethod
    def _answer(self, look: LookT, mean: tuple[float, ...], looks: int) -> AnswerT:
        """What the mean of so many looks says, of which this is the last."""

    @abstractmethod
    def _is_same(self, given: AnswerT, answer: AnswerT) -> bool:
        """Whether an answer says the same as the last one."""


class EmotionKeeper(_Keeper[EmotionRules, EmotionScores, EmotionAnswer]):
    """The expressions of one camera's tracks."""

    def _row(self, look: EmotionScores) -> tuple[float, ...]:
        return look.probabilities

    def _answer(self, look: EmotionScores, mean: tuple[float, ...], looks: int) -> EmotionAnswer:
        return expression_of(EmotionScores(look.labels, mean), self._rules, looks)

    def _is_same(self, given: EmotionAnswer, answer: EmotionAnswer) -> bool:
        """Doubt alone is nothing new: an emotion lasts while it is the likeliest."""
        return answer.emotion == given.emotion or (answer.emotion is None and answer.scores.likeliest == given.emotion)


class AgeGenderKeeper(_Keeper[AgeGenderRules, AgeGender, AgeGenderAnswer]):
    """Age and gender of one camera's tracks."""

    def _row(self, look: AgeGender) -> tuple[float, ...]:
        return look.age_years, look.age_low, look.age_high, look.female

    def _answer(self, _look: AgeGender, mean: tuple[float, ...], looks: int) -> AgeGenderAnswer:
        return answer_of(AgeGender(*mean), self._rules, looks)

    def _is_same(self, given: AgeGenderAnswer, answer: AgeGenderAnswer) -> bool:
        if given.gender != answer.gender or given.age_range is None or answer.age_range is None:
            return given.gender == answer.gender and given.age_range == answer.age_range
        return all(abs(old - new) < STEP_YEARS for old, new in zip(given.age_range, answer.age_range, strict=True))


def expression_of(mean: EmotionScores, rules: EmotionRules, looks: int = 1) -> EmotionAnswer:
    """The answer of this mean: the likeliest label where it is likely enough and far enough before the next."""
    *_, second, first = sorted(mean.probabilities)
    is_sure = first >= rules.least_confidence and first - second >= rules.least_margin
    return EmotionAnswer(mean.likeliest if is_sure else None, mean, looks)


def answer_of(mean: AgeGender, rules: AgeGenderRules, looks: int = 1) -> AgeGenderAnswer:
    """The answer of this mean: each part that is sure enough."""
    low, high = math.floor(mean.age_low), math.ceil(mean.age_high)
    gender = Gender.FEMALE if mean.female >= 0.5 else Gender.MALE  # noqa: PLR2004 - even odds
    sure = max(mean.female, 1 - mean.female) >= rules.least_confidence
    return AgeGenderAnswer((low, high) if high - low <= rules.max_range_years else None, gender if sure else None, mean, looks)
