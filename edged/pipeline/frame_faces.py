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
    from edged.vision.faces import FaceReader, View
    from edged.vision.quality import QualityLimits


@dataclass(frozen=True, slots=True, eq=False)
class FaceView:
    """One face as far as it was read: face and embedding are None where the view is too poor, and quality says why."""

    quality: Quality
    face: AlignedFace | None
    embedding: Embedding | None


class FrameFaces:
    """The faces of one frame, by the row of their detection; tracks says which track each belongs to, None none, once it is known."""

    def __init__(self, frame: Frame, detections: Sequence[Detection], reader: FaceReader, limits: QualityLimits, times: StageTimes) -> None:
        """Read no pixels yet."""
        self._frame, self.detections, self._reader, self._limits, self._times = frame, detections, reader, limits, times
        height, width = frame.pixels.shape[:2]
        self.frame_size = (width, height)
        self.tracks: Sequence[int | None] = ()
        self._geometry = [judge_geometry(face, self.frame_size, limits) for face in detections]
        self._views: dict[int, View] = {}
        self._read: dict[int, FaceView] = {}
        self._poor: dict[int, FaceView] = {}

    def geometry(self, row: int) -> Quality:
        """The quality as far as it is known without pixels."""
        return self._geometry[row]

    def read(self, row: int) -> FaceView:
        """Read the whole view."""
        if row not in self._read:
            self._read[row] = self._look(row)
        return self._read[row]

    def read_poor(self, row: int) -> FaceView:
        """Read a view to the end even if it is too poor to vote; face and embedding are None where nothing can be compared."""
        quality = self.read(row).quality
        if quality.reason is None or quality.reason.is_final:
            return self._read[row]
        if row not in self._poor:
            self._poor[row] = self._embedded(row, self._view(row))
        return self._poor[row]

    def embedding(self, row: int) -> Embedding | None:
        """Embed the view, even if its pixels are too poor to vote: it takes less to tell two faces apart. None where it is poorer."""
        view = self.read(row)
        return view.embedding or (None if self.geometry(row).reason else self.read_poor(row).embedding)

    def view_to_keep(self, row: int, *, with_crop: bool) -> BestView:
        """Take what is kept of the view, with a copy of the head's pixels or without.

        Raises:
            ValueError: it shows nothing that can be compared.
        """
        view = self.read_poor(row)
        if view.face is None:
            raise ValueError(f"Row {row} has no usable view.")
        box = self.detections[row].box
        crop = cut_head(self._frame.pixels, box) if with_crop else None
        return BestView(view.face, view.quality.score, box, self.frame_size, self._frame.captured_at, crop, view.quality.typicality)

    def turn(self, row: int) -> int:
        """The turn, counter-clockwise in degrees, that would make a face upright; 0 where it is, or where nobody has looked."""
        turns = self._views[row].turns if row in self._views else None
        return turns.degrees if turns else 0

    def _look(self, row: int) -> FaceView:
        quality = self.geometry(row)
        if quality.reason:
            return FaceView(quality, None, None)
        view = self._view(row)
        return FaceView(view.quality, None, None) if view.quality.reason else self._embedded(row, view)

    def _view(self, row: int) -> View:
        if row not in self._views:
            self._views[row] = self._reader.view(self._frame.pixels, self.detections[row], self._limits, self.geometry(row))
            self._times.note("align")
        return self._views[row]

    def _embedded(self, row: int, view: View) -> FaceView:
        """Embed a view that is upright, and look at it in other turns where its embedding makes that doubtful."""
        if view.quality.reason and view.quality.reason.is_final:
            return FaceView(view.quality, None, None)
        embedding = self._reader.embedder.embed(view.aligned)
        self._times.note("embed")
        quality, may_lie = self._reader.typical.judge(view.quality, embedding, self.detections[row])
        if may_lie and view.turns is None:
            view = self._views[row] = self._reader.turned(self._frame.pixels, self.detections[row], view)
            quality = view.quality if view.turns and view.turns.degrees else quality
            self._times.note("align")
        is_final = quality.reason is not None and quality.reason.is_final
        return FaceView(quality, None, None) if is_final else FaceView(quality, view.aligned, embedding)
