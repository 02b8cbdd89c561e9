"""The strangers of the gallery file: remembered, seen again, ignored, made people, forgotten by command or with time.

It knows nothing of pixels (pictures are PNG bytes), and does not decide who is the same stranger.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from edged.errors import StrangerNotFound, WrongModel
from edged.gallery.erasure import Erased, erase_strangers, finish_erasure
from edged.gallery.names import STRANGER_PREFIX
from edged.gallery.sightings import BETTER_BY, superfluous
from edged.gallery.store import Gallery
from edged.gallery.templates import NewTemplate, TemplateRows, from_blobs, to_blob
from edged.gallery.times import from_text, to_text
from edged.types import Embedding, Stranger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from edged.gallery.database import Database
    from edged.gallery.sightings import Sighting
    from edged.types import Float32Array, Person

MOST_STRANGERS = 500
"""Strangers remembered, so that a street neither fills the SD card, with about 25 kB each, nor makes everybody look like somebody: at
the threshold of 0.43 2.9 % of people are taken for one of 500 others (LFW View 1, one look each, mean of 20 draws; 1.5 % for one of
250, 6.1 % for one of 1,000)."""

ROOM = 50
"""Strangers forgotten at once where there are too many: after each erasure the whole file is written anew."""

STRANGERS = """SELECT strangers.*, count(stranger_looks.id) AS looks, count(stranger_looks.aligned) AS pictures
    FROM strangers LEFT JOIN stranger_looks ON stranger_looks.stranger = strangers.id"""

_ID = re.compile(rf"{STRANGER_PREFIX}([1-9][0-9]{{0,17}})")
"""As it is written here, of a number that SQLite can hold."""


class Strangers:
    """Strangers and their looks in a gallery file. Not thread-safe, by design: one worker thread.

    What changes writes to the disk and waits for it, tens of milliseconds on an SD card: call it once a visit, not for each frame.
    """

    def __init__(self, database: Database) -> None:
        """Read and write this file."""
        self._database = database

    def strangers(self) -> list[Stranger]:
        """Everybody remembered, who was seen last first."""
        rows = self._database.rows(f"{STRANGERS} GROUP BY strangers.id ORDER BY last_seen_at DESC, strangers.id DESC")
        return [_stranger(row) for row in rows]

    def stranger(self, stranger: str) -> Stranger:
        """One of them, by id.

        Raises:
            StrangerNotFound: there is no such stranger, or no such id.
        """
        rows = self._database.rows(f"{STRANGERS} WHERE strangers.id = ? GROUP BY strangers.id", [_number(stranger)])
        if not rows:
            raise StrangerNotFound(stranger)
        return _stranger(rows[0])

    def picture(self, stranger: str) -> bytes | None:
        """The aligned face of their best look as PNG; None where no picture is kept.

        Raises:
            StrangerNotFound: there is no such stranger.
        """
        self.stranger(stranger)
        rows = self._database.rows(
            "SELECT aligned FROM stranger_looks WHERE stranger = ? AND aligned IS NOT NULL ORDER BY quality DESC LIMIT 1",
            [_number(stranger)],
        )
        return rows[0]["aligned"] if rows else None

    def looks(self, model_id: str) -> TemplateRows:
        """All looks of a model as the matcher wants them, the strangers' ids in place of people's."""
        rows = self._database.rows(
            "SELECT id, stranger, embedding FROM stranger_looks WHERE model_id = ? ORDER BY stranger, id", [model_id]
        )
        ids, strangers, blobs = ([row[column] for row in rows] for column in ("id", "stranger", "embedding"))
        return from_blobs(model_id, ids, [f"{STRANGER_PREFIX}{number}" for number in strangers], blobs)

    def remember(self, sighting: Sighting) -> Stranger:
        """Make a stranger of somebody who was not seen before.

        Where there are more than MOST_STRANGERS, those who have not been seen for longest go, but none that is ignored.

        Raises:
            GalleryError: the file cannot be written; nothing was kept.
        """
        seen_at = to_text(sighting.seen_at)
        with self._database.transaction():
            self._database.write("INSERT INTO strangers VALUES (NULL, ?, ?, 1, 0)", [(seen_at, seen_at)])
            [row] = self._database.rows("SELECT last_insert_rowid() AS id")
            self._insert_look(row["id"], sighting)
            self._make_room(row["id"])
            return self.stranger(f"{STRANGER_PREFIX}{row['id']}")

    def seen_again(self, stranger: str, sighting: Sighting) -> Stranger:
        """Note another visit of a stranger, and its look where that shows something new.

        Raises:
            StrangerNotFound: they have been forgotten meanwhile.
            WrongModel: the look is of another model than the stranger's others.
            GalleryError: the file cannot be written; nothing was changed.
        """
        with self._database.transaction():
            self._database.write(
                "UPDATE strangers SET seen_count = seen_count + 1, last_seen_at = max(last_seen_at, ?) WHERE id = ?",
                [(to_text(sighting.seen_at), _number(stranger))],
            )
            self._keep(stranger, sighting)
            return self.stranger(stranger)

    def improve(self, stranger: str, sighting: Sighting) -> bool:
        """Keep another look of the visit that was noted last, where it is clearly better than all that are kept.

        Writes nothing otherwise, so it may be asked of every look.

        Returns:
            Whether it was kept.

        Raises:
            StrangerNotFound: they have been forgotten meanwhile.
            WrongModel: the look is of another model than the stranger's others.
            GalleryError: the file cannot be written; nothing was changed.
        """
        self.stranger(stranger)
        [row] = self._database.rows("SELECT max(quality) AS best FROM stranger_looks WHERE stranger = ?", [_number(stranger)])
        if row["best"] is not None and sighting.quality < row["best"] + BETTER_BY:
            return False
        with self._database.transaction():
            self._keep(stranger, sighting)
        return True

    def ignore(self, stranger: str, *, ignored: bool) -> Stranger:
        """Never report this stranger again, or do.

        Raises:
            StrangerNotFound: there is no such stranger.
        """
        with self._database.transaction():
            self._database.write("UPDATE strangers SET ignored = ? WHERE id = ?", [(int(ignored), _number(stranger))])
            return self.stranger(stranger)

    def forget(self, stranger: str) -> Erased:
        """Erase a stranger, their looks and picture; then compact the file.

        Raises:
            StrangerNotFound: there is no such stranger.
            GalleryError: the file cannot be written; nothing was erased.
        """
        with self._database.transaction():
            found = self.stranger(stranger)
            erase_strangers(self._database, [_number(stranger)])
        return Erased(stranger, None, found.looks, int(found.has_picture), 0, finish_erasure(self._database))

    def expire(self, before: datetime) -> int:
        """Erase everybody not seen since then, and compact the file; how many. Whoever is ignored stays, so as to stay ignored.

        Raises:
            GalleryError: the file cannot be written; nothing was erased.
        """
        rows = self._database.rows("SELECT id FROM strangers WHERE last_seen_at < ? AND NOT ignored", [to_text(before)])
        if rows:
            with self._database.transaction():
                erase_strangers(self._database, [row["id"] for row in rows])
            finish_erasure(self._database)
        return len(rows)

    def templates(self, stranger: str, created_at: datetime) -> list[NewTemplate]:
        """The looks of a stranger as templates of the person they are to become, the best first.

        Raises:
            StrangerNotFound: there is no such stranger, or the disk has damaged all their looks.
        """
        rows, embeddings, _ = self._whole_looks(stranger)
        if not rows:
            raise StrangerNotFound(stranger)
        found = [
            NewTemplate(Embedding(vector, row["model_id"]), row["quality"], stranger, created_at, row["aligned"])
            for row, vector in zip(rows, embeddings, strict=True)
        ]
        return sorted(found, key=lambda template: -template.quality)

    def promote(self, stranger: str, person: str, display_name: str | None, templates: Sequence[NewTemplate]) -> Person:
        """Give a stranger's templates to a person, who is made where they are new, and let the stranger go: both or neither.

        What was sent is not changed, nor is what waits in the outbox.

        Raises:
            StrangerNotFound: there is no such stranger.
            NameRejected: the display name cannot be shown.
            ValueError: no templates, or person is not an id.
            GalleryError: the file cannot be written; nothing was changed.
        """
        with self._database.transaction():
            self.stranger(stranger)
            enrolled = Gallery(self._database).enroll_within(person, display_name, templates)
            self._database.write("DELETE FROM strangers WHERE id = ?", [(_number(stranger),)])
        return enrolled

    def _keep(self, stranger: str, sighting: Sighting) -> None:
        """Give a look its place, where it is worth one, inside the caller's transaction."""
        crowded_out = self._crowded_out(stranger, sighting)
        if crowded_out is not None:
            self._database.write("DELETE FROM stranger_looks WHERE id = ?", [(look,) for look in crowded_out])
            self._insert_look(_number(stranger), sighting)

    def _crowded_out(self, stranger: str, sighting: Sighting) -> list[int] | None:
        """Which looks have to go for a new one; None where it is the new one."""
        self.stranger(stranger)
        rows, embeddings, damaged = self._whole_looks(stranger)
        for row in rows:
            if row["model_id"] != sighting.embedding.model_id:
                raise WrongModel(sighting.embedding.model_id, row["model_id"])
        qualities = [row["quality"] for row in rows]
        out = superfluous(np.array([*embeddings, sighting.embedding.vector]), [*qualities, sighting.quality])
        if out == len(rows):
            return None
        return damaged if out is None else [*damaged, rows[out]["id"]]

    def _whole_looks(self, stranger: str) -> tuple[list[dict[str, Any]], Float32Array, list[int]]:
        """The rows of a stranger's looks with their embeddings (N, d), and the ids of those that the disk has damaged."""
        rows = self._database.rows("SELECT * FROM stranger_looks WHERE stranger = ? ORDER BY id", [_number(stranger)])
        ids, blobs = [row["id"] for row in rows], [row["embedding"] for row in rows]
        found = from_blobs("", ids, [stranger] * len(rows), blobs)
        return [row for row in rows if row["id"] not in found.damaged], found.embeddings, found.damaged

    def _insert_look(self, number: int, sighting: Sighting) -> None:
        """Only the best look keeps its picture."""
        embedding = sighting.embedding
        row = (number, embedding.model_id, to_blob(embedding), sighting.quality, sighting.aligned_png)
        self._database.write("INSERT INTO stranger_looks (stranger, model_id, embedding, quality, aligned) VALUES (?, ?, ?, ?, ?)", [row])
        self._database.write(
            "UPDATE stranger_looks SET aligned = NULL WHERE stranger = ? AND id <> "
            "(SELECT id FROM stranger_looks WHERE stranger = ? AND aligned IS NOT NULL ORDER BY quality DESC LIMIT 1)",
            [(number, number)],
        )

    def _make_room(self, newest: int) -> None:
        too_many = self._database.count("strangers") - MOST_STRANGERS
        if too_many > 0:
            rows = self._database.rows(
                "SELECT id FROM strangers WHERE NOT ignored AND id <> ? ORDER BY last_seen_at LIMIT ?", [newest, too_many + ROOM]
            )
            erase_strangers(self._database, [row["id"] for row in rows])


def _number(stranger: str) -> int:
    found = _ID.fullmatch(stranger)
    if not found:
        raise StrangerNotFound(stranger)
    return int(found[1])


def _stranger(row: dict[str, Any]) -> Stranger:
    return Stranger(
        stranger=f"{STRANGER_PREFIX}{row['id']}",
        first_seen_at=from_text(row["first_seen_at"]),
        last_seen_at=from_text(row["last_seen_at"]),
        seen_count=row["seen_count"],
        ignored=bool(row["ignored"]),
        looks=row["looks"],
        has_picture=row["pictures"] > 0,
    )
