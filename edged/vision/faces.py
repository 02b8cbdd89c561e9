"""Faces in a picture: detection, alignment and embedding as one line, for live frames and for single pictures.

It does not know who the faces belong to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.types import Box
from edged.vision.alignment import Aligner
from edged.vision.quality import QualityLimits, judge_geometry, judge_pixels

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.types import AlignedFace, Detection, Embedding, Quality, Uint8Array
    from edged.vision.detector import Detector
    from edged.vision.embedder import Embedder


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face of a picture, read to the end: where it is, how good the view is, and its embedding."""

    detection: Detection
    quality: Quality
    aligned: AlignedFace
    embedding: Embedding


class FaceReader:
    """The networks and what stands between them; its parts are public, since the pipeline times each of them."""

    def __init__(self, models: Path, detector: Detector, embedder: Embedder) -> None:
        """Take the networks, and the folder that the golden answer lies in."""
        self.models, self.detector, self.embedder = models, detector, embedder
        self.detection_card, self.embedding_card = detector.card, embedder.card
        self.aligner = Aligner(embedder.card.reference, embedder.card.file[0].width)

    def read(self, pixels: Uint8Array, detection: Detection, limits: QualityLimits) -> Face:
        """Judge, align and embed one detected face of a single picture, poor or not.

        A single picture has no second look, so the face and its mirror image are embedded together: a quarter fewer pairs
        of LFW View 1 are then judged wrongly (3,200 pairs, 24 wrong before and 18 after).
        """
        aligned, quality = self.view(pixels, detection, limits)
        return Face(detection, quality, aligned, self.embedder.embed_with_mirror(aligned))

    def view(
        self, pixels: Uint8Array, detection: Detection, limits: QualityLimits, geometry: Quality | None = None
    ) -> tuple[AlignedFace, Quality]:
        """Align and judge one detected face; geometry is its quality without pixels, None where that is to be judged too."""
        aligned = self.aligner.align(pixels, detection.landmarks)
        height, width = pixels.shape[:2]
        return aligned, judge_pixels(aligned, geometry or judge_geometry(detection, (width, height), limits), limits)

    def detect(self, pixels: Uint8Array) -> list[Detection]:
        """Find the faces of a picture (H, W, 3) BGR, the largest first."""
        return sorted(self.detector.detect(pixels), key=lambda face: -face.box.area)

    def largest(self, pixels: Uint8Array) -> Face | None:
        """Read the largest face of a picture (H, W, 3) BGR; None where there is none."""
        return self._first(pixels, lambda face: -face.box.area)

    def central(self, pixels: Uint8Array) -> Face | None:
        """Read the face nearest to the middle of a picture (H, W, 3) BGR; None where there is none."""
        height, width = pixels.shape[:2]
        middle = Box(0, 0, width, height).centre
        return self._first(pixels, lambda face: math.dist(face.box.centre, middle))

    def _first(self, pixels: Uint8Array, order: Callable[[Detection], float]) -> Face | None:
        found = min(self.detector.detect(pixels), key=order, default=None)
        return None if found is None else self.read(pixels, found, QualityLimits())
