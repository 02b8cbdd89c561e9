"""Open-set identification: galleries of people drawn at random, searched by the people in them and by strangers.

It knows embeddings by person, and not how a picture became one, nor how looks are fused.

The protocol, in the words of ISO/IEC 19795-1: in each of `draws` rounds N people are drawn from those with enough pictures
and enrolled, and all others are strangers. Each person's pictures are shuffled; the first become templates and the next the
looks of one visit, which are fused into one probe, and no picture is both. Every stranger visits once, with as many looks as
there are pictures, the same in every round. A person is found where the nearest template is theirs and the similarity
reaches the threshold; a stranger is a false alarm where it does. The threshold is the least at which at most the asked share
of all strangers' visits in all rounds is one (FPIR); FNIR is the share of enrolled people's visits that do not find them.

Whoever has too few pictures shares them out between templates and looks in proportion, at least one each. People with the
most pictures are preferred: those are drawn from who have the number wanted, or, where these are fewer than N, the largest
number that N people have. What templates and looks there were in the mean stands beside the figures.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from edged.errors import LabelsError
from edged.evaluation.verification import threshold_at_far

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from edged.types import Float32Array

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
    Fuse = Callable[[Float32Array, Sequence[float]], Float32Array]

FPIR_TARGETS = {"1e-2": 1e-2, "1e-3": 1e-3}
GALLERY_SIZES = (10, 50, 200)
DRAWS = 100
SIMILARITIES = np.linspace(0.1, 0.9, 81)
"""Thresholds at which curves are told."""
LEAST_PICTURES = 2
"""Pictures of a person at least, a template and a look: nobody with fewer can be enrolled and searched for."""


@dataclass(frozen=True, slots=True, eq=False)
class PersonPictures:
    """The p pictures of one person, each as a template and as a look.

    templates and looks are (p, d) float32, rows of unit length; qualities (p,) says how good each look is, 0…1.
    """

    templates: Float32Array
    looks: Float32Array
    qualities: Floats

    def __len__(self) -> int:
        return len(self.templates)


@dataclass(frozen=True, slots=True)
class SearchSetting:
    """How many templates a person has at most, how many looks a visit, and how many pictures those who are drawn should have."""

    name: str
    templates: int
    looks: int
    pictures: int


SETTINGS = (
    SearchSetting("one_template_one_look", 1, 1, 2),
    SearchSetting("one_template_one_look_same_people", 1, 1, 10),
    SearchSetting("five_templates_one_look", 5, 1, 6),
    SearchSetting("one_template_five_looks", 1, 5, 6),
    SearchSetting("five_templates_five_looks", 5, 5, 10),
)
"""The settings that are measured. The second is the first on the people of the last: who is photographed often is not as hard to know."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Shares of strangers named and of people missed at every similarity that may be the threshold; fnir None where nobody is sought."""

    similarities: tuple[float, ...]
    fpir: tuple[float, ...]
    fnir: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class SearchErrors:
    """By FPIR, at the least threshold that keeps it: the share of enrolled people's visits that miss, and its deviation over draws."""

    fnir_at_fpir: dict[str, float]
    deviation: dict[str, float]
    threshold: dict[str, float]


@dataclass(frozen=True, slots=True)
class SearchCounts:
    """How many visits of enrolled people and of strangers there were in all draws."""

    enrolled: int
    strangers: int


@dataclass(frozen=True, slots=True)
class Identification(SearchErrors):
    """What galleries of one size gave, without and with the rule of the margin.

    drawn_from is how many people the galleries were drawn from, templates and looks how many these had in the mean.
    """

    with_margin: SearchErrors
    drawn_from: int
    templates: float
    looks: float
    searches: SearchCounts
    curve: Curve  # without that rule


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """One gallery drawn: the rows of the people enrolled and of their pictures that are templates, and everybody's probes.

    probes are (N, d), a visit of each of them in that order, strangers (M, d), a visit of each of all others; templates and looks are how
    many those who are enrolled have in the mean.
    """

    enrolled: tuple[tuple[int, npt.NDArray[np.intp]], ...]
    probes: Float32Array
    strangers: Float32Array
    templates: float
    looks: float


@dataclass(frozen=True, slots=True, eq=False)
class DrawnGallery:
    """Templates of N people as (k, N, d); who has fewer than k has some twice, which changes no search."""

    templates: Float32Array

    def search(self, probes: Float32Array) -> Searches:
        """Search for probes (n, d)."""
        scores = probes @ self.templates[0].T
        for layer in self.templates[1:]:
            np.maximum(scores, probes @ layer.T, out=scores)
        rows, best = np.arange(len(probes)), scores.argmax(axis=1)
        similarities = scores[rows, best]
        scores[rows, best] = -np.inf
        return Searches(best, similarities, similarities - scores.max(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """For each of n probes the nearest person, the similarity, and its lead over the next person, ∞ where there is none."""

    people: npt.NDArray[np.intp]
    similarities: Float32Array
    leads: Float32Array

    def scores(self, margin: float) -> Floats:
        """Give the similarities of those that lead enough, −∞ for the others; in double, as thresholds just above one of them are."""
        return np.where(self.leads >= margin, self.similarities.astype(np.float64), -np.inf)


def identify(
    people: Sequence[PersonPictures], size: int, setting: SearchSetting, margin: float, fuse: Fuse, draws: int = DRAWS
) -> Identification:
    """Run the protocol for galleries of one size.

    Args:
        people: Everybody; most have one picture.
        size: N, how many are enrolled.
        setting: How many templates and looks.
        margin: Least lead over the next person, for the figures with that rule.
        fuse: Makes a probe (d,) of looks (m, d) and their qualities.
        draws: How many galleries; the same people give the same galleries.

    Raises:
        LabelsError: not N people have two pictures, or there are no strangers.
    """
    pool = draw_pool(people, size, setting)
    enrolled, strangers, counts = [], [], []
    for draw in drawn(people, pool, size, setting, fuse, draws):
        gallery = make_gallery([people[person].templates[rows] for person, rows in draw.enrolled])
        enrolled.append(gallery.search(draw.probes))
        strangers.append(gallery.search(draw.strangers))
        counts.append((draw.templates, draw.looks))
    templates, looks = np.mean(counts, axis=0)
    return Identification(
        **asdict(errors_of(enrolled, strangers, 0.0)),
        with_margin=errors_of(enrolled, strangers, margin),
        drawn_from=len(pool),
        templates=float(templates),
        looks=float(looks),
        searches=SearchCounts(draws * size, sum(len(searches.people) for searches in strangers)),
        curve=_curve(enrolled, strangers),
    )


def draw_pool(people: Sequence[PersonPictures], size: int, setting: SearchSetting) -> npt.NDArray[np.intp]:
    """Choose whom galleries of this size are drawn from: rows of those with enough pictures, or with the most.

    Raises:
        LabelsError: not `size` people have two pictures, or there are no strangers.
    """
    counts = np.array([len(person) for person in people])
    if size >= len(people):
        raise LabelsError(f"{len(people)} people are too few for a gallery of {size} and strangers.")
    least = min(setting.pictures, int(np.sort(counts)[-size]))
    if least < LEAST_PICTURES:
        raise LabelsError(f"A gallery of {size} needs as many people with at least {LEAST_PICTURES} pictures.")
    return np.flatnonzero(counts >= least)


def drawn(
    people: Sequence[PersonPictures], pool: npt.NDArray[np.intp], size: int, setting: SearchSetting, fuse: Fuse, draws: int
) -> Iterator[Draw]:
    """Draw galleries of one size from a pool, as draw_pool() gives it; the same people give the same galleries."""
    random = np.random.default_rng(0)
    visits = np.array([_visit(person, random.permutation(len(person))[: setting.looks], fuse) for person in people])
    for _ in range(draws):
        chosen = random.permutation(pool)[:size]
        dealt = [_deal(people[person], setting, random) for person in chosen]
        probes = np.array([_visit(people[person], looks, fuse) for person, (_, looks) in zip(chosen, dealt, strict=True)])
        enrolled = tuple((int(person), mine) for person, (mine, _) in zip(chosen, dealt, strict=True))
        templates, looks = np.mean([(len(mine), len(looks)) for mine, looks in dealt], axis=0)
        yield Draw(enrolled, probes, np.delete(visits, chosen, axis=0), float(templates), float(looks))


def make_gallery(templates: Sequence[Float32Array]) -> DrawnGallery:
    """Make a gallery of people with these templates, (k, d) each."""
    most = max(map(len, templates))
    return DrawnGallery(np.stack([np.resize(rows, (most, rows.shape[1])) for rows in templates], axis=1))


def _deal(person: PersonPictures, setting: SearchSetting, random: np.random.Generator) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Deal out the rows of a person's pictures: those that become templates, and those that become looks."""
    order = random.permutation(len(person))
    share = len(person) * setting.templates // (setting.templates + setting.looks)
    templates = min(setting.templates, max(1, share))
    return order[:templates], order[templates : templates + setting.looks]


def _visit(person: PersonPictures, rows: npt.NDArray[np.intp], fuse: Fuse) -> Float32Array:
    return fuse(person.looks[rows], person.qualities[rows].tolist())


def errors_of(enrolled: Sequence[Searches], strangers: Sequence[Searches], margin: float) -> SearchErrors:
    """Give the errors at each FPIR of the searches of all draws, by a rule with this margin; those of enrolled people in their order."""
    alarms = np.concatenate([searches.scores(margin) for searches in strangers])
    errors = SearchErrors({}, {}, {})
    for name, fpir in FPIR_TARGETS.items():
        threshold = threshold_at_far(alarms, fpir)
        missed = [np.mean(_missed(searches, threshold, margin)) for searches in enrolled]
        errors.threshold[name] = threshold
        errors.fnir_at_fpir[name], errors.deviation[name] = float(np.mean(missed)), float(np.std(missed))
    return errors


def _curve(enrolled: Sequence[Searches], strangers: Sequence[Searches]) -> Curve:
    """Give the errors of the searches of all draws at every similarity, whatever the lead."""
    named = np.concatenate([searches.similarities for searches in strangers])
    found = np.concatenate(
        [np.where(searches.people == np.arange(len(searches.people)), searches.similarities, -np.inf) for searches in enrolled]
    )
    below, missed = (np.searchsorted(np.sort(one), SIMILARITIES) for one in (named, found))
    fpir, fnir = (len(named) - below) / len(named), missed / len(found)
    return Curve(tuple(SIMILARITIES.tolist()), tuple(fpir.tolist()), tuple(fnir.tolist()))


def _missed(searches: Searches, threshold: float, margin: float) -> Bools:
    """Say which visits of enrolled people, in their order in the gallery, do not find them."""
    found: Bools = (searches.people == np.arange(len(searches.people))) & (searches.scores(margin) >= threshold)
    return ~found
