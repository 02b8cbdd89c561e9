"""The people and templates of the gallery file: enrolled, listed, renamed, forgotten.

It does not know pixels (pictures are PNG bytes), and decides nothing about similarity.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edged.errors import PersonNotFound
from edged.gallery.erasure import Erased, ErasedPictures, erase, finish_erasure, note_erasure
from edged.gallery.names import display_name as checked_display_name
from edged.gallery.names import person_id
from edged.gallery.templates import StoredEmbedding, from_blobs, to_blob
from edged.storage.records import PersonRecord, TemplateRecord
from edged.storage.unset_times import UnsetTimes
from edged.system.times import from_rfc3339
from edged.types import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from edged.gallery.templates import NewTemplate, TemplateRows
    from edged.storage.database import Database

PEOPLE = """SELECT person, display_name, enrolled_at,
    (SELECT count(*) FROM templates WHERE templates.person = people.person AND origin <> 'suggested') AS templates,
    (SELECT count(*) FROM templates WHERE templates.person = people.person AND origin = 'learned') AS learned FROM people"""
COMPARED = "origin <> 'suggested'"
EMBEDDINGS = f"SELECT id, person AS owner, embedding FROM templates WHERE model_id = ? AND {COMPARED} ORDER BY person, id"  # noqa: S608 - words of our own
LEFT_OUT = f"SELECT person, count(*) AS templates FROM templates WHERE model_id <> ? AND {COMPARED} GROUP BY person"  # noqa: S608 - words of our own
WITHOUT = f"""SELECT person FROM people WHERE person NOT IN (SELECT person FROM templates WHERE model_id = ? AND {COMPARED})
    ORDER BY person"""  # noqa: S608 - words of our own
NAMES = "SELECT person, display_name FROM people ORDER BY person"
PICTURES = "SELECT (SELECT count(aligned) FROM templates) + (SELECT count(aligned) FROM stranger_looks)"


class Gallery:
    """People and templates in a gallery file. Not thread-safe, by design: one worker thread.

    Every method raises GalleryError where the file cannot be read or written; nothing is changed then. One that takes a person's id
    raises PersonNotFound where nobody has it.
    """

    def __init__(self, database: Database) -> None:
        """Read and write this file; changed() counts from now."""
        self.database = database
        self._people, self._templates = database.table("people", PersonRecord), database.table("templates", TemplateRecord)
        self._seen_version, self._times = database.data_version(), UnsetTimes(database)

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
        """Read one of them, by id."""
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
        """
        if not templates:
            raise ValueError("An enrollment needs a template.")
        with self.database.transaction():
            if self._people.get(person) is None:
                self._add(person, person if display_name is None else display_name, min(template.created_at for template in templates))
            elif display_name is not None:
                self.rename(person, display_name)
            for template in templates:
                self._add_template(person, template)
            return self.person(person)

    def rename(self, person: str, display_name: str) -> Person:
        """Change the name to show; the id stays, since automations are written against it.

        Raises:
            NameRejected: the name cannot be shown.
        """
        with self.database.transaction():
            if not self._people.update(person, display_name=checked_display_name(display_name)):
                raise PersonNotFound(person)
            return self.person(person)

    def forget(self, person: str, *, also: Callable[[], None] = lambda: None) -> Erased:
        """Erase a person, their templates and pictures, and their name in events not yet delivered; what was erased is overwritten.

        also writes what goes with them: in the same transaction, all or nothing.
        """
        with self.database.transaction():
            erased = erase(self.database, self.person(person))
            also()
        return replace(erased, residue=finish_erasure(self.database))

    def pictures(self) -> int:
        """Count the pictures that are kept, of people and of strangers."""
        return self.database.column(int, PICTURES)[0]

    def erase_pictures(self) -> ErasedPictures:
        """Erase every picture of people and strangers, keep their embeddings, and have the pictures overwritten."""
        with self.database.transaction():
            templates, strangers = (
                self.database.write(f"UPDATE {table} SET aligned = NULL WHERE aligned IS NOT NULL", [()])  # noqa: S608 - names of our own
                for table in ("templates", "stranger_looks")
            )
            note_erasure(self.database)
        return ErasedPictures(finish_erasure(self.database), templates, strangers)

    def finish_erasure(self) -> str | None:
        """Have what was erased leave the log, as erasure.finish_erasure() does."""
        return finish_erasure(self.database)

    def templates(self, model_id: str) -> TemplateRows:
        """Read all templates of a model, also those that were learned from visits, as the matcher wants them."""
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
        shown, at = checked_display_name(display_name), self._times.write(enrolled_at)
        self._people.insert(person=person, display_name=shown, enrolled_at=at.moment, enrolled_clock=at.clock)

    def _add_template(self, person: str, template: NewTemplate) -> None:
        """Write a template; one of another size than its model's others is refused, since with it there would be no matrix."""
        model_id, blob = template.embedding.model_id, to_blob(template.embedding)
        others = self._templates.where("model_id = ?", model_id, limit=1)
        if others and len(others[0].embedding) != len(blob):
            raise ValueError(f"An embedding of {model_id!r} has {len(template.embedding.vector)} numbers, unlike its others.")
        at = self._times.write(template.created_at)
        self._templates.insert(
            person=person,
            model_id=model_id,
            embedding=blob,
            quality=template.quality,
            source=template.source,
            created_at=at.moment,
            aligned=template.aligned_png,
            number=self.database.next_number(),
            created_clock=at.clock,
            origin=template.origin,
        )


def display_names(gallery: Gallery) -> dict[str, str]:
    """Read the name to show of everybody enrolled, by id."""
    return dict(gallery.database.select(_shown, NAMES))


def _person(*, person: str, display_name: str, enrolled_at: str, templates: int, learned: int) -> Person:
    return Person(person, display_name, templates, from_rfc3339(enrolled_at), learned)


def _shown(*, person: str, display_name: str) -> tuple[str, str]:
    return person, display_name


def _count(*, person: str, templates: int) -> tuple[str, int]:
    return person, templates
