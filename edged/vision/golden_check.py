"""The golden check: a picture whose answer is known goes through the whole path.

A wrong colour order, swapped landmarks or a broken file give a wrong answer here, and silence elsewhere. Every check raises a
ModelError where the picture is missing or changed, or where the answer is not what it should be, and says which figure.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.errors import ModelError
from edged.system.beside import finish
from edged.types import Box, Landmarks
from edged.vision.golden import read_golden

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from edged.types import Float32Array, Uint8Array
    from edged.vision.attribute_readers import AgeGenderReader, EmotionReader
    from edged.vision.faces import FaceReader
    from edged.vision.golden import Golden
    from edged.vision.model_card import EmbeddingCard


def check_golden(reader: FaceReader) -> float:
    """Read the golden picture with the detector and the embedder; give the similarity to the known embedding."""
    return finish(golden_steps(reader))


def golden_steps(reader: FaceReader) -> Generator[None, None, float]:
    """Do what check_golden() does in steps of one look each, the network for the picture's shape loaded before."""
    golden, pixels = read_golden(reader.models)
    yield
    reader.detector.network((pixels.shape[1], pixels.shape[0]))
    yield
    _check_detection(reader, pixels, golden)
    yield
    _check_small(reader, pixels, golden)
    yield
    return _check_embedding(reader, pixels, golden)


def check_golden_emotion(reader: EmotionReader, models: Path) -> None:
    """Read the expression of the golden picture, tinted and lying down, on its known landmarks."""
    golden, pixels = read_golden(models)
    scores = reader.read(*_test_picture(golden, pixels))
    found = dict(zip(scores.labels, scores.probabilities, strict=True))
    for label, known in golden.attributes.emotion.items():
        _check_close(f"probability of {label!r}", found.get(label, 0.0), known, golden.tolerance.emotion)


def check_golden_age_gender(reader: AgeGenderReader, models: Path) -> None:
    """Read age and gender of the golden picture, tinted and lying down, on its known landmarks."""
    golden, pixels = read_golden(models)
    found, known = reader.read(*_test_picture(golden, pixels)), golden.attributes.age_gender
    _check_close("age in years", found.age_years, known.age_years, golden.tolerance.age_years)
    _check_close("probability of 'female'", found.female, known.female, golden.tolerance.female)


def _check_detection(reader: FaceReader, pixels: Uint8Array, golden: Golden) -> None:
    known, allowed = golden.of_detector(reader.detection_card), golden.tolerance
    found = reader.detector.detect(pixels)
    if not found:
        raise _wrong("number of faces", 0, 1)
    _check_close("detection score", found[0].score, known.score, known.score_tolerance)
    overlap = found[0].box.iou(Box(*known.box_xyxy))
    if overlap < allowed.box_iou:
        raise _wrong("overlap of the box", overlap, allowed.box_iou)
    expected = np.array([golden.detection.landmarks.get(name, (np.inf, np.inf)) for name in found[0].landmarks.names])
    distance = float(np.max(np.hypot(*(found[0].landmarks.points_xy - expected).T)))
    if not distance <= allowed.landmark_px:
        raise _wrong("distance of a landmark in pixels", distance, allowed.landmark_px)


def _check_small(reader: FaceReader, pixels: Uint8Array, golden: Golden) -> None:
    """Check the score of a small face: a large one is found in any colours, a small one needs the right order."""
    width, height = reader.detector.network((pixels.shape[1], pixels.shape[0])).input_size
    known = golden.of_detector(reader.detection_card)
    side = known.small_side_px
    frame = np.zeros((height, width, 3), dtype=np.uint8)
    frame[:side, :side] = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    score = max((face.score for face in reader.detector.detect(frame)), default=0.0)
    _check_close("score of the face when it is small", score, known.small_score, known.small_tolerance)


def _check_embedding(reader: FaceReader, pixels: Uint8Array, golden: Golden) -> float:
    """Check each network of the embedder by itself: the face is aligned on the known landmarks. Give the least similarity."""
    rest = reader.embedder.embed(reader.aligner.align(pixels, golden.landmarks)).vector
    similarities = []
    for card, share in reader.embedding_card.parts:
        vector, rest = np.split(rest, [card.embedding.dimensions])
        similarities.append(_similarity(vector / np.float32(math.sqrt(share)), card, golden))
    return min(similarities)


def _similarity(vector: Float32Array, card: EmbeddingCard, golden: Golden) -> float:
    network = card.network
    known = card.golden_embedding or golden.embedding.get(network)
    if known is None:
        raise ModelError(f"The golden answer does not know the embedder {network}; say on its card what is right, in golden_embedding.")
    expected = np.array(known, dtype=np.float32)
    if vector.shape != expected.shape:
        raise _wrong(f"length of {network}'s embedding", vector.size, expected.size)
    similarity = float(vector @ expected)
    if not similarity >= golden.tolerance.cosine:
        raise _wrong(f"similarity of {network}'s embedding", similarity, golden.tolerance.cosine)
    return similarity


def _test_picture(golden: Golden, pixels: Uint8Array) -> tuple[Uint8Array, Landmarks]:
    """Make the portrait for the attributes as `golden.toml` says, and find where its landmarks are then.

    Lying down, only an aligned crop shows a face; with its negative in blue, only the right order, and the right weights
    of grey, show it with its light and shade.
    """
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    tinted = np.dstack([255 - grey, np.full_like(grey, golden.attributes.green_level), grey])
    known = golden.landmarks
    x, y = known.points_xy.T
    points = np.stack([y, pixels.shape[1] - 1 - x], axis=1)
    return np.ascontiguousarray(np.rot90(tinted)), Landmarks(known.names, points)


def _check_close(what: str, found: float, known: float, allowed: float) -> None:
    if not abs(found - known) <= allowed:  # false for NaN too
        raise _wrong(what, found, known)


def _wrong(what: str, found: float, expected: float) -> ModelError:
    return ModelError(
        f"The golden picture is read wrongly: the {what} is {found:.3f} where {expected:.3f} is right. "
        "The networks, their cards or the model runtime do not fit together; nothing they say could be relied on."
    )
