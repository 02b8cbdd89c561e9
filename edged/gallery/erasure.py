"""How a person or a stranger leaves the gallery file: every row, a name in events not yet delivered, and the bytes themselves.

It does not know who asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.errors import GalleryError
from edged.storage.outbox import Outbox
from edged.storage.records import PersonRecord, StrangerRecord, TemplateRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edged.storage.database import Database
    from edged.types import Person


@dataclass(frozen=True, slots=True)
class ErasedPictures:
    """How many pictures were erased, of templates and of strangers; residue as in Erased."""

    residue: str | None
    templates: int
    strangers: int


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: whose id, how many templates and kept pictures, and in how many pending events they were named.

    A stranger has no display_name, and the looks of a stranger are counted as templates.
    residue is None where no byte of it is left in the files; otherwise the sentence that says what prevents it for the
    moment, and finish_erasure() is to be called again.
    """

    person: str
    display_name: str | None
    templates: int
    pictures: int
    events: int
    residue: str | None = None


def erase(database: Database, person: Person) -> Erased:
    """Delete the rows inside the caller's transaction, and note in the file that it must be compacted."""
    pictures = database.table("templates", TemplateRecord).count("person = ? AND aligned IS NOT NULL", person.id)
    database.table("people", PersonRecord).delete("person = ?", person.id)
    events = Outbox(database).redact(person.id)
    note_erasure(database)
    return Erased(person.id, person.display_name, person.templates, pictures, events)


def erase_strangers(database: Database, ids: Iterable[int]) -> None:
    """Delete strangers by number inside the caller's transaction, and note in the file that it must be compacted.

    Events not yet delivered keep the id, which identifies nobody.
    """
    strangers = database.table("strangers", StrangerRecord)
    if sum(strangers.delete("id = ?", number) for number in ids):
        note_erasure(database)


def finish_erasure(database: Database) -> str | None:
    """Compact the file if an erasure still needs it. Give None when no erased byte is left, otherwise what prevents it.

    To be called at start too, since the process may have died between erasing and compacting, and again while it does not give None.
    """
    due = database.table("compaction_due", dict[str, int])
    if not due.count():
        return None
    try:
        database.compact()
        with database.transaction():
            due.delete("id = ?", 1)
    except GalleryError as error:
        # The rows are gone for good; to raise now would say that nothing was erased.
        return str(error)
    return None


def note_erasure(database: Database) -> None:
    """Note inside the caller's transaction that the file must be compacted."""
    database.table("compaction_due", dict[str, int]).upsert(id=1)
