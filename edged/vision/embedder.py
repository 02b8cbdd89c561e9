"""The embedder: an aligned face in, a unit vector out.

It does not know whose vector it is, nor what it is near to.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.errors import ModelError
from edged.types import AlignedFace, Embedding
from edged.vision.tflite import Network

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edged.types import Float32Array
    from edged.vision.model_card import EmbedderCard, EmbeddingPart


class Embedder:
    """Turns aligned faces into embeddings tagged with the card's id; several networks give one vector, as a joint card says."""

    def __init__(self, card: EmbedderCard, *, threads: int = 1, delegate: Path | None = None) -> None:
        """Load the networks.

        Raises:
            ModelError: one is missing, changed or of another form than its card says.
        """
        self.card, self.model_id = card, card.id
        self._parts = [_Part(part, threads=threads, delegate=delegate) for part in card.parts]
        ends = np.cumsum([part.card.embedding.dimensions for part in card.parts]).tolist()
        self._places = [slice(start, end) for start, end in pairwise([0, *ends])]

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks, in the order of the card."""
        return tuple(part.network for part in self._parts)

    def embed(self, face: AlignedFace) -> Embedding:
        """Give the embedding, (d,) float32 of unit length, of an aligned face in BGR; and the length that the first network gave it."""
        vectors = [part.vector(face) for part in self._parts]
        return self._joined(vectors, self._parts[0].real_length(vectors[0]))

    def embed_with_mirror(self, face: AlignedFace) -> Embedding:
        """Give the embedding of a face and its mirror image together: the mean of both; twice the time of embed()."""
        mirrored = AlignedFace(np.ascontiguousarray(face.pixels[:, ::-1]))
        pairs = [(part.vector(face), part.vector(mirrored)) for part in self._parts]
        first, second = (self._parts[0].real_length(vector) for vector in pairs[0])
        return self._joined([one + other for one, other in pairs], (first + second) / 2)

    def _joined(self, vectors: Sequence[Float32Array], length: float) -> Embedding:
        """Put the vectors of the networks one behind the other, together of unit length; length is told with them."""
        joined = np.empty(self._places[-1].stop, dtype=np.float32)
        for part, vector, place in zip(self._parts, vectors, self._places, strict=True):
            part.to_length(vector, joined[place])
        return Embedding(joined, self.model_id, length)


class _Part:
    """One network, and how long its vectors become beside those of the others."""

    def __init__(self, part: EmbeddingPart, *, threads: int, delegate: Path | None) -> None:
        card, self._length = part.card, math.sqrt(part.share)
        file = card.file[0]
        self.network = Network(card.folder / file.name, sha256=file.sha256, threads=threads, delegate=delegate)
        spec = self.network.outputs[card.embedding.index]
        if self.network.input_size != (file.width, file.height) or spec.shape[-1] != card.embedding.dimensions:
            raise ModelError(f"{file.name} is not of the form that its card says.")
        self._output, self._zero_point = spec, np.float32(spec.zero_point)
        self._rgb = card.input.colour == "RGB"
        self._ordered = np.empty((file.height, file.width, 3), dtype=np.uint8)

    def vector(self, face: AlignedFace) -> Float32Array:
        """Run the network; its vector (d,), without the scale of the tensor: a vector that gets another length needs none."""
        pixels = face.pixels
        if self._rgb:
            pixels = self._ordered
            cv2.cvtColor(face.pixels, cv2.COLOR_BGR2RGB, dst=pixels)
        self.network.invoke(pixels)
        vector: Float32Array = np.subtract(self.network.stored(self._output).reshape(-1), self._zero_point, dtype=np.float32)
        return vector

    def real_length(self, vector: Float32Array) -> float:
        """Say how long a vector is in the network's own unit."""
        return _length(vector) * self._output.scale

    def to_length(self, vector: Float32Array, out: Float32Array) -> None:
        """Write a vector to where it belongs, as long as the network's share says."""
        length = _length(vector)
        if not length > 0:
            raise ModelError("The embedder gave an empty vector; run 'edged check'.")
        np.divide(vector, np.float32(length / self._length), out=out)


def _length(vector: Float32Array) -> float:
    return math.sqrt(vector.dot(vector))
