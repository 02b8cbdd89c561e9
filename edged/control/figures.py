"""The gallery's own figures as they stand in a reply: from the rules in force, the templates and the strangers remembered.

It reads and changes nothing in the gallery; how the figures are worked out is not known here.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from edged.gallery.calibration import OperatingPoint, calibrate
from edged.gallery.matcher import LookAlikes

if TYPE_CHECKING:
    from edged.gallery.calibration import Operation, Pair, Rate
    from edged.gallery.templates import TemplateRows
    from edged.interface.commands import Json
    from edged.pipeline.shared_state import SharedState

DIGITS = 4
"""Of rates; similarities have three, as everywhere."""


def calibration_json(gallery: TemplateRows, shared: SharedState, look_alikes: LookAlikes) -> dict[str, Json]:
    """Calibrate with what is in force, and say it as JSON."""
    rules = shared.rules
    raised = LookAlikes(look_alikes.similarity, max(look_alikes.margin, rules.margin))
    point = OperatingPoint(shared.threshold(rules), rules.margin, raised, rules.max_false_alarms)
    found = calibrate(gallery, shared.strangers.store.looks(gallery.model_id), shared.impostors, point)
    return {
        "people": found.people,
        "templates": found.templates,
        "strangers": found.strangers,
        "closest_pair": _pair(found.closest) if found.closest else None,
        "look_alike_similarity": raised.similarity,
        "look_alikes": [{**_pair(pair), "margin": raised.margin} for pair in found.look_alikes],
        "margin": rules.margin,
        "in_force": _operation(found.in_force),
        "suggested": _operation(found.suggested),
    }


def _pair(pair: Pair) -> dict[str, Json]:
    return {**asdict(pair), "similarity": round(pair.similarity, 3)}


def _operation(operation: Operation) -> dict[str, Json]:
    return {
        "threshold": round(operation.threshold, 3),
        "fpir_by_card": round(operation.fpir_by_card, DIGITS),
        "fpir_by_strangers": _rate(operation.fpir_by_strangers),
        "fnir": _rate(operation.fnir),
    }


def _rate(rate: Rate | None) -> Json:
    if rate is None:
        return None
    return {
        "estimate": round(rate.estimate, DIGITS),
        "low": round(rate.low, DIGITS),
        "high": round(rate.high, DIGITS),
        "counted": rate.of,
    }
