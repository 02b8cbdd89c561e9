"""FrameFaces: the faces of one frame, each aligned, judged and embedded at most once, and only if somebody asks.

Knows pixels and networks; it does not know which faces are worth it, nor whose they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.tracking.evidence import BestView
from edged.vision.crops import cut_head
from edged.vision.quality import judge_geometry

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
        """Read no pixels yet."""
        self._frame, self.detections, self._reader, self._limits, self._times = frame, detections, reader, limits, times
        height, width = frame.pixels.shape[:2]
        self.frame_size = (width, height)
        self._geometry = [judge_geometry(face, self.frame_size, limits) for face in detections]
        self._read: dict[int, FaceView] = {}
        self._refused: dict[int, AlignedFace] = {}
        self._refused_embeddings: dict[int, Embedding] = {}

    def geometry(self, row: int) -> Quality:
        """The quality as far as it is known without pixels."""
        return self._geometry[row]

    def read(self, row: int) -> FaceView:
        """Read the whole view."""
        if row not in self._read:
            self._read[row] = self._look(row)
        return self._read[row]

    def embedding(self, row: int) -> Embedding | None:
        """Embed the view, even if its pixels are too poor to vote: it takes less to tell two faces apart. None where it is poorer."""
        view = self.read(row)
        if row in self._refused:
            self._refused_embeddings[row] = self._embed(self._refused.pop(row))
        return view.embedding or self._refused_embeddings.get(row)

    def view_to_keep(self, row: int, *, with_crop: bool) -> BestView:
        """Take what is kept of the view, with a copy of the head's pixels or without.

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
        face, quality = self._reader.view(self._frame.pixels, self.detections[row], self._limits, quality)
        self._times.note("align")
        if quality.reason:
            self._refused[row] = face
            return FaceView(quality, None, None)
        return FaceView(quality, face, self._embed(face))

    def _embed(self, face: AlignedFace) -> Embedding:
        embedding = self._reader.embedder.embed(face)
        self._times.note("embed")
        return embedding
