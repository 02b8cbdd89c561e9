"""Which settings are refused, and in which words: the figure that was given, the one that is allowed, and what would come of it.

Knows what the model's card tells of strangers; how settings are kept, and what they do, is not known here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from edged.config import Changeable
from edged.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError

    from edged.evaluation.impostor_tail import ImpostorTail
    from edged.interface.fields import Json

MOST_FALSE_MATCHES = 0.01
"""Share of looks at somebody else that `match_threshold` alone may take for a person: by it pictures are verified, strangers told from
each other, and enrollments judged, where `max_false_alarms` does not help."""
STEPS = 100
"""Thresholds are told in hundredths."""
UNTOLD = 1e300
"""Numbers from here on are not repeated: whole ones may have thousands of digits."""
TOO_LITTLE = {
    "match_threshold": "with less, strangers are taken for people",
    "margin": "nobody can be asked to lead by less than nothing",
    "max_false_alarms": "no threshold keeps every stranger from being named",
    "min_face_px": "smaller faces are too coarse to tell one from another",
    "trigger_level": "nobody can be announced who was not seen",
    "lost_after_seconds": "everybody would have left between two frames",
}
TOO_MUCH = {
    "match_threshold": "with more, hardly anybody is recognised",
    "margin": "with more, hardly anybody is recognised",
    "max_false_alarms": "with more, the names that are told mean little",
    "min_face_px": "only who touches the camera is so near",
    "trigger_level": "whoever passes has gone before so many looks",
    "lost_after_seconds": "who comes next would be taken for who has left",
}
"""Why a bound is where it is, by setting; of times that speak for themselves nothing is said."""
BOUNDS = {
    "greater_than_equal": ("ge", "too little; at least {} is allowed", TOO_LITTLE),
    "greater_than": ("gt", "too little; more than {} is allowed", TOO_LITTLE),
    "less_than_equal": ("le", "too much; at most {} is allowed", TOO_MUCH),
}
"""How pydantic calls a bound that is overstepped, and its figure."""


def refusal(error: ValidationError) -> CommandError:
    """What is said of the first value that its form does not allow."""
    problem: Mapping[str, Any] = error.errors(include_url=False)[0]
    name = str(problem["loc"][0])
    return _refused(name, _overstepped(name, problem) or _no_value(problem))


def check(changes: Mapping[str, Json], tail: ImpostorTail) -> None:
    """Refuse values that their form allows and that make what is told worthless; tail is what the model's card tells of strangers.

    Raises:
        CommandError: one of them is unsafe.
    """
    threshold = changes.get("match_threshold")
    if not isinstance(threshold, int | float) or (rate := tail.rate_at(threshold)) <= MOST_FALSE_MATCHES:
        return
    least = math.ceil(tail.similarity_at(MOST_FALSE_MATCHES) * STEPS) / STEPS
    raise _refused(
        "match_threshold",
        f"{threshold:g} is unsafe: by the model's card {rate:.0%} of looks at somebody else are so similar, and at most "
        f"{MOST_FALSE_MATCHES:.0%} may be; take {least:g} or more",
    )


def _refused(name: str, why: str) -> CommandError:
    return CommandError("bad_setting", f"{name}: {why}. Nothing was changed.")


def _overstepped(name: str, problem: Mapping[str, Any]) -> str | None:
    """The sentence for a value outside its range; None where it is something else."""
    if problem["type"] not in BOUNDS:
        return None
    figure, words, reasons = BOUNDS[problem["type"]]
    given = f"{problem['input']:g}" if abs(problem["input"]) < UNTOLD else "this"
    reason = f", as {reasons[name]}" if name in reasons else ""
    return f"{given} is {words.format(format(problem['ctx'][figure], 'g'))}{reason}"


def _no_value(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "extra_forbidden":
        return f"there is no such setting; there are: {', '.join(Changeable.model_fields)}"
    return str(problem["msg"])
