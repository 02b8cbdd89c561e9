"""The command: `python -m tailbuild.utkface DATA` holds the card's tail against groups of UTKFace, each picture somebody else.

Some people are in that set twice, and it does not know which; so pairs that are probably one person are counted apart.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edged.config import Config, ModelsConfig
from edged.daemon.opening import open_reader
from edged.errors import LabelsError
from edged.evaluation.attribute_figures import utkface_pictures
from edged.evaluation.identification import PersonPictures
from tailbuild.balanced import BINS, LOWEST, STEP, compare
from tailbuild.faces import read_face

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edged.vision.faces import FaceReader
    from tailbuild.balanced import FloatArray

LEAST_AGE = 15
"""Years: the tail is of adults, and small children cannot be told apart."""
LIKELY_ONE_PERSON = 0.5
"""Similarity from which, to our eyes, nearly all of the most alike pairs of UTKFace show one person; see the embedder's README."""


def main() -> None:
    """Read the arguments, and print by group and for the mean of all how many pairs reach each similarity on the card."""
    parser = argparse.ArgumentParser(prog="tailbuild.utkface", description=__doc__)
    parser.add_argument("data", type=Path, help="folder of pictures named age_gender_race_date.jpg")
    parser.add_argument("--embedding", nargs="+", default=["embedding_sface"], help="as in the configuration")
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder with the networks")
    arguments = parser.parse_args()
    reader = open_reader(Config(models=ModelsConfig(directory=arguments.models, embedding=tuple(arguments.embedding), threads=1)))
    card = reader.embedding_card
    groups = read_groups(reader, arguments.data)
    similarities = card.impostor_tail.similarities[:3]
    print("pairs (%) from", *similarities, "on; of those below", LIKELY_ONE_PERSON)
    curves = {name: _curve(people) for name, people in sorted(groups.items())}
    for name, curve in curves.items():
        print(f"  {name}, {len(groups[name])} pictures: {_told(curve, similarities)}")
    print(f"  mean of {len(curves)} groups: {_told(np.mean(list(curves.values()), axis=0), similarities)}")


def read_groups(reader: FaceReader, data: Path) -> Mapping[str, Sequence[PersonPictures]]:
    """Everybody of LEAST_AGE and older with a face that is found, by gender and the set's own word for the group."""
    groups: dict[str, list[PersonPictures]] = {}
    try:
        pictures = utkface_pictures(data)
    except LabelsError as error:
        raise SystemExit(str(error)) from error
    for labelled in pictures:
        if labelled.age < LEAST_AGE or labelled.group is None:
            continue
        if found := read_face(reader, labelled.path):
            template, look, quality = found
            one = PersonPictures(template[np.newaxis], look[np.newaxis], np.array([quality]))
            groups.setdefault(f"{labelled.group} {labelled.gender}", []).append(one)
    return groups


def _curve(people: Sequence[PersonPictures]) -> FloatArray:
    """The share of pairs of different pictures that reaches each bin, (BINS,)."""
    return compare(people, [one.looks for one in people]).rates(np.ones(len(people)))


def _told(curve: FloatArray, similarities: Sequence[float]) -> str:
    shares = [100 * curve[min(BINS - 1, round((similarity - LOWEST) / STEP))] for similarity in (*similarities, LIKELY_ONE_PERSON)]
    likely = shares.pop()
    return "  ".join(f"{share:.3f} ({max(0.0, share - likely):.3f})" for share in shares)


if __name__ == "__main__":
    main()
