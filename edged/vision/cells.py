"""Detection without anchors: each cell of each stride may hold a face, and says by how far it lies beside the cell.

It knows the numbers of one network and what its card says of them, and nothing of frames.
"""

from __future__ import annotations

import math
from itertools import cycle
from operator import mul
from typing import TYPE_CHECKING, NamedTuple

from edged.errors import ModelError
from edged.types import Box
from edged.vision.boxes import Candidate, group

if TYPE_CHECKING:
    from edged.vision.detection_card import DetectionCard, Output
    from edged.vision.tflite import Network, TensorSpec

OBJ = 1
"""Channel of an output, as detection_card.CHANNELS names them."""


class _Head(NamedTuple):
    """One output: real value = stored · scale + offset by channel, and from which stored obj on a cell may hold a face."""

    spec: TensorSpec
    stride: int
    columns: int
    scale: list[float]
    offset: list[float]
    least_obj: float


class CellHeads:
    """The outputs of a network without anchors."""

    def __init__(self, card: DetectionCard, network: Network, score_threshold: float) -> None:
        """Prepare what a look needs.

        Raises:
            ModelError: the network is not of the form that its card says.
        """
        self._network, self._threshold, self._nms_iou = network, score_threshold, card.score.nms_iou
        self._heads = [self._head(output) for output in card.output]

    def _head(self, output: Output) -> _Head:
        spec = self._network.outputs[output.index]
        columns, rows = (side // output.stride for side in self._network.input_size)
        if spec.shape != (1, rows, columns, len(output.scale)):
            raise ModelError(f"Output {output.index} of the detector, {spec.shape}, is not of the form that its card says.")
        scale = [channel * spec.scale for channel in output.scale]
        offset = [channel - step * spec.zero_point for channel, step in zip(output.offset, scale, strict=True)]
        # The score is √(cls · obj), each at most 1: obj, which little but faces raises, may not be below the threshold's square.
        least = math.log(self._threshold**2 / (1 - self._threshold**2))
        least_obj = (least - offset[OBJ]) / scale[OBJ]
        if spec.quantised:
            least_obj = math.ceil(least_obj)  # an integer is compared without converting the cells
        return _Head(spec, output.stride, columns, scale, offset, least_obj)

    def faces(self) -> list[Candidate]:
        """Give what the network found, doubles blended, best first."""
        candidates = self._candidates()
        groups = group([(found.score, found.box) for found in candidates], self._nms_iou)
        return [_blended([candidates[row] for row in rows]) for rows in groups]

    def _candidates(self) -> list[Candidate]:
        """Find the cells that hold a face.

        One face makes about ten of them: too few for arrays, whose calls the networks have evicted from the caches.
        """
        found = []
        for head in self._heads:
            stored = self._network.stored(head.spec).reshape(-1, len(head.scale))
            cells = (stored[:, OBJ] >= head.least_obj).nonzero()[0]
            if not cells.size:
                continue
            for cell, row in zip(cells.tolist(), stored[cells].tolist(), strict=True):
                if candidate := _decoded(head, cell, row, self._threshold):
                    found.append(candidate)
        return found


def _decoded(head: _Head, cell: int, stored: list[float], threshold: float) -> Candidate | None:
    """Turn logits to a score and deltas to pixels: centre and landmarks are offsets from the cell, sizes are exponentials, in strides."""
    values = [value * scale + offset for value, scale, offset in zip(stored, head.scale, head.offset, strict=True)]
    cls, obj, dx, dy, log_width, log_height, *deltas = values
    score = 1 / math.sqrt((1 + math.exp(-cls)) * (1 + math.exp(-obj)))
    if score < threshold:
        return None
    (row, column), stride = divmod(cell, head.columns), head.stride
    x, y = (column + dx) * stride, (row + dy) * stride
    half_width, half_height = math.exp(log_width) * stride / 2, math.exp(log_height) * stride / 2
    points = [(delta + cell) * stride for delta, cell in zip(deltas, cycle((column, row)))]
    return Candidate(score, Box(x - half_width, y - half_height, x + half_width, y + half_height), points)


def _blended(group_of: list[Candidate]) -> Candidate:
    """Make one face of overlapping ones, the best first: their mean weighted by score, with the best score.

    The cells that see one face differ by noise, and quantisation adds some; as in Bazarevsky et al., "BlazeFace" (2019),
    section 3.4, their mean is steadier from frame to frame than the best cell alone.
    """
    if len(group_of) == 1:
        return group_of[0]
    total = sum(face.score for face in group_of)
    weights = [face.score / total for face in group_of]
    rows = zip(*((face.box.x1, face.box.y1, face.box.x2, face.box.y2, *face.points) for face in group_of), strict=True)
    x1, y1, x2, y2, *points = [sum(map(mul, weights, row)) for row in rows]
    return Candidate(group_of[0].score, Box(x1, y1, x2, y2), points)
