"""Households of the people of a group who are most alike, and what the product answers in them, without and with what it learns.

It knows people by their embeddings and the product's own rules; how faces were read is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from edged.gallery.matcher import LookAlikes
from edged.gallery.open_set import threshold_for
from edged.gallery.telling_apart import PartingRules, learn_parting, matcher_of
from edged.gallery.templates import TemplateRows
from edged.system.beside import finish
from edged.types import Embedding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.random import Generator

    from edged.evaluation.identification import PersonPictures
    from edged.gallery.matcher import Matcher
    from edged.types import Float32Array
    from edged.vision.model_card import EmbedderCard

OTHERS, ASKED = 2, 0.01
"""People of a household beside the two, drawn at random from the same group; and the share of strangers that may be named."""
STRANGERS_REMEMBERED = 20
"""Strangers whom the gallery remembers, and by whom it judges what it has learned."""
STRANGERS = 100
"""Others of the group at most who come afterwards."""


@dataclass(slots=True)
class Answers:
    """What single looks were answered, in all households: of the two, and of strangers; near counts those at the threshold or above."""

    missed: int = 0
    confused: int = 0
    named: int = 0
    near: int = 0

    def __iadd__(self, other: Answers) -> Self:
        for name in ("missed", "confused", "named", "near"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


@dataclass(slots=True)
class Count:
    """All households of a set: how many learned something, how many did not and why, and answers before and after."""

    households: int = 0
    alike: int = 0
    taken: int = 0
    obstacles: dict[str, int] = field(default_factory=dict)
    looks: int = 0
    strangers: int = 0
    before: Answers = field(default_factory=Answers)
    after: Answers = field(default_factory=Answers)

    def __iadd__(self, other: Count) -> Self:
        for name in ("households", "alike", "taken", "looks", "strangers"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for obstacle, number in other.obstacles.items():
            self.obstacles[obstacle] = self.obstacles.get(obstacle, 0) + number
        self.before += other.before
        self.after += other.after
        return self


def nearest_pairs(people: Sequence[PersonPictures], least_pictures: int, most: int) -> list[tuple[int, int]]:
    """The pairs of people whose pictures are most alike, the most alike first, of those with enough pictures."""
    able = [row for row, person in enumerate(people) if len(person) >= least_pictures]
    alike = [
        (float((people[one].templates @ people[other].templates.T).max()), one, other)
        for place, one in enumerate(able)
        for other in able[place + 1 :]
    ]
    return [(one, other) for _, one, other in sorted(alike, reverse=True)[:most]]


def live(card: EmbedderCard, people: Sequence[PersonPictures], pair: tuple[int, int], templates: int, draw: Generator) -> Count:
    """Enroll a pair and others, have them learn, and ask who the pair's other looks and everybody else of the group are."""
    able = [row for row, person in enumerate(people) if len(person) > templates and row not in pair]
    home = [*pair, *draw.choice(able, OTHERS, replace=False).tolist()]
    orders = [draw.permutation(len(people[row].templates)) for row in home]
    gallery = _rows(card.id, [people[row].templates[order[:templates]] for row, order in zip(home, orders, strict=True)])
    strangers = np.array([person.looks[0] for row, person in enumerate(people) if row not in home])
    met, others = np.split(strangers[draw.permutation(len(strangers))][: STRANGERS_REMEMBERED + STRANGERS], [STRANGERS_REMEMBERED])
    rules = _rules(card, gallery)
    found = finish(learn_parting(gallery, TemplateRows(card.id, [f"stranger-{row}" for row in range(len(met))], met, []), rules))
    looks = [people[row].looks[order[templates:]] for row, order in zip(pair, orders, strict=False)]
    visits = [(person, look) for person, of in zip(gallery.persons[::templates], looks, strict=False) for look in of]
    count = Count(1, int(bool(found.pairs)), int(found.parting is not None), looks=len(visits), strangers=len(others))
    count.obstacles[found.obstacle or ""] = 1
    count.before, count.after = (_answers(matcher_of(gallery, one, rules), visits, others, rules) for one in (None, found.parting))
    return count


def _answers(matcher: Matcher, visits: Sequence[tuple[str, Float32Array]], strangers: Float32Array, rules: PartingRules) -> Answers:
    names = [(person, _name(matcher, look, rules)) for person, look in visits]
    return Answers(
        missed=sum(name != person for person, name in names),
        confused=sum(name not in {None, person} for person, name in names),
        named=sum(_name(matcher, look, rules) is not None for look in strangers),
        near=sum(_is_near(matcher, look, rules) for look in strangers),
    )


def _rows(model_id: str, templates: Sequence[Float32Array]) -> TemplateRows:
    persons = [f"person_{number}" for number, of in enumerate(templates) for _ in of]
    return TemplateRows(model_id, persons, np.concatenate(templates), [])


def _rules(card: EmbedderCard, gallery: TemplateRows) -> PartingRules:
    matching, people = card.matching, len(set(gallery.persons))
    threshold = threshold_for(len(gallery.persons), ASKED, card.impostor_tail, matching.match_threshold, people=people, looks=1)
    return PartingRules(threshold, matching.margin, LookAlikes(matching.look_alike_similarity, matching.look_alike_margin))


def _name(matcher: Matcher, look: Float32Array, rules: PartingRules) -> str | None:
    return matcher.match(Embedding(look, matcher.model_id), threshold=rules.threshold, margin=rules.margin).person


def _is_near(matcher: Matcher, look: Float32Array, rules: PartingRules) -> bool:
    nearest = matcher.nearest(Embedding(look, matcher.model_id))
    return nearest is not None and nearest.similarity is not None and nearest.similarity >= rules.threshold
