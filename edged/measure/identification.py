"""Measuring open-set identification on a folder of people, and what the threshold of the product makes of it.

Here pictures meet the networks, the fusion of looks and the protocol; what the figures should be is not known here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from edged.errors import PeopleError
from edged.evaluation.identification import (
    FPIR_TARGETS,
    GALLERY_SIZES,
    LEAST_PICTURES,
    SETTINGS,
    PersonPictures,
    identify,
)
from edged.evaluation.impostor_tail import ImpostorTail
from edged.evaluation.impostors import RATES, hold_out, measure_tail
from edged.gallery.open_set import threshold_for
from edged.tracking.evidence import Evidence
from edged.types import Embedding
from edged.vision.pictures import listed, read_picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edged.evaluation.identification import Identification, OperatingPoint
    from edged.evaluation.impostors import HeldOut, Tail
    from edged.types import Float32Array
    from edged.vision.faces import FaceReader

LOOKS = 5
"""Of one visit, at most."""
NO_FLOOR = -1.0


@dataclass(frozen=True, slots=True)
class MeasuredIdentification:
    """What galleries of each size gave by setting, how similar strangers are, and whether the threshold's rule holds.

    single is the tail of single looks, fused that of visits of five; people, pictures and the pictures without a face are
    those of the folder.
    """

    figures: dict[int, dict[str, Identification]]
    single: Tail
    fused: Tail
    held_out: list[HeldOut]
    people: int
    pictures: int
    without_face: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The figures for programs."""
        sizes = {f"n_{size}": {name: _as_json(one) for name, one in settings.items()} for size, settings in self.figures.items()}
        return {
            "people": self.people,
            "pictures": self.pictures,
            "without_face": len(self.without_face),
            **sizes,
            "impostor_tail": {"single": asdict(self.single), "fused": asdict(self.fused)},
            "held_out": [asdict(one) for one in self.held_out],
        }


def measure_identification(reader: FaceReader, images: Path) -> MeasuredIdentification:
    """Run the protocol of `edged.evaluation.identification` from the untouched pictures on.

    A template is made as by enrollment, of the face and its mirror image; a look as by the pipeline, of the face alone. The
    person meant is the one in the middle, as in verification. Sizes of galleries that the folder does not allow are left out.

    Args:
        reader: The networks.
        images: A folder with a folder of `.jpg` pictures for each person.

    Raises:
        PeopleError: too few people, or too few with two pictures, for the smallest gallery.
        PictureError: a picture is damaged.
    """
    people, without, pictures = _read_people(reader, images)
    sizes = [size for size in GALLERY_SIZES if size <= min(sum(len(one) >= LEAST_PICTURES for one in people), len(people) - 1)]
    if not sizes:
        raise PeopleError(
            f"{images} shows {len(people)} people; a gallery of {GALLERY_SIZES[0]} needs as many with two pictures, and a stranger."
        )
    fuse, card = _Fusion(reader.embedding_card.id), reader.embedding_card
    margin, offset = card.matching.margin, card.impostor_tail.fused_offset
    visits = np.array([fuse(one.looks[:LOOKS], one.qualities[:LOOKS].tolist()) for one in people])
    several = np.array([len(one) >= LOOKS for one in people])
    return MeasuredIdentification(
        figures={size: {one.name: identify(people, size, one, margin, fuse) for one in SETTINGS} for size in sizes},
        single=measure_tail(people, [one.looks for one in people]),
        fused=measure_tail(people, [visits[row : row + 1] if enough else visits[:0] for row, enough in enumerate(several)]),
        held_out=hold_out(people, visits, list(FPIR_TARGETS.values()), partial(_threshold, offset)),
        people=len(people),
        pictures=pictures,
        without_face=tuple(without),
    )


def _read_people(reader: FaceReader, images: Path) -> tuple[list[PersonPictures], list[str], int]:
    people, without, pictures = [], [], 0
    for folder in (path for path in listed(images) if path.is_dir()):
        rows = []
        for path in sorted(folder.glob("*.jpg")):
            pictures += 1
            face = reader.central(read_picture(path))
            if face is None:
                without.append(f"{folder.name}/{path.name}")
            else:
                rows.append((face.embedding.vector, reader.embedder.embed(face.aligned).vector, face.quality.score))
        if rows:
            templates, looks, qualities = zip(*rows, strict=True)
            people.append(PersonPictures(np.array(templates), np.array(looks), np.array(qualities)))
    return people, without, pictures


@dataclass(frozen=True, slots=True)
class _Fusion:
    """The product's fusion of looks, for embeddings of one model."""

    model_id: str

    def __call__(self, looks: Float32Array, qualities: Sequence[float]) -> Float32Array:
        evidence = Evidence()
        for look, quality in zip(looks, qualities, strict=True):
            evidence.add(Embedding(look, self.model_id), quality)
        fused = evidence.fused()
        return looks[0] if fused is None else fused.vector


def _threshold(fused_offset: float, tail: Tail, templates: int, max_false_alarms: float) -> float:
    """The product's rule with a tail that was measured in place of the card's, and no floor."""
    rates = tuple(RATES[name] for name in tail.similarities)
    return threshold_for(templates, max_false_alarms, ImpostorTail(tuple(tail.similarities.values()), rates, fused_offset), NO_FLOOR)


def _as_json(one: Identification) -> dict[str, Any]:
    return {
        **_points(one.plain),
        "with_margin": _points(one.with_margin),
        "drawn_from": one.drawn_from,
        "templates": one.templates,
        "looks": one.looks,
        "searches": dict(zip(("enrolled", "strangers"), one.searches, strict=True)),
    }


def _points(points: dict[str, OperatingPoint]) -> dict[str, dict[str, float]]:
    return {
        "fnir_at_fpir": {name: point.fnir for name, point in points.items()},
        "deviation": {name: point.deviation for name, point in points.items()},
        "threshold": {name: point.threshold for name, point in points.items()},
    }
