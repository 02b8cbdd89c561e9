"""Faces whose embeddings another model has made: their pictures are read one by one, and the new embeddings written all at once.

It does not know pixels (pictures are PNG bytes), nor the network that embeds them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edged.gallery.erasure import erase_strangers, finish_erasure, note_erasure
from edged.gallery.names import STRANGER_PREFIX
from edged.gallery.templates import to_blob
from edged.storage.records import LookRecord, StrangerRecord, TemplateRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edged.storage.database import Database
    from edged.types import Embedding

OWNERS = {"templates": "person", "stranger_looks": f"'{STRANGER_PREFIX}' || stranger"}
"""Tables that hold embeddings, with the expression for the owner's id in each."""

PICTURED = "model_id <> ? AND aligned IS NOT NULL"


class StaleFace(NamedTuple):
    """A template, or a look of a stranger, of another model: table and row, and the id of the person or stranger."""

    table: str
    row: int
    owner: str

    @property
    def is_strangers(self) -> bool:
        """Whether it is a stranger's."""
        return self.table == "stranger_looks"


class _Pictured(NamedTuple):
    id: int
    owner: str
    aligned: bytes


class Stale:
    """Templates and strangers' looks of all models but one. Not thread-safe, by design: one worker thread.

    Every method raises GalleryError where the file cannot be read or written; nothing is changed then.
    """

    def __init__(self, database: Database, model_id: str) -> None:
        """Look in this file for what this model has not made."""
        self._database, self._model_id = database, model_id
        self._templates, self._looks = database.table("templates", TemplateRecord), database.table("stranger_looks", LookRecord)
        self._strangers = database.table("strangers", StrangerRecord)

    def is_there(self) -> bool:
        """Whether there is anything that replace() would change."""
        return bool(self.count() or self._looks.count("model_id <> ?", self._model_id))

    def count(self) -> int:
        """Count the pictures that pictures() gives."""
        return self._looks.count(PICTURED, self._model_id) + self._templates.count(PICTURED, self._model_id)

    def pictures(self) -> Iterator[tuple[StaleFace, bytes]]:
        """Read every face of which a picture is kept, with it; one at a time, since each is about 25 kB."""
        for table, owner in OWNERS.items():
            query = f"SELECT id, {owner} AS owner, aligned FROM {table} WHERE {PICTURED} AND id > ? ORDER BY id LIMIT 1"  # noqa: S608 - names of our own
            after = 0
            while rows := self._database.select(_Pictured, query, self._model_id, after):
                after = rows[0].id
                yield StaleFace(table, after, rows[0].owner), rows[0].aligned

    def replace(self, made: Sequence[tuple[StaleFace, Embedding]]) -> list[str]:
        """Give faces their embeddings of the present model, forget the strangers who have none, and give their ids: all or nothing.

        A stranger's looks that were not made anew are deleted, since nobody can be compared with them; strangers without looks
        are forgotten, also those who are ignored. Templates that were not made anew stay: the person was enrolled on purpose.
        Whoever was erased meanwhile is passed over.
        """
        with self._database.transaction():
            for face, embedding in made:
                # Where the row is still the same owner's: the number of a row that was deleted is given again.
                same = f"id = ? AND {OWNERS[face.table]} = ? AND model_id <> ?"
                values = (embedding.model_id, to_blob(embedding), face.row, face.owner, self._model_id)
                self._database.write(f"UPDATE {face.table} SET model_id = ?, embedding = ? WHERE {same}", [values])  # noqa: S608 - names of our own
            if self._looks.delete("model_id <> ?", self._model_id):
                note_erasure(self._database)
            rows = self._strangers.where("id NOT IN (SELECT stranger FROM stranger_looks)", order_by="id")
            erase_strangers(self._database, [row.id for row in rows])
        finish_erasure(self._database)
        return [f"{STRANGER_PREFIX}{row.id}" for row in rows]
