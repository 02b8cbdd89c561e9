"""Refused settings: in which words, and that what is named instead is allowed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from edged.config import Changeable
from edged.control import safety
from edged.errors import CommandError
from edged.vision.model_card import EmbeddingCard
from tests.conftest import MODELS

TAIL = EmbeddingCard.read(MODELS / "embedding_sface").impostor_tail


def refusal(changes: dict[str, Any]) -> CommandError:
    """The error for settings of which one is not allowed."""
    with pytest.raises(ValidationError) as refused:
        Changeable.model_validate(changes)
    return safety.refusal(refused.value)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"match_threshold": 0.1}, "match_threshold: 0.1 is too little; at least 0.2 is allowed, as with less, strangers are taken"),
        ({"match_threshold": 0.95}, "match_threshold: 0.95 is too much; at most 0.9 is allowed, as with more, hardly anybody"),
        ({"max_false_alarms": 0.5}, "max_false_alarms: 0.5 is too much; at most 0.1 is allowed, as"),
        ({"max_false_alarms": 0.0}, "max_false_alarms: 0 is too little; more than 0 is allowed, as no threshold"),
        ({"refractory_seconds": 1e6}, "refractory_seconds: 1e+06 is too much; at most 86400 is allowed. Nothing was changed."),
        ({"trigger_level": 10**400}, "trigger_level: this is too much; at most 50 is allowed"),
        ({"nonsense": 1}, "nonsense: there is no such setting; there are: match_threshold, margin"),
        ({"trigger_level": True}, "trigger_level: Input should be a valid integer"),
        ({"emotion": 1}, "emotion: Input should be a valid boolean"),
        ({"margin": "x"}, "margin: Input should be a valid number"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_with_the_figures_and_the_reason(changes: dict[str, Any], why: str) -> None:
    error = refusal(changes)
    assert error.code == "bad_setting"
    assert str(error).startswith(why)


def test_a_threshold_that_takes_too_many_strangers_for_people_is_refused() -> None:
    with pytest.raises(CommandError) as refused:
        safety.check({"trigger_level": 7, "match_threshold": 0.25}, TAIL)
    found = re.search(r"0.25 is unsafe: .* (\d+)% of looks at somebody else .* at most 1%.*; take ([\d.]+) or more", str(refused.value))
    assert found, refused.value
    assert float(found[1]) / 100 == pytest.approx(TAIL.rate_at(0.25, looks=1), abs=0.005)
    allowed = float(found[2])
    assert TAIL.rate_at(allowed, looks=1) <= 0.01 < TAIL.rate_at(allowed - 0.01, looks=1)
    safety.check({"trigger_level": 7, "match_threshold": allowed}, TAIL)


def test_going_back_to_the_configuration_is_safe() -> None:
    safety.check({"match_threshold": None, "margin": 0.0}, TAIL)
