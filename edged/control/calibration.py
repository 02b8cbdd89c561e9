"""The verbs `calibrate` and `tell_apart`: the gallery's own figures, by the rules in force, and what is learned of its look-alikes.

How the figures are worked out, and how anything is learned, is not known here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from edged.control.handlers import answers
from edged.gallery.calibration import OperatingPoint, calibrate
from edged.gallery.matcher import LookAlikes
from edged.gallery.parting import Partings
from edged.gallery.telling_apart import PartingRules, learn_parting
from edged.gallery.template_reader import TemplateReader
from edged.interface.calibration import (
    CALIBRATE,
    TELL_APART,
    Calibrate,
    CalibrateAnswer,
    LookAlikeAnswer,
    OperationAnswer,
    PairAnswer,
    PartedAnswer,
    RateAnswer,
    TellApart,
    TellApartAnswer,
    TemplatesAnswer,
    TriesAnswer,
)
from edged.types import Obstacle

if TYPE_CHECKING:
    from edged.control.handlers import Steps
    from edged.gallery.calibration import Operation, Pair, Rate
    from edged.gallery.parting import Parting
    from edged.gallery.rules import RuleName
    from edged.gallery.store import Gallery
    from edged.gallery.telling_apart import Learned, Tries
    from edged.gallery.templates import TemplateRows
    from edged.pipeline.shared_state import SharedState

NOTHING = TriesAnswer(0, 0, 0.0, 0)
UNDONE = TellApartAnswer(learned=False, obstacle=None, pairs=(), tried=0, strangers=0, before=NOTHING, after=NOTHING, residue=None)
"""Answer where what was learned is erased, or nothing was."""


class CalibrationVerbs:
    """Answers what the gallery says of itself."""

    def __init__(self, gallery: Gallery, shared: SharedState, look_alikes: LookAlikes, rule: RuleName) -> None:
        """Take the gallery, what is in force, what the network's card says of look-alikes, and how templates count together."""
        self._gallery, self._shared, self._look_alikes, self._rule = gallery, shared, look_alikes, rule
        self._partings = Partings(gallery.database)

    @answers(CALIBRATE)
    def calibrate(self, _form: Calibrate) -> Steps[CalibrateAnswer]:
        """Calibrate with what is in force."""
        shared, rules = self._shared, self._shared.rules
        raised = LookAlikes(self._look_alikes.similarity, max(self._look_alikes.margin, rules.margin))
        point = OperatingPoint(shared.threshold(rules), rules.margin, raised, rules.max_false_alarms)
        told_apart = self._told_apart()
        found = yield from calibrate(shared.matcher.rows, shared.strangers.matcher.rows, shared.impostors, point)
        return CalibrateAnswer(
            people=found.people,
            templates=found.templates,
            strangers=found.strangers,
            closest_pair=_pair(found.closest) if found.closest else None,
            look_alike_similarity=raised.similarity,
            look_alikes=tuple(_alike(pair, raised.margin, told_apart) for pair in found.look_alikes),
            margin=rules.margin,
            in_force=_operation(found.in_force),
            suggested=_operation(found.suggested),
            suggested_by="strangers" if found.is_by_strangers else "card",
            single_template_people=found.with_one,
            by_templates=tuple(TemplatesAnswer(one.templates, _exact(one.fnir)) for one in found.by_templates),
        )

    @answers(TELL_APART)
    def tell_apart(self, form: TellApart) -> Steps[TellApartAnswer]:
        """Learn to tell look-alikes apart, and keep it where it helps; or erase what was learned."""
        shared, writer, partings = self._shared, self._gallery.database.writer, self._partings
        if form.undo:
            residue = yield from writer.in_turns(partings.forget)
            return replace(UNDONE, residue=residue)
        rows, looks = shared.matcher.rows, shared.strangers.matcher.rows
        rules = PartingRules(shared.threshold(shared.rules, looks=1), shared.rules.margin, self._look_alikes, self._rule)
        found = yield from learn_parting(rows, looks, rules)
        if found.parting is not None:
            learned = found.parting
            if not (yield from writer.in_turns(lambda: self._keep(learned, rows))):
                found = replace(found, parting=None, obstacle=Obstacle.GALLERY_CHANGED)
        return _learned(found)

    def _keep(self, parting: Parting, learned_of: TemplateRows) -> bool:
        """Keep what was learned, but of nobody who was forgotten, or changed otherwise, while it was; whether it is kept."""
        with self._gallery.database.transaction():
            now = TemplateReader(self._gallery.database, learned_of.model_id).read()
            is_same = now.persons == learned_of.persons and np.array_equal(now.embeddings, learned_of.embeddings)
            if is_same:
                self._partings.keep(parting, learned_of.model_id)
        return is_same

    def _told_apart(self) -> frozenset[tuple[str, str]]:
        parting = self._partings.read(self._shared.matcher.model_id)
        return parting.pairs if parting else frozenset()


def _learned(found: Learned) -> TellApartAnswer:
    pairs = tuple(PartedAnswer(pair.person, pair.other_person, pair.before, similarity_learned=pair.after) for pair in found.pairs)
    before, after = (_tries(tries, found.tried) for tries in (found.before, found.after))
    return TellApartAnswer(found.parting is not None, found.obstacle, pairs, found.tried, found.strangers, before, after, None)


def _tries(tries: Tries, tried: int) -> TriesAnswer:
    return TriesAnswer(tries.missed, tries.confused, tries.lead / max(tried, 1), tries.strangers_named)


def _alike(pair: Pair, margin: float, told_apart: frozenset[tuple[str, str]]) -> LookAlikeAnswer:
    return LookAlikeAnswer.extending(_pair(pair), margin=margin, told_apart=(pair.person, pair.other_person) in told_apart)


def _pair(pair: Pair) -> PairAnswer:
    return PairAnswer(pair.person, pair.other_person, pair.similarity)


def _operation(operation: Operation) -> OperationAnswer:
    by_strangers, fnir = _rate(operation.fpir_by_strangers), _rate(operation.fnir)
    return OperationAnswer(operation.threshold, operation.fpir_by_card, by_strangers, fnir)


def _rate(rate: Rate | None) -> RateAnswer | None:
    return _exact(rate) if rate else None


def _exact(rate: Rate) -> RateAnswer:
    return RateAnswer(rate.estimate, rate.low, rate.high, rate.of)
