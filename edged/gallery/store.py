"""The people and templates of the gallery file: enrolled, listed, renamed, forgotten.

It does not know pixels (pictures are PNG bytes), and decides nothing about similarity.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edged.errors import PersonNotFound
from edged.gallery.erasure import Erased, ErasedPictures, erase, erase_pictures, finish_erasure
from edged.gallery.names import display_name as checked_display_name
from edged.gallery.names import person_id
from edged.gallery.templates import StoredEmbedding, check_unit, from_blobs, to_blob
from edged.storage.records import PersonRecord, TemplateRecord
from edged.system.times import from_rfc3339, rfc3339
from edged.types import Person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from edged.gallery.templates import NewTemplate, TemplateRows
    from edged.storage.database import Database
    from edged.storage.table import Value
    from edged.types import Embedding

PEOPLE = """SELECT people.*, (SELECT count(*) FROM templates WHERE templates.person = people.person) AS templates FROM people"""
EMBEDDINGS = "SELECT id, person AS owner, embedding FROM templates WHERE model_id = ? ORDER BY person, id"
LEFT_OUT = "SELECT person, count(*) AS templates FROM templates WHERE model_id <> ? GROUP BY person"
WITHOUT = "SELECT person FROM people WHERE person NOT IN (SELECT person FROM templates WHERE model_id = ?) ORDER BY person"
PICTURES = "SELECT (SELECT count(aligned) FROM templates) + (SELECT count(aligned) FROM stranger_looks)"


class Gallery:
    """People and templates in a gallery file. Not thread-safe, by design: one worker thread."""

    def __init__(self, database: Database) -> None:
        """Read and write this file; changed() counts from now."""
        self.database = database
        self._people, self._templates = database.table("people", PersonRecord), database.table("templates", TemplateRecord)
        self._seen_version = database.data_version()

    def changed(self) -> bool:
        """Whether another process has committed since the last call; a few microseconds.

        Any commit counts, not only one of templates. Changes made through this object do not.
        """
        before, self._seen_version = self._seen_version, self.database.data_version()
        return before != self._seen_version

    def people(self) -> list[Person]:
        """Read everybody enrolled, sorted by id."""
        return self.database.select(_person, f"{PEOPLE} ORDER BY person")

    def person(self, person: str) -> Person:
        """Read one of them, by id.

        Raises:
            PersonNotFound: nobody has this id.
        """
        found = self.database.select(_person, f"{PEOPLE} WHERE person = ?", person)
        if not found:
            raise PersonNotFound(person)
        return found[0]

    def enroll(self, person: str, display_name: str | None, templates: Sequence[NewTemplate]) -> Person:
        """Add templates to a person, who is made where they are new: all of it or nothing, as part of the caller's transaction if any.

        Args:
            person: The id, as person_id() gives it.
            display_name: The name to show from now on; None keeps the old one, or shows the id of a new person.
            templates: At least one.

        Raises:
            NameRejected: the display name cannot be shown.
            ValueError: no templates, person is not an id, or an embedding has not the size of its model's others.
            GalleryError: the file cannot be written.
        """
        if not templates:
            raise ValueError("An enrollment needs a template.")
        with self.database.transaction():
            if self._people.get(person) is None:
                self._add(person, person if display_name is None else display_name, min(template.created_at for template in templates))
            elif display_name is not None:
                self.rename(person, display_name)
            for template in templates:
                self._check_size(template.embedding)
                self._templates.insert(person=person, **_columns(template))
            return self.person(person)

    def rename(self, person: str, display_name: str) -> Person:
        """Change the name to show; the id stays, since automations are written against it.

        Raises:
            PersonNotFound: nobody has this id.
            NameRejected: the name cannot be shown.
        """
        with self.database.transaction():
            if not self._people.update(person, display_name=checked_display_name(display_name)):
                raise PersonNotFound(person)
            return self.person(person)

    def forget(self, person: str) -> Erased:
        """Erase a person, their templates and pictures, and their name in events not yet delivered; then compact the file.

        Raises:
            PersonNotFound: nobody has this id.
            GalleryError: the file cannot be written; nothing was erased.
        """
        with self.database.transaction():
            rows = erase(self.database, self.person(person))
        return replace(rows, residue=finish_erasure(self.database))

    def pictures(self) -> int:
        """Count the pictures that are kept, of people and of strangers."""
        return self.database.column(int, PICTURES)[0]

    def erase_pictures(self) -> ErasedPictures:
        """Erase every picture of people and strangers, keep their embeddings, and compact the file.

        Raises:
            GalleryError: the file cannot be written; nothing was erased.
        """
        return erase_pictures(self.database)

    def finish_erasure(self) -> str | None:
        """Compact the file if an erasure still needs it. Give None when no erased byte is left, otherwise what prevents it.

        To be called at start, since the process may have died between erasing and compacting, and again while it does
        not give None.
        """
        return finish_erasure(self.database)

    def templates(self, model_id: str) -> TemplateRows:
        """Read all templates of a model, for the matcher."""
        return from_blobs(model_id, self.database.select(StoredEmbedding, EMBEDDINGS, model_id))

    def people_without(self, model_id: str) -> list[str]:
        """Read who has no template of this model, and so is not recognised with it: to be embedded or enrolled again."""
        return self.database.column(str, WITHOUT, model_id)

    def left_out(self, model_id: str) -> dict[str, int]:
        """Count the templates of each person that are of other models, and so not compared; without those who have none."""
        return dict(self.database.select(_count, LEFT_OUT, model_id))

    def _add(self, person: str, display_name: str, enrolled_at: datetime) -> None:
        if person_id(person) != person:
            raise ValueError(f"{person!r} is not a person's id; person_id() makes one.")
        self._people.insert(person=person, display_name=checked_display_name(display_name), enrolled_at=rfc3339(enrolled_at))

    def _check_size(self, embedding: Embedding) -> None:
        """Refuse an embedding of another size than its model's others, with which there would be no matrix."""
        check_unit(embedding.vector)
        others = self._templates.where("model_id = ?", embedding.model_id, limit=1)
        if others and len(others[0].embedding) != len(to_blob(embedding)):
            raise ValueError(f"An embedding of {embedding.model_id!r} has {len(embedding.vector)} numbers, unlike its others.")


def _person(*, person: str, display_name: str, enrolled_at: str, templates: int) -> Person:
    return Person(person, display_name, templates, from_rfc3339(enrolled_at))


def _count(*, person: str, templates: int) -> tuple[str, int]:
    return person, templates


def _columns(template: NewTemplate) -> dict[str, Value]:
    return {
        "model_id": template.embedding.model_id,
        "embedding": to_blob(template.embedding),
        "quality": template.quality,
        "source": template.source,
        "created_at": rfc3339(template.created_at),
        "aligned": template.aligned_png,
    }
