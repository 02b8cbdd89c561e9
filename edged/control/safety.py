"""Which settings are refused, and in which words: the figure that was given, the one that is allowed, and what would come of it.

It does not know how settings are kept, nor what they do.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edged.config import SETTINGS, UNSAFE, key_of
from edged.errors import BadSetting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from edged.evaluation.impostor_tail import ImpostorTail

STEPS = 100
"""Steps of a threshold that a refusal names, per 1."""
UNREPEATED = 1e300
"""Least number that a refusal does not repeat: whole ones may have thousands of digits."""
BOUNDS = {
    "greater_than_equal": ("ge", "too little; at least {} is allowed"),
    "greater_than": ("gt", "too little; more than {} is allowed"),
    "less_than_equal": ("le", "too much; at most {} is allowed"),
}
"""Which bound is overstepped, by pydantic's name of the error, and in which words it is named."""


def refusal(error: ValidationError) -> BadSetting:
    """The error that names the first value that is not allowed."""
    problem: ErrorDetails = error.errors(include_url=False)[0]
    name = str(problem["loc"][0])
    return BadSetting(name, _overstepped(name, problem) or _no_value(problem))


def check_locked(overrides: Mapping[str, object], locked: AbstractSet[str]) -> None:
    """Refuse to switch on what the configuration switches off for good.

    Raises:
        BadSetting: one of them is locked.
    """
    for name in overrides:
        if name in locked and overrides[name]:
            raise BadSetting(
                name, f"it is off in the configuration, which has the last word; only {key_of(name)} = true there, and a restart, allow it"
            )


def check(changes: Mapping[str, object], tail: ImpostorTail) -> None:
    """Refuse values that are in their range and make what is published worthless; tail is what the model's card tells of strangers.

    Raises:
        BadSetting: one of them is unsafe.
    """
    for name, value in changes.items():
        most = UNSAFE[name].most_false_matches if name in UNSAFE else None
        if most is None or not isinstance(value, int | float) or (rate := tail.rate_at(value, looks=1)) <= most:
            continue
        least = _least(most, tail)
        raise BadSetting(
            name,
            f"{value:g} is unsafe: by the model's card {rate:.0%} of looks at somebody else are so similar, and at most {most:.0%} may be; "
            f"take {least:g} or more",
        )


def safe_range(name: str, tail: ImpostorTail) -> tuple[float | None, float | None]:
    """The least and the greatest value of a setting that are not refused, but for a bound that is itself not allowed; None of a switch."""
    row = SETTINGS[name]
    most = UNSAFE[name].most_false_matches if name in UNSAFE else None
    return row.minimum if most is None else max(row.minimum or 0.0, _least(most, tail)), row.le


def _least(most_false_matches: float, tail: ImpostorTail) -> float:
    """The least threshold, in steps of a refusal, that so many looks at somebody else reach at most."""
    return math.ceil(tail.similarity_at(most_false_matches, looks=1) * STEPS) / STEPS


def _overstepped(name: str, problem: ErrorDetails) -> str | None:
    """The sentence for a value outside its range; None where it is something else."""
    if problem["type"] not in BOUNDS:
        return None
    bound, words = BOUNDS[problem["type"]]
    unsafe = UNSAFE.get(name)
    reason = unsafe and (unsafe.too_much if bound == "le" else unsafe.too_little)
    given = f"{problem['input']:g}" if abs(problem["input"]) < UNREPEATED else "this"
    return f"{given} is {words.format(format(problem['ctx'][bound], 'g'))}{f', as {reason}' if reason else ''}"


def _no_value(problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        return f"there is no such setting; there are: {', '.join(SETTINGS)}"
    return str(problem["msg"])
