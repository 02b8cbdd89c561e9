"""The looks of strangers in the gallery file: which have a place, and what the matcher and an enrollment read of them.

It knows strangers by number only; when they were seen, and what is wanted of them, is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edged.errors import WrongModel
from edged.gallery.diversity import superfluous
from edged.gallery.names import STRANGER_PREFIX
from edged.gallery.sightings import MOST_LOOKS
from edged.gallery.templates import NewTemplate, TemplateRows, from_blobs, to_blob
from edged.types import Embedding

if TYPE_CHECKING:
    from datetime import datetime

    from edged.gallery.sightings import Sighting
    from edged.storage.database import Database
    from edged.types import Float32Array


class Looks:
    """The looks in a gallery file; what writes is for inside the caller's transaction."""

    def __init__(self, database: Database) -> None:
        """Read and write this file."""
        self._database = database

    def of_model(self, model_id: str) -> TemplateRows:
        """All looks of a model as the matcher wants them, the strangers' ids in place of people's."""
        rows = self._database.rows(
            "SELECT id, stranger, embedding FROM stranger_looks WHERE model_id = ? ORDER BY stranger, id", [model_id]
        )
        ids, strangers, blobs = ([row[column] for row in rows] for column in ("id", "stranger", "embedding"))
        return from_blobs(model_id, ids, [f"{STRANGER_PREFIX}{number}" for number in strangers], blobs)

    def templates(self, number: int, source: str, created_at: datetime) -> list[NewTemplate]:
        """The looks of a stranger as templates, the best first, without those that the disk has damaged."""
        rows, embeddings, _ = self._whole(number)
        found = [
            NewTemplate(Embedding(vector, row["model_id"]), row["quality"], source, created_at, row["aligned"])
            for row, vector in zip(rows, embeddings, strict=True)
        ]
        return sorted(found, key=lambda template: -template.quality)

    def best_quality(self, number: int) -> float | None:
        """The quality of a stranger's best look; None where none is left."""
        [row] = self._database.rows("SELECT max(quality) AS best FROM stranger_looks WHERE stranger = ?", [number])
        return None if row["best"] is None else float(row["best"])

    def picture(self, number: int) -> bytes | None:
        """The picture kept of a stranger as PNG; None where there is none."""
        rows = self._database.rows("SELECT aligned FROM stranger_looks WHERE stranger = ? AND aligned IS NOT NULL", [number])
        return rows[0]["aligned"] if rows else None

    def keep(self, number: int, sighting: Sighting) -> None:
        """Give a look its place, where it is worth one, and take it from the one that is least worth it.

        Raises:
            WrongModel: the look is of another model than the stranger's others.
            GalleryError: the file cannot be written.
        """
        rows, embeddings, damaged = self._whole(number)
        for row in rows:
            if row["model_id"] != sighting.embedding.model_id:
                raise WrongModel(sighting.embedding.model_id, row["model_id"])
        qualities = [row["quality"] for row in rows]
        looks = np.array([*embeddings, sighting.embedding.vector])
        out = superfluous(looks, [*qualities, sighting.quality], most=MOST_LOOKS)
        if out is None or out.row != len(rows):
            gone = damaged if out is None else [*damaged, rows[out.row]["id"]]
            self._database.write("DELETE FROM stranger_looks WHERE id = ?", [(look,) for look in gone])
            self._insert(number, sighting)

    def _whole(self, number: int) -> tuple[list[dict[str, Any]], Float32Array, list[int]]:
        """The rows of a stranger's looks with their embeddings (N, d), and the ids of those that the disk has damaged."""
        rows = self._database.rows("SELECT * FROM stranger_looks WHERE stranger = ? ORDER BY id", [number])
        found = from_blobs("", [row["id"] for row in rows], [""] * len(rows), [row["embedding"] for row in rows])
        return [row for row in rows if row["id"] not in found.damaged], found.embeddings, found.damaged

    def _insert(self, number: int, sighting: Sighting) -> None:
        """Only the best of the looks that have a picture keeps it."""
        embedding = sighting.embedding
        row = (number, embedding.model_id, to_blob(embedding), sighting.quality, sighting.aligned_png)
        self._database.write("INSERT INTO stranger_looks (stranger, model_id, embedding, quality, aligned) VALUES (?, ?, ?, ?, ?)", [row])
        self._database.write(
            "UPDATE stranger_looks SET aligned = NULL WHERE stranger = ? AND id <> "
            "(SELECT id FROM stranger_looks WHERE stranger = ? AND aligned IS NOT NULL ORDER BY quality DESC LIMIT 1)",
            [(number, number)],
        )
