"""Typical views: whether a face was seen in a way like those that the embedder learnt: upright, whole, in its proportions, evenly lit.

It knows one embedding, one detection and the lines that come with the embedder; what is done with another view is not known here.
"""

from __future__ import annotations

import hashlib
import io
import math
from typing import TYPE_CHECKING

import numpy as np

from edged.errors import ModelError
from edged.tracking.evidence import CLEAR_QUALITY
from edged.types import Quality, Reason
from edged.vision.proportions import face_lengths

if TYPE_CHECKING:
    from edged.types import Detection, Embedding, Float32Array
    from edged.vision.model_card import EmbedderCard, TypicalView

OTHER_FEATURES = 8
"""Features beside the numbers of an embedding: its length, the detector's score, and three proportions with their squares."""
UNLIKE_ALL = -1.0
"""Typicality below which a view is unlike all that the embedder learnt."""
MOST_PROPORTION = 1.5
"""Logarithm of a proportion, either way, beyond which it says nothing more."""


class TypicalViews:
    """Judges views by their embeddings, and by the proportions of the landmarks.

    Views off the training geometry (upside down, squeezed, blurred, covered) fall into a few corners of the embedding space, where
    faces of different people are alike. A line before each corner, found by logistic regression, tells it from the rest: one
    product of a small matrix and a vector for each look. A row of the file holds a weight for each number of the embedding, one for each of
    OTHER_FEATURES, and a bias; with it the row's product is 0 where one view in some hundreds of good pictures lies, and −1 where
    a view is certainly none of them. lines are these rows, is_final says which of them are before corners where nothing is compared.
    """

    def __init__(self, card: EmbedderCard) -> None:
        """Read the lines of the card, of several networks those of the first; without them every view is typical.

        Raises:
            ModelError: the file is missing, changed, or of the wrong form.
        """
        known = card.first.typical_view
        self.lines = _lines(card, known) if known else None
        self._dimensions = card.first.embedding.dimensions
        self.is_final = [corner in known.final for corner in known.corners] if known else []
        self._turned = known.corners.index(known.turned) if known else 0

    def judge(self, quality: Quality, embedding: Embedding, detection: Detection) -> tuple[Quality, bool]:
        """Extend the judgement of a view by what its embedding, just made, shows; and say whether the face may lie on its side."""
        if self.lines is None or embedding.length is None:
            return quality, False
        sides = self.lines.dot(features(embedding, detection, self._dimensions)).tolist()
        typicality = min(sides)
        is_final = typicality < UNLIKE_ALL and self.is_final[sides.index(typicality)]
        reason = Reason.UNUSUAL_VIEW if is_final and not (quality.reason and quality.reason.is_final) else quality.reason
        may_lie = sides[self._turned] < (0 if quality.score >= CLEAR_QUALITY else UNLIKE_ALL)
        return Quality(quality.score, reason, quality.pose, quality.weakest, typicality), may_lie  # replace() takes six times as long


def features(embedding: Embedding, detection: Detection, dimensions: int | None = None) -> Float32Array:
    """What the lines are drawn through: (d + OTHER_FEATURES + 1,) float32, the last of which is 1.

    dimensions is how many numbers of the embedding count, the first ones; None: all.
    """
    proportions = _proportions(detection)
    others = (embedding.length or 0.0, detection.score, *proportions, *(value * value for value in proportions), 1.0)
    return np.concatenate([embedding.vector[:dimensions], np.array(others, dtype=np.float32)])


def _proportions(detection: Detection) -> tuple[float, float, float]:
    """Logarithms of the eyes' distance and of the mouth's width over the height between them, and of the box's width over its height."""
    lengths, box = face_lengths(detection.landmarks), detection.box
    return _log_ratio(lengths.eyes, lengths.down), _log_ratio(lengths.mouth, lengths.down), _log_ratio(box.width, box.height)


def _log_ratio(value: float, other: float) -> float:
    if value <= 0 or other <= 0:
        return MOST_PROPORTION
    return max(-MOST_PROPORTION, min(MOST_PROPORTION, math.log(value / other)))


def _lines(card: EmbedderCard, known: TypicalView) -> Float32Array:
    """Read the lines of the first network; beside others its vectors are shorter, and the lines weigh them more."""
    first, (part, *_) = card.first, card.parts
    path = first.folder / known.file
    try:
        content = path.read_bytes()
        lines = np.asarray(np.load(io.BytesIO(content), allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
    if hashlib.sha256(content).hexdigest() != known.sha256:
        raise ModelError(f"{path} is not the file that its card means: its SHA-256 is another.")
    form = (len(known.corners), first.embedding.dimensions + OTHER_FEATURES + 1)
    if lines.shape != form or lines.dtype != np.float32:
        raise ModelError(f"{path} holds {lines.dtype} numbers of shape {lines.shape}, and not float32 of {form}.")
    lines[:, : first.embedding.dimensions] /= math.sqrt(part.share)
    return lines
