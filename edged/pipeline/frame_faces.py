"""FrameFaces: the faces of one frame, each aligned, judged and embedded at most once, and only if somebody asks.

Knows pixels and networks; which faces are worth it, and whose they are, is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.tracking.evidence import BestView
from edged.vision.crops import cut_head
from edged.vision.quality import judge_geometry, judge_pixels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.pipeline.stage_times import StageTimes
    from edged.types import AlignedFace, Detection, Embedding, Frame, Quality
    from edged.vision.faces import FaceReader
    from edged.vision.quality import QualityLimits


@dataclass(frozen=True, slots=True, eq=False)
class FaceView:
    """One face as far as it was read: face and embedding are None where the view is too poor, and quality says why."""

    quality: Quality
    face: AlignedFace | None
    embedding: Embedding | None


class FrameFaces:
    """The faces of one frame, by the row of their detection."""

    def __init__(self, frame: Frame, detections: Sequence[Detection], reader: FaceReader, limits: QualityLimits, times: StageTimes) -> None:
        """Read nothing yet."""
        self._frame, self.detections, self._reader = frame, detections, reader
        self._limits, self._times = limits, times
        height, width = frame.pixels.shape[:2]
        self.frame_size = (width, height)
        self._geometry: dict[int, Quality] = {}
        self._read: dict[int, FaceView] = {}
        self._refused: dict[int, AlignedFace] = {}
        self._refused_embeddings: dict[int, Embedding] = {}

    def geometry(self, row: int) -> Quality:
        """The quality as far as it can be told without pixels."""
        known = self._geometry.get(row)
        if known is None:
            known = self._geometry[row] = judge_geometry(self.detections[row], self.frame_size, self._limits)
        return known

    def read(self, row: int) -> FaceView:
        """The whole view."""
        view = self._read.get(row)
        if view is None:
            view = self._read[row] = self._look(row)
        return view

    def embedding(self, row: int) -> Embedding | None:
        """Of the view, or of one whose pixels alone are too poor to vote: less tells two faces apart. None where it is poorer."""
        view = self.read(row)
        if view.embedding or row not in self._refused:
            return view.embedding
        embedding = self._refused_embeddings.get(row)
        if embedding is None:
            embedding = self._refused_embeddings[row] = self._reader.embedder.embed(self._refused[row])
            self._times.note("embed")
        return embedding

    def view_to_keep(self, row: int, *, with_crop: bool) -> BestView:
        """The view as it is kept of somebody, with a copy of the head's pixels or without.

        Raises:
            ValueError: it is too poor.
        """
        view = self.read(row)
        if view.face is None:
            raise ValueError(f"Row {row} has no usable view.")
        box = self.detections[row].box
        crop = cut_head(self._frame.pixels, box) if with_crop else None
        return BestView(view.face, view.quality.score, box, self.frame_size, self._frame.captured_at, crop)

    def _look(self, row: int) -> FaceView:
        quality = self.geometry(row)
        if quality.reason:
            return FaceView(quality, None, None)
        face = self._reader.aligner.align(self._frame.pixels, self.detections[row].landmarks)
        quality = judge_pixels(face, quality, self._limits)
        self._times.note("align")
        if quality.reason:
            self._refused[row] = face
            return FaceView(quality, None, None)
        embedding = self._reader.embedder.embed(face)
        self._times.note("embed")
        return FaceView(quality, face, embedding)
