"""The open-set search: which enrolled person a probe is, or why nobody.

Pure arithmetic over one matrix; it does not know SQLite, nor where the templates came from.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edged.errors import WrongModel
from edged.gallery.rules import RULES
from edged.gallery.templates import TemplateRows, are_unit, check_unit
from edged.gallery.triplets import projected
from edged.system.threads import has_one_blas_thread
from edged.types import Embedding, Match, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.gallery.parting import Parting
    from edged.gallery.rules import RuleName
    from edged.types import Float32Array


SINGLE_THREADED_SIZE = 9216
"""Numbers in a matrix below which OpenBLAS keeps its product with a vector to one thread (its interface/gemv.c): 72 templates of 128."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The best template of one person, and the best of anybody else; similarities −1…1, None where there is no template."""

    person: str
    similarity: float | None
    other_person: str | None
    other_similarity: float | None

    @property
    def lead(self) -> float | None:
        """The person's similarity less that of the others; None where either has no template."""
        if self.similarity is None or self.other_similarity is None:
            return None
        return self.similarity - self.other_similarity


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """People whose templates are this similar, −1…1, or more, and the lead, ≥ 0, that they need over each other."""

    similarity: float
    margin: float


class Matcher:
    """All templates of one model as one matrix, grouped by person. Not thread-safe: searches share one buffer.

    The product is BLAS's where that keeps to the thread that asks, as in edged's programs: 1,000 templates take 0.007 ms of the processor,
    10,000 0.07 and 100,000 1.8, and by einsum 0.017, 0.14 and 1.8 (AMD EPYC, 2 busy cores). In other programs OpenBLAS spreads that of a
    large gallery over its threads, of which one waits for its turn where the cores are busy: 35 ms for 10,000 templates. There it is
    einsum's. The runner-up costs 1 % of it: the templates of a person stand together, so the best
    person's slice is masked and a second argmax taken; np.maximum.reduceat over the groups took 30 times as long.

    Every search raises WrongModel where the probe is of another model than the templates, and ValueError where it is not a unit
    vector of their size.
    """

    def __init__(
        self,
        persons: Sequence[str],
        embeddings: Float32Array,
        model_id: str,
        *,
        look_alikes: LookAlikes | None = None,
        rule: RuleName = "best",
        parting: Parting | None = None,
    ) -> None:
        """Copy the templates once, grouped by person; a matrix that nobody can write to and that is grouped already is shared.

        Args:
            persons: N ids, in any order.
            embeddings: (N, d) float32, rows of unit length; row i is a template of persons[i].
            model_id: The model of all of them.
            look_alikes: Who needs a larger lead than others; None: nobody.
            rule: How several templates make one similarity where a probe is searched for; all else goes by the best.
            parting: What was learned of look-alikes: behind it match() judges the lead of one over the other, and nothing else.

        Raises:
            ValueError: not a matrix of N unit rows. One NaN would win every search.
        """
        if embeddings.ndim != 2 or len(persons) != len(embeddings) or not are_unit(embeddings).all():  # noqa: PLR2004 - a matrix has 2
            raise ValueError(f"{len(persons)} templates need as many rows of unit length, not a matrix of shape {embeddings.shape}.")
        self.model_id = model_id
        self._look_alikes, self._rule = look_alikes, rule
        self._groups = {person: group for group, person in enumerate(dict.fromkeys(persons))}
        self._names = list(self._groups)
        self.people = len(self._names)
        """How many people the templates are of."""
        codes = np.array([self._groups[person] for person in persons], dtype=np.intp)
        is_shared = not embeddings.flags.writeable and bool((np.diff(codes) >= 0).all())
        self._matrix = np.ascontiguousarray(embeddings if is_shared else embeddings[np.argsort(codes, kind="stable")], dtype=np.float32)
        self._starts = [0, *np.cumsum(np.bincount(codes, minlength=len(self._names))).tolist()]
        self._scores = np.empty(len(persons), dtype=np.float32)
        self._is_of_one_thread = self._matrix.size < SINGLE_THREADED_SIZE or has_one_blas_thread()
        fits = parting is not None and self._matrix.shape[1] == len(parting.projection)
        self._apart = _Apart(parting, sorted(persons, key=self._groups.__getitem__), self._matrix, model_id) if parting and fits else None

    def __len__(self) -> int:
        return len(self._scores)

    @property
    def rows(self) -> TemplateRows:
        """All templates, sorted by person; not to be changed."""
        sizes = np.diff(self._starts).tolist()
        persons = [name for name, size in zip(self._names, sizes, strict=True) for _ in range(size)]
        return TemplateRows(self.model_id, persons, self._matrix, [])

    @property
    def single_template_people(self) -> tuple[str, ...]:
        """The ids of those who have one template only, sorted."""
        return tuple(
            sorted(name for name, begin, end in zip(self._names, self._starts, self._starts[1:], strict=False) if end - begin == 1)
        )

    def match(self, probe: Embedding, *, threshold: float, margin: float) -> Match:
        """Decide who the probe is, if anybody.

        Args:
            probe: The embedding searched for.
            threshold: Least similarity to the best template, −1…1.
            margin: Least lead over the best template of another person, ≥ 0; look-alikes may need more. Where two people are
                equally near nobody is accepted even with 0: naming either would be a guess.
        """
        nearest = self.nearest(probe)
        if nearest is None or nearest.similarity is None:
            return Match(None, None, None, threshold, Reason.BELOW_THRESHOLD)
        lead = self._apart.lead(nearest, probe, self._scores) if self._apart else nearest.lead
        reason: Reason | None = Reason.BELOW_THRESHOLD
        if nearest.similarity >= threshold:
            reason = None if lead is None or (lead > 0.0 and lead >= self._margin(nearest, lead, margin)) else Reason.AMBIGUOUS
        return Match(None if reason else nearest.person, nearest.similarity, lead, threshold, reason)

    def nearest(self, probe: Embedding) -> Nearest | None:
        """Find the most similar person by the rule and the runner-up, whatever the threshold; None for an empty gallery."""
        self._compare(probe)
        if self._names and self._rule != "best":
            return _by_rule(RULES[self._rule](self._scores[None], np.array(self._starts[:-1]))[0], self._names)
        return self._standing(self._person_of(int(self._scores.argmax()))) if self._names else None

    def standing(self, probe: Embedding, person: str) -> Nearest:
        """Measure how near the probe is to this person, who may be new, and to anybody else."""
        self._compare(probe)
        return self._standing(person)

    def ranking(self, probe: Embedding, most: int) -> list[tuple[str, float]]:
        """Give the people who are most like the probe, and the similarity of each one's best template, the highest first."""
        if not self._names or most < 1:
            return []
        self._compare(probe)
        best = np.maximum.reduceat(self._scores, self._starts[:-1])
        return [(self._names[row], _bounded(best[row])) for row in np.argsort(-best, kind="stable")[:most].tolist()]

    def likeness(self, person: str, other: str) -> float | None:
        """Give the similarity, −1…1, of the two templates of two people that are most alike; None where one of them has none."""
        if person not in self._groups or other not in self._groups:
            return None
        mine, theirs = self._matrix[self._rows_of(person)], self._matrix[self._rows_of(other)]
        return _bounded((mine @ theirs.T).max())

    def closest_other(self, person: str) -> float | None:
        """Give the similarity, −1…1, of a person's templates to the nearest of anybody else's; None where either has none."""
        if person not in self._groups or len(self._names) == 1:
            return None
        own = self._rows_of(person)
        similarities = self._matrix[own] @ self._matrix.T
        similarities[:, own] = -np.inf
        return _bounded(similarities.max())

    def _margin(self, nearest: Nearest, lead: float, margin: float) -> float:
        """The lead that is needed; templates are compared only where a lead is between the usual margin and that of look-alikes."""
        alike = self._look_alikes
        if alike is None or nearest.other_person is None or not margin <= lead < alike.margin:
            return margin
        likeness = self.likeness(nearest.person, nearest.other_person)
        return alike.margin if likeness is not None and likeness >= alike.similarity else margin

    def _compare(self, probe: Embedding) -> None:
        if probe.model_id != self.model_id:
            raise WrongModel(probe.model_id, self.model_id)
        check_unit(probe.vector)
        if not self._names:
            return
        if len(probe.vector) != self._matrix.shape[1]:
            size = self._matrix.shape[1]
            raise ValueError(f"A probe needs unit length and the {size} numbers of the templates, not {len(probe.vector)}.")
        vector = probe.vector.astype(np.float32, copy=False)
        if self._is_of_one_thread:
            self._matrix.dot(vector, out=self._scores)
        else:
            np.einsum("nd,d->n", self._matrix, vector, out=self._scores)

    def _standing(self, person: str) -> Nearest:
        similarity, others = None, len(self._names)
        if person in self._groups:
            own = self._rows_of(person)
            similarity, others = _bounded(self._scores[own].max()), others - 1
            self._scores[own] = -np.inf
        if not others:
            return Nearest(person, similarity, None, None)
        row = int(self._scores.argmax())
        return Nearest(person, similarity, self._person_of(row), _bounded(self._scores[row]))

    def _person_of(self, row: int) -> str:
        return self._names[bisect_right(self._starts, row) - 1]

    def _rows_of(self, person: str) -> slice:
        group = self._groups[person]
        return slice(self._starts[group], self._starts[group + 1])


class _Apart:
    """The look-alikes of a matcher behind what was learned of them; persons and embeddings are the matcher's, in its order."""

    def __init__(self, parting: Parting, persons: Sequence[str], embeddings: Float32Array, model_id: str) -> None:
        self._parting = parting
        inside = np.isin(persons, sorted(parting.people))
        self._outside = np.flatnonzero(~inside)
        learned_of = [person for person, is_inside in zip(persons, inside, strict=True) if is_inside]
        self._matcher = Matcher(learned_of, projected(embeddings[inside], parting.projection), model_id)

    def lead(self, nearest: Nearest, probe: Embedding, similarities: Float32Array) -> float | None:
        """The lead of the nearest person, of these similarities to all templates: over look-alikes behind the projection, else without."""
        person, other, similarity = nearest.person, nearest.other_person, nearest.similarity
        if other is None or similarity is None or not self._parting.covers(person, other):
            return nearest.lead
        seen = Embedding(projected(probe.vector, self._parting.projection), probe.model_id)
        inside = self._matcher.standing(seen, person).lead
        outside = similarity - float(similarities[self._outside].max(initial=-np.inf))
        return outside if inside is None else min(inside, outside)


def _by_rule(scores: Float32Array, names: Sequence[str]) -> Nearest:
    """The two people with the highest of these similarities, one for each person."""
    first, *rest = np.argsort(-scores, kind="stable")[:2].tolist()
    other = rest[0] if rest else None
    similarity = None if other is None else _bounded(scores[other])
    return Nearest(names[first], _bounded(scores[first]), None if other is None else names[other], similarity)


def _bounded(score: np.float32) -> float:
    """Bring a score within −1…1; the product of two equal unit vectors may be 1.0000001."""
    return max(-1.0, min(1.0, float(score)))
