"""Trials by the product's protocol of identification: galleries drawn at random, searched by one rule or another.

It knows people by their embeddings, and not what is printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from edged.errors import LabelsError
from edged.evaluation.identification import PersonPictures, Searches, draw_pool, drawn, errors_of
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
    try:
        pool = draw_pool(pictures, size, setting)
    except LabelsError:
        return None
    found: dict[str, tuple[list[Searches], list[Searches]]] = {name: ([], []) for name in ways}
    for draw in drawn(pictures, pool, size, setting, partial(fused, "rulebuild"), draws):
        for name, way in ways.items():
            templates = [way.templates(people[person], rows) for person, rows in draw.enrolled]
            for kept, asked in zip(found[name], (draw.probes, draw.strangers), strict=True):
                kept.append(_search(way.rule, asked, templates))
    return {name: list(errors_of(*searches, margin=0.0).fnir_at_fpir.values()) for name, searches in found.items()}


def _search(rule: Rule, probes: Float32Array, templates: Sequence[Float32Array]) -> Searches:
    begins = np.cumsum([0, *(len(rows) for rows in templates)])[:-1]
    scores = rule(probes @ np.concatenate(templates).T, begins)
    rows, people = np.arange(len(probes)), scores.argmax(axis=1)
    return Searches(people, scores[rows, people], np.zeros(len(probes), dtype=np.float32))
