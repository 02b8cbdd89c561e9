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
    from edged.evaluation.impostor_tail import ImpostorTail
    from edged.gallery.matcher import LookAlikes
    from edged.gallery.templates import TemplateRows

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


def calibrate(gallery: TemplateRows, strangers: TemplateRows, tail: ImpostorTail, point: OperatingPoint) -> Calibration:
    """Work out the figures of all templates and of the looks of strangers, of one model whose card tells of others in the tail.

    It takes memory and time with the square of the number of templates.
    """
    templates, owned, faces = len(gallery.persons), Counter(gallery.persons), _Faces(gallery, point.look_alikes)
    counted = _count_strangers(gallery, strangers, tail, point.threshold)
    alike = sorted(faces.look_alikes.items(), key=lambda item: -item[1])

    def at(threshold: float) -> Operation:
        by_card = false_alarm_chance(threshold, templates, tail, people=len(owned))
        return Operation(threshold, by_card, counted.scaled(by_card) if counted else None, faces.missed(threshold, point.margin))

    suggested = _suggested(tail, point, counted)
    return Calibration(
        people=len(owned),
        templates=templates,
        strangers=len(set(strangers.persons)),
        closest=faces.closest(),
        look_alikes=[Pair(*names, similarity) for names, similarity in alike[:MOST_PAIRS]],
        in_force=at(point.threshold),
        suggested=at(suggested),
        with_one=sum(count == 1 for count in owned.values()),
        by_templates=faces.missed_by_templates(point.threshold),
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


def _count_strangers(gallery: TemplateRows, strangers: TemplateRows, tail: ImpostorTail, threshold: float) -> _Counted | None:
    """Each stranger counts once, for the share of their looks that reach the similarity."""
    if not gallery.persons or not strangers.persons:
        return None
    templates, people = len(gallery.persons), len(set(gallery.persons))
    comparisons, named = tail.comparisons(people, templates), false_alarm_chance(threshold, templates, tail, people=people)
    similarity = max(tail.similarity_at((LEVEL + named) / comparisons), tail.similarity_at(tail.false_match_rates[0]))
    expected = (false_alarm_chance(similarity, templates, tail, people=people) - named) / (1.0 - named) if named < 1.0 else 0.0
    if expected <= 0.0:
        return None
    reached = (strangers.embeddings @ gallery.embeddings.T).max(axis=1) >= similarity
    looks = Counter(strangers.persons)
    count = sum(1.0 / looks[stranger] for stranger, one in zip(strangers.persons, reached, strict=True) if one)
    return _Counted(wilson(min(count, len(looks)), len(looks)), expected, comparisons)


def _suggested(tail: ImpostorTail, point: OperatingPoint, counted: _Counted | None) -> float:
    """The threshold in force, or the higher one that is needed where this door's strangers are more alike than the card says."""
    if counted is None or counted.excess <= 1.0:
        return point.threshold
    needed = tail.similarity_at(point.max_false_alarms / counted.comparisons / counted.excess)
    return max(point.threshold, math.ceil(needed * STEPS) / STEPS)


class _Faces:
    """The templates, and how similar each is to each other."""

    def __init__(self, rows: TemplateRows, look_alikes: LookAlikes) -> None:
        """Compare all with all."""
        self._persons = rows.persons
        codes = np.unique(rows.persons, return_inverse=True)[1]
        same = codes[:, None] == codes[None, :]
        similarities = np.clip(rows.embeddings @ rows.embeddings.T, -1.0, 1.0)
        self._between = np.where(same, -np.inf, similarities)
        self._within = np.where(same & ~np.eye(len(codes), dtype=np.bool_), similarities, -np.inf)
        self._raised = look_alikes.margin
        self.look_alikes = self._pairs(look_alikes.similarity)

    def closest(self) -> Pair | None:
        """The two people that are most alike; None where there are not two."""
        if not np.isfinite(self._between).any():
            return None
        row, column = map(int, np.unravel_index(self._between.argmax(), self._between.shape))
        return Pair(*self._names(row, column), float(self._between[row, column]))

    def missed(self, threshold: float, margin: float) -> Rate | None:
        """How many templates, each left out in turn, would not be named by the person's others; None where nobody has two."""
        own = self._within.max(axis=1, initial=-np.inf)
        tried = np.flatnonzero(np.isfinite(own)).tolist()
        return wilson(sum(not self._is_found(row, float(own[row]), threshold, margin) for row in tried), len(tried)) if tried else None

    def missed_by_templates(self, threshold: float) -> list[Missed]:
        """How many looks would be missed with one, two, … templates of everybody: each template is a look, and some of the others are kept.

        Of those who have enough; the mean of all choices of the ones that are kept. It is by similarity alone, without the lead.
        """
        others = np.isfinite(self._within).sum(axis=1)
        alike = (self._within >= threshold).sum(axis=1)
        found = []
        for kept in range(1, min(int(others.max(initial=0)), MOST_TEMPLATES) + 1):
            rows = np.flatnonzero(others >= kept).tolist()
            missed = sum(math.comb(int(others[row] - alike[row]), kept) / math.comb(int(others[row]), kept) for row in rows)
            found.append(Missed(kept, wilson(missed, len(rows))))
        return found

    def _is_found(self, row: int, own: float, threshold: float, margin: float) -> bool:
        other = int(self._between[row].argmax())
        lead = own - float(self._between[row, other])
        alike = self._names(row, other) in self.look_alikes
        return own >= threshold and lead > 0.0 and lead >= (max(margin, self._raised) if alike else margin)

    def _pairs(self, least: float) -> dict[tuple[str, str], float]:
        """The pairs of people, by their names in order, that are at least so alike."""
        found: dict[tuple[str, str], float] = {}
        rows, columns = np.nonzero(np.triu(self._between >= least))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            names = self._names(row, column)
            found[names] = max(found.get(names, -1.0), float(self._between[row, column]))
        return found

    def _names(self, row: int, column: int) -> tuple[str, str]:
        first, second = sorted((self._persons[row], self._persons[column]))
        return first, second
