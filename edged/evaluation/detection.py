"""Average precision of boxes with scores against boxes that people drew.

It does not know how they were found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from edged.errors import LabelsError
from edged.system.text import in_utf8

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edged.types import Box

IOU = 0.5
"""Overlap from which a found box is a hit, as in PASCAL VOC and WIDER FACE."""


class LabelledPicture(BaseModel):
    """The boxes that people drew in one picture of size (width, height)."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)
    size: tuple[int, int]
    boxes_xyxy: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class ScoredPicture:
    """One picture: what was found, best first, and what is there to be found."""

    found: Sequence[tuple[Box, float]]
    labelled: Sequence[Box]


@dataclass(frozen=True, slots=True)
class PrecisionCurve:
    """Of the boxes with each score and better, the best first: which share is right, and which share of the faces these are."""

    scores: tuple[float, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    faces: int


@dataclass(frozen=True, slots=True)
class DetectionFigures:
    """Average precision (area under precision over recall), recall at the least score, and how many faces counted."""

    ap: float
    recall: float
    faces: int


def read_boxes(path: Path) -> dict[str, LabelledPicture]:
    """Read a file that maps picture names to `size` and `boxes_xyxy` in pixels.

    Raises:
        LabelsError: not such a file.
    """
    try:
        return TypeAdapter(dict[str, LabelledPicture]).validate_json(in_utf8(path.read_bytes()))
    except OSError as error:
        raise LabelsError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise LabelsError(
            f"{path} does not map picture names to 'size' and 'boxes_xyxy': {where and f'{where}: '}{first['msg']}."
        ) from error


def precision_curve(pictures: Sequence[ScoredPicture], min_face_px: float) -> PrecisionCurve:
    """Judge the boxes found in all pictures together.

    Labelled faces whose shorter side is below min_face_px are neither hit nor miss, and neither is what lies on them.
    Every labelled face is hit once at most, by the best box that overlaps it.
    """
    judged: list[tuple[float, bool]] = []
    faces = 0
    for picture in pictures:
        counted = [box for box in picture.labelled if min(box.width, box.height) >= min_face_px]
        faces += len(counted)
        judged += _judge(picture.found, counted, [box for box in picture.labelled if box not in counted])
    if not (faces and judged):
        return PrecisionCurve((), (), (), faces)
    scores, hits = zip(*sorted(judged, key=lambda pair: -pair[0]), strict=True)
    right = np.cumsum(hits)
    return PrecisionCurve(scores, tuple((right / np.arange(1, len(right) + 1)).tolist()), tuple((right / faces).tolist()), faces)


def average_precision(curve: PrecisionCurve) -> DetectionFigures:
    """Take the area under the precision made monotonic, at every recall (all points)."""
    if not curve.scores:
        return DetectionFigures(0.0, 0.0, curve.faces)
    monotonic = np.maximum.accumulate(curve.precision[::-1])[::-1]
    return DetectionFigures(float(np.sum(np.diff(curve.recall, prepend=0.0) * monotonic)), curve.recall[-1], curve.faces)


def _judge(found: Sequence[tuple[Box, float]], counted: list[Box], ignored: list[Box]) -> list[tuple[float, bool]]:
    free = list(counted)
    judged = []
    for box, score in sorted(found, key=lambda pair: -pair[1]):
        best = max(free, key=box.iou, default=None)
        if best is not None and box.iou(best) >= IOU:
            free.remove(best)
            judged.append((score, True))
        elif not any(box.iou(other) >= IOU for other in ignored):
            judged.append((score, False))
    return judged
