"""Geometry of boxes: suppression of doubles, and the letterbox between a frame and a network's input.

It does not know what a box surrounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from edged.types import Box  # noqa: TC001 - a NamedTuple looks at its types

if TYPE_CHECKING:
    from collections.abc import Sequence


class Candidate(NamedTuple):
    """What a network holds for a face: its score, and box and landmarks (x, y in turn) in input pixels."""

    score: float
    box: Box
    points: list[float]


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
        """Fit by the largest even scaling of frame_size (width, height) into input_size (width, height)."""
        scale = min(input_size[0] / frame_size[0], input_size[1] / frame_size[1])
        width = max(1, min(input_size[0], round(frame_size[0] * scale)))
        height = max(1, min(input_size[1], round(frame_size[1] * scale)))
        return cls(scale, width, height)


def group(boxes: Sequence[tuple[float, Box]], max_iou: float) -> list[list[int]]:
    """Group rows by greedy non-maximum suppression, which keeps what it suppressed: the best group first.

    Each group begins with its best row; the others are those that overlap it by more than max_iou, 0…1, and belong to no
    better group. boxes are score and box of each row.
    """
    left = sorted(range(len(boxes)), key=lambda row: -boxes[row][0])
    groups = []
    while left:
        best, *others = left
        near = [row for row in others if boxes[best][1].iou(boxes[row][1]) > max_iou]
        groups.append([best, *near])
        left = [row for row in others if row not in near]
    return groups
