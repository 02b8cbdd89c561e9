"""The embedder: an aligned face in, a unit vector out.

It does not know whose vector it is, nor what it is near to.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.errors import ModelError
from edged.types import AlignedFace, Embedding
from edged.vision.tflite import Network

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Float32Array
    from edged.vision.model_card import EmbeddingCard


class Embedder:
    """Turns aligned faces into embeddings tagged with the card's id."""

    def __init__(self, card: EmbeddingCard, *, threads: int = 1, delegate: Path | None = None) -> None:
        """Load the network.

        Raises:
            ModelError: missing, changed or of another form than its card says.
        """
        file = card.file[0]
        self.network = Network(card.folder / file.name, sha256=file.sha256, threads=threads, delegate=delegate)
        spec = self.network.outputs[card.embedding.index]
        if self.network.input_size != (file.width, file.height) or spec.shape[-1] != card.embedding.dimensions:
            raise ModelError(f"{file.name} is not of the form that its card says.")
        self._output, self._zero_point = spec, np.float32(spec.zero_point)
        self.card, self.model_id = card, card.id
        self._rgb = card.input.colour == "RGB"
        self._ordered = np.empty((file.height, file.width, 3), dtype=np.uint8)

    def embed(self, face: AlignedFace) -> Embedding:
        """Give the embedding, (d,) float32 of unit length, of an aligned face in BGR; and the length it had before."""
        return self._unit(self._vector(face))

    def embed_with_mirror(self, face: AlignedFace) -> Embedding:
        """Give the embedding of a face and its mirror image together: the mean of both; twice the time of embed()."""
        mirrored = AlignedFace(np.ascontiguousarray(face.pixels[:, ::-1]))
        first, second = self._vector(face), self._vector(mirrored)
        return self._unit(first + second, (_length(first) + _length(second)) / 2)

    def _vector(self, face: AlignedFace) -> Float32Array:
        pixels = face.pixels
        if self._rgb:
            pixels = self._ordered
            cv2.cvtColor(face.pixels, cv2.COLOR_BGR2RGB, dst=pixels)
        self.network.invoke(pixels)
        # The tensor's scale is left out: a vector that gets unit length has none.
        vector: Float32Array = np.subtract(self.network.stored(self._output).reshape(-1), self._zero_point, dtype=np.float32)
        return vector

    def _unit(self, vector: Float32Array, mean_length: float | None = None) -> Embedding:
        """Bring a vector to unit length; mean_length is that of the vectors of which it is the sum, None where it is one of its own."""
        length = _length(vector)
        if not length > 0:
            raise ModelError("The embedder gave an empty vector; run 'edged check'.")
        return Embedding(vector / np.float32(length), self.model_id, (mean_length or length) * self._output.scale)


def _length(vector: Float32Array) -> float:
    return math.sqrt(vector.dot(vector))
