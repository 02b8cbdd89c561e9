"""The people of a folder as looks, templates, and templates of altered pictures, read by the product's networks and kept in a file.

It knows how the development data lie in folders, and nothing of rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edged.errors import PictureError
from edged.types import AlignedFace
from edged.vision.pictures import read_picture
from rulebuild.alterations import ALTERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from edged.types import Float32Array, Uint8Array
    from edged.vision.faces import Face, FaceReader

FIELDS = ("groups", "names", "looks", "mirrors", "templates", "altered", "qualities")
ALTERED = sum(map(len, ALTERATIONS.values()))
LEFT_OUT = "bolly"
"""Part of the name of groups whose pictures are of 64×64 pixels: nobody is enrolled like that."""


@dataclass(frozen=True, slots=True, eq=False)
class Pictured:
    """The p pictures of one person, each (p, d): as a look, its mirror image, as a template, and altered (p, a, d); qualities is (p,)."""

    looks: Float32Array
    mirrors: Float32Array
    templates: Float32Array
    altered: Float32Array
    qualities: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.looks)


Groups = dict[str, list[Pictured]]
"""Everybody by group; a folder of people has one."""
Row = tuple[str, str, "Float32Array", "Float32Array", "Float32Array", "Float32Array", float]


def read_groups(reader: FaceReader, data: Path, kept: Path, *, altered_from: int | None) -> Groups:
    """Everybody below DATA/<person>/ or DATA/<group>/<person>/, from the file that keeps them if it is there.

    Pictures are altered of people with altered_from pictures or more, of nobody if None; 0 stands for the others.

    Raises:
        SystemExit: there is nobody.
    """
    if not kept.exists():
        read = list(_read(reader, data, altered_from))
        if not read:
            raise SystemExit(f"{data} has no picture with a face; it must hold PERSON/PICTURE or GROUP/PERSON/PICTURE.")
        columns = zip(*read, strict=True)
        np.savez(kept, allow_pickle=False, **{name: np.array(column) for name, column in zip(FIELDS, columns, strict=True)})
    with np.load(kept, allow_pickle=False) as stored:
        columns_of = {name: stored[name] for name in FIELDS}
    groups, names = columns_of.pop("groups"), columns_of.pop("names")
    found: Groups = {}
    for group in np.unique(groups[np.char.find(groups, LEFT_OUT) < 0]):
        rows = [np.flatnonzero((groups == group) & (names == name)) for name in np.unique(names[groups == group])]
        found[str(group)] = [Pictured(**{name: column[of] for name, column in columns_of.items()}) for of in rows]
    return found


def _read(reader: FaceReader, data: Path, altered_from: int | None) -> Iterator[Row]:
    """A row for each picture with a face; the one in the middle is meant."""
    chance = np.random.default_rng(0)
    for folder in sorted({path.parent for path in data.rglob("*") if path.is_file()}):
        paths = sorted(folder.iterdir())
        alters = altered_from is not None and len(paths) >= altered_from
        for face in filter(None, (_face(reader, path) for path in paths)):
            altered = np.zeros((ALTERED, len(face.embedding.vector)), dtype=np.float32)
            if alters:
                altered = _altered(reader, face.aligned.pixels, chance)
            look, mirror = (reader.embedder.embed(one).vector for one in (face.aligned, _mirrored(face.aligned)))
            yield folder.parent.name, folder.name, look, mirror, face.embedding.vector, altered, face.quality.score


def _face(reader: FaceReader, path: Path) -> Face | None:
    try:
        return reader.central(read_picture(path))
    except PictureError:
        return None


def _mirrored(face: AlignedFace) -> AlignedFace:
    return AlignedFace(np.ascontiguousarray(face.pixels[:, ::-1]))


def _altered(reader: FaceReader, pixels: Uint8Array, chance: np.random.Generator) -> Float32Array:
    made = (alter(pixels, chance) for several in ALTERATIONS.values() for alter in several)
    return np.array([reader.embedder.embed_with_mirror(AlignedFace(one)).vector for one in made])
