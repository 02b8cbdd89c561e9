"""Telling look-alikes apart: a projection is learned of their templates, tried on templates that were left out, and taken or not.

Arithmetic on templates and strangers' looks; it does not know SQLite, nor who asks.

A name takes the network's own similarity, as before. Only by how much the nearest person leads over a look-alike is judged behind the
projection, so that no stranger comes nearer to anybody, and the tail on the model's card holds; but of the strangers who come near enough
to one of two look-alikes more may lead over the other, which is counted too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edged.gallery.calibration import ComparedFaces, Pair
from edged.gallery.matcher import Matcher
from edged.gallery.parting import Parting
from edged.gallery.triplets import fit, projected
from edged.types import Embedding, Obstacle

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from edged.gallery.matcher import LookAlikes
    from edged.gallery.rules import RuleName
    from edged.gallery.templates import TemplateRows
    from edged.system.beside import Turns
    from edged.types import Float32Array

MOST_PAIRS = 10
"""Pairs of look-alikes that are told apart, the most alike ones; others need their larger lead as before."""
MOST_TRIED = 40
"""Templates that are left out at most, each of which takes a projection of its own."""
LOOKS_AT_ONCE = 20
"""Looks of strangers that are searched for between two turns for the cameras."""


@dataclass(frozen=True, slots=True)
class PartingRules:
    """The rules in force: threshold and margin of a single look, −1…1, what look-alikes need, and how templates count together."""

    threshold: float
    margin: float
    look_alikes: LookAlikes
    rule: RuleName = "best"


class PartedPair(NamedTuple):
    """Two look-alikes, and how similar their most similar templates are without and with the projection, −1…1."""

    person: str
    other_person: str
    before: float
    after: float


@dataclass(slots=True)
class Tries:
    """What came of what was tried: templates missed, those of them named as somebody else, the sum of their leads, strangers named."""

    missed: int = 0
    confused: int = 0
    lead: float = 0.0
    strangers_named: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What was learned, or what stood against it; how many templates and strangers' looks were tried, without and with the projection."""

    parting: Parting | None
    obstacle: Obstacle | None
    pairs: list[PartedPair]
    tried: int
    strangers: int
    before: Tries
    after: Tries


def learn_parting(gallery: TemplateRows, strangers: TemplateRows, rules: PartingRules) -> Turns[Learned]:
    """Learn to tell the look-alikes of a gallery apart, all rows of one model. Of each obstacle the first that holds is named.

    It takes about a second here for two people with five templates each, and half a minute where ten pairs have as many.
    """
    faces = ComparedFaces(gallery, rules.look_alikes, rules.threshold)
    yield from faces.compare()
    alike = [Pair(*names, similarity) for names, similarity in sorted(faces.look_alikes.items(), key=lambda item: -item[1])[:MOST_PAIRS]]
    if not alike:
        return _nothing(Obstacle.NO_LOOK_ALIKES)
    household = _Household(gallery, alike)
    parting = yield from household.parting()
    tried = household.to_try()
    if parting is None or not tried:
        return _nothing(Obstacle.TOO_FEW_TEMPLATES)
    pairs = household.pairs(parting)
    before, after = Tries(), Tries()
    for row in tried:
        found = yield from household.parting(without=row)
        for tries, applied in ((before, None), (after, found)):
            _judge(household, row, tries, applied, rules)
            yield None
    for tries, applied in ((before, None), (after, parting)):
        tries.strangers_named = yield from _named(gallery, strangers, applied, rules)
    obstacle = _obstacle(pairs, before, after)
    return Learned(None if obstacle else parting, obstacle, pairs, len(tried), len(strangers.persons), before, after)


def matcher_of(rows: TemplateRows, parting: Parting | None, rules: PartingRules) -> Matcher:
    """Everybody's templates, to be searched with or without a projection."""
    return Matcher(rows.persons, rows.embeddings, rows.model_id, look_alikes=rules.look_alikes, rule=rules.rule, parting=parting)


class _Household:
    """The look-alikes of a gallery, their templates as rows of it, and who is alike to whom."""

    def __init__(self, gallery: TemplateRows, alike: Sequence[Pair]) -> None:
        self.gallery, self._pairs = gallery, [(pair.person, pair.other_person) for pair in alike]
        self._people = sorted({person for pair in self._pairs for person in pair})
        number = {person: place for place, person in enumerate(self._people)}
        self._rows = [row for row, person in enumerate(gallery.persons) if person in number]
        self._codes = np.array([number[gallery.persons[row]] for row in self._rows], dtype=np.intp)
        self._alike = np.zeros((len(number), len(number)), dtype=np.bool_)
        for first, second in self._pairs:
            self._alike[[number[first], number[second]], [number[second], number[first]]] = True

    def parting(self, *, without: int | None = None) -> Turns[Parting | None]:
        """What is learned of all their templates, or of all but one."""
        kept = [place for place, row in enumerate(self._rows) if row != without]
        projection = yield from fit(self._embeddings[kept], self._codes[kept].tolist(), self._alike)
        return None if projection is None else Parting(frozenset(self._pairs), projection)

    def to_try(self) -> list[int]:
        """The rows to be left out one by one: of those who have another template, spread over all of them."""
        counts = np.bincount(self._codes)
        several = [row for row, code in zip(self._rows, self._codes, strict=True) if counts[code] > 1]
        step = max(1, -(-len(several) // MOST_TRIED))
        return several[::step]

    def pairs(self, parting: Parting) -> list[PartedPair]:
        """How alike each pair is without and with the projection."""
        before, after = self._similarities(None), self._similarities(parting)
        masks = {person: self._codes == place for place, person in enumerate(self._people)}
        return [
            PartedPair(one, other, *(float(of[np.ix_(masks[one], masks[other])].max()) for of in (before, after)))
            for one, other in self._pairs
        ]

    def lead(self, row: int, parting: Parting | None) -> float:
        """By how much a template's similarity to its person's others is above that to their look-alikes."""
        place = self._rows.index(row)
        code, similarities = self._codes[place], self._similarities(parting)[place]
        own = (self._codes == code) & (np.arange(len(self._rows)) != place)
        return float(similarities[own].max() - similarities[self._alike[code][self._codes]].max())

    @property
    def _embeddings(self) -> Float32Array:
        return self.gallery.embeddings[self._rows]

    def _similarities(self, parting: Parting | None) -> npt.NDArray[np.float32]:
        vectors = self._embeddings if parting is None else projected(self._embeddings, parting.projection)
        return np.asarray(vectors @ vectors.T)


def _judge(household: _Household, row: int, tries: Tries, parting: Parting | None, rules: PartingRules) -> None:
    """Search for a template among all others, and count what came of it."""
    gallery = household.gallery
    rest = np.delete(gallery.embeddings, row, axis=0)
    rest.setflags(write=False)  # so that the matcher shares it
    others = type(gallery)(gallery.model_id, _without(gallery.persons, row), rest, [])
    probe = Embedding(gallery.embeddings[row], gallery.model_id)
    named = matcher_of(others, parting, rules).match(probe, threshold=rules.threshold, margin=rules.margin).person
    tries.missed += named != gallery.persons[row]
    tries.confused += named not in {None, gallery.persons[row]}
    tries.lead += household.lead(row, parting)


def _without(persons: Sequence[str], row: int) -> list[str]:
    return [*persons[:row], *persons[row + 1 :]]


def _named(gallery: TemplateRows, strangers: TemplateRows, parting: Parting | None, rules: PartingRules) -> Turns[int]:
    """How many looks of strangers are named."""
    matcher, count = matcher_of(gallery, parting, rules), 0
    for number, look in enumerate(strangers.embeddings):
        probe = Embedding(look, strangers.model_id)
        count += matcher.match(probe, threshold=rules.threshold, margin=rules.margin).person is not None
        if number % LOOKS_AT_ONCE == 0:
            yield None
    return count


def _obstacle(pairs: Sequence[PartedPair], before: Tries, after: Tries) -> Obstacle | None:
    obstacles = {
        Obstacle.NOT_PARTED: any(pair.after >= pair.before for pair in pairs) or after.lead <= before.lead,
        Obstacle.MORE_CONFUSED: after.confused > before.confused,
        Obstacle.MORE_MISSED: after.missed > before.missed,
        Obstacle.STRANGERS_NAMED: after.strangers_named > before.strangers_named,
    }
    return next((obstacle for obstacle, holds in obstacles.items() if holds), None)


def _nothing(obstacle: Obstacle) -> Learned:
    return Learned(None, obstacle, [], 0, 0, Tries(), Tries())
