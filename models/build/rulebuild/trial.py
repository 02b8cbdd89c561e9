"""Trials by the product's protocol of identification: galleries drawn at random, searched by one rule or another.

It knows people by their embeddings, and not what is printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from edged.errors import LabelsError
from edged.evaluation.identification import FPIR_TARGETS, PersonPictures, Searches, draw_pool
from edged.evaluation.verification import threshold_at_far
from edged.gallery.rules import RULES, best
from edged.measure.identification import fused
from rulebuild.alterations import ALTERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from edged.evaluation.identification import SearchSetting
    from edged.gallery.rules import Rule
    from edged.types import Float32Array
    from rulebuild.faces import Pictured

    Rows: TypeAlias = npt.NDArray[np.intp]
    Templates: TypeAlias = Callable[[Pictured, Rows], Float32Array]
    """Makes the templates (k, d) of the pictures of a person in these rows."""

LEAST_STRANGERS = 20


@dataclass(frozen=True, slots=True)
class Way:
    """A way to enroll people and to search for them."""

    templates: Templates
    rule: Rule


def _plain(person: Pictured, rows: Rows) -> Float32Array:
    return person.templates[rows]


def _with(places: slice) -> Templates:
    return lambda person, rows: np.concatenate([person.templates[rows], *person.altered[rows, places].swapaxes(0, 1)])


def _alterations() -> dict[str, Way]:
    ways = {"as it is": Way(_plain, best)}
    place = 0
    for name, several in ALTERATIONS.items():
        ways[name] = Way(_with(slice(place, place + len(several))), best)
        place += len(several)
    ways["all of these"] = Way(_with(slice(0, place)), best)
    ways["mirror image apart"] = Way(lambda person, rows: np.concatenate([person.looks[rows], person.mirrors[rows]]), best)
    return ways


BY_RULE: Mapping[str, Way] = {name: Way(_plain, rule) for name, rule in RULES.items()}
BY_ALTERATION: Mapping[str, Way] = _alterations()


def trial(
    people: Sequence[Pictured], size: int, setting: SearchSetting, ways: Mapping[str, Way], draws: int
) -> dict[str, list[float]] | None:
    """Give FNIR at each FPIR for each way, over the same galleries of one size; None where there are too few people."""
    pictures = [PersonPictures(one.templates, one.looks, one.qualities) for one in people]
    if size + LEAST_STRANGERS > len(people):
        return None
    random = np.random.default_rng(0)
    try:
        pool = draw_pool(pictures, size, setting)
    except LabelsError:
        return None
    visits = np.array([_visit(one, random.permutation(len(one))[: setting.looks]) for one in people])
    found: dict[str, tuple[list[Searches], list[Searches]]] = {name: ([], []) for name in ways}
    for _ in range(draws):
        chosen = random.permutation(pool)[:size]
        dealt = [_deal(len(people[person]), setting, random) for person in chosen]
        probes = np.array([_visit(people[person], looks) for person, (_, looks) in zip(chosen, dealt, strict=True)])
        strangers = np.delete(visits, chosen, axis=0)
        for name, way in ways.items():
            templates = [way.templates(people[person], rows) for person, (rows, _) in zip(chosen, dealt, strict=True)]
            for kept, asked in zip(found[name], (probes, strangers), strict=True):
                kept.append(_search(way.rule, asked, templates))
    return {name: _missed(*searches) for name, searches in found.items()}


def _deal(pictures: int, setting: SearchSetting, random: np.random.Generator) -> tuple[Rows, Rows]:
    """Deal out a person's pictures as `edged.evaluation.identification` does."""
    order = random.permutation(pictures)
    templates = min(setting.templates, max(1, pictures * setting.templates // (setting.templates + setting.looks)))
    return order[:templates], order[templates : templates + setting.looks]


def _visit(person: Pictured, rows: Rows) -> Float32Array:
    return fused("rulebuild", person.looks[rows], person.qualities[rows].tolist())


def _search(rule: Rule, probes: Float32Array, templates: Sequence[Float32Array]) -> Searches:
    begins = np.cumsum([0, *(len(rows) for rows in templates)])[:-1]
    scores = rule(probes @ np.concatenate(templates).T, begins)
    rows, people = np.arange(len(probes)), scores.argmax(axis=1)
    return Searches(people, scores[rows, people], np.zeros(len(probes), dtype=np.float32))


def _missed(enrolled: Sequence[Searches], strangers: Sequence[Searches]) -> list[float]:
    alarms = np.concatenate([searches.scores(0.0) for searches in strangers])
    thresholds = [threshold_at_far(alarms, fpir) for fpir in FPIR_TARGETS.values()]
    return [
        float(np.mean([(one.people != np.arange(len(one.people))) | (one.scores(0.0) < threshold) for one in enrolled]))
        for threshold in thresholds
    ]
