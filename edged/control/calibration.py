"""The verb `calibrate`: the gallery's own figures, of the rules in force, the templates and the strangers remembered.

It reads and changes nothing in the gallery; how the figures are worked out is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.control.handlers import answers
from edged.gallery.calibration import OperatingPoint, calibrate
from edged.gallery.matcher import LookAlikes
from edged.interface.calibration import (
    CALIBRATE,
    Calibrate,
    CalibrateAnswer,
    LookAlikeAnswer,
    OperationAnswer,
    PairAnswer,
    RateAnswer,
    TemplatesAnswer,
)

if TYPE_CHECKING:
    from edged.control.handlers import Steps
    from edged.gallery.calibration import Operation, Pair, Rate
    from edged.pipeline.shared_state import SharedState


class CalibrationVerb:
    """Answers what the gallery says of itself."""

    def __init__(self, shared: SharedState, look_alikes: LookAlikes) -> None:
        """Take what is in force, and what the network's card says of look-alikes."""
        self._shared, self._look_alikes = shared, look_alikes

    @answers(CALIBRATE)
    def calibrate(self, _form: Calibrate) -> Steps[CalibrateAnswer]:
        """Calibrate with what is in force."""
        shared, rules = self._shared, self._shared.rules
        raised = LookAlikes(self._look_alikes.similarity, max(self._look_alikes.margin, rules.margin))
        point = OperatingPoint(shared.threshold(rules), rules.margin, raised, rules.max_false_alarms)
        found = yield from calibrate(shared.matcher.rows, shared.strangers.matcher.rows, shared.impostors, point)
        return CalibrateAnswer(
            people=found.people,
            templates=found.templates,
            strangers=found.strangers,
            closest_pair=_pair(found.closest) if found.closest else None,
            look_alike_similarity=raised.similarity,
            look_alikes=tuple(LookAlikeAnswer.extending(_pair(pair), margin=raised.margin) for pair in found.look_alikes),
            margin=rules.margin,
            in_force=_operation(found.in_force),
            suggested=_operation(found.suggested),
            suggested_by="strangers" if found.is_by_strangers else "card",
            single_template_people=found.with_one,
            by_templates=tuple(TemplatesAnswer(one.templates, _exact(one.fnir)) for one in found.by_templates),
        )


def _pair(pair: Pair) -> PairAnswer:
    return PairAnswer(pair.person, pair.other_person, pair.similarity)


def _operation(operation: Operation) -> OperationAnswer:
    by_strangers, fnir = _rate(operation.fpir_by_strangers), _rate(operation.fnir)
    return OperationAnswer(operation.threshold, operation.fpir_by_card, by_strangers, fnir)


def _rate(rate: Rate | None) -> RateAnswer | None:
    return _exact(rate) if rate else None


def _exact(rate: Rate) -> RateAnswer:
    return RateAnswer(rate.estimate, rate.low, rate.high, rate.of)
