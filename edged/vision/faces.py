"""Faces in a picture: detection, alignment and embedding as one line, for live frames and for single pictures.

It does not know who the faces belong to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.types import Box
from edged.vision.alignment import Aligner
from edged.vision.quality import QualityLimits, judge_geometry, judge_pixels, not_upright
from edged.vision.turns import TurnFinder
from edged.vision.typical_view import TypicalViews

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.types import AlignedFace, Detection, Embedding, Quality, Uint8Array
    from edged.vision.detector import Detector
    from edged.vision.embedder import Embedder
    from edged.vision.turns import Turns

LEANING_DEGREES = 12.0
"""Roll from which a face is looked at once more in a crop turned upright: the landmarks follow a lean of 15 / 25 / 35 / 45 degrees
by 12 / 19 / 23 / 24 (median of 1,025 pictures of LFW and world_dev), and what is left of it costs similarity from about 25 on."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face of a picture, read to the end: where it is, how good the view is, and its embedding."""

    detection: Detection
    quality: Quality
    aligned: AlignedFace
    embedding: Embedding


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A face aligned and judged, before it is embedded; turns is what it looks like turned, None where nobody looked."""

    aligned: AlignedFace
    quality: Quality
    turns: Turns | None


class FaceReader:
    """The networks and what stands between them; its parts are public, since the pipeline times each of them."""

    def __init__(self, models: Path, detector: Detector, embedder: Embedder) -> None:
        """Take the networks, and the folder that the golden answer lies in."""
        self.models, self.detector, self.embedder = models, detector, embedder
        self.detection_card, self.embedding_card = detector.card, embedder.card
        self.aligner = Aligner(embedder.card.first.reference, embedder.card.face_size[0])
        self.turns, self.typical = TurnFinder(detector), TypicalViews(embedder.card)

    def read(self, pixels: Uint8Array, detection: Detection, limits: QualityLimits) -> Face:
        """Judge, align and embed one detected face of a single picture, poor or not; whether it is upright is always looked at.

        A single picture has no second look, so the face and its mirror image are embedded together: a quarter fewer pairs
        of LFW View 1 are then judged wrongly (3,200 pairs, 24 wrong before and 18 after).
        """
        view = self.view(pixels, detection, limits, turn=True)
        embedding = self.embedder.embed_with_mirror(view.aligned)
        quality, _ = self.typical.judge(view.quality, embedding, detection)
        return Face(detection, quality, view.aligned, embedding)

    def view(
        self, pixels: Uint8Array, detection: Detection, limits: QualityLimits, geometry: Quality | None = None, *, turn: bool = False
    ) -> View:
        """Align and judge one detected face; one that leans is turned upright first.

        geometry is its quality without pixels, None where that is to be judged too; turn says to look at the turned face even if it does
        not lean.
        """
        height, width = pixels.shape[:2]
        geometry = geometry or judge_geometry(detection, (width, height), limits)
        is_leaning = abs(_roll(geometry)) >= LEANING_DEGREES
        turns = self.turns.look(pixels, detection, _roll(geometry)) if turn or is_leaning else None
        landmarks = (turns and is_leaning and turns.landmarks) or detection.landmarks
        aligned = self.aligner.align(pixels, landmarks)
        return _view(aligned, judge_pixels(aligned, geometry, limits), turns)

    def turned(self, pixels: Uint8Array, detection: Detection, view: View) -> View:
        """Look at the turned face of a view that nobody has looked at so; its quality says so where it is not upright."""
        return _view(view.aligned, view.quality, self.turns.look(pixels, detection, _roll(view.quality)))

    def unload_unused(self) -> None:
        """Free the detector's files that nothing has needed since the last call."""
        self.detector.unload_unused()
        self.turns.unload_unused()

    def detect(self, pixels: Uint8Array) -> list[Detection]:
        """Find the faces of a picture (H, W, 3) BGR, the largest first."""
        return sorted(self.detector.detect_in_picture(pixels), key=lambda face: -face.box.area)

    def largest(self, pixels: Uint8Array) -> Face | None:
        """Read the largest face of a picture (H, W, 3) BGR; None where there is none."""
        return self._first(pixels, lambda face: -face.box.area)

    def central(self, pixels: Uint8Array) -> Face | None:
        """Read the face nearest to the middle of a picture (H, W, 3) BGR; None where there is none."""
        height, width = pixels.shape[:2]
        middle = Box(0, 0, width, height).centre
        return self._first(pixels, lambda face: math.dist(face.box.centre, middle))

    def _first(self, pixels: Uint8Array, order: Callable[[Detection], float]) -> Face | None:
        found = min(self.detector.detect_in_picture(pixels), key=order, default=None)
        return None if found is None else self.read(pixels, found, QualityLimits())


def _roll(quality: Quality) -> float:
    return quality.pose.roll_degrees if quality.pose else 0.0


def _view(aligned: AlignedFace, quality: Quality, turns: Turns | None) -> View:
    return View(aligned, not_upright(quality) if turns and turns.degrees else quality, turns)
