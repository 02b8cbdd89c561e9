"""Geometry of boxes: overlap, suppression of doubles, and the letterbox between a frame and a network's input.

Pure functions over arrays and values; nothing here knows what a box surrounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from edged.types import Float32Array


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a frame lies in a network's input: scaled evenly into the top left corner, the rest is padding.

    scale is input pixels per frame pixel; width and height are the part that the frame covers, in input pixels.
    """

    scale: float
    width: int
    height: int

    @classmethod
    def fit(cls, frame_size: tuple[int, int], input_size: tuple[int, int]) -> Letterbox:
        """The largest even scaling of frame_size (width, height) into input_size (width, height)."""
        scale = min(input_size[0] / frame_size[0], input_size[1] / frame_size[1])
        width = max(1, min(input_size[0], round(frame_size[0] * scale)))
        height = max(1, min(input_size[1], round(frame_size[1] * scale)))
        return cls(scale, width, height)


def iou_with(box_xyxy: Float32Array, boxes_xyxy: Float32Array) -> Float32Array:
    """Intersection over union, (N,) 0…1, of one box (4,) with boxes (N, 4)."""
    width = np.minimum(box_xyxy[2], boxes_xyxy[:, 2]) - np.maximum(box_xyxy[0], boxes_xyxy[:, 0])
    height = np.minimum(box_xyxy[3], boxes_xyxy[:, 3]) - np.maximum(box_xyxy[1], boxes_xyxy[:, 1])
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    union = areas(box_xyxy[None])[0] + areas(boxes_xyxy) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def areas(boxes_xyxy: Float32Array) -> Float32Array:
    """Areas (N,) of boxes (N, 4)."""
    return np.asarray((boxes_xyxy[:, 2] - boxes_xyxy[:, 0]) * (boxes_xyxy[:, 3] - boxes_xyxy[:, 1]))


def group(boxes_xyxy: Float32Array, scores: Float32Array, max_iou: float) -> list[npt.NDArray[np.intp]]:
    """Greedy non-maximum suppression that tells what was suppressed: groups of rows, the best group first.

    Each group begins with its best row; the others are those that overlap it by more than max_iou and belong to no
    better group.
    """
    left = np.argsort(-scores, kind="stable")
    groups = []
    while left.size:
        near = iou_with(boxes_xyxy[left[0]], boxes_xyxy[left]) > max_iou
        near[0] = True
        groups.append(left[near])
        left = left[~near]
    return groups
