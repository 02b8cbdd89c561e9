"""What was learned to tell look-alikes apart, and the row of the gallery file that keeps it.

It knows neither how it is learned nor what a probe is. It is made of people's faces: the file lets go of it when one of them is forgotten,
or a template of theirs goes or changes (`storage/schema.py`), and it serves only the network that it was learned of.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edged.gallery.erasure import finish_erasure, note_erasure
from edged.gallery.templates import STORED

if TYPE_CHECKING:
    from edged.storage.database import Database
    from edged.types import Float32Array

SELECT = "SELECT pairs, projection FROM partings WHERE model_id = ?"


@dataclass(frozen=True, slots=True, eq=False)
class Parting:
    """Look-alikes who are told apart, each pair in the order of their ids, and the projection (d, d) that does it, as `triplets.fit()`."""

    pairs: frozenset[tuple[str, str]]
    projection: Float32Array

    @property
    def people(self) -> frozenset[str]:
        """Everybody in one of the pairs."""
        return frozenset(person for pair in self.pairs for person in pair)

    def covers(self, person: str, other: str) -> bool:
        """Whether these two are told apart."""
        return (min(person, other), max(person, other)) in self.pairs


class _Row(NamedTuple):
    pairs: str
    projection: bytes


class Partings:
    """The one that a gallery file keeps, at most. Every method raises GalleryError where the file cannot be read or written."""

    def __init__(self, database: Database) -> None:
        """Read and write this file."""
        self._database = database

    def read(self, model_id: str) -> Parting | None:
        """Read what was learned of this model; None where nothing was, or the disk has damaged it."""
        rows = self._database.select(_Row, SELECT, model_id)
        return _parting(rows[0]) if rows else None

    def keep(self, parting: Parting, model_id: str) -> None:
        """Keep this in place of what was learned before."""
        pairs = json.dumps(sorted(parting.pairs), ensure_ascii=False)
        with self._database.transaction():
            self._erase()
            row = (1, model_id, pairs, parting.projection.astype(STORED).tobytes())
            self._database.write("INSERT INTO partings (id, model_id, pairs, projection) VALUES (?, ?, ?, ?)", [row])

    def forget(self) -> str | None:
        """Erase what was learned, if anything, and have no byte of it left; gives what prevents that, as finish_erasure()."""
        with self._database.transaction():
            self._erase()
        return finish_erasure(self._database)

    def forget_others(self, model_id: str) -> None:
        """Erase what was learned of another model."""
        if self._database.column(int, "SELECT count(*) FROM partings WHERE model_id <> ?", model_id) != [0]:
            self.forget()

    def _erase(self) -> None:
        if self._database.write("DELETE FROM partings", [()]):
            note_erasure(self._database)


def _parting(row: _Row) -> Parting | None:
    numbers = np.frombuffer(row.projection[: len(row.projection) // STORED.itemsize * STORED.itemsize], STORED)
    size = int(np.sqrt(len(numbers)))
    try:
        pairs = frozenset((str(first), str(second)) for first, second in json.loads(row.pairs))
    except (TypeError, ValueError):
        return None
    if not size or size * size * STORED.itemsize != len(row.projection) or not np.isfinite(numbers).all():
        return None
    return Parting(pairs, numbers.reshape(size, size).astype(np.float32))
