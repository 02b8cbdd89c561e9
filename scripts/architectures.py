"""Holds what edged says of faces on two machines against each other: embeddings bit by bit, decisions over pairs, and names.

It knows what `edged represent` and `edged recognise --json` write, and nothing of where they ran.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.config import Config
from edged.daemon.opening import models_directory
from edged.errors import EdgedError
from edged.evaluation.verification import COLUMNS, read_pairs
from edged.vision.joint_card import read_embedder_card
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from edged.evaluation.verification import PicturePair

    Floats = npt.NDArray[np.float32]

LEAST_COSINE = 0.9999
"""Cosine of two embeddings of a picture from which they are the same but for the last bits of floats. One pixel that is one level brighter
is enough to bring some embeddings below, since int8 rounds it up to a whole step at every layer."""
SMALL_PX = 480
"""Longer side of a picture that no detector shrinks: where one shrinks it to between a half and all of it, OpenCV's bilinear sampling
differs between processors, and is not what is looked at here."""
LARGEST_DIFFERENCE = 0.001
"""Difference of two similarities that are the same but for how they are rounded when they are told."""


class ComparisonError(Exception):
    """Nothing can be compared; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """What one machine says of pictures: names, embeddings (N, d) of unit length, and boxes (N, 4) in pixels; NaN without a face."""

    names: tuple[str, ...]
    vectors: Floats
    boxes_xyxy: Floats

    @classmethod
    def read(cls, path: Path) -> Embeddings:
        """Read what `edged represent` has written.

        Raises:
            ComparisonError: it has not.
        """
        try:
            with np.load(path) as archive:
                return cls(tuple(map(str, archive["names"])), archive["embeddings"], archive["boxes_xyxy"])
        except (OSError, ValueError, KeyError) as error:
            raise ComparisonError(f"{path} is not what 'edged represent' writes: {error}.") from error

    @property
    def by_name(self) -> dict[str, Floats]:
        """The embedding of each picture that shows a face."""
        return {name: vector for name, vector in zip(self.names, self.vectors, strict=True) if np.isfinite(vector[0])}


@dataclass(frozen=True, slots=True)
class Sameness:
    """How alike two machines' embeddings of the same faces are; disagreements counts pictures in which one alone finds a face."""

    faces: int
    identical: int
    least_cosine: float
    median_cosine: float
    largest_shift_px: float
    disagreements: int

    @property
    def is_enough(self) -> bool:
        """Whether they are the same but for the last bits."""
        return self.faces > 0 and self.disagreements == 0 and self.least_cosine >= LEAST_COSINE

    def lines(self) -> Iterator[str]:
        """Say it."""
        yield f"{self.faces} faces: {self.identical} embeddings are the same bit by bit, cosine at least {self.least_cosine:.6f}, "
        yield f"in the middle {self.median_cosine:.6f}; boxes differ by at most {self.largest_shift_px:.3f} pixels, "
        yield f"and whether there is a face in {self.disagreements} pictures."


def sameness(one: Embeddings, other: Embeddings) -> Sameness:
    """Compare what two machines say of the same pictures.

    Raises:
        ComparisonError: they are of other pictures, or of other networks.
    """
    if one.names != other.names or one.vectors.shape != other.vectors.shape:
        raise ComparisonError("The two files are not of the same pictures and networks, so nothing can be compared.")
    found, also_found = (np.isfinite(side.vectors[:, 0]) for side in (one, other))
    both = found & also_found
    first, second = one.vectors[both], other.vectors[both]
    cosines = np.einsum("nd,nd->n", first, second, dtype=np.float64)
    shifts = np.abs(one.boxes_xyxy[both] - other.boxes_xyxy[both])
    return Sameness(
        faces=int(both.sum()),
        identical=int((first == second).all(axis=1).sum()),
        least_cosine=float(cosines.min(initial=1.0)),
        median_cosine=float(np.median(cosines)) if cosines.size else 1.0,
        largest_shift_px=float(shifts.max(initial=0.0)),
        disagreements=int((found != also_found).sum()),
    )


@dataclass(frozen=True, slots=True)
class Decisions:
    """Pairs of pictures judged by a threshold: how many of one person are accepted, how many of two are, and which pairs are accepted."""

    same_accepted: int
    others_accepted: int
    accepted: tuple[bool, ...]


def decide(pairs: Sequence[PicturePair], enrolled: Mapping[str, Floats], looks: Mapping[str, Floats], threshold: float) -> Decisions:
    """Judge each pair by its first picture as one machine has enrolled it, and its second as one sees it; no face is never accepted."""
    accepted = [
        pair.first in enrolled and pair.second in looks and float(enrolled[pair.first] @ looks[pair.second]) >= threshold for pair in pairs
    ]
    same = sum(yes for yes, pair in zip(accepted, pairs, strict=True) if pair.same)
    return Decisions(same, sum(accepted) - same, tuple(accepted))


def first_pairs(pairs: Iterable[PicturePair], count: int) -> list[PicturePair]:
    """Take the first of each kind, half of them of one person."""
    listed = list(pairs)
    kinds = ([pair for pair in listed if pair.same is same] for same in (True, False))
    return [pair for kind in kinds for pair in islice(kind, count // 2)]


def names_in(answer: str) -> dict[str, list[tuple[str | None, float]]]:
    """Whom `edged recognise --json` names in each picture, and how similar each is.

    Raises:
        ComparisonError: it is no such answer.
    """
    try:
        return {read["picture"]: [(face["person"], face["similarity"]) for face in read["faces"]] for read in json.loads(answer)}
    except (ValueError, KeyError, TypeError) as error:
        raise ComparisonError("That is not what 'edged recognise --json' writes.") from error


def same_names(one: Mapping[str, list[tuple[str | None, float]]], other: Mapping[str, list[tuple[str | None, float]]]) -> bool:
    """Whether everybody is named alike, as similar as before, and anybody is at all."""
    pairs = [(first, second) for name in one.keys() & other.keys() for first, second in zip(one[name], other[name], strict=False)]
    counts = {name: len(faces) for name, faces in one.items()}
    return (
        counts == {name: len(faces) for name, faces in other.items()}
        and any(first[0] for first, _ in pairs)
        and all(first[0] == second[0] and abs(first[1] - second[1]) <= LARGEST_DIFFERENCE for first, second in pairs)
    )


def _match_threshold() -> float:
    models = Config().models
    return read_embedder_card(models_directory(models), models.embedders).matching.match_threshold


def _small(arguments: argparse.Namespace) -> bool:
    pixels = read_picture(arguments.source)
    height, width = pixels.shape[:2]
    scale = min(1.0, SMALL_PX / max(height, width))
    shrunk = cv2.resize(pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    arguments.target.parent.mkdir(parents=True, exist_ok=True)
    return cv2.imwrite(str(arguments.target), shrunk)


def _pairs(arguments: argparse.Namespace) -> bool:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((pair.first, pair.second, int(pair.same)) for pair in first_pairs(read_pairs(arguments.file), arguments.count))
    return True


def _embeddings(arguments: argparse.Namespace) -> bool:
    one, other = (Embeddings.read(path) for path in arguments.files)
    found = sameness(one, other)
    print("".join(found.lines()))
    return found.is_enough and (arguments.pairs is None or _same_decisions(read_pairs(arguments.pairs), one, other))


def _same_decisions(pairs: Sequence[PicturePair], one: Embeddings, other: Embeddings) -> bool:
    threshold, first, second = _match_threshold(), one.by_name, other.by_name
    ways = {"one": (first, first), "the other": (second, second), "enrolled on one, seen on the other": (first, second)}
    made = {name: decide(pairs, *sides, threshold) for name, sides in ways.items()}
    same = sum(pair.same for pair in pairs)
    for name, decisions in made.items():
        of_two = f"{decisions.others_accepted} of {len(pairs) - same} of two"
        print(f"{name}: {decisions.same_accepted} of {same} pairs of one person and {of_two} are accepted at {threshold:g}")
    return len({decisions.accepted for decisions in made.values()}) == 1


def _names(arguments: argparse.Namespace) -> bool:
    one, other = (names_in(path.read_text(encoding="utf-8")) for path in arguments.files)
    for name, faces in other.items():
        print(f"{name}:", ", ".join(f"{person or 'nobody'} ({similarity:.3f})" for person, similarity in faces))
    return same_names(one, other)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("architectures.py", description="Hold what edged says on two machines against each other.")
    commands = parser.add_subparsers(required=True)
    small = commands.add_parser("small", help=f"write a picture as one of at most {SMALL_PX} pixels, which no detector shrinks")
    small.add_argument("source", type=Path)
    small.add_argument("target", type=Path)
    small.set_defaults(run=_small)
    pairs = commands.add_parser("pairs", help="print the first pairs of LFW's list, half of them of one person")
    pairs.add_argument("file", type=Path)
    pairs.add_argument("--count", type=int, required=True)
    pairs.set_defaults(run=_pairs)
    embeddings = commands.add_parser("embeddings", help="compare two files of 'edged represent'; exit code 1 unless they are the same")
    embeddings.add_argument("files", type=Path, nargs=2)
    embeddings.add_argument("--pairs", type=Path, help="a CSV with the columns a,b,same, whose decisions must be the same too")
    embeddings.set_defaults(run=_embeddings)
    names = commands.add_parser("names", help="compare two answers of 'edged recognise --json'; exit code 1 unless they are the same")
    names.add_argument("files", type=Path, nargs=2)
    names.set_defaults(run=_names)
    return parser


def main(command_line: Sequence[str] | None = None) -> int:
    """Compare, and give the exit code: 0 where both say the same."""
    arguments = _parser().parse_args(command_line)
    try:
        return 0 if arguments.run(arguments) else 1
    except (ComparisonError, EdgedError, OSError) as error:
        sys.exit(f"architectures: {error}")


if __name__ == "__main__":
    sys.exit(main())
