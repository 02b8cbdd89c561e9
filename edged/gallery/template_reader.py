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
    from collections.abc import Iterator, Sequence

    from edged.storage.database import Database
    from edged.types import Float32Array

READ_AT_ONCE = 1000
"""Embeddings that are read at once: their bytes are in memory three times for a moment."""
NOTHING: Float32Array = np.empty((0, 0), np.float32)
PLACES = "SELECT person, number FROM templates WHERE model_id = ? AND origin <> 'suggested' ORDER BY person, number"
"""Statement for who has which templates, which an index answers: the pictures, which lie in between, are not read."""
NEW = """SELECT number AS id, person AS owner, embedding FROM templates WHERE person IN (SELECT value FROM json_each(?))
    AND number IN (SELECT value FROM json_each(?)) AND model_id = ? AND origin <> 'suggested' ORDER BY person, number"""


class _Place(NamedTuple):
    person: str
    number: int


class _Portion(NamedTuple):
    """Some templates: those that are whole with their embeddings (N, d), and the numbers of those that are damaged."""

    whole: list[_Place]
    embeddings: Float32Array
    damaged: list[int]


class TemplateReader:
    """Gives all templates of one model. For one thread at a time: the file's writer, once that has one."""

    def __init__(self, database: Database, model_id: str) -> None:
        """Read nothing yet."""
        self._database, self._model_id = database, model_id
        self._row_of: dict[_Place, int] = {}
        self._embeddings = NOTHING

    def read(self, *, anew: bool = False) -> TemplateRows:
        """Read who has which templates, and the embeddings of those that are new, or all anew; what is damaged is tried each time.

        Raises:
            GalleryError: the file cannot be read; the next call reads what this one would have.
        """
        places = self._database.select(_Place, PLACES, self._model_id)
        known = {} if anew else {place: row for place in places if (row := self._row_of.get(place)) is not None}
        held = self._embeddings if known else NOTHING
        added, matrix, damaged = self._read([place for place in places if place not in known], held.shape[1])
        known |= {place: len(held) + row for row, place in enumerate(added)}
        kept = [place for place in places if place in known]
        rows = [known[place] for place in kept]
        if not len(held):
            self._embeddings = matrix
        elif rows != list(range(len(held))):  # else it is as it was, and whoever has it shares it
            self._embeddings = _gathered(held, matrix, rows)
        self._row_of = {place: row for row, place in enumerate(kept)}
        self._embeddings.setflags(write=False)  # so that a matcher shares it
        return TemplateRows(self._model_id, [place.person for place in kept], self._embeddings, damaged)

    def damaged(self) -> list[int]:
        """Read all embeddings, keep none, and give the numbers of those that are damaged; raises as read()."""
        places = self._database.select(_Place, PLACES, self._model_id)
        return [number for portion in self._portions(places, 0) for number in portion.damaged]

    def _read(self, new: Sequence[_Place], width: int) -> tuple[list[_Place], Float32Array, list[int]]:
        """Whose templates these are and their embeddings, in their order, without those that are damaged, of which the numbers follow."""
        matrix, whole, damaged = NOTHING, list[_Place](), list[int]()
        for portion in self._portions(new, width):
            damaged += portion.damaged
            if portion.whole:
                matrix = matrix if whole else np.empty((len(new), portion.embeddings.shape[1]), np.float32)
                matrix[len(whole) : len(whole) + len(portion.whole)] = portion.embeddings
                whole += portion.whole
        return whole, matrix[: len(whole)], damaged

    def _portions(self, new: Sequence[_Place], width: int) -> Iterator[_Portion]:
        """READ_AT_ONCE templates after the other; of another width than the first, which 0 leaves open, all of a portion are damaged."""
        for start in range(0, len(new), READ_AT_ONCE):
            stored = self._stored(new[start : start + READ_AT_ONCE])
            rows = from_blobs(self._model_id, stored)
            if not rows.persons or rows.embeddings.shape[1] != (width or rows.embeddings.shape[1]):
                yield _Portion([], NOTHING, sorted(one.id for one in stored))
                continue
            width, without = rows.embeddings.shape[1], set(rows.damaged)
            yield _Portion([_Place(one.owner, one.id) for one in stored if one.id not in without], rows.embeddings, rows.damaged)

    def _stored(self, new: Sequence[_Place]) -> list[StoredEmbedding]:
        if not new:
            return []
        people, numbers = sorted({place.person for place in new}), [place.number for place in new]
        return self._database.select(StoredEmbedding, NEW, json.dumps(people), json.dumps(numbers), self._model_id)


def _gathered(held: Float32Array, added: Float32Array, rows: Sequence[int]) -> Float32Array:
    """The rows of a matrix and of another behind it, in this order; some at a time, since a gallery is not to be in memory once more."""
    found = np.empty((len(rows), held.shape[1]), np.float32)
    for start in range(0, len(rows), READ_AT_ONCE):
        portion = np.array(rows[start : start + READ_AT_ONCE])
        is_held = portion < len(held)
        some = found[start : start + len(portion)]
        some[is_held] = held[portion[is_held]]
        if len(added):
            some[~is_held] = added[portion[~is_held] - len(held)]
    return found
