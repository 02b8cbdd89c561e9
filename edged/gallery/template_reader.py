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
        self._embeddings = self._embeddings[[known[place] for place in kept]]
        self._row_of = {place: row for row, place in enumerate(kept)}
        return TemplateRows(self._model_id, [place.person for place in kept], self._embeddings, damaged)

    def _add(self, new: Sequence[_Place], known: dict[_Place, int]) -> list[int]:
        """Read embeddings behind those that are here, and note their rows; the numbers of those that are damaged."""
        stored = self._stored(new)
        rows = from_blobs(self._model_id, stored)
        if known and rows.embeddings.size and rows.embeddings.shape[1] != self._embeddings.shape[1]:
            return sorted(one.id for one in stored)
        damaged = set(rows.damaged)
        whole = [_Place(one.owner, one.id) for one in stored if one.id not in damaged]
        known |= {place: len(self._embeddings) + row for row, place in enumerate(whole)}
        if whole:
            self._embeddings = np.vstack([self._embeddings, rows.embeddings]) if len(self._embeddings) else rows.embeddings
        return rows.damaged

    def _stored(self, new: Sequence[_Place]) -> list[StoredEmbedding]:
        if not new:
            return []
        people, numbers = sorted({place.person for place in new}), [place.number for place in new]
        return self._database.select(StoredEmbedding, NEW, json.dumps(people), json.dumps(numbers), self._model_id)
