"""Who is enrolled, and what becomes of them: shown, renamed, merged, forgotten.

Here the gallery, the strangers and the templates in memory meet; how it was asked, and what is read anew after it, is not known here.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from edged.errors import CommandError
from edged.gallery.enrollment import Note
from edged.gallery.names import person_id
from edged.system.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edged.gallery.curation import Curated, Curation, Dropped
    from edged.gallery.matcher import Matcher
    from edged.gallery.store import Gallery
    from edged.gallery.strangers import Strangers
    from edged.gallery.templates import NewTemplate
    from edged.interface.commands import Json
    from edged.types import Person


def person_json(person: Person) -> dict[str, Json]:
    """A person as they stand in replies."""
    return {
        "person": person.id,
        "display_name": person.display_name,
        "templates": person.templates,
        "enrolled_at": rfc3339(person.enrolled_at),
    }


def listed(gallery: Gallery, model_id: str) -> list[Json]:
    """Everybody, with how many of their templates are left out because another model than this made them."""
    left_out = gallery.left_out(model_id)
    return [{**person_json(person), "left_out": left_out.get(person.id, 0)} for person in gallery.people()]


def template_json(template: NewTemplate) -> dict[str, Json]:
    """A template as it stands in replies."""
    return {
        "quality": round(template.quality, 2),
        "source": template.source,
        "created_at": rfc3339(template.created_at),
        "model": template.embedding.model_id,
        "has_picture": template.aligned_png is not None,
    }


def dropped_json(dropped: Iterable[Dropped]) -> list[Json]:
    """Templates that were dropped, as they stand in replies."""
    return [
        {
            "quality": round(one.template.quality, 2),
            "source": one.template.source,
            "created_at": rfc3339(one.template.created_at),
            "similarity": round(one.similarity, 3),
        }
        for one in dropped
    ]


def curated_json(curated: Curated) -> dict[str, Json]:
    """A person after a change, with what was dropped."""
    return {**person_json(curated.person), "dropped": dropped_json(curated.dropped)}


def note_json(note: Note | None) -> list[Json]:
    """A list of one note, or of none."""
    return [{"code": note.code, "message": note.message}] if note else []


def show(name: str, gallery: Gallery, curation: Curation, matcher: Matcher) -> dict[str, Json]:
    """One person with their templates, the oldest first, and how near each is to anybody else.

    Raises:
        NameRejected: not a name.
        PersonNotFound: nobody of that name.
    """
    person = gallery.person(person_id(name))
    rows: list[Json] = [_nearest(template, person.id, matcher) for template in curation.templates(person.id).values()]
    return {**person_json(person), "template_list": rows}


def rename(name: str, shown: str, gallery: Gallery) -> dict[str, Json]:
    """Change the name to show; the id stays, since automations are written against it.

    Raises:
        NameRejected: not a name, or one that cannot be shown.
        PersonNotFound: nobody of that name.
    """
    return person_json(gallery.rename(person_id(name), shown))


def merge(name: str, into: str, curation: Curation, matcher: Matcher, *, match_threshold: float) -> dict[str, Json]:
    """Give one person's templates to another, and let the first id go.

    Raises:
        NameRejected: not a name.
        PersonNotFound: nobody of one of the names.
        CommandError: both are the same person.
    """
    person, other = person_id(name), person_id(into)
    if person == other:
        raise CommandError("bad_request", f"{person!r} cannot be merged into the same person; name two.")
    likeness = matcher.likeness(person, other)
    done = curation.merge(person, other)
    return {**curated_json(done), "merged": person, "notes": note_json(_judge_merged(person, other, likeness, match_threshold))}


def forget(
    name: str, gallery: Gallery, curation: Curation, strangers: Strangers, *, match_threshold: float, with_strangers: bool
) -> dict[str, Json]:
    """Erase a person, and where it is asked for the strangers who are like them; otherwise say who these are.

    Raises:
        NameRejected: not a name.
        PersonNotFound: nobody of that name.
    """
    person = person_id(name)
    alike = _strangers_like(list(curation.templates(person).values()), strangers, match_threshold)
    if with_strangers:
        for stranger in alike:
            strangers.withdraw(stranger)
    erased = asdict(gallery.forget(person))  # compacts the file for the strangers too
    return {**erased, "strangers": [*alike] if with_strangers else [], "also_strangers": [] if with_strangers else [*alike]}


def _nearest(template: NewTemplate, person: str, matcher: Matcher) -> Json:
    """Of another model than the one in use, a template cannot be compared."""
    nearest = matcher.standing(template.embedding, person) if template.embedding.model_id == matcher.model_id else None
    similarity = nearest.other_similarity if nearest else None
    return {
        **template_json(template),
        "nearest_person": nearest.other_person if nearest else None,
        "nearest_similarity": None if similarity is None else round(similarity, 3),
    }


def _judge_merged(person: str, into: str, likeness: float | None, match_threshold: float) -> Note | None:
    if likeness is None or likeness >= match_threshold:
        return None
    return Note(
        "unlike_own",
        f"The faces of {person!r} are unlike those of {into!r} (similarity at most {likeness:.2f}, a match from {match_threshold:.2f}); "
        "see that they are the same person.",
    )


def _strangers_like(templates: list[NewTemplate], strangers: Strangers, match_threshold: float) -> list[str]:
    """The ids of strangers with a look that matches one of the templates, the most alike first."""
    likeness: dict[str, float] = {}
    for model_id in {template.embedding.model_id for template in templates}:
        looks = strangers.looks(model_id)
        if not looks.persons:
            continue
        vectors = np.array([template.embedding.vector for template in templates if template.embedding.model_id == model_id])
        best = (looks.embeddings @ vectors.T).max(axis=1).tolist()
        for stranger, similarity in zip(looks.persons, best, strict=True):
            likeness[stranger] = max(similarity, likeness.get(stranger, -1.0))
    found = sorted(likeness.items(), key=lambda item: -item[1])
    return [stranger for stranger, similarity in found if similarity >= match_threshold]
