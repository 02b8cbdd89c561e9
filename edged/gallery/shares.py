"""How an archive of many people is divided: which templates go into which of its parts, by their sizes alone, before one of them is read.

It knows no pictures and packs nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from edged.errors import ArchiveTooLarge
from edged.gallery.archive import FEWER, MOST_PEOPLE, ArchivePlace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OWN_BYTES, PERSON_BYTES = 300, 200
"""Bytes of a packed archive that a template takes beside its embedding and picture, and a person beside their templates, at most about."""
GROWTH = 1.03
"""Bytes of a packed archive for one of an embedding or picture: base64 of random bytes, whose letters alone are coded, takes 1.008."""
DIGITS = 16


@dataclass(frozen=True, slots=True)
class StoredSize:
    """Bytes of one template's embedding and picture; number is its place among all, in the order in which they came."""

    id: int
    person: str
    number: int
    bytes: int

    @property
    def packed_bytes(self) -> int:
        """What it takes of an archive."""
        return round(self.bytes * GROWTH) + OWN_BYTES


@dataclass(frozen=True, slots=True)
class Shares:
    """The parts of an archive, each with the ids of the templates that it is to hold, by person; at least one where anybody has any.

    export is the same for the same people, templates and division, and another one as soon as anything has changed.
    """

    export: str
    parts: tuple[Mapping[str, tuple[int, ...]], ...]
    packed_bytes: int

    def place(self, part: int) -> ArchivePlace | None:
        """The place of a part, the first being 1; None: it is the whole archive."""
        return ArchivePlace(self.export, part, len(self.parts)) if len(self.parts) > 1 else None

    @property
    def people(self) -> int:
        """How many stand in it."""
        return len({person for part in self.parts for person in part})

    @property
    def templates(self) -> int:
        """How many stand in it."""
        return sum(len(ids) for part in self.parts for ids in part.values())


def divide(sizes: Iterable[StoredSize], names: Mapping[str, str], most_bytes: int) -> Shares:
    """Divide templates, those of one person one behind the other, into as few parts of so many packed bytes as may be.

    Raises:
        ArchiveTooLarge: one template alone has more.
    """
    parts: list[list[StoredSize]] = []
    left, people, whole, digest = 0, 0, 0, hashlib.sha256(str(most_bytes).encode())
    for person, rows in groupby(sizes, key=lambda row: row.person):
        digest.update(f"{person}\0{names[person]}\0".encode())
        left, people = left - PERSON_BYTES, people + 1
        for row in rows:
            digest.update(f"{row.id} {row.bytes} ".encode())
            needed = row.packed_bytes
            if needed + PERSON_BYTES > most_bytes:
                what = f"One template of {person!r} alone has {needed:,} bytes"
                raise ArchiveTooLarge(f"{what}; at most {most_bytes:,} can be given. {FEWER}")
            if not parts or needed > left or people >= MOST_PEOPLE:
                parts.append([])
                left, people = most_bytes - PERSON_BYTES, 1
            parts[-1].append(row)
            left, whole = left - needed, whole + needed
    return Shares(digest.hexdigest()[:DIGITS], tuple(map(_by_person, parts)), whole)


def _by_person(rows: list[StoredSize]) -> dict[str, tuple[int, ...]]:
    return {person: tuple(row.id for row in found) for person, found in groupby(rows, key=lambda row: row.person)}
