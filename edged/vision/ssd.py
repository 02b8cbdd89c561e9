"""A single-shot detector with anchors: the anchors of a network, the decoding of its outputs, and the suppression of doubles.

After Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016: anchors ("default boxes") and their offsets in section 2.2, suppression
at the end of 2.2; and Bazarevsky et al., "BlazeFace" (2019), sections 3.2 to 3.4: anchors of one size, linear sizes, landmarks, and doubles
blended instead of suppressed. It knows arrays and the card, and nothing of frames.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edged.errors import ModelError
from edged.types import Box
from edged.vision.boxes import Candidate
from edged.vision.detection_card import BOX_CHANNELS, MOUTH, MOUTH_CORNERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.types import Float32Array
    from edged.vision.detection_card import AnchorLevel, AnchorTensor, DetectionCard, LandmarkNames
    from edged.vision.tflite import Network, TensorSpec

MOST_CANDIDATES = 400
"""Anchors, the best ones, among which doubles are looked for: a face makes 10 to 60, and a broken file thousands."""


class _Level:
    """One grid of anchors, with centres and sizes of all of them, (cells · anchors, 2), in input pixels; made once."""

    def __init__(self, level: AnchorLevel, network: Network, threshold: float, *, linear: bool) -> None:
        columns, rows = (math.ceil(side / level.stride) for side in network.input_size)
        count = len(level.anchors)
        self._network, self._linear = network, linear
        self._scores, self._boxes = (self._spec(tensor, (1, rows, columns, len(tensor.scale))) for tensor in (level.scores, level.boxes))
        self._score_scale, self._score_offset = _spans(level.scores, self._scores, (count,))
        # Where the score is the sigmoid of a logit, the logit tells; an integer is compared without converting the cells.
        self._least = (math.log(threshold / (1 - threshold)) - self._score_offset) / self._score_scale
        self._scale, self._offset = _spans(level.boxes, self._boxes, (count, -1))
        down, across = np.mgrid[:rows, :columns].astype(np.float32)
        centres = (np.stack([across, down], axis=-1) + 0.5) * np.float32(level.stride)
        self._centres = np.repeat(centres.reshape(-1, 2), count, axis=0)
        self._sizes = np.tile(np.array(level.anchors, dtype=np.float32), (rows * columns, 1))

    def _spec(self, tensor: AnchorTensor, form: tuple[int, ...]) -> TensorSpec:
        spec = self._network.outputs[tensor.index]
        if spec.shape != form:
            raise ModelError(f"Output {tensor.index} of the detector, {spec.shape}, is not {form}, as its card says.")
        return spec

    def likely(self) -> tuple[Float32Array, Float32Array]:
        """Give the logits (n,) of the anchors that may hold a face, and their boxes and landmarks as x, y pairs (n, 2 + K, 2).

        The first two pairs are the corners of the box.
        """
        stored = self._network.stored(self._scores).reshape(-1, len(self._score_scale))
        cells, anchors = np.nonzero(stored >= self._least)
        logits = stored[cells, anchors] * self._score_scale[anchors] + self._score_offset[anchors]
        rows = cells * len(self._score_scale) + anchors
        values = self._network.stored(self._boxes).reshape(len(self._centres), -1)[rows]
        pairs = (values * self._scale[anchors] + self._offset[anchors]).reshape(len(rows), self._scale.shape[1] // 2, 2)
        centres, sizes = self._centres[rows, None], self._sizes[rows, None]
        half = (pairs[:, 1:2] if self._linear else np.exp(pairs[:, 1:2])) * sizes / 2
        pairs[:, 1:2] = 0
        pairs = pairs * sizes + centres
        middle = pairs[:, :1]
        return logits, np.concatenate([middle - half, middle + half, pairs[:, 2:]], axis=1)


class AnchorHeads:
    """The outputs of a network with anchors."""

    def __init__(self, card: DetectionCard, network: Network, score_threshold: float) -> None:
        """Make the anchors.

        Raises:
            ModelError: the network is not of the form that its card says.
        """
        if card.anchors is None:
            raise ValueError(f"{card.id} has no anchors")
        linear = card.anchors.sizes == "linear"
        self._levels = [_Level(level, network, score_threshold, linear=linear) for level in card.anchors.level]
        self._nms_iou, self._landmarks = card.score.nms_iou, card.landmarks

    def faces(self) -> list[Candidate]:
        """Give what the network found, doubles blended, best first."""
        logits, pairs = (np.concatenate(parts) for parts in zip(*(level.likely() for level in self._levels), strict=True))
        best = np.argsort(-logits, kind="stable")[:MOST_CANDIDATES]
        scores, pairs = 1 / (1 + np.exp(-logits[best])), pairs[best]
        return [self._blended(scores[rows], pairs[rows]) for rows in doubles(pairs[:, :2].reshape(-1, BOX_CHANNELS), self._nms_iou)]

    def _blended(self, scores: Float32Array, pairs: Float32Array) -> Candidate:
        """Make one face of overlapping ones, the best first: their mean weighted by score, with the best score."""
        (x1, y1), (x2, y2), *points = np.tensordot(scores / scores.sum(), pairs, axes=1).tolist()
        return Candidate(float(scores[0]), Box(x1, y1, x2, y2), _with_corners(points, self._landmarks))


def doubles(boxes_xyxy: Float32Array, max_iou: float) -> Iterator[Float32Array]:
    """Group boxes (n, 4), the best first, by greedy non-maximum suppression: rows of each group, its best first.

    A box belongs to the first group whose best box it overlaps by more than max_iou, 0…1.
    """
    areas = np.prod(np.maximum(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2], 0), axis=1)
    left = np.arange(len(boxes_xyxy))
    while len(left):
        first, others = boxes_xyxy[left[0]], boxes_xyxy[left]
        sides = np.minimum(first[2:], others[:, 2:]) - np.maximum(first[:2], others[:, :2])
        shared = np.prod(np.maximum(sides, 0), axis=1)
        near = shared > max_iou * (areas[left[0]] + areas[left] - shared)
        near[0] = True
        yield left[near]
        left = left[~near]


def _spans(tensor: AnchorTensor, spec: TensorSpec, form: tuple[int, ...]) -> tuple[Float32Array, Float32Array]:
    """Scale and offset from stored numbers to values, by anchor (and channel)."""
    scale = np.array(tensor.scale, dtype=np.float32).reshape(form) * np.float32(spec.scale)
    return scale, np.array(tensor.offset, dtype=np.float32).reshape(form) - scale * np.float32(spec.zero_point)


def _with_corners(points: list[list[float]], landmarks: LandmarkNames) -> list[float]:
    """Give x and y of the landmarks in turn, the middle of the mouth as its two corners: they lie on a line along that of the eyes."""
    if landmarks.mouth_width is None:
        return [value for point in points for value in point]
    named = {name: complex(*point) for name, point in zip(landmarks.names, points, strict=True)}
    half = (named["left_eye"] - named["right_eye"]) * landmarks.mouth_width / 2
    mouth = named.pop(MOUTH)
    named |= zip(MOUTH_CORNERS, (mouth - half, mouth + half), strict=True)
    return [value for point in named.values() for value in (point.real, point.imag)]
