"""The command: `python -m tailbuild.drift DATA` has households learn from visits, strangers among them, and says what came in.

Run it with the product's own environment and `PYTHONPATH=.:models/build`; the rules are the product's, and none is kept here.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edged.config import Config, ModelsConfig
from edged.daemon.opening import open_reader
from edged.enrollment.learning import MARGINS
from edged.enrollment.selection import GOOD
from edged.gallery.learning import LEAST_LOOKS, ClearVisit, LearningRules, judge_visit
from edged.gallery.matcher import LookAlikes, Matcher
from edged.gallery.open_set import threshold_for
from edged.tracking.evidence import Evidence
from edged.types import Embedding
from tailbuild.faces import read_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

    from edged.evaluation.identification import PersonPictures
    from edged.vision.model_card import EmbedderCard
    from tailbuild.faces import Someone

PEOPLE, LEAST_PICTURES, VISITS, ASKED = 10, 4, 1000, 0.01
"""People of a household, all of one group; pictures of each at least: one enrolled, half of the others for visits, half held out; visits to
a household, half of them by strangers of the same group; and the share of strangers that may be named."""
MOST_STRANGERS = 200


@dataclass(slots=True)
class Count:
    """What happened in all households; misses and names are of single looks held out, before and after."""

    visits: int = 0
    strangers: int = 0
    learned: int = 0
    foreign: int = 0
    tried: int = 0
    missed: list[int] = field(default_factory=lambda: [0, 0])
    strange: int = 0
    named: list[int] = field(default_factory=lambda: [0, 0])


class Household:
    """People with one enrolled template each, who learn."""

    def __init__(self, card: EmbedderCard, people: Sequence[PersonPictures], draw: Generator) -> None:
        """Enroll one picture of each."""
        self.card = card
        self.visits: list[PersonPictures] = []
        self.held_out: list[PersonPictures] = []
        self.held: dict[str, list[Embedding]] = {}
        for number, one in enumerate(people):
            first, *others = draw.permutation(len(one.templates))
            half = max(1, len(others) // 2)
            self.held[str(number)] = [Embedding(one.templates[first], card.id)]
            self.visits.append(_taken(one, others[:half]))
            self.held_out.append(_taken(one, others[half:]))
        self.anchors = self.matcher = self._matcher()

    def threshold(self, looks: int) -> float:
        """The similarity that a name takes now."""
        known, matching = self.matcher, self.card.matching
        return threshold_for(len(known), ASKED, self.card.impostor_tail, matching.match_threshold, people=known.people, looks=looks)

    def named(self, probe: Embedding, looks: int = 1) -> str | None:
        """Who a probe is held to be."""
        return self.matcher.match(probe, threshold=self.threshold(looks), margin=self.card.matching.margin).person

    def see(self, pictures: PersonPictures, draw: Generator) -> str | None:
        """Have somebody come; whose template they became, if any."""
        rows = draw.integers(len(pictures.looks), size=LEAST_LOOKS)
        evidence = Evidence()
        for row in rows:
            evidence.add(Embedding(pictures.looks[row], self.card.id), float(pictures.qualities[row]))
        fused, best = evidence.fused(), max(rows, key=lambda row: float(pictures.qualities[row]))
        person = self.named(fused, LEAST_LOOKS) if fused else None
        if fused is None or person is None or pictures.qualities[best] < GOOD:
            return None
        view, visit = Embedding(pictures.templates[best], self.card.id), ClearVisit(person, fused, LEAST_LOOKS)
        if judge_visit(visit, view, self.anchors, self.held[person], np.empty((0, 0), np.float32), self._rules()):
            return None
        self.held[person].append(view)
        self.matcher = self._matcher()
        return person

    def _rules(self) -> LearningRules:
        matching = self.card.matching
        visit, view = self.threshold(LEAST_LOOKS) + matching.decisive_lead, self.threshold(1)
        return LearningRules(visit, view, MARGINS * matching.margin, matching.look_alike_similarity, matching.match_threshold)

    def _matcher(self) -> Matcher:
        names = [person for person, held in self.held.items() for _ in held]
        vectors = np.array([one.vector for held in self.held.values() for one in held])
        matching = self.card.matching
        return Matcher(names, vectors, self.card.id, look_alikes=LookAlikes(matching.look_alike_similarity, matching.look_alike_margin))


def main() -> None:
    """Read the arguments, and print a line for each group and one for all."""
    parser = argparse.ArgumentParser(prog="tailbuild.drift", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with DATA/<group>/<person>/")
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder with the networks")
    parser.add_argument("--faces", type=Path, help="file (.npz) that the faces read are kept in, and taken from if it is there")
    parser.add_argument("--households", type=int, default=20, help="households of each group")
    arguments = parser.parse_args()
    reader = open_reader(Config(models=ModelsConfig(directory=arguments.models, threads=1)))
    card = reader.embedding_card
    groups = read_groups(reader, arguments.data, arguments.faces)
    total = Count()
    for number, (name, people) in enumerate(groups.items()):
        count = Count()
        for household in range(arguments.households):
            for one in (count, total):
                _live(card, people, np.random.default_rng([number, household]), one)
        _print(name, count)
    _print("all", total)


def _live(card: EmbedderCard, people: Sequence[Someone], draw: Generator, count: Count) -> None:
    """Have a household of a group learn for VISITS visits; a group with too few people or pictures has none."""
    order = [people[row].pictures for row in draw.permutation(len(people))]
    home = [one for one in order if len(one.templates) >= LEAST_PICTURES][:PEOPLE]
    others = [one for one in order if not any(one is other for other in home)][:MOST_STRANGERS]
    if len(home) < PEOPLE or not others:
        return
    household = Household(card, home, draw)
    _measure(household, others, count, 0)
    for _ in range(VISITS):
        is_stranger = bool(draw.random() < 0.5)  # noqa: PLR2004 - half
        who = int(draw.integers(len(others) if is_stranger else PEOPLE))
        learned = household.see(others[who] if is_stranger else household.visits[who], draw)
        count.visits, count.strangers = count.visits + 1, count.strangers + is_stranger
        count.learned += learned is not None
        count.foreign += learned is not None and (is_stranger or learned != str(who))
    _measure(household, others, count, 1)


def _measure(household: Household, others: Sequence[PersonPictures], count: Count, when: int) -> None:
    looks = [(str(number), look) for number, one in enumerate(household.held_out) for look in one.looks]
    count.missed[when] += sum(household.named(Embedding(look, household.card.id)) != person for person, look in looks)
    count.named[when] += sum(household.named(Embedding(one.looks[0], household.card.id)) is not None for one in others)
    count.tried += len(looks) * (1 - when)
    count.strange += len(others) * (1 - when)


def _print(name: str, count: Count) -> None:
    if not count.visits:
        return
    before, after = (f"FNIR {count.missed[when] / count.tried:.2%} FPIR {count.named[when] / count.strange:.2%}" for when in (0, 1))
    counted = f"{count.visits} visits, {count.strangers} by strangers: {count.learned} learned, {count.foreign} of them foreign"
    print(f"{name}: {counted}; before {before}, after {after} (of {count.tried} looks and {count.strange} strangers)")


def _taken(faces: PersonPictures, rows: Sequence[int]) -> PersonPictures:
    return type(faces)(faces.templates[rows], faces.looks[rows], faces.qualities[rows])


if __name__ == "__main__":
    main()
