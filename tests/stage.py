"""A stage on which real faces stand, cross and hide one another, seen by networks that remember what they have said of each picture.

Shared by the tests that show the same few hundred pictures in thousands of orders; knows nothing of tracks and events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from edged.vision.detector import Detector
from edged.vision.embedder import Embedder
from edged.vision.faces import FaceReader
from tests.conftest import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edged.types import AlignedFace, Box, Detection, Embedding, Float32Array, Uint8Array

WIDTH, HEIGHT, WALL = 480, 270, 120
HEAD_ACROSS, HEAD_DOWN = 0.78, 0.82
"""Half axes of the ellipse that is cut out about a face, in widths and heights of its box: hair and ears, hardly any background."""
NOISE = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """A person on the stage: a picture, the box of the face in it, and how that looks; light is a factor, face_px the face's width."""

    name: str
    pixels: Uint8Array
    box: Box
    vector: Float32Array
    light: float = 1.0
    face_px: float = 70.0


class Stand(NamedTuple):
    """Where somebody is: the middle of the face in shares of width and height, and the size as a factor."""

    actor: Actor
    x: float
    y: float = 0.5
    size: float = 1.0


Scene = tuple[Stand, ...]


@cache
def _noise(number: int) -> Float32Array:
    return np.random.default_rng(number).normal(0, NOISE, (HEIGHT, WIDTH, 3)).astype(np.float32)


def drawn(scene: Sequence[Stand], number: int) -> Uint8Array:
    """A scene, the nearest last, as the frame of this number: (HEIGHT, WIDTH, 3) BGR with a camera's noise."""
    picture = np.full((HEIGHT, WIDTH, 3), WALL, np.float32)
    for actor, x, y, size in scene:
        scale, (left, top) = actor.face_px * size / actor.box.width, actor.box.centre
        shift = np.array([[scale, 0, x * WIDTH - scale * left], [0, scale, y * HEIGHT - scale * top]])
        head = cv2.warpAffine(actor.pixels, shift, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        mask = np.zeros((HEIGHT, WIDTH), np.float32)
        axes = (HEAD_ACROSS * scale * actor.box.width, HEAD_DOWN * scale * actor.box.height)
        cv2.ellipse(mask, ((x * WIDTH, y * HEIGHT), (2 * axes[0], 2 * axes[1]), 0), 1.0, -1)
        picture += (head * actor.light - picture) * cv2.GaussianBlur(mask, (0, 0), 1.5)[..., None]
    return np.asarray(np.clip(picture + _noise(number % 7), 0, 255), np.uint8)


class RememberingDetector(Detector):
    """Looks at each array of pixels once; whoever shows them keeps them."""

    found: dict[int, list[Detection]]

    def detect(self, pixels: Uint8Array) -> list[Detection]:
        key = id(pixels)
        if key not in self.found:
            self.found[key] = super().detect(pixels)
        return self.found[key]


class RememberingEmbedder(Embedder):
    """Embeds each aligned face once."""

    known: dict[bytes, Embedding]

    def embed(self, face: AlignedFace) -> Embedding:
        key = face.pixels.tobytes()
        if key not in self.known:
            self.known[key] = super().embed(face)
        return self.known[key]


def remembering(reader: FaceReader) -> FaceReader:
    """The same networks, which remember."""
    detector, embedder = RememberingDetector(reader.detection_card), RememberingEmbedder(reader.embedding_card)
    detector.found, embedder.known = {}, {}
    return FaceReader(MODELS, detector, embedder)


@dataclass(eq=False)
class Clips:
    """Pictures by the name of a clip, all of the same length, each drawn when it is shown first."""

    scenes: dict[str, Callable[[float], Scene]]
    length: int
    _pictures: dict[tuple[str, int], Uint8Array] = field(default_factory=dict)

    def scene(self, clip: str, number: int) -> Scene:
        return self.scenes[clip](number / (self.length - 1))

    def picture(self, clip: str, number: int) -> Uint8Array:
        key = (clip, number)
        if key not in self._pictures:
            self._pictures[key] = drawn(self.scene(clip, number), number)
        return self._pictures[key]


def clips_of(one: Actor, other: Actor, length: int) -> Clips:
    """Two people who stand alone in one place, side by side either way, cross, and pass before one another."""
    return Clips(
        {
            "one": lambda _: (Stand(one, 0.5),),
            "other": lambda _: (Stand(other, 0.5),),
            "side by side": lambda _: (Stand(one, 0.3), Stand(other, 0.7)),
            "places changed": lambda _: (Stand(other, 0.3), Stand(one, 0.7)),
            "cross": lambda t: (Stand(one, 0.15 + 0.7 * t), Stand(other, 0.85 - 0.7 * t, 0.52, 1.1)),
            "cross back": lambda t: (Stand(other, 0.15 + 0.7 * t), Stand(one, 0.85 - 0.7 * t, 0.52, 1.1)),
            "pass before one": lambda t: (Stand(one, 0.5), Stand(other, 1.1 - 1.2 * t, 0.52, 1.15)),
            "pass before other": lambda t: (Stand(other, 0.5), Stand(one, 1.1 - 1.2 * t, 0.52, 1.15)),
            "hide": lambda t: (Stand(one, 0.5), Stand(other, 0.85 - 0.35 * min(1.0, 2 * t), 0.5, 1.1)),
            "nobody": lambda _: (),
        },
        length,
    )
