"""A whole gallery at a glance: everybody's templates with who is near to them, look-alikes, and a flat map of all embeddings.

It reads, and changes nothing; how it is shown is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edged.gallery.calibration import ComparedFaces, Pair
from edged.system.beside import finish

if TYPE_CHECKING:
    from edged.gallery.curation import Curation
    from edged.gallery.matcher import LookAlikes, Matcher
    from edged.gallery.store import Gallery
    from edged.gallery.templates import NewTemplate
    from edged.types import Float32Array, Person

DIMENSIONS = 2
"""Dimensions of a map."""


@dataclass(frozen=True, slots=True, eq=False)
class SeenTemplate:
    """A template; the nearest other person and the similarity to them, −1…1, None without one; and its place on the map.

    One of another model than that in use is compared with nobody, and has no place.
    """

    template: NewTemplate
    nearest_person: str | None
    nearest_similarity: float | None
    place: tuple[float, float] | None


@dataclass(frozen=True, slots=True, eq=False)
class SeenPerson:
    """Somebody enrolled, with their templates, the oldest first."""

    person: Person
    templates: tuple[SeenTemplate, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """Everybody by id, the look-alikes, the most alike first, and the share of all differences that the map shows, 0…1."""

    people: tuple[SeenPerson, ...]
    look_alikes: tuple[Pair, ...]
    shown_share: float


def overview(gallery: Gallery, curation: Curation, matcher: Matcher, look_alikes: LookAlikes) -> Overview:
    """Read all people, one after the other, and compare them with the templates in memory.

    Raises:
        GalleryError: the file cannot be read.
    """
    read = [(person, list(curation.templates(person.id).values())) for person in gallery.people()]
    compared = [one for _, of in read for one in of if one.embedding.model_id == matcher.model_id]
    places, share = flattened(np.array([one.embedding.vector for one in compared], dtype=np.float32))
    place_of = {id(one): (float(x), float(y)) for one, (x, y) in zip(compared, places, strict=True)}
    people = tuple(
        SeenPerson(person, tuple(_seen(one, person.id, matcher, place_of.get(id(one))) for one in templates)) for person, templates in read
    )
    faces = ComparedFaces(gallery.templates(matcher.model_id), look_alikes, look_alikes.similarity)
    finish(faces.compare())
    alike = sorted(faces.look_alikes.items(), key=lambda item: -item[1])
    return Overview(people, tuple(Pair(*names, similarity) for names, similarity in alike), share)


def flattened(embeddings: Float32Array) -> tuple[Float32Array, float]:
    """Give places (N, 2) on the plane in which embeddings (N, d) differ most, and the share of their variance that it shows, 0…1.

    Principal components (Pearson 1901), by eigenvectors of the covariance. The sign of each is the one that makes its largest number
    positive, so that the same gallery gives the same map.
    """
    if len(embeddings) <= 1:
        return np.zeros((len(embeddings), DIMENSIONS), np.float32), 1.0
    centred = embeddings.astype(np.float64) - embeddings.mean(axis=0)
    variances, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors[:, ::-1][:, :DIMENSIONS]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    total = float(variances.sum())
    share = float(variances[::-1][:DIMENSIONS].sum()) / total if total > 0.0 else 1.0
    return (centred @ axes).astype(np.float32), min(1.0, share)


def _seen(template: NewTemplate, person: str, matcher: Matcher, place: tuple[float, float] | None) -> SeenTemplate:
    if template.embedding.model_id != matcher.model_id:
        return SeenTemplate(template, None, None, None)
    standing = matcher.standing(template.embedding, person)
    return SeenTemplate(template, standing.other_person, standing.other_similarity, place)
