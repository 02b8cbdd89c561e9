"""The templates of the gallery file that visits taught: learned or suggested, accepted, refused, and all undone in one step.

It does not know pixels (pictures are PNG bytes), nor whether a visit is clear enough to teach anything.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edged.errors import SuggestionNotFound
from edged.gallery.erasure import finish_erasure, is_compaction_due, note_erasure
from edged.gallery.store import Gallery
from edged.gallery.templates import Origin, StoredEmbedding, TemplateRows, from_blobs
from edged.storage.records import TemplateRecord
from edged.system.times import from_rfc3339
from edged.types import Embedding, Person

if TYPE_CHECKING:
    from datetime import datetime

    from edged.gallery.templates import NewTemplate
    from edged.storage.database import Database

TAUGHT = "SELECT DISTINCT person FROM templates WHERE origin = 'learned'"
"""Statement for whose templates are not all enrolled, which an index answers."""
ENROLLED = """SELECT id, person AS owner, embedding FROM templates WHERE person IN (SELECT value FROM json_each(?)) AND origin = 'enrolled'
    AND model_id = ? ORDER BY person, number"""
SUGGESTED = "id IN (SELECT id FROM templates WHERE origin = 'suggested')"  # answered by an index; origin alone would read every picture


@dataclass(frozen=True, slots=True, eq=False)
class Suggestion:
    """A template that the owner may accept or refuse by its number; aligned_png is the face, None where no pictures are kept."""

    number: int
    person: str
    quality: float
    created_at: datetime
    aligned_png: bytes | None


@dataclass(frozen=True, slots=True)
class Unlearned:
    """Whose learned templates were erased, how many, and how many suggestions with them; the rest as in `Erased`."""

    people: tuple[str, ...]
    templates: int
    suggestions: int
    residue: str | None
    compaction_due: bool


class Lessons:
    """What visits taught. Not thread-safe, by design: one worker thread.

    Every method raises GalleryError where the file cannot be read or written; nothing is changed then.
    """

    def __init__(self, database: Database) -> None:
        """Read and write this file."""
        self.writer = database.writer
        self._database, self._gallery = database, Gallery(database)
        self._templates = database.table("templates", TemplateRecord)

    def held(self, person: str, model_id: str) -> list[Embedding]:
        """Read all embeddings of a person and model, also those that are suggested, without those that the disk has damaged."""
        rows = self._templates.where("person = ? AND model_id = ?", person, model_id)
        stored = [StoredEmbedding(row.id, row.person, row.embedding) for row in rows]
        return [Embedding(vector, model_id) for vector in from_blobs(model_id, stored).embeddings]

    def enrolled(self, person: str, known: TemplateRows) -> TemplateRows:
        """Give the templates of everybody that the owner enrolled, none that was learned, of all that are known of a model.

        Only those of this person, and of whoever was taught anything, are read; the others are as they are known.
        """
        taught = {person, *self._database.column(str, TAUGHT)}
        read = from_blobs(known.model_id, self._database.select(StoredEmbedding, ENROLLED, json.dumps(sorted(taught)), known.model_id))
        kept, width = [row for row, one in enumerate(known.persons) if one not in taught], known.embeddings.shape[1]
        if not kept:
            return read
        own = read.persons if read.embeddings.shape[1] == width else []
        matrix = np.empty((len(kept) + len(own), width), np.float32)
        np.take(known.embeddings, kept, axis=0, out=matrix[: len(kept)], mode="clip")  # an index would copy the gallery once more
        if own:
            matrix[len(kept) :] = read.embeddings
        matrix.setflags(write=False)  # so that a matcher shares it
        return TemplateRows(known.model_id, [*(known.persons[row] for row in kept), *own], matrix, read.damaged)

    def is_asking(self, person: str) -> bool:
        """Whether a suggestion of this person waits for the owner."""
        return self._templates.count(f"person = ? AND {SUGGESTED}", person) > 0

    def add(self, person: str, template: NewTemplate) -> int:
        """Store a template of somebody enrolled that is learned or suggested, and give its number, which no other ever has.

        Raises:
            PersonNotFound: nobody has this id any more.
        """
        with self._database.transaction():
            self._gallery.person(person)
            self._gallery.enroll(person, None, [template])
            return max(row.number for row in self._templates.where("person = ?", person))

    def suggestions(self) -> list[Suggestion]:
        """Read what waits for the owner, the oldest first."""
        rows = self._templates.where(SUGGESTED, order_by="number")
        return [Suggestion(row.number, row.person, row.quality, from_rfc3339(row.created_at), row.aligned) for row in rows]

    def accept(self, number: int) -> Person:
        """Make a suggestion a learned template of its person.

        Raises:
            SuggestionNotFound: there is none of this number, or not any more.
        """
        with self._database.transaction():
            row = self._suggested(number)
            self._templates.update(row.id, origin=Origin.LEARNED)
            return self._gallery.person(row.person)

    def refuse(self, number: int) -> Person:
        """Erase a suggestion and its picture.

        Raises:
            SuggestionNotFound: as accept().
        """
        with self._database.transaction():
            row = self._suggested(number)
            self._templates.delete("id = ?", row.id)
            note_erasure(self._database)
            person = self._gallery.person(row.person)
        finish_erasure(self._database)
        return person

    def unlearn(self, person: str | None) -> Unlearned:
        """Erase all that visits taught of a person, None: of everybody, suggestions too."""
        whose, names = ("origin <> 'enrolled' AND person = ?", (person,)) if person else ("origin <> 'enrolled'", ())
        with self._database.transaction():
            rows = self._templates.where(whose, *names)
            if self._templates.delete(whose, *names):
                note_erasure(self._database)
        suggested = sum(row.origin == Origin.SUGGESTED for row in rows)
        people = tuple(sorted({row.person for row in rows}))
        residue = finish_erasure(self._database)
        return Unlearned(people, len(rows) - suggested, suggested, residue, is_compaction_due(self._database))

    def _suggested(self, number: int) -> TemplateRecord:
        found = self._templates.where(f"number = ? AND {SUGGESTED}", number)
        if not found:
            raise SuggestionNotFound(number)
        return found[0]
