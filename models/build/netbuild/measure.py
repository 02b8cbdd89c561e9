"""Accuracy of files on labelled pictures: average precision, verification accuracy, TAR at FAR.

It knows truth and scores, and nothing of how a file was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netbuild.detect import overlaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from netbuild.detect import Faces

    FloatArray = NDArray[np.float32]


def average_precision(found: Sequence[Faces], truth: Sequence[FloatArray], least_px: float = 20, iou: float = 0.5) -> float:
    """All-point interpolated average precision over pictures.

    True faces whose shorter side is under `least_px` are ignored: finding one is neither a hit nor a miss.
    """
    scores, hits, total = [], [], 0
    for faces, boxes in zip(found, truth, strict=True):
        counted = (boxes[:, 2:] - boxes[:, :2]).min(axis=1) >= least_px
        total += int(counted.sum())
        for score, hit in zip(faces.scores, _judge(faces, boxes, counted, iou), strict=True):
            if hit is not None:
                scores.append(score)
                hits.append(hit)
    ordered = np.array(hits)[np.argsort(-np.array(scores), kind="stable")]
    caught = np.cumsum(ordered)
    precision = caught / np.arange(1, len(ordered) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((envelope * ordered).sum() / total)


def recall_and_false(found: Sequence[Faces], truth: Sequence[FloatArray], threshold: float, least_px: float = 20) -> tuple[float, float]:
    """(share of true faces found, boxes on no true face a picture) at a score threshold and IoU 0.5."""
    hits, false, total = 0, 0, 0
    for faces, boxes in zip(found, truth, strict=True):
        counted = (boxes[:, 2:] - boxes[:, :2]).min(axis=1) >= least_px
        verdicts = _judge(faces, boxes, counted, 0.5)
        kept = [verdict for verdict, score in zip(verdicts, faces.scores, strict=True) if score >= threshold]
        hits, false, total = hits + kept.count(True), false + kept.count(False), total + int(counted.sum())
    return hits / total, false / len(found)


def _judge(faces: Faces, boxes: FloatArray, counted: NDArray[np.bool_], iou: float) -> list[bool | None]:
    """For each face, best first: hit, false, or None where it lies on an ignored box."""
    free, verdicts = np.ones(len(boxes), bool), list[bool | None]()
    for box in faces.boxes_xyxy:
        shared = overlaps(box, boxes) if len(boxes) else np.zeros(0, np.float32)
        mine = np.where(free & counted, shared, 0.0)
        if mine.size and mine.max() >= iou:
            free[mine.argmax()] = False
            verdicts.append(True)
        elif (shared[~counted] >= iou).any():
            verdicts.append(None)
        else:
            verdicts.append(False)
    return verdicts
