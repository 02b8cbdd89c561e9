"""The looks of strangers in the gallery file: which are kept, and how they are read.

It does not know when a stranger was seen, nor what is decided of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edged.errors import WrongModel
from edged.gallery.diversity import superfluous
from edged.gallery.names import STRANGER_PREFIX
from edged.gallery.templates import NewTemplate, StoredEmbedding, from_blobs, to_blob
from edged.storage.records import LookRecord
from edged.types import Embedding

if TYPE_CHECKING:
    from datetime import datetime

    from edged.gallery.templates import Sighting, TemplateRows
    from edged.storage.database import Database
    from edged.types import Float32Array

MOST_LOOKS = 5
"""Looks kept of one stranger: with and without glasses, by day and by night. More find them hardly better, but make it likelier
that somebody else is taken for them."""

EMBEDDINGS = f"SELECT id, '{STRANGER_PREFIX}' || stranger AS owner, embedding FROM stranger_looks WHERE model_id = ? ORDER BY stranger, id"  # noqa: S608 - a prefix of our own

BEST = "SELECT quality FROM stranger_looks WHERE stranger = ? ORDER BY quality DESC LIMIT 1"


class Looks:
    """The looks in a gallery file; what writes is for inside the caller's transaction."""

    def __init__(self, database: Database) -> None:
        """Read and write this file."""
        self._database, self._looks = database, database.table("stranger_looks", LookRecord)

    def of_model(self, model_id: str) -> TemplateRows:
        """Read all looks of a model as the matcher wants them, the strangers' ids in place of people's."""
        return from_blobs(model_id, self._database.select(StoredEmbedding, EMBEDDINGS, model_id))

    def templates(self, number: int, source: str, created_at: datetime) -> list[NewTemplate]:
        """Read the looks of a stranger as templates, the best first, without those that the disk has damaged."""
        rows, embeddings, _ = self._whole(number)
        found = [
            NewTemplate(Embedding(vector, row.model_id), row.quality, source, created_at, row.aligned, row.typicality or 0.0)
            for row, vector in zip(rows, embeddings, strict=True)
        ]
        return sorted(found, key=lambda template: -template.quality)

    def best_quality(self, number: int) -> float | None:
        """Read the quality of a stranger's best look; None where none is left."""
        return next(iter(self._database.column(float, BEST, number)), None)

    def picture(self, number: int) -> bytes | None:
        """Read the picture kept of a stranger as PNG; None where there is none."""
        return next((row.aligned for row in self._of(number) if row.aligned), None)

    def keep(self, number: int, sighting: Sighting) -> None:
        """Keep a look where it is worth it, and drop the one that is least worth keeping.

        Raises:
            WrongModel: the look is of another model than the stranger's others.
        """
        rows, embeddings, damaged = self._whole(number)
        for row in rows:
            if row.model_id != sighting.embedding.model_id:
                raise WrongModel(sighting.embedding.model_id, row.model_id)
        looks = np.array([*embeddings, sighting.embedding.vector])
        out = superfluous(looks, [*(row.quality for row in rows), sighting.quality], most=MOST_LOOKS)
        if out is None or out.row != len(rows):
            for gone in damaged if out is None else [*damaged, rows[out.row].id]:
                self._looks.delete("id = ?", gone)
            self._insert(number, sighting)

    def _of(self, number: int) -> list[LookRecord]:
        return self._looks.where("stranger = ?", number, order_by="id")

    def _whole(self, number: int) -> tuple[list[LookRecord], Float32Array, list[int]]:
        """Read the rows of a stranger's looks with their embeddings (N, d), and the ids of those that the disk has damaged."""
        rows = self._of(number)
        found = from_blobs("", [StoredEmbedding(row.id, "", row.embedding) for row in rows])
        return [row for row in rows if row.id not in found.damaged], found.embeddings, found.damaged

    def _insert(self, number: int, sighting: Sighting) -> None:
        """Write a look; only the best of those that have a picture keeps it."""
        embedding = sighting.embedding
        self._looks.insert(
            stranger=number,
            model_id=embedding.model_id,
            embedding=to_blob(embedding),
            quality=sighting.quality,
            aligned=sighting.aligned_png,
            typicality=sighting.typicality,
        )
        pictured = [row for row in self._of(number) if row.aligned]
        best = max(pictured, key=lambda row: row.quality, default=None)
        for row in pictured:
            if row is not best:
                self._looks.update(row.id, aligned=None)
