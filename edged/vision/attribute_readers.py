"""Attributes: what a face says of its owner's expression, age and gender.

It knows two networks and their cards, each loaded by itself, and not whose face it is, nor what many looks add up to.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

import cv2
import numpy as np

from edged.errors import ModelError
from edged.types import AgeGender, EmotionScores
from edged.vision.alignment import Aligner
from edged.vision.tflite import Network

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Float32Array, Landmarks, Uint8Array
    from edged.vision.attribute_cards import AgeGenderCard, EmotionCard

AnswerT = TypeVar("AnswerT")


class AttributeReader(ABC, Generic[AnswerT]):
    """Reads one answer from a face; dropping it frees the network."""

    def __init__(self, card: EmotionCard | AgeGenderCard, lengths: dict[int, int], threads: int, delegate: Path | None) -> None:
        """Load the network, of which the outputs with these indices are read; each has so many numbers.

        Raises:
            ModelError: missing, changed or of another form than its card says.
        """
        file = card.file[0]
        self.network = Network(card.folder / file.name, sha256=file.sha256, threads=threads, delegate=delegate)
        outputs = self.network.outputs
        if any(index >= len(outputs) or length != outputs[index].shape[-1] for index, length in lengths.items()):
            raise ModelError(f"{file.name} has not the outputs that its card says.")
        self._specs = [outputs[index] for index in lengths]
        if self.network.input_size != (file.width, file.height) or file.width != file.height:
            raise ModelError(f"{file.name} is not of the form that its card says.")
        self._size, self._colour = self.network.input_size, card.input.colour
        self._aligner = Aligner(card.reference, file.width)

    def read(self, pixels: Uint8Array, landmarks: Landmarks) -> AnswerT:
        """Read the face at landmarks of pixels (H, W, 3) BGR."""
        return self.read_crop(self._aligner.align(pixels, landmarks).pixels, mirror=False)

    def read_with_mirror(self, pixels: Uint8Array, landmarks: Landmarks) -> AnswerT:
        """Read the face and its mirror image, the mean of both outputs: for single pictures, at twice the time."""
        return self.read_crop(self._aligner.align(pixels, landmarks).pixels, mirror=True)

    def read_crop(self, crop: Uint8Array, *, mirror: bool) -> AnswerT:
        """Read a crop (h, w, 3) BGR of any size whose face lies as on the card; with mirror, its mirror image too."""
        pixels = self._coloured(crop)
        logits = self._invoke(pixels)
        if mirror:
            other = self._invoke(pixels[:, ::-1])
            logits = [(first + second) * np.float32(0.5) for first, second in zip(logits, other, strict=True)]
        return self._answer(logits)

    @abstractmethod
    def _answer(self, logits: list[Float32Array]) -> AnswerT:
        """Turn the numbers of each output into the answer."""

    def _coloured(self, crop: Uint8Array) -> Uint8Array:
        if crop.shape[1::-1] != self._size:
            crop = np.asarray(cv2.resize(crop, self._size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
        if self._colour == "GREY":
            return np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), dtype=np.uint8)[..., None]
        return crop if self._colour == "BGR" else np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2RGB), dtype=np.uint8)

    def _invoke(self, pixels: Uint8Array) -> list[Float32Array]:
        self.network.invoke(pixels)
        return [spec.to_real(self.network.stored(spec).reshape(-1)) for spec in self._specs]


class EmotionReader(AttributeReader[EmotionScores]):
    """Reads the expression of a face."""

    def __init__(self, card: EmotionCard, *, threads: int = 1, delegate: Path | None = None) -> None:
        """Load the network; see AttributeReader."""
        super().__init__(card, {card.emotion.index: len(card.emotion.labels)}, threads, delegate)
        self.card = card

    def _answer(self, logits: list[Float32Array]) -> EmotionScores:
        emotion = self.card.emotion
        return EmotionScores(emotion.labels, tuple(_softmax(logits[0], emotion.temperature).tolist()))


class AgeGenderReader(AttributeReader[AgeGender]):
    """Reads age and gender of a face."""

    def __init__(self, card: AgeGenderCard, *, threads: int = 1, delegate: Path | None = None) -> None:
        """Load the network; see AttributeReader."""
        super().__init__(card, {card.age.index: 1, card.gender.index: 1}, threads, delegate)
        self.card = card

    def _answer(self, logits: list[Float32Array]) -> AgeGender:
        (raw_years, logit), age, gender = (float(output[0]) for output in logits), self.card.age, self.card.gender
        years, low, high = (float(np.interp(raw_years, age.raw_years, table)) for table in (age.years, age.low, age.high))
        scale, offset = (float(np.interp(years, gender.years, table)) for table in (gender.scale, gender.offset))
        return AgeGender(years, low, high, female=1 / (1 + math.exp(scale * logit + offset)))


def _softmax(logits: Float32Array, temperature: float) -> Float32Array:
    powers = np.exp((logits - logits.max()) / np.float32(temperature))
    shares: Float32Array = powers / powers.sum()
    return shares
