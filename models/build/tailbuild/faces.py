"""The people of each group: their faces as templates and as looks, read by the product's own networks, and kept in a file.

It knows the development data's folders, and nothing of tails.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edged.errors import PictureError
from edged.evaluation.identification import PersonPictures
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from edged.vision.faces import FaceReader

LEAST_PEOPLE = 15
"""People of a group at least: easian_m has five, and every second of a half's pairs would be of the same two."""
LEFT_OUT = "bolly"
"""Part of the name of groups whose pictures are of 64×64 pixels: they are less alike, and nobody is enrolled like that."""


class Someone(NamedTuple):
    """A person of a group; half says on which half of the people they are, 0 or 1, by a hash of the name."""

    name: str
    half: int
    pictures: PersonPictures


Groups = dict[str, list[Someone]]


def read_groups(reader: FaceReader, data: Path, kept: Path | None) -> Groups:
    """Everybody below DATA/<group>/<person>/, from the file that keeps them if it is there; the one in the middle is meant.

    Raises:
        SystemExit: no group has enough people.
    """
    if found := _groups(reader, data, kept):
        return found
    raise SystemExit(f"{data} has no group of {LEAST_PEOPLE} people or more with a face; it must hold GROUP/PERSON/PICTURE.")


def _groups(reader: FaceReader, data: Path, kept: Path | None) -> Groups:
    if kept is None or not kept.exists():
        rows = list(_read(reader, data))
        groups, names = (np.array([row[place] for row in rows]) for place in (0, 1))
        templates, looks, qualities = (np.array([row[place] for row in rows]) for place in (2, 3, 4))
        if kept is not None and rows:
            np.savez(kept, groups=groups, names=names, templates=templates, looks=looks, qualities=qualities)
        return _grouped(groups, names, PersonPictures(templates, looks, qualities))
    stored = np.load(kept, allow_pickle=False)
    return _grouped(stored["groups"], stored["names"], PersonPictures(stored["templates"], stored["looks"], stored["qualities"]))


def _read(reader: FaceReader, data: Path) -> list[tuple[str, str, NDArray[np.float32], NDArray[np.float32], float]]:
    paths = sorted(data.glob("*/*/*"))
    return [(path.parent.parent.name, path.parent.name, *found) for path in paths if (found := read_face(reader, path))]


def read_face(reader: FaceReader, path: Path) -> tuple[NDArray[np.float32], NDArray[np.float32], float] | None:
    """The face in the middle of a picture: as a template and as a look, (d,) each, with its quality; None where there is none."""
    try:
        face = reader.central(read_picture(path))
    except PictureError:
        return None
    if face is None:
        return None
    return face.embedding.vector, reader.embedder.embed(face.aligned).vector, face.quality.score


def _grouped(groups: NDArray[np.str_], names: NDArray[np.str_], faces: PersonPictures) -> Groups:
    found: Groups = {}
    for group in np.unique(groups):
        people = [
            Someone(str(name), zlib.crc32(str(name).encode()) % 2, _taken(faces, (groups == group) & (names == name)))
            for name in np.unique(names[groups == group])
        ]
        if len(people) >= LEAST_PEOPLE and LEFT_OUT not in str(group):
            found[str(group)] = people
    return found


def _taken(faces: PersonPictures, rows: NDArray[np.bool_]) -> PersonPictures:
    return PersonPictures(faces.templates[rows], faces.looks[rows], faces.qualities[rows])
