"""The face detector: a frame in, faces with named landmarks out.

It knows which of its files suits a frame, and nothing of how the network's numbers are read, of quality and of identity.
"""

from __future__ import annotations

import weakref
from dataclasses import replace
from functools import lru_cache, partial
from itertools import cycle
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

import cv2
import numpy as np

from edged.errors import ModelError
from edged.types import Box, Detection, Landmarks
from edged.vision.boxes import Letterbox
from edged.vision.cells import CellHeads
from edged.vision.ready_boxes import ReadyBoxes
from edged.vision.regions import Region, region_around
from edged.vision.ssd import AnchorHeads
from edged.vision.tflite import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from edged.types import Uint8Array
    from edged.vision.boxes import Candidate
    from edged.vision.detection_card import DetectionCard
    from edged.vision.mesh import MeshReader
    from edged.vision.model_card import ModelFile

EVERYTHING = Region(0, 0, 0, 0)
"""The region of a frame that is looked at as a whole: nothing is shifted."""
ENOUGH_SCALE = 1.5
"""Enlargement of a small picture that is enough: beyond, the network sees no more of it, and takes longer."""

AVERAGED_SCALE = 0.5
"""Input pixels per frame pixel up to which a frame is averaged: bilinear sampling looks at 2×2 pixels, and would skip some below."""


class _Heads(Protocol):
    """The outputs of a network, read after it has run."""

    def faces(self) -> list[Candidate]: ...


class _Networks:
    """The networks of a card that somebody uses now, each in memory once: a look is read before the next one begins."""

    def __init__(self, folder: Path, threads: int, delegate: Path | None) -> None:
        self._load = partial(Network, threads=threads, delegate=delegate)
        self._folder = folder
        self._used: WeakValueDictionary[str, Network] = WeakValueDictionary()

    def of(self, file: ModelFile) -> Network:
        """Give the network of a file, loaded where nobody uses it yet."""
        network = self._used.get(file.name)
        if network is None:
            network = self._used[file.name] = self._load(self._folder / file.name, sha256=file.sha256)
        return network


class _SizedDetector:
    """The network of one input size, with its buffers."""

    def __init__(self, card: DetectionCard, networks: _Networks, file: ModelFile, score_threshold: float) -> None:
        self.network = networks.of(file)
        if self.network.input_size != (file.width, file.height):
            raise ModelError(f"{file.name} takes {self.network.input_size}, its card says {(file.width, file.height)}.")
        self._card, self._heads = card, _heads(card, self.network, score_threshold)
        self._canvas = np.full((file.height, file.width, 3), card.input.padding, dtype=np.uint8)
        self._covered = (0, 0)
        input_size = self.network.input_size  # and not self, which would keep the network until the garbage collector comes
        self._fit = lru_cache(maxsize=8)(lambda frame_size: Letterbox.fit(frame_size, input_size))
        self._swap = card.input.colour == "RGB"
        self.is_used = True
        """Since it was last asked whether it is."""

    def detect(self, pixels: Uint8Array) -> tuple[list[Candidate], float]:
        """Find faces in input pixels, doubles blended, best first; and the input pixels per frame pixel."""
        fit = self._fit((pixels.shape[1], pixels.shape[0]))
        self.network.invoke(self._fill(pixels, fit))
        return self._heads.faces(), fit.scale

    def _fill(self, pixels: Uint8Array, fit: Letterbox) -> Uint8Array:
        """Make the input: the frame itself where it has the size, else letterboxed into the canvas."""
        if self._swap:
            pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        if pixels.shape == self._canvas.shape:
            return pixels
        if (fit.width, fit.height) != self._covered:
            self._canvas.fill(self._card.input.padding)
            self._covered = (fit.width, fit.height)
        cv2.resize(pixels, self._covered, dst=self._canvas[: fit.height, : fit.width], interpolation=interpolation(fit.scale))
        return self._canvas


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
        most_loaded: int | None = None,
        mesh: MeshReader | None = None,
        networks: _Networks | None = None,
    ) -> None:
        """Prepare; each file is loaded when the first frame needs it.

        Args:
            card: the model card.
            threads: as for Network.
            delegate: the same.
            input_width: use only files of this input width; None: the widest.
            score_threshold: 0…1, faces below are not given; None: the card's.
            mesh: finds the landmarks, where the card has none.
            most_loaded: see there; None: all.
            networks: those of another detector of this card, of which each file is in memory once; None: its own.

        Raises:
            ModelError: the card has no file of that width, or no landmarks and nobody else finds them.
        """
        self.card, self._mesh = card, mesh
        if not card.landmarks.names and mesh is None:
            raise ModelError(f"The detector {card.id} gives boxes alone, and there is no network of landmarks; see models.landmarks.")
        width = input_width or max(file.width for file in card.file)
        self._files = [file for file in card.file if file.width == width]
        if not self._files:
            raise ModelError(f"The detector has no input {width} pixels wide; there are: {sorted({file.width for file in card.file})}.")
        threshold = card.score.threshold if score_threshold is None else score_threshold
        networks = networks or _Networks(card.folder, threads, delegate)
        self._for_crops = partial(Detector, card, mesh=mesh, networks=networks, input_width=min(file.width for file in card.file))
        self._load = partial(_SizedDetector, card, networks, score_threshold=threshold)
        self._file_for = lru_cache(maxsize=64)(self._choose)
        self._small = min(card.file, key=lambda file: file.width * file.height)
        self._last: Callable[[], Network | None] = lambda: None  # a weak reference: what is freed is not kept by it
        self._part: _SizedDetector | None = None  # for parts of frames, beside those for whole ones
        self._loaded: dict[str, _SizedDetector] = {}  # the one needed last stands last
        self.most_loaded = most_loaded or len(self._files)
        """Files that are held at once, each of up to 18 MB; where another is needed, the one not needed for longest makes room before."""
        self.keeps_for_pictures = True
        """Whether a file that was loaded for a picture is held as others are, since more pictures come; else it is freed after the look."""

    def for_crops(self, score_threshold: float) -> Detector:
        """Give a detector for small cut-outs, with the card's narrowest input; score_threshold is 0…1."""
        return self._for_crops(score_threshold=score_threshold)

    def unload(self) -> None:
        """Free what was loaded."""
        self._loaded.clear()
        self._part = None

    def unload_unused(self) -> None:
        """Free the files that nothing has needed since the last call, as after a picture of another shape than the camera's."""
        self._loaded = {name: loaded for name, loaded in self._loaded.items() if loaded.is_used}
        self._part = self._part if self._part and self._part.is_used else None
        for loaded in (*self._loaded.values(), *([self._part] if self._part else [])):
            loaded.is_used = False

    def network(self, frame_size: tuple[int, int]) -> Network:
        """Give the network that frames of this size go through, for benchmarks and checks."""
        return self._for_size(frame_size).network

    @property
    def last_network(self) -> Network | None:
        """The network that the last look went through, for benchmarks; None before the first, and after it was freed."""
        return self._last()

    def detect(self, pixels: Uint8Array) -> list[Detection]:
        """Find the faces in pixels (H, W, 3) BGR, best score first, in pixels of the frame; boxes may reach beyond its edge."""
        loaded = self._for_size((pixels.shape[1], pixels.shape[0]))
        self._last = weakref.ref(loaded.network)
        found, scale = loaded.detect(pixels)
        return self._with_landmarks(pixels, [self._in_frame(face, scale) for face in found])

    def detect_in_picture(self, pixels: Uint8Array) -> list[Detection]:
        """Find the faces as detect() does, in a picture after which frames of a camera may come."""
        name = self._file_for((pixels.shape[1], pixels.shape[0])).name
        if self.keeps_for_pictures or name in self._loaded:
            return self.detect(pixels)
        try:
            return self.detect(pixels)
        finally:
            self._loaded.pop(name, None)

    def detect_around(self, pixels: Uint8Array, boxes: Sequence[Box]) -> list[Detection] | None:
        """Find the faces as detect() does, but in the part of pixels around these boxes alone, with the card's smallest file.

        The part is seen at the scale of the whole. None where no part of that size holds all boxes with some room.
        """
        frame_size = (pixels.shape[1], pixels.shape[0])
        file = self._file_for(frame_size)
        scale = Letterbox.fit(frame_size, (file.width, file.height)).scale
        region = region_around(boxes, frame_size, (self._small.width, self._small.height), scale)
        if region is None:
            return None
        self._part = self._part or self._load(self._small)
        self._part.is_used, self._last = True, weakref.ref(self._part.network)
        found, scale = self._part.detect(region.cut(pixels))
        faces = [self._in_frame(face, scale, region) for face in found]
        return self._with_landmarks(pixels, [face for face in faces if region.is_whole(face.box, frame_size)])

    def _with_landmarks(self, pixels: Uint8Array, faces: list[Detection]) -> list[Detection]:
        """The faces with landmarks, of which those go that the network of landmarks holds for none."""
        if self.card.landmarks.names or self._mesh is None:
            return faces
        meshes = [self._mesh.read(pixels, face.box) for face in faces]
        return [replace(face, landmarks=mesh.landmarks) for face, mesh in zip(faces, meshes, strict=True) if mesh]

    def _in_frame(self, face: Candidate, scale: float, region: Region = EVERYTHING) -> Detection:
        x, y, box = region.x1, region.y1, face.box
        values = [value / scale + offset for value, offset in zip(face.points, cycle((x, y)))]
        landmarks = Landmarks(self.card.landmarks.given, np.array(values, dtype=np.float32).reshape(-1, 2))
        box = Box(box.x1 / scale + x, box.y1 / scale + y, box.x2 / scale + x, box.y2 / scale + y)
        return Detection(box, landmarks, self.card.score.on_scale(face.score))

    def _for_size(self, frame_size: tuple[int, int]) -> _SizedDetector:
        file = self._file_for(frame_size)
        loaded = self._loaded.pop(file.name, None)
        if loaded is None:
            while len(self._loaded) >= self.most_loaded:
                del self._loaded[next(iter(self._loaded))]
            loaded = self._load(file)
        self._loaded[file.name] = loaded
        loaded.is_used = True
        return loaded

    def _choose(self, frame_size: tuple[int, int]) -> ModelFile:
        """Choose the file that shows the frame largest, or large enough; of several, the one with the least to compute."""

        def order(file: ModelFile) -> tuple[float, int]:
            scale = Letterbox.fit(frame_size, (file.width, file.height)).scale
            return -min(scale, ENOUGH_SCALE), file.width * file.height

        return min(self._files, key=order)


def interpolation(scale: float) -> int:
    """Choose how OpenCV makes input pixels of a frame, by input pixels per frame pixel.

    At exactly a half, which 1280×720 is brought to, both ways are the mean of 2×2 pixels on x86-64. On Arm bilinear sampling rounds it
    otherwise, and averaging does not.
    """
    return cv2.INTER_AREA if scale <= AVERAGED_SCALE else cv2.INTER_LINEAR


def _heads(card: DetectionCard, network: Network, score_threshold: float) -> _Heads:
    if card.post_process:
        return ReadyBoxes(card, network, score_threshold)
    return AnchorHeads(card, network, score_threshold) if card.anchors else CellHeads(card, network, score_threshold)
