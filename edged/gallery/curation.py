"""The templates of one person in the gallery file, and what is done with all of them at once: thinned out, merged, taken from elsewhere.

It knows nothing of pixels; whether two faces are alike enough to be one person's has been decided before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from edged.errors import PersonExists
from edged.gallery.diversity import redundant_beside
from edged.gallery.erasure import finish_erasure, note_erasure
from edged.gallery.shares import StoredSize
from edged.gallery.store import Gallery
from edged.gallery.templates import NewTemplate, Origin, StoredEmbedding, from_blobs
from edged.storage.records import PersonRecord, TemplateRecord
from edged.system.times import from_rfc3339
from edged.types import Embedding, Person

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edged.gallery.archive import ArchivedPerson
    from edged.storage.database import Database
    from edged.system.beside import Turns

MAX_TEMPLATES = 12
"""Templates of one person, where the configuration has no other number: a few lights, poses, glasses and
hats. On LFW five find nearly everybody."""

SIZES = """SELECT id, person, number, length(embedding) + CASE WHEN ? THEN coalesce(length(aligned), 0) ELSE 0 END AS bytes
    FROM templates WHERE origin = 'enrolled' AND id > ? ORDER BY id LIMIT ?"""
FINGERPRINT = "SELECT count(*) || ' ' || coalesce(sum(id), 0) || ' ' || coalesce(max(id), 0) FROM templates WHERE origin = 'enrolled'"
SIZES_AT_ONCE = 1000
"""Templates whose sizes are read in one step: some 20 ms."""

IfExists: TypeAlias = Literal["refuse", "merge", "replace"]


@dataclass(frozen=True, slots=True, eq=False)
class Dropped:
    """A template that was dropped, and its similarity, −1…1, to the most alike of those that were left then."""

    template: NewTemplate
    similarity: float


@dataclass(frozen=True, slots=True, eq=False)
class Curated:
    """A person after a change, and what was dropped by it."""

    person: Person
    dropped: list[Dropped]


class Curation:
    """Keeps each person's templates diverse and few. Not thread-safe, by design: one worker thread.

    Every method raises GalleryError where the file cannot be read or written, and PersonNotFound where nobody has an id that it takes;
    nothing is changed then.
    """

    def __init__(self, database: Database, model_id: str, *, max_templates: int = MAX_TEMPLATES) -> None:
        """Keep at most, and at least 1, so many of a person and this model; templates of others cannot be compared, and stay."""
        self.writer = database.writer
        self._database, self._gallery, self._templates = database, Gallery(database), database.table("templates", TemplateRecord)
        self._model_id, self._most = model_id, max_templates

    def templates(self, person: str) -> dict[int, NewTemplate]:
        """Read a person's templates of all models by id, in the order in which they came, without those that the disk has damaged."""
        self._gallery.person(person)
        rows = self._templates.where("person = ? AND origin <> 'suggested'", person, order_by="number")
        return {row.id: template for row in rows if (template := _template(row))}

    def sizes(self, *, pictures: bool) -> Turns[list[StoredSize]]:
        """Count the bytes of all enrolled embeddings, and of their pictures too or not, unread; by person, in the order of templates()."""
        found: list[StoredSize] = []
        while page := self._database.select(StoredSize, SIZES, pictures, found[-1].id if found else 0, SIZES_AT_ONCE):
            found += page
            yield None
        return sorted(found, key=lambda row: (row.person, row.number))

    def fingerprint(self) -> str:
        """Tell whether anybody got a template, or lost one, between two calls: something that is another then; takes a few milliseconds."""
        return self._database.column(str, FINGERPRINT)[0]

    def thin_out(self, person: str) -> Curated:
        """Drop the templates that show nothing of their own, and those that are too many; none that was enrolled for a learned one."""
        with self._database.transaction():
            kept = {number: one for number, one in self.templates(person).items() if one.embedding.model_id == self._model_id}
            numbers, templates = list(kept), list(kept.values())
            vectors = np.array([template.embedding.vector for template in templates])
            learned = [template.origin is Origin.LEARNED for template in templates]
            out = redundant_beside(vectors, [template.quality for template in templates], learned, most=self._most)
            for one in out:
                self._templates.delete("id = ?", numbers[one.row])
            return Curated(self._gallery.person(person), [Dropped(templates[one.row], one.similarity) for one in out])

    def merge(self, person: str, into: str) -> Curated:
        """Give all templates and visits of a person to another one, and delete the first: all or nothing.

        What was sent of the first is not changed, nor is what waits in the outbox.

        Raises:
            ValueError: they are the same.
        """
        if person == into:
            raise ValueError(f"{person!r} cannot be merged into the same person.")
        with self._database.transaction():
            self._gallery.person(person)
            self._gallery.person(into)
            for table in ("templates", "visits"):
                self._database.write(f"UPDATE {table} SET person = ? WHERE person = ?", [(into, person)])  # noqa: S608 - names of our own
            self._database.table("people", PersonRecord).delete("person = ?", person)
            return self.thin_out(into)

    def admit(self, people: Iterable[ArchivedPerson], if_exists: IfExists) -> list[Curated]:
        """Take people from elsewhere: all of them or none. Somebody may come in several pieces.

        Args:
            people: Whom, with templates of one size; only one is in memory at a time where they are read as they are taken.
            if_exists: What becomes of somebody whose id is here already: nothing is taken, their templates are added, which leaves
                the name as it is, or their templates and name are replaced, and what was there is erased.

        Raises:
            PersonExists: somebody is here already, and is to be refused.
            NameRejected: a name cannot be shown.
        """
        with self._database.transaction():
            known, admitted = {person.id for person in self._gallery.people()}, dict[str, None]()
            for one in people:
                if one.person in admitted:
                    self._gallery.enroll(one.person, None, one.templates)
                else:
                    self._admit(one, if_exists, exists=one.person in known)
                admitted[one.person] = None
            curated = [self.thin_out(person) for person in admitted]
        finish_erasure(self._database)
        return curated

    def _admit(self, incoming: ArchivedPerson, if_exists: IfExists, *, exists: bool) -> None:
        if exists and if_exists == "refuse":
            raise PersonExists(incoming.person)
        if exists and if_exists == "replace":
            self._templates.delete("person = ?", incoming.person)
            note_erasure(self._database)
        shown = None if exists and if_exists == "merge" else incoming.display_name
        self._gallery.enroll(incoming.person, shown, incoming.templates)


def _template(row: TemplateRecord) -> NewTemplate | None:
    """A row as a template; None where the disk has damaged its embedding."""
    whole = from_blobs(row.model_id, [StoredEmbedding(row.id, row.person, row.embedding)])
    if whole.damaged:
        return None
    embedding = Embedding(whole.embeddings[0], row.model_id)
    created_at = from_rfc3339(row.created_at)
    return NewTemplate(embedding, row.quality, row.source, created_at, row.aligned, origin=Origin(row.origin))
