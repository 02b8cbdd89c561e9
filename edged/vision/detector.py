"""The face detector: a frame in, faces with named landmarks out.

Knows the anchor-free decoding that the card describes; quality and identity are not known here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.errors import ModelError
from edged.types import Box, Detection, Landmarks
from edged.vision.boxes import Letterbox, group
from edged.vision.tflite import Network

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Float32Array, Uint8Array
    from edged.vision.model_card import DetectionCard, ModelFile, Output
    from edged.vision.tflite import TensorSpec

ENOUGH_SCALE = 1.5
"""Enlarging a small picture beyond this shows the network no more of it, and takes longer."""
CLS, OBJ, POSITION, SIZE, LANDMARKS = 0, 1, slice(2, 4), slice(4, 6), slice(6, None)
"""Channels of an output, as model_card.CHANNELS names them."""


@dataclass(frozen=True, slots=True, eq=False)
class _Head:
    """One output: real value = stored · scale + offset by channel, and from which stored obj on a cell may hold a face.

    places (N, 3) is column, row and stride of each cell.
    """

    spec: TensorSpec
    places: Float32Array
    scale: Float32Array
    offset: Float32Array
    least_obj: float


@dataclass(frozen=True, slots=True, eq=False)
class _Faces:
    """Faces in input pixels: geometry (N, 4 + 2·K) is box and landmarks as x, y in turn, scores (N,)."""

    geometry: Float32Array
    scores: Float32Array


class _SizedDetector:
    """The network of one input size, with its buffers."""

    def __init__(self, card: DetectionCard, file: ModelFile, score_threshold: float, threads: int, delegate: Path | None) -> None:
        self.network = Network(card.folder / file.name, sha256=file.sha256, threads=threads, delegate=delegate)
        if self.network.input_size != (file.width, file.height):
            raise ModelError(f"{file.name} takes {self.network.input_size}, its card says {(file.width, file.height)}.")
        self._card = card
        self._threshold = score_threshold
        self._heads = [self._head(output) for output in card.output]
        self._canvas = np.full((file.height, file.width, 3), card.input.padding, dtype=np.uint8)
        self._covered = (0, 0)
        self._swap = card.input.colour == "RGB"

    def _head(self, output: Output) -> _Head:
        spec = self.network.outputs[output.index]
        width, height = self.network.input_size
        columns, rows = width // output.stride, height // output.stride
        if spec.shape != (1, rows, columns, len(output.scale)):
            raise ModelError(f"Output {output.index} of the detector, {spec.shape}, is not of the form that its card tells.")
        scale = np.array(output.scale, dtype=np.float32) * spec.scale
        offset = np.array(output.offset, dtype=np.float32) - scale * spec.zero_point
        # The score is √(cls · obj), each at most 1: obj, which little but faces raises, may not be below the threshold's square.
        least = math.log(self._threshold**2 / (1 - self._threshold**2))
        least_obj = float((least - offset[OBJ]) / scale[OBJ])
        column, row = np.meshgrid(np.arange(columns), np.arange(rows))
        return _Head(
            spec=spec,
            places=np.stack([column.ravel(), row.ravel(), np.full(column.size, output.stride)], axis=-1).astype(np.float32),
            scale=scale,
            offset=offset,
            least_obj=math.ceil(least_obj) if spec.quantised else least_obj,  # an integer is compared without converting the cells
        )

    def detect(self, pixels: Uint8Array) -> tuple[_Faces, float] | None:
        """Faces in input pixels, doubles blended, best first; and the input pixels per frame pixel. None: no face."""
        height, width = pixels.shape[:2]
        fit = Letterbox.fit((width, height), self.network.input_size)
        self.network.invoke(self._fill(pixels, fit))
        found = self._candidates()
        return (_merged(found, self._card.score.nms_iou), fit.scale) if found else None

    def _fill(self, pixels: Uint8Array, fit: Letterbox) -> Uint8Array:
        """The input: the frame itself where it has the size, else letterboxed into the canvas."""
        if self._swap:
            pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        if pixels.shape == self._canvas.shape:
            return pixels
        if (fit.width, fit.height) != self._covered:
            self._canvas.fill(self._card.input.padding)
            self._covered = (fit.width, fit.height)
        cv2.resize(pixels, self._covered, dst=self._canvas[: fit.height, : fit.width], interpolation=_interpolation(fit.scale))
        return self._canvas

    def _candidates(self) -> _Faces | None:
        """The cells that hold a face, of all outputs together: NumPy's calls, not the numbers, are what takes time here."""
        values, places = [], []
        for head in self._heads:
            stored = self.network.stored(head.spec).reshape(-1, len(head.scale))
            cells = (stored[:, OBJ] >= head.least_obj).nonzero()[0]
            if cells.size:
                values.append(stored[cells] * head.scale + head.offset)
                places.append(head.places[cells])
        return _decoded(np.concatenate(values), np.concatenate(places), self._threshold) if values else None


class Detector:
    """Finds faces in frames of any size, with the file of the card whose input suits the frame best."""

    def __init__(
        self,
        card: DetectionCard,
        *,
        threads: int = 1,
        delegate: Path | None = None,
        input_width: int | None = None,
        score_threshold: float | None = None,
    ) -> None:
        """Prepare; each file is loaded when the first frame needs it.

        Args:
            card: the model card.
            threads: CPU threads of one run.
            delegate: library of an external TFLite delegate.
            input_width: use only files of this input width; None: the widest.
            score_threshold: 0…1, faces below are not given; None: the card's.

        Raises:
            ModelError: the card has no file of that width.
        """
        self._card = card
        width = input_width or max(file.width for file in card.file)
        self._files = [file for file in card.file if file.width == width]
        if not self._files:
            raise ModelError(f"The detector has no input {width} pixels wide; there are: {sorted({file.width for file in card.file})}.")
        threshold = card.score.threshold if score_threshold is None else score_threshold
        self._load = cache(lambda file: _SizedDetector(card, file, threshold, threads, delegate))
        self._for_size = cache(lambda frame_size: self._load(self._choose(frame_size)))

    def unload(self) -> None:
        """Free what was loaded: a single picture of another shape than the camera's needs a file that takes 18 MB."""
        self._for_size.cache_clear()
        self._load.cache_clear()

    def network(self, frame_size: tuple[int, int]) -> Network:
        """The network that frames of this size go through, for benchmarks and checks."""
        return self._for_size(frame_size).network

    def detect(self, pixels: Uint8Array) -> list[Detection]:
        """The faces in pixels (H, W, 3) BGR, best score first, in pixels of the frame; boxes may reach beyond its edge."""
        height, width = pixels.shape[:2]
        found = self._for_size((width, height)).detect(pixels)
        if found is None:
            return []
        faces, scale = found
        names = self._card.landmarks.names
        return [
            Detection(Box(*row[:4].tolist()), Landmarks(names, row[4:].reshape(-1, 2)), score)
            for row, score in zip(faces.geometry / scale, faces.scores.tolist(), strict=True)
        ]

    def _choose(self, frame_size: tuple[int, int]) -> ModelFile:
        """The file that shows the frame largest, or large enough; of several, the one with the least to compute."""

        def order(file: ModelFile) -> tuple[float, int]:
            scale = Letterbox.fit(frame_size, (file.width, file.height)).scale
            return -min(scale, ENOUGH_SCALE), file.width * file.height

        return min(self._files, key=order)


def _decoded(values: Float32Array, places: Float32Array, threshold: float) -> _Faces | None:
    """Logits to scores and deltas to pixels: centres and landmarks are offsets from the cell, sizes are exponentials, in strides."""
    chances = 1 / (1 + np.exp(-values[:, : OBJ + 1]))
    scores = np.sqrt(chances[:, CLS] * chances[:, OBJ])
    sure = scores >= threshold
    if not sure.all():
        values, places, scores = values[sure], places[sure], scores[sure]
    if not scores.size:
        return None
    halves = np.exp(values[:, SIZE]) / 2
    geometry = values[:, POSITION.start :]  # the box's two corners take the place of its centre and size
    np.add(values[:, POSITION], halves, out=geometry[:, 2:4])
    geometry[:, :2] -= halves
    points = geometry.reshape(len(geometry), geometry.shape[1] // 2, 2)
    points += places[:, None, :2]
    points *= places[:, None, 2:]
    return _Faces(points.reshape(len(points), -1), scores)


def _merged(found: _Faces, max_iou: float) -> _Faces:
    """One face of each group of overlapping ones: the mean weighted by score, with the best score.

    The cells that see one face differ by noise, and quantisation adds some; as in Bazarevsky et al., "BlazeFace" (2019),
    section 3.4, their mean is steadier from frame to frame than the best cell alone.
    """
    geometry, scores = found.geometry, found.scores
    groups = group(geometry[:, :4], scores, max_iou)
    means = [scores[rows] @ geometry[rows] / scores[rows].sum() for rows in groups]
    return _Faces(np.array(means, dtype=np.float32), scores[[rows[0] for rows in groups]])


def _interpolation(scale: float) -> int:
    """Averaging where a frame shrinks a lot, since bilinear sampling would skip pixels of small faces."""
    return cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR  # noqa: PLR2004 - bilinear sees 2×2 pixels
