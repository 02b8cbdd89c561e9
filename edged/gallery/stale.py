"""What of the gallery file another model has made: read picture by picture, and given the embeddings of the present one all at once.

It knows nothing of pixels (pictures are PNG bytes), nor of the network that embeds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edged.gallery.erasure import erase_strangers, finish_erasure, note_erasure
from edged.gallery.names import STRANGER_PREFIX
from edged.gallery.templates import to_blob

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edged.storage.database import Database
    from edged.types import Embedding

OWNERS = {"templates": "person", "stranger_looks": f"'{STRANGER_PREFIX}' || stranger"}
"""The tables that hold embeddings, and how each says whose they are."""


@dataclass(frozen=True, slots=True)
class StaleFace:
    """A template, or a look of a stranger, of another model: table and row, and the id of the person or stranger."""

    table: str
    row: int
    owner: str


class Stale:
    """Templates and strangers' looks of all models but one. Not thread-safe, by design: one worker thread."""

    def __init__(self, database: Database, model_id: str) -> None:
        """Look in this file for what this model has not made."""
        self._database, self._model_id = database, model_id

    def is_there(self) -> bool:
        """Whether there is anything that replace() would change."""
        return bool(self.count() or self._rows("SELECT 1 FROM stranger_looks WHERE model_id <> ? LIMIT 1"))

    def count(self) -> int:
        """How many pictures pictures() gives."""
        return sum(self._rows(f"SELECT count(aligned) AS pictures FROM {table} WHERE model_id <> ?")[0]["pictures"] for table in OWNERS)  # noqa: S608 - names of our own

    def pictures(self) -> Iterator[tuple[StaleFace, bytes]]:
        """Every face of which a picture is kept, with it; one at a time, since each is about 25 kB."""
        for table, owner in OWNERS.items():
            query = (
                f"SELECT id, {owner} AS owner, aligned FROM {table} "  # noqa: S608 - as above
                "WHERE model_id <> ? AND aligned IS NOT NULL AND id > ? ORDER BY id LIMIT 1"
            )
            after = 0
            while rows := self._rows(query, after):
                after = rows[0]["id"]
                yield StaleFace(table, after, rows[0]["owner"]), rows[0]["aligned"]

    def replace(self, made: Sequence[tuple[StaleFace, Embedding]]) -> list[str]:
        """Give faces their embeddings of the present model, and let go of the strangers who have none: all of it or nothing.

        A stranger's looks that were not made anew are deleted, since nobody can be compared with them; strangers without looks
        are forgotten, also those who are ignored. Templates that were not made anew stay: the person was enrolled on purpose.

        Args:
            made: Whom; those who were erased meanwhile are passed over.

        Returns:
            The ids of the strangers who were forgotten.

        Raises:
            GalleryError: the file cannot be written; nothing was changed.
        """
        with self._database.transaction():
            for face, embedding in made:
                self._update(face, embedding)
            if self._database.write("DELETE FROM stranger_looks WHERE model_id <> ?", [(self._model_id,)]):
                note_erasure(self._database)
            rows = self._database.rows("SELECT id FROM strangers WHERE id NOT IN (SELECT stranger FROM stranger_looks) ORDER BY id")
            erase_strangers(self._database, [row["id"] for row in rows])
        finish_erasure(self._database)
        return [f"{STRANGER_PREFIX}{row['id']}" for row in rows]

    def _update(self, face: StaleFace, embedding: Embedding) -> None:
        """Only where it is still the same owner's: the number of a row that was deleted is given again."""
        self._database.write(
            f"UPDATE {face.table} SET model_id = ?, embedding = ? WHERE id = ? AND {OWNERS[face.table]} = ? AND model_id <> ?",  # noqa: S608 - as above
            [(embedding.model_id, to_blob(embedding), face.row, face.owner, self._model_id)],
        )

    def _rows(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        return self._database.rows(sql, [self._model_id, *parameters])
