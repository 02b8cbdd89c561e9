"""Reads the templates of one model again and again, and of a large gallery only those that are new.

It does not know what a template is compared with. A template's number is given once and its embedding stays as it was written, so what
has a number that was read before need not be read again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edged.gallery.templates import StoredEmbedding, TemplateRows, from_blobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.storage.database import Database
    from edged.types import Float32Array

READ_AT_ONCE = 1000
"""Embeddings that are read at once: their bytes are in memory three times for a moment."""
PLACES = "SELECT person, number FROM templates WHERE model_id = ? AND origin <> 'suggested' ORDER BY person, number"
"""Statement for who has which templates, which an index answers: the pictures, which lie in between, are not read."""
NEW = """SELECT number AS id, person AS owner, embedding FROM templates WHERE person IN (SELECT value FROM json_each(?))
    AND number IN (SELECT value FROM json_each(?)) AND model_id = ? AND origin <> 'suggested' ORDER BY person, number"""


class _Place(NamedTuple):
    person: str
    number: int


class TemplateReader:
    """Gives all templates of one model. For one thread at a time: the file's writer, once that has one."""

    def __init__(self, database: Database, model_id: str) -> None:
        """Read nothing yet."""
        self._database, self._model_id = database, model_id
        self._row_of: dict[_Place, int] = {}
        self._embeddings: Float32Array = np.empty((0, 0), np.float32)

    def read(self, *, anew: bool = False) -> TemplateRows:
        """Read who has which templates, and the embeddings of those that are new, or all anew; what is damaged is tried each time.

        Raises:
            GalleryError: the file cannot be read; the next call reads what this one would have.
        """
        if anew:
            self._row_of, self._embeddings = {}, self._embeddings[:0]
        places = self._database.select(_Place, PLACES, self._model_id)
        known = {place: row for place in places if (row := self._row_of.get(place)) is not None}
        damaged = self._add([place for place in places if place not in known], known)
        kept = [place for place in places if place in known]
        rows = [known[place] for place in kept]
        if rows != list(range(len(self._embeddings))):  # else it is as it was, and whoever has it shares it
            self._embeddings = self._embeddings[rows]
        self._row_of = {place: row for row, place in enumerate(kept)}
        self._embeddings.setflags(write=False)  # so that a matcher shares it
        return TemplateRows(self._model_id, [place.person for place in kept], self._embeddings, damaged)

    def _add(self, new: Sequence[_Place], known: dict[_Place, int]) -> list[int]:
        """Read embeddings behind those that are here, and note their rows; the numbers of those that are damaged."""
        matrices, damaged = [self._embeddings] if known else [], list[int]()
        count = sum(map(len, matrices))
        for start in range(0, len(new), READ_AT_ONCE):
            stored = self._stored(new[start : start + READ_AT_ONCE])
            rows = from_blobs(self._model_id, stored)
            if matrices and rows.embeddings.size and rows.embeddings.shape[1] != matrices[0].shape[1]:
                damaged += sorted(one.id for one in stored)
                continue
            without = set(rows.damaged)
            known |= {_Place(one.owner, one.id): count + row for row, one in enumerate(one for one in stored if one.id not in without)}
            count += len(rows.embeddings)
            damaged += rows.damaged
            matrices += [rows.embeddings] if len(rows.embeddings) else []
        self._embeddings = np.vstack(matrices) if len(matrices) > 1 else matrices[0] if matrices else self._embeddings[:0]
        return damaged

    def _stored(self, new: Sequence[_Place]) -> list[StoredEmbedding]:
        if not new:
            return []
        people, numbers = sorted({place.person for place in new}), [place.number for place in new]
        return self._database.select(StoredEmbedding, NEW, json.dumps(people), json.dumps(numbers), self._model_id)
