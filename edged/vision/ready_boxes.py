"""Detectors that decode by themselves: files that end in TFLite_Detection_PostProcess, as the Object Detection API exports them.

It knows the four outputs of that operation, and nothing of how they came to be. Anchors, decoding and suppression are inside such
a file, so that one for a Coral or another accelerator can be used as it comes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edged.errors import ModelError
from edged.types import Box
from edged.vision.boxes import Candidate

if TYPE_CHECKING:
    from edged.vision.detection_card import DetectionCard
    from edged.vision.tflite import Network

CORNERS = 4
"""Numbers of a box: top, left, bottom and right, as parts of the input."""


class ReadyBoxes:
    """The outputs of a network that gives boxes, classes, scores and how many of them count."""

    def __init__(self, card: DetectionCard, network: Network, score_threshold: float) -> None:
        """Look whether the outputs are those of the operation.

        Raises:
            ModelError: they are not.
        """
        if card.post_process is None:
            raise ValueError(f"{card.id} does not decode by itself")
        known = card.post_process
        if max(known.boxes, known.classes, known.scores, known.count) >= len(network.outputs):
            raise ModelError(
                f"The detector {card.id} has {len(network.outputs)} outputs, and not the four of TFLite_Detection_PostProcess."
            )
        places = (known.boxes, known.classes, known.scores, known.count)
        self._boxes, self._classes, self._scores, self._count = (network.outputs[place] for place in places)
        if self._boxes.shape[-1:] != (CORNERS,) or any(spec.quantised for spec in (self._boxes, self._scores)):
            raise ModelError(
                f"Output {known.boxes} of the detector {card.id}, {self._boxes.shape}, holds no boxes; see [post_process] on its card."
            )
        self._network, self._threshold, self._face = network, score_threshold, known.face_class
        width, height = network.input_size
        self._side = np.array([height, width, height, width], dtype=np.float32)

    def faces(self) -> list[Candidate]:
        """Give the faces found, best first, without landmarks."""
        found = [self._network.stored(spec).ravel() for spec in (self._scores, self._classes)]
        count = min(round(float(self._network.stored(self._count).ravel()[0])), found[0].size)
        boxes = self._network.stored(self._boxes).reshape(-1, CORNERS)[:count] * self._side
        rows = zip(*(values[:count].tolist() for values in found), boxes.tolist(), strict=True)
        faces = [
            Candidate(score, Box(left, top, right, bottom), [])
            for score, kind, (top, left, bottom, right) in rows
            if score >= self._threshold and round(kind) == self._face and math.isfinite(left + top + right + bottom)
        ]
        return sorted(faces, key=lambda face: -face.score)
