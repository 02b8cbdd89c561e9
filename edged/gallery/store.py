"""The people and templates of the gallery file: enrolled, listed, renamed, forgotten.

It knows nothing of pixels (pictures are PNG bytes) and decides nothing about similarity.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edged.errors import PersonNotFound
from edged.gallery.erasure import Erased, ErasedPictures, erase, erase_pictures, finish_erasure
from edged.gallery.names import display_name as checked_display_name
from edged.gallery.names import person_id
from edged.gallery.templates import NewTemplate, TemplateRows, check_unit, from_blobs, to_blob
from edged.system.times import from_rfc3339, rfc3339
from edged.types import Person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from edged.storage.database import Database
    from edged.types import Embedding

PEOPLE = """SELECT people.*, (SELECT count(*) FROM templates WHERE templates.person = people.person) AS templates FROM people"""


class Gallery:
    """People and templates in a gallery file. Not thread-safe, by design: one worker thread."""

    def __init__(self, database: Database) -> None:
        """Read and write this file; changed() counts from now."""
        self.database = self._database = database
        self._seen_version = database.data_version()

    def changed(self) -> bool:
        """Whether another process has committed since the last call; a few microseconds.

        Any commit counts, not only one of templates. Changes made through this object do not.
        """
        before, self._seen_version = self._seen_version, self._database.data_version()
        return before != self._seen_version

    def people(self) -> list[Person]:
        """Everybody enrolled, sorted by id."""
        return [_person(row) for row in self._database.rows(f"{PEOPLE} ORDER BY person")]

    def person(self, person: str) -> Person:
        """One of them, by id.

        Raises:
            PersonNotFound: nobody has this id.
        """
        rows = self._database.rows(f"{PEOPLE} WHERE person = ?", [person])
        if not rows:
            raise PersonNotFound(person)
        return _person(rows[0])

    def enroll(self, person: str, display_name: str | None, templates: Sequence[NewTemplate]) -> Person:
        """Add templates to a person, who is made where they are new: all of it or nothing.

        Args:
            person: The id, as person_id() gives it.
            display_name: The name to show from now on; None keeps the old one, or shows the id of a new person.
            templates: At least one.

        Raises:
            NameRejected: the display name cannot be shown.
            ValueError: no templates, person is not an id, or an embedding has not the size of its model's others.
            GalleryError: the file cannot be written.
        """
        with self._database.transaction():
            return self.enroll_within(person, display_name, templates)

    def enroll_within(self, person: str, display_name: str | None, templates: Sequence[NewTemplate]) -> Person:
        """As enroll(), inside the caller's transaction."""
        if not templates:
            raise ValueError("An enrollment needs a template.")
        if not self._exists(person):
            self._insert_person(
                person, person if display_name is None else display_name, min(template.created_at for template in templates)
            )
        elif display_name is not None:
            self._set_display_name(person, display_name)
        self._insert_templates(person, templates)
        return self.person(person)

    def rename(self, person: str, display_name: str) -> Person:
        """Change the name to show; the id stays, since automations are written against it.

        Raises:
            PersonNotFound: nobody has this id.
            NameRejected: the name cannot be shown.
        """
        with self._database.transaction():
            self._set_display_name(person, display_name)
            return self.person(person)

    def forget(self, person: str) -> Erased:
        """Erase a person, their templates and pictures, and their name in events not yet delivered; then compact the file.

        Raises:
            PersonNotFound: nobody has this id.
            GalleryError: the file cannot be written; nothing was erased.
        """
        with self._database.transaction():
            rows = erase(self._database, self.person(person))
        return replace(rows, residue=finish_erasure(self._database))

    def pictures(self) -> int:
        """How many pictures are kept, of people and of strangers."""
        [row] = self._database.rows(
            "SELECT (SELECT count(aligned) FROM templates) + (SELECT count(aligned) FROM stranger_looks) AS pictures"
        )
        return int(row["pictures"])

    def erase_pictures(self) -> ErasedPictures:
        """Erase every picture of people and strangers, keep their embeddings, and compact the file.

        Raises:
            GalleryError: the file cannot be written; nothing was erased.
        """
        return erase_pictures(self._database)

    def finish_erasure(self) -> str | None:
        """Compact the file if an erasure still needs it; None when no erased byte is left, otherwise what prevents it.

        To be called at start, since the process may have died between erasing and compacting, and again while it does
        not give None.
        """
        return finish_erasure(self._database)

    def templates(self, model_id: str) -> TemplateRows:
        """All templates of a model, for the matcher."""
        rows = self._database.rows("SELECT id, person, embedding FROM templates WHERE model_id = ? ORDER BY person, id", [model_id])
        ids, persons, blobs = ([row[column] for row in rows] for column in ("id", "person", "embedding"))
        return from_blobs(model_id, ids, persons, blobs)

    def people_without(self, model_id: str) -> list[str]:
        """Who has no template of this model, and so is not recognised with it: to be embedded or enrolled again."""
        rows = self._database.rows(
            "SELECT person FROM people WHERE person NOT IN (SELECT person FROM templates WHERE model_id = ?) ORDER BY person", [model_id]
        )
        return [row["person"] for row in rows]

    def left_out(self, model_id: str) -> dict[str, int]:
        """How many templates of each person are of other models, and so not compared; without those who have none."""
        rows = self._database.rows("SELECT person, count(*) AS templates FROM templates WHERE model_id <> ? GROUP BY person", [model_id])
        return {row["person"]: row["templates"] for row in rows}

    def _exists(self, person: str) -> bool:
        return bool(self._database.rows("SELECT 1 FROM people WHERE person = ?", [person]))

    def _insert_person(self, person: str, display_name: str, enrolled_at: datetime) -> None:
        if person_id(person) != person:
            raise ValueError(f"{person!r} is not a person's id; person_id() makes one.")
        row = (person, checked_display_name(display_name), rfc3339(enrolled_at))
        self._database.write("INSERT INTO people VALUES (?, ?, ?)", [row])

    def _set_display_name(self, person: str, display_name: str) -> None:
        row = (checked_display_name(display_name), person)
        if not self._database.write("UPDATE people SET display_name = ? WHERE person = ?", [row]):
            raise PersonNotFound(person)

    def _insert_templates(self, person: str, templates: Sequence[NewTemplate]) -> None:
        for template in templates:
            self._check_size(template.embedding)
            self._database.write(
                "INSERT INTO templates (person, model_id, embedding, quality, source, created_at, aligned) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [_row(person, template)],
            )

    def _check_size(self, embedding: Embedding) -> None:
        """One row of another size would make a matrix impossible."""
        check_unit(embedding.vector)
        rows = self._database.rows("SELECT length(embedding) AS size FROM templates WHERE model_id = ? LIMIT 1", [embedding.model_id])
        if rows and rows[0]["size"] != len(to_blob(embedding)):
            raise ValueError(f"An embedding of {embedding.model_id!r} has {len(embedding.vector)} numbers, unlike its others.")


def _person(row: dict[str, Any]) -> Person:
    return Person(row["person"], row["display_name"], row["templates"], from_rfc3339(row["enrolled_at"]))


def _row(person: str, template: NewTemplate) -> tuple[object, ...]:
    embedding, created_at = template.embedding, rfc3339(template.created_at)
    return (person, embedding.model_id, to_blob(embedding), template.quality, template.source, created_at, template.aligned_png)
