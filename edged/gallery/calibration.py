"""The figures of a gallery: who is alike, how often strangers are named and people missed at its size, and how sure that is.

Arithmetic on templates and strangers' looks; it does not know SQLite, nor who asks.

FPIR and FNIR are those of ISO/IEC 19795-1. Intervals hold 95 % and are Wilson's, "Probable inference, the law of succession, and
statistical inference", J. Am. Stat. Assoc. 22 (1927): they stay honest where nothing was counted, 0 of 30 gives 0 to 11 %.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edged.gallery.open_set import false_alarm_chance

if TYPE_CHECKING:
    import numpy.typing as npt

    from edged.evaluation.impostor_tail import ImpostorTail
    from edged.gallery.matcher import LookAlikes
    from edged.gallery.templates import TemplateRows
    from edged.system.beside import Turns
    from edged.types import Float32Array

SIGMAS = 1.959964
"""Standard deviations to both sides that hold 95 % of a normal distribution."""
LEVEL = 0.1
"""Share of strangers who are to reach the similarity at which they are counted, beside those who reach the threshold: these were named,
and are not among the strangers. Tried on LFW View 1, 150 random galleries of 3, 10 and 30 people with three templates each, single looks,
threshold 0.38, 100 strangers of those below it: 0.4, 1.4 and 4.1 % of all others' looks were named, 0.4, 1.3 and 3.9 % were estimated,
and the interval held the truth in 83, 94 and 96 % of the galleries."""
ENOUGH_STRANGERS = 50
"""Strangers from which on what they say is taken as it is where it is stricter than the card; of fewer only what is sure, the interval's
lower end. Of 50 the interval of one in ten is 4 to 21 %."""
MOST_TEMPLATES = 5
"""Templates of a person at most for which it is said how many looks are missed."""
ROWS_AT_ONCE = 16
"""Templates that are compared with all others in one step: 1 ms here of 10,000, and 0.6 MB for each of two matrices."""
MOST_PAIRS, STEPS = 20, 100
"""Look-alikes that are reported, the most alike first; and steps between 0 and 1 in which a threshold is suggested."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share, 0…1, and the interval that holds it with 95 %; of is how many it was counted of."""

    estimate: float
    low: float
    high: float
    of: int


class Pair(NamedTuple):
    """Two people and the similarity, −1…1, of those of their templates that are most alike."""

    person: str
    other_person: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Operation:
    """What to expect at a threshold, −1…1.

    fpir_by_card is the share of strangers' visits that are named, at most, by the figures of strangers on the model's card;
    fpir_by_strangers the same with as many of them alike as of those who came, None where none is remembered or nobody enrolled. fnir is
    the share of a person's templates that do not find the others, None where nobody has two.
    """

    threshold: float
    fpir_by_card: float
    fpir_by_strangers: Rate | None
    fnir: Rate | None


class Missed(NamedTuple):
    """The share of looks that would be missed if everybody had so many templates."""

    templates: int
    fnir: Rate


@dataclass(frozen=True, slots=True)
class Calibration:
    """The figures of a gallery; closest is None with fewer than two people, suggested is at the threshold that is recommended.

    with_one is how many people have one template only, and by_templates what more of them give, at the threshold in force. is_by_strangers
    says whether the suggestion rests on the strangers who came: those are then the stricter ones.
    """

    people: int
    templates: int
    strangers: int
    closest: Pair | None
    look_alikes: list[Pair]
    in_force: Operation
    suggested: Operation
    with_one: int
    by_templates: list[Missed]
    is_by_strangers: bool


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The threshold and margins in force, and the share of strangers' visits that may be named."""

    threshold: float
    margin: float
    look_alikes: LookAlikes
    max_false_alarms: float


def calibrate(gallery: TemplateRows, strangers: TemplateRows, tail: ImpostorTail, point: OperatingPoint) -> Turns[Calibration]:
    """Work out the figures of all templates and of the looks of strangers, of one model whose card tells of others in the tail.

    It takes time with the square of the number of templates, in steps of ROWS_AT_ONCE rows, and memory for those.
    """
    templates, owned, faces = len(gallery.persons), Counter(gallery.persons), ComparedFaces(gallery, point.look_alikes, point.threshold)
    yield None
    yield from faces.compare()
    counted = yield from _count_strangers(gallery, strangers, tail, point.threshold)
    alike = sorted(faces.look_alikes.items(), key=lambda item: -item[1])

    def at(threshold: float) -> Operation:
        by_card = false_alarm_chance(threshold, templates, tail, people=len(owned))
        return Operation(threshold, by_card, counted.scaled(by_card) if counted else None, faces.missed(threshold, point.margin))

    suggested = _suggested(tail, point, counted)
    yield None
    in_force = at(point.threshold)
    yield None
    by_templates = faces.missed_by_templates()
    yield None
    return Calibration(
        people=len(owned),
        templates=templates,
        strangers=len(set(strangers.persons)),
        closest=faces.closest(),
        look_alikes=[Pair(*names, similarity) for names, similarity in alike[:MOST_PAIRS]],
        in_force=in_force,
        suggested=at(suggested),
        with_one=sum(count == 1 for count in owned.values()),
        by_templates=by_templates,
        is_by_strangers=suggested > point.threshold,
    )


def wilson(count: float, of: int) -> Rate:
    """Give the share that count is of so many, with Wilson's 95 % interval; ValueError of nothing, or of more than all."""
    if not 0 <= count <= of or not of:
        raise ValueError(f"{count} of {of} is no share.")
    share, square = count / of, SIGMAS**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = SIGMAS / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return Rate(share, max(0.0, middle - half), min(1.0, middle + half), of)


class _Counted(NamedTuple):
    """The share of strangers that reached a similarity that by the card the share expected reaches, 0…1, of so many comparisons."""

    reached: Rate
    expected: float
    comparisons: float

    @property
    def excess(self) -> float:
        """How many times as often as the card says strangers are alike, as they are taken: of few only what is sure."""
        reached = self.reached
        return (reached.estimate if reached.of >= ENOUGH_STRANGERS else reached.low) / self.expected

    def scaled(self, by_card: float) -> Rate:
        """The card's rate at another similarity, corrected by what was seen here."""
        seen, factor = self.reached, by_card / self.expected
        return Rate(min(1.0, seen.estimate * factor), min(1.0, seen.low * factor), min(1.0, seen.high * factor), seen.of)


def _count_strangers(gallery: TemplateRows, strangers: TemplateRows, tail: ImpostorTail, threshold: float) -> Turns[_Counted | None]:
    """Each stranger counts once, for the share of their looks that reach the similarity."""
    if not gallery.persons or not strangers.persons:
        return None
    templates, people = len(gallery.persons), len(set(gallery.persons))
    comparisons, named = tail.comparisons(people, templates), false_alarm_chance(threshold, templates, tail, people=people)
    similarity = max(tail.similarity_at((LEVEL + named) / comparisons), tail.similarity_at(tail.false_match_rates[0]))
    expected = (false_alarm_chance(similarity, templates, tail, people=people) - named) / (1.0 - named) if named < 1.0 else 0.0
    if expected <= 0.0:
        return None
    looks, count = Counter(strangers.persons), 0.0
    for start in range(0, len(strangers.persons), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        reached = (strangers.embeddings[rows] @ gallery.embeddings.T).max(axis=1) >= similarity
        count += sum(1.0 / looks[stranger] for stranger, one in zip(strangers.persons[rows], reached, strict=True) if one)
        yield None
    return _Counted(wilson(min(count, len(looks)), len(looks)), expected, comparisons)


def _suggested(tail: ImpostorTail, point: OperatingPoint, counted: _Counted | None) -> float:
    """The threshold in force, or the higher one that is needed where this door's strangers are more alike than the card says."""
    if counted is None or counted.excess <= 1.0:
        return point.threshold
    needed = tail.similarity_at(point.max_false_alarms / counted.comparisons / counted.excess)
    return max(point.threshold, math.ceil(needed * STEPS) / STEPS)


class ComparedFaces:
    """The templates, and how similar each is to the others; of all the rest only what the figures need is kept.

    look_alikes has the similarity of those of two people's templates that are most alike, by their ids in order.
    """

    def __init__(self, rows: TemplateRows, look_alikes: LookAlikes, threshold: float) -> None:
        """Begin with nothing compared; threshold is that by which looks are counted as alike."""
        self._persons, self._embeddings = rows.persons, rows.embeddings
        self._codes = np.unique(rows.persons, return_inverse=True)[1]
        self._threshold, self._least, self._raised = threshold, look_alikes.similarity, look_alikes.margin
        count = len(rows.persons)
        self._own, self._other = np.full(count, -np.inf, np.float32), np.full(count, -np.inf, np.float32)
        self._nearest, self._others, self._alike = (np.zeros(count, np.intp) for _ in range(3))
        self.look_alikes: dict[tuple[str, str], float] = {}

    def compare(self) -> Turns[None]:
        """Compare all with all, ROWS_AT_ONCE at a time."""
        for start in range(0, len(self._persons), ROWS_AT_ONCE):
            self._compare(np.arange(start, min(start + ROWS_AT_ONCE, len(self._persons))))
            yield None

    def closest(self) -> Pair | None:
        """The two people that are most alike; None where there are not two."""
        if not np.isfinite(self._other).any():
            return None
        row = int(self._other.argmax())
        return Pair(*self._names(row, int(self._nearest[row])), float(self._other[row]))

    def missed(self, threshold: float, margin: float) -> Rate | None:
        """How many templates, each left out in turn, would not be named by the person's others; None where nobody has two."""
        tried = np.flatnonzero(np.isfinite(self._own))
        if not len(tried):
            return None
        own = self._own[tried].astype(np.float64)
        lead = own - self._other[tried]
        found = (own >= threshold) & (lead > 0.0) & (lead >= margin)
        for place in np.flatnonzero(found & (lead < self._raised)).tolist():  # only these depend on who the other is
            row = int(tried[place])
            found[place] = self._names(row, int(self._nearest[row])) not in self.look_alikes
        return wilson(int((~found).sum()), len(tried))

    def missed_by_templates(self) -> list[Missed]:
        """How many looks would be missed with one, two, … templates of everybody: each template is a look, and some of the others are kept.

        Of those who have enough; the mean of all choices of the ones that are kept. It is by similarity alone, without the lead.
        """
        kinds = Counter(zip(self._others.tolist(), self._alike.tolist(), strict=True))
        found = []
        for kept in range(1, min(int(self._others.max(initial=0)), MOST_TEMPLATES) + 1):
            enough = {kind: count for kind, count in kinds.items() if kind[0] >= kept}
            missed = sum(count * math.comb(others - alike, kept) / math.comb(others, kept) for (others, alike), count in enough.items())
            found.append(Missed(kept, wilson(missed, sum(enough.values()))))
        return found

    def _compare(self, rows: npt.NDArray[np.intp]) -> None:
        similarities = self._embeddings[rows] @ self._embeddings.T
        np.clip(similarities, -1.0, 1.0, out=similarities)
        same, own = self._codes[rows, None] == self._codes[None, :], (np.arange(len(rows)), rows)
        same[own] = False
        within = np.where(same, similarities, -np.inf)
        self._own[rows], self._others[rows] = within.max(axis=1), same.sum(axis=1)
        self._alike[rows] = (within >= self._threshold).sum(axis=1)
        same[own] = True
        similarities[same] = -np.inf
        self._other[rows], self._nearest[rows] = similarities.max(axis=1), similarities.argmax(axis=1)
        self._note_look_alikes(rows, similarities)

    def _note_look_alikes(self, rows: npt.NDArray[np.intp], between: Float32Array) -> None:
        """Note the pairs of people, by their names in order, that are alike enough."""
        for place, column in np.argwhere(between >= self._least).tolist():
            row = int(rows[place])
            if row < column:
                names = self._names(row, column)
                self.look_alikes[names] = max(self.look_alikes.get(names, -1.0), float(between[place, column]))

    def _names(self, row: int, column: int) -> tuple[str, str]:
        first, second = sorted((self._persons[row], self._persons[column]))
        return first, second
