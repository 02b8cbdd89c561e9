"""How often people of one group are taken for each other: UTKFace's pictures, which say age, gender and ethnicity in their names.

It knows pictures and similarities, and nothing of how the figures are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netbuild.make import bordered, embed
from netbuild.truth import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from netbuild.detect import Detector
    from netbuild.runtime import Network

    FloatArray = NDArray[np.float32]

GROUPS = {
    f"{ethnicity} {gender}": (number, sex)
    for number, ethnicity in enumerate(("white", "black", "east Asian", "Indian"))
    for sex, gender in enumerate(("men", "women"))
}
"""UTKFace's codes of ethnicity and gender."""
ONE_PERSON = 0.5
"""Similarity: of the 24 most similar pairs each of Indian women and of black men nearly all from this on show one person to our eyes,
and few below."""
_FIELDS = 3
"""Age, gender and ethnicity; a few names lack one."""
_ADULT, _CHILD, _BABY = 15, 10, 2
"""Years: from the first on somebody counts as a man or a woman, and up to the last as a baby; the set holds nobody from 3 to 9."""


@dataclass(frozen=True, slots=True)
class Group:
    """Pairs of different pictures of people of one group: the share that a threshold takes for one person.

    Some are one person, whom the set holds twice: by eye nearly all pairs from ONE_PERSON on. share leaves these out.
    """

    name: str
    pictures: int
    pairs: int
    share: float
    share_with_one_person: float


def false_matches(folder: Path, detector: Detector, embedder: Network, threshold: float) -> list[Group]:
    """Every group of utkface_dev, each picture without its mirror image; threshold is a cosine similarity."""
    files = [file for file in sorted(folder.glob("*.jpg")) if len(file.name.split("_")) > _FIELDS]
    embeddings = np.array([embed(bordered(read_picture(file)), detector, embedder) for file in files])
    age, sex, ethnicity = np.array([[int(field) for field in file.name.split("_")[:_FIELDS]] for file in files]).T
    members = {name: (age >= _ADULT) & (ethnicity == number) & (sex == gender) for name, (number, gender) in GROUPS.items()}
    members |= {"everybody from 10": age >= _CHILD, "10 to 14": (age >= _CHILD) & (age < _ADULT), "up to 2": age <= _BABY}
    return [_group(name, embeddings[mask], threshold) for name, mask in members.items()]


def _group(name: str, embeddings: FloatArray, threshold: float) -> Group:
    similarities = (embeddings @ embeddings.T)[np.triu_indices(len(embeddings), 1)]
    taken = similarities >= threshold
    different = taken & (similarities < ONE_PERSON)
    return Group(name, len(embeddings), len(similarities), float(np.mean(different)), float(np.mean(taken)))
