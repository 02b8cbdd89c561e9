"""From a picture to faces and back to the picture's pixels, as the detector's card describes it.

It knows the output form of YuNet's files, and nothing of calibration, truth or people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from netbuild.runtime import Network

    FloatArray = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

STRIDES = (8, 16, 32)


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """A loaded detection file with the (scale, offset) of its three outputs, as on its card."""

    network: Network
    spans: Sequence[tuple[FloatArray, FloatArray]]

    def detect(self, picture: Pixels, score_threshold: float, nms_iou: float = 0.45) -> Faces:
        """Faces in a (height, width, 3) uint8 BGR picture of any size."""
        boxed, scale = letterbox(picture, *self.network.size)
        stored = self.network.run(boxed)
        outputs = [part * span[0] + span[1] for part, span in zip(stored, self.spans, strict=True)]
        faces = _suppress(decode(outputs, score_threshold), nms_iou)
        return Faces(faces.boxes_xyxy / scale, faces.landmarks / scale, faces.scores)


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """`boxes_xyxy` (n, 4), `landmarks` (n, 5, 2) in pixels of the picture, `scores` (n,) 0…1, best first."""

    boxes_xyxy: FloatArray
    landmarks: FloatArray
    scores: FloatArray


def letterbox(picture: Pixels, width: int, height: int) -> tuple[Pixels, float]:
    """The picture in the top left corner of a black (height, width, 3) canvas, aspect kept; and the scale applied."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = (min(width, round(picture.shape[1] * scale)), min(height, round(picture.shape[0] * scale)))
    canvas = np.zeros((height, width, 3), np.uint8)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas[: size[1], : size[0]] = cv2.resize(picture, size, interpolation=method)
    return canvas, scale


def decode(outputs: Sequence[FloatArray], score_threshold: float) -> Faces:
    """Raw values of the three strides, each (1, rows, columns, 16), to faces in input pixels, before suppression.

    score = √(sigmoid(cls) · sigmoid(obj)); centre = (cell + delta) · stride; side = exp(value) · stride;
    landmark = (cell + delta) · stride.
    """
    boxes, landmarks, scores = [], [], []
    for stride, values in zip(STRIDES, outputs, strict=True):
        grid = values[0]
        score = score_of(grid)
        rows, columns = np.nonzero(score >= score_threshold)
        found, cells = grid[rows, columns], np.stack([columns, rows], axis=1)
        centres = (cells + found[:, 2:4]) * stride
        halves = np.exp(found[:, 4:6]) * (stride / 2)
        boxes.append(np.concatenate([centres - halves, centres + halves], axis=1))
        landmarks.append((cells[:, None] + found[:, 6:].reshape(-1, 5, 2)) * stride)
        scores.append(score[rows, columns])
    return Faces(np.concatenate(boxes), np.concatenate(landmarks), np.concatenate(scores))


def score_of(values: FloatArray) -> FloatArray:
    """√(sigmoid(cls) · sigmoid(obj)) of values whose last axis begins with cls and obj."""
    result: FloatArray = np.sqrt(_sigmoid(values[..., 0]) * _sigmoid(values[..., 1]))
    return result


def overlaps(box: FloatArray, boxes: FloatArray) -> FloatArray:
    """Intersection over union of one (4,) box with (n, 4) boxes, all x1 y1 x2 y2."""
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.prod(np.clip(sides, 0, None), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    result: FloatArray = shared / np.maximum(np.prod(box[2:] - box[:2]) + areas - shared, 1e-9)
    return result


def _suppress(faces: Faces, nms_iou: float) -> Faces:
    order = np.argsort(-faces.scores, kind="stable")[:_MOST_CANDIDATES]
    kept: list[int] = []
    while len(order):
        best, order = int(order[0]), order[1:]
        kept.append(best)
        order = order[overlaps(faces.boxes_xyxy[best], faces.boxes_xyxy[order]) <= nms_iou]
    return Faces(faces.boxes_xyxy[kept], faces.landmarks[kept], faces.scores[kept])


def _sigmoid(values: FloatArray) -> FloatArray:
    result: FloatArray = (1 / (1 + np.exp(-values))).astype(np.float32)
    return result


_MOST_CANDIDATES = 1500
"""More cells than this above the threshold only happen in a broken file."""
