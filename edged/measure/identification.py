"""Measuring open-set identification on a folder of people, and whether the threshold of the product holds.

Here pictures meet the networks, the fusion of looks and the protocol.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from edged.errors import LabelsError, PictureError, counted
from edged.evaluation.identification import FPIR_TARGETS, GALLERY_SIZES, LEAST_PICTURES, SETTINGS, PersonPictures, identify
from edged.evaluation.impostors import RATES, hold_out, measure_tail
from edged.gallery.open_set import threshold_for
from edged.measure.faces import NO_FACE
from edged.tracking.evidence import Evidence
from edged.types import Embedding
from edged.vision.listing import listed
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from edged.evaluation.identification import Identification
    from edged.evaluation.impostor_tail import ImpostorTail
    from edged.evaluation.impostors import HeldOut, Tail
    from edged.measure.faces import Track
    from edged.types import Float32Array
    from edged.vision.faces import FaceReader

    Folders: TypeAlias = list[list[Path]]
    """The pictures of each person."""

LOOKS = 5
"""Looks of one visit at most."""
NO_FLOOR = -1.0
PICTURES = frozenset({".jpg", ".jpeg", ".png"})
"""Names of pictures end like this, in small letters or large ones."""


@dataclass(frozen=True, slots=True)
class MeasuredIdentification:
    """How similar strangers are, whether the threshold's rule holds, and what galleries of each size gave by setting.

    people, pictures and the number of pictures without a face are those of the folder; impostor_tail is of "single" looks, and of
    "fused" ones, visits of five; galleries is by `n_<size>`.
    """

    people: int
    pictures: int
    without_face: int
    impostor_tail: dict[str, Tail]
    held_out: list[HeldOut]
    galleries: dict[str, dict[str, Identification]]


def measure_identification(
    reader: FaceReader, folders: Folders, report: Callable[[str], None], track: Track = iter
) -> MeasuredIdentification:
    """Run the protocol of `edged.evaluation.identification` from the untouched pictures on.

    A template is made as by enrollment, of the face and its mirror image; a look as by the pipeline, of the face alone. The
    person meant is the one in the middle, as in verification. Sizes of galleries that the folder does not allow are left out.

    Args:
        reader: The networks.
        folders: The pictures of each person, see folders_in().
        report: Is given a sentence for every picture that shows no face.
        track: Gives the pictures one by one, and may count them.

    Raises:
        LabelsError: too few people show a face, see gallery_sizes().
        PictureError: a picture is damaged.
    """
    people, pictures, without = read_people(reader, track([path for paths in folders for path in paths]), report)
    sizes = gallery_sizes([len(one) for one in people])
    card = reader.embedding_card
    fuse = partial(fused, card.id)
    margin = card.matching.margin
    visits = np.array([fuse(one.looks[:LOOKS], one.qualities[:LOOKS].tolist()) for one in people])
    return MeasuredIdentification(
        people=len(people),
        pictures=pictures,
        without_face=without,
        impostor_tail={
            "single": measure_tail(people, [one.looks for one in people]),
            "fused": measure_tail(people, [visits[row : row + (len(one) >= LOOKS)] for row, one in enumerate(people)]),
        },
        held_out=hold_out(people, visits, list(FPIR_TARGETS.values()), partial(_threshold, card.impostor_tail)),
        galleries={f"n_{size}": {one.name: identify(people, size, one, margin, fuse) for one in SETTINGS} for size in sizes},
    )


def folders_in(images: Path) -> Folders:
    """The pictures of each person, whose folder stands in a folder; whatever is no JPEG or PNG by its name does not count.

    Raises:
        PictureError: the folder cannot be read, or is empty.
    """
    try:
        folders = [path for path in listed(images) if path.is_dir()]
        return [sorted(one for one in folder.iterdir() if one.suffix.lower() in PICTURES) for folder in folders]
    except OSError as error:
        raise PictureError(f"{error.filename} cannot be looked at ({error.strerror}); let whoever runs this read it.") from error


def gallery_sizes(counts: Sequence[int]) -> list[int]:
    """The sizes of galleries that people with so many pictures each allow.

    Raises:
        LabelsError: too few people, or too few with two pictures, for the smallest.
    """
    most = min(sum(count >= LEAST_PICTURES for count in counts), sum(count > 0 for count in counts) - 1)
    if most < GALLERY_SIZES[0]:
        shown = counted(sum(count > 0 for count in counts), "person", "people")
        raise LabelsError(f"The pictures show {shown}; a gallery of {GALLERY_SIZES[0]} needs as many with two pictures, and a stranger.")
    return [size for size in GALLERY_SIZES if size <= most]


def read_people(reader: FaceReader, paths: Iterable[Path], report: Callable[[str], None]) -> tuple[list[PersonPictures], int, int]:
    """Read the pictures of people, of each in a folder; how many pictures there were, and how many of them without a face.

    A folder without a face is nobody.
    """
    people, pictures, without = [], 0, 0
    for _, folder in groupby(paths, attrgetter("parent")):
        rows = []
        for path in folder:
            pictures += 1
            face = reader.central(read_picture(path))
            if face is None:
                without += 1
                report(NO_FACE.format(path=path))
            else:
                rows.append((face.embedding.vector, reader.embedder.embed(face.aligned).vector, face.quality.score))
        if rows:
            templates, looks, qualities = zip(*rows, strict=True)
            people.append(PersonPictures(np.array(templates), np.array(looks), np.array(qualities)))
    return people, pictures, without


def fused(model_id: str, looks: Float32Array, qualities: Sequence[float]) -> Float32Array:
    """Fuse looks as the product does."""
    evidence = Evidence()
    for look, quality in zip(looks, qualities, strict=True):
        evidence.add(Embedding(look, model_id), quality)
    fused = evidence.fused()
    return looks[0] if fused is None else fused.vector


def _threshold(card: ImpostorTail, tail: Tail, people: int, templates: int, max_false_alarms: float) -> float:
    """Give the threshold by the product's rule, with similarities that were measured in place of the card's, and no floor."""
    rates = tuple(RATES[name] for name in tail.similarities)
    measured = replace(card, similarities=tuple(tail.similarities.values()), false_match_rates=rates)
    return threshold_for(templates, max_false_alarms, measured, NO_FLOOR, people=people)
