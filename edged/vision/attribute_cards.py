"""The cards of the networks that read expressions, ages and genders: what their outputs mean, and when it is told.

It knows the form of a card, and loads no network.
"""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

from pydantic import Field, model_validator

from edged.tracking.attribute_means import AgeGenderRules, EmotionRules
from edged.vision.model_card import AlignedCard, Strict, Unit, WeightsSource

Table = Annotated[tuple[float, ...], Field(min_length=2)]
"""Values at the places of another table."""
LEAST_RANGE_YEARS = 3
"""Years, the least width of an age range: the labels that any range is measured by are known no better."""


class EmotionOutput(Strict):
    """The output with one logit a label; softmax of logits / temperature.

    Below the probability least_confidence none is named, nor where the likeliest leads the next by less than least_margin.
    """

    index: int
    labels: Annotated[tuple[str, ...], Field(min_length=2)]
    temperature: Annotated[float, Field(gt=0)]
    least_confidence: Unit
    least_margin: Unit


class EmotionCard(AlignedCard):
    """A network that reads a facial expression, perhaps with weights from a second source."""

    task: Literal["emotion"]
    second_source: WeightsSource | None = None
    emotion: EmotionOutput

    @property
    def rules(self) -> EmotionRules:
        """When an expression is named."""
        return EmotionRules(self.emotion.least_confidence, self.emotion.least_margin)


class AgeOutput(Strict):
    """The output with one number, raw years, and what they mean: years, and the range from low to high, at these raw years.

    Between them lines are drawn, beyond them the last values hold. A range wider than max_range_years is not given.
    """

    index: int
    raw_years: Table
    years: Table
    low: Table
    high: Table
    max_range_years: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _tables_fit_together(self) -> AgeOutput:
        if any(len(table) != len(self.raw_years) for table in (self.years, self.low, self.high)):
            raise ValueError("age.years, age.low and age.high need one value for each of age.raw_years")
        if any(_falls(table) for table in (self.raw_years, self.years, self.low, self.high)):
            raise ValueError("age.raw_years must rise, and age.years, age.low and age.high must not fall")
        if any(not low <= years <= high for low, years, high in zip(self.low, self.years, self.high, strict=True)):
            raise ValueError("age.years must lie between age.low and age.high")
        if any(high - low < LEAST_RANGE_YEARS for low, high in zip(self.low, self.high, strict=True)):
            raise ValueError(f"age.low and age.high must be {LEAST_RANGE_YEARS} years apart, or more: no face shows an age more exactly")
        return self


class GenderOutput(Strict):
    """The output with one logit, high for male: probability of male = sigmoid(scale · logit + offset).

    Scale and offset stand at these years, calibrated ones, with lines between them: a child's face says less, and otherwise.
    """

    index: int
    years: Table
    scale: Table
    offset: Table
    least_confidence: Annotated[float, Field(ge=0.5, le=1)]

    @model_validator(mode="after")
    def _tables_fit_together(self) -> GenderOutput:
        if len(self.scale) != len(self.years) or len(self.offset) != len(self.years) or _falls(self.years):
            raise ValueError("gender.years must rise, and gender.scale and gender.offset need one value for each")
        return self


class AgeGenderCard(AlignedCard):
    """A network that reads age and gender."""

    task: Literal["age_gender"]
    age: AgeOutput
    gender: GenderOutput

    @property
    def rules(self) -> AgeGenderRules:
        """When age and gender are given."""
        return AgeGenderRules(self.gender.least_confidence, self.age.max_range_years)


def _falls(table: tuple[float, ...]) -> bool:
    return any(later < earlier for earlier, later in itertools.pairwise(table))
