"""How a person or a stranger leaves the gallery file: every row, a name in events not yet delivered, and the bytes themselves.

It does not know who asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.errors import GalleryError
from edged.storage.compaction import compact, empty_log
from edged.storage.outbox import Outbox
from edged.storage.records import PersonRecord, StrangerRecord, TemplateRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edged.storage.database import Database
    from edged.types import Person


@dataclass(frozen=True, slots=True)
class ErasedPictures:
    """How many pictures were erased, of templates and of strangers; the rest as in Erased."""

    residue: str | None
    templates: int
    strangers: int
    compaction_due: bool = True


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: whose id, how many templates and kept pictures, and in how many pending events they were named.

    A stranger has no display_name, and the looks of a stranger are counted as templates.
    residue is None where nothing of it is left in the files; otherwise the sentence that says what prevents it for the
    moment, and finish_erasure() is to be called again. compaction_due is whether the file is to be written anew, which compact_erased()
    does later: until then it keeps its size, with zeros where the erased bytes were.
    """

    person: str
    display_name: str | None
    templates: int
    pictures: int
    events: int
    residue: str | None = None
    compaction_due: bool = True


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
    """Have no erased byte be left in the files' log. Give None when none is, otherwise what prevents it.

    To be called at the start too, since the process may have died between erasing and this, and again while it does not give None. It takes
    no longer than a commit. The free space in the file, which holds zeros now, is given back by compact_erased() later.
    """
    if not is_compaction_due(database):
        return None
    try:
        empty_log(database)
        database.has_residue = False
    except GalleryError as error:
        # The rows are gone for good; to raise now would say that nothing was erased.
        return str(error)
    return None


def is_compaction_due(database: Database) -> bool:
    """Whether something was erased since the file was last written anew."""
    return bool(database.table("compaction_due", dict[str, int]).count())


def compact_erased(database: Database) -> None:
    """Write the file anew if something was erased since the last time: seconds for a large gallery, and twice its bytes on the disk.

    Raises:
        GalleryError: something prevents it, or it gave way to other work; it is still due.
    """
    if is_compaction_due(database):
        compact(database)
        with database.transaction():
            database.table("compaction_due", dict[str, int]).delete("id = ?", 1)


def note_erasure(database: Database) -> None:
    """Note inside the caller's transaction that the file must be compacted."""
    database.table("compaction_due", dict[str, int]).upsert(id=1)
    database.has_residue = True
