"""Reads the templates of one model again and again, and of a large gallery only those that are new.

It does not know what a template is compared with. A template's number is given once and its embedding stays as it was written, so what
has a number that was read before need not be read again.
"""

from __future__ import annotations

import json
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edged.gallery.templates import StoredEmbedding, TemplateRows, from_blobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from edged.storage.database import Database
    from edged.types import Float32Array

READ_AT_ONCE = 1000
"""Embeddings that are read at once: their bytes are in memory three times for a moment."""
NOTHING, NO_NUMBERS = np.empty((0, 0), np.float32), np.empty(0, np.int64)
PLACES = """SELECT person, json_group_array(number) AS numbers FROM templates WHERE model_id = ? AND origin <> 'suggested'
    GROUP BY person ORDER BY person"""
"""Statement for who has which templates, which an index answers: the pictures, which lie in between, are not read."""
NEW = """SELECT number AS id, person AS owner, embedding FROM templates WHERE person IN (SELECT value FROM json_each(?))
    AND number IN (SELECT value FROM json_each(?)) AND model_id = ? AND origin <> 'suggested' ORDER BY person, number"""


class _Numbers(NamedTuple):
    """Whose templates have which numbers, a JSON array."""

    person: str
    numbers: str


class _Places(NamedTuple):
    """Whose each template is, by person, and its number, (N,), in their order; no object for each of them."""

    persons: list[str]
    numbers: npt.NDArray[np.int64]

    def of(self, wanted: npt.NDArray[np.bool_]) -> _Places:
        """Those of them that are wanted, (N,)."""
        return _Places(list(compress(self.persons, wanted)), self.numbers[wanted])


class _Portion(NamedTuple):
    """Some templates: the numbers of those that are whole, in their order, with their embeddings (N, d), and of those that are damaged."""

    whole: list[int]
    embeddings: Float32Array
    damaged: list[int]


class TemplateReader:
    """Gives all templates of one model. For one thread at a time: the file's writer, once that has one."""

    def __init__(self, database: Database, model_id: str) -> None:
        """Read nothing yet."""
        self._database, self._model_id = database, model_id
        self._numbers, self._embeddings = NO_NUMBERS, NOTHING

    def read(self, *, anew: bool = False) -> TemplateRows:
        """Read who has which templates, and the embeddings of those that are new, or all anew; what is damaged is tried each time.

        Raises:
            GalleryError: the file cannot be read; the next call reads what this one would have.
        """
        places = self._places()
        rows = _rows_of(places.numbers, NO_NUMBERS if anew else self._numbers)
        held, is_new = self._embeddings if (rows >= 0).any() else NOTHING, rows < 0
        added, matrix, damaged = self._read(places.of(is_new), held.shape[1])
        found = _rows_of(places.numbers[is_new], added)
        rows[is_new] = np.where(found < 0, found, found + len(held))
        kept = places.of(rows >= 0)
        if not len(held):
            self._embeddings = matrix
        elif not np.array_equal(rows := rows[rows >= 0], np.arange(len(held))):  # else it is as it was, and whoever has it shares it
            self._embeddings = _gathered(held, matrix, rows)
        self._numbers = kept.numbers
        self._embeddings.setflags(write=False)  # so that a matcher shares it
        return TemplateRows(self._model_id, kept.persons, self._embeddings, damaged)

    def damaged(self) -> list[int]:
        """Read all embeddings, keep none, and give the numbers of those that are damaged; raises as read()."""
        return [number for portion in self._portions(self._places(), 0) for number in portion.damaged]

    def _places(self) -> _Places:
        rows = [(one.person, sorted(json.loads(one.numbers))) for one in self._database.select(_Numbers, PLACES, self._model_id)]
        persons = [person for person, numbers in rows for _ in numbers]
        return _Places(persons, np.array([number for _, numbers in rows for number in numbers], np.int64))

    def _read(self, new: _Places, width: int) -> tuple[npt.NDArray[np.int64], Float32Array, list[int]]:
        """The numbers of those that are whole and their embeddings, in their order, and the numbers of those that are damaged."""
        matrix, whole, damaged = NOTHING, list[int](), list[int]()
        for portion in self._portions(new, width):
            damaged += portion.damaged
            if portion.whole:
                matrix = matrix if whole else np.empty((len(new.persons), portion.embeddings.shape[1]), np.float32)
                matrix[len(whole) : len(whole) + len(portion.whole)] = portion.embeddings
                whole += portion.whole
        return np.array(whole, np.int64), matrix[: len(whole)], damaged

    def _portions(self, new: _Places, width: int) -> Iterator[_Portion]:
        """READ_AT_ONCE templates after the other; of another width than the first, which 0 leaves open, all of a portion are damaged."""
        for start in range(0, len(new.persons), READ_AT_ONCE):
            some = slice(start, start + READ_AT_ONCE)
            people, numbers = json.dumps(sorted(set(new.persons[some]))), json.dumps(new.numbers[some].tolist())
            stored = self._database.select(StoredEmbedding, NEW, people, numbers, self._model_id)
            rows = from_blobs(self._model_id, stored)
            if not rows.persons or rows.embeddings.shape[1] != (width or rows.embeddings.shape[1]):
                yield _Portion([], NOTHING, sorted(one.id for one in stored))
                continue
            width, without = rows.embeddings.shape[1], set(rows.damaged)
            yield _Portion([one.id for one in stored if one.id not in without], rows.embeddings, rows.damaged)


def _rows_of(numbers: npt.NDArray[np.int64], among: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    """The place of each number among others, (N,); −1 where it is none of them."""
    if not len(among):
        return np.full(len(numbers), -1, np.intp)
    order = np.argsort(among)
    found = order[np.minimum(np.searchsorted(among, numbers, sorter=order), len(among) - 1)]
    return np.where(among[found] == numbers, found, -1)


def _gathered(held: Float32Array, added: Float32Array, rows: npt.NDArray[np.intp]) -> Float32Array:
    """The rows of a matrix and of another behind it, in this order; some at a time, since a gallery is not to be in memory once more."""
    found = np.empty((len(rows), held.shape[1]), np.float32)
    for start in range(0, len(rows), READ_AT_ONCE):
        portion = rows[start : start + READ_AT_ONCE]
        is_held = portion < len(held)
        some = found[start : start + len(portion)]
        some[is_held] = held[portion[is_held]]
        if len(added):
            some[~is_held] = added[portion[~is_held] - len(held)]
    return found
