"""Appearance: how a face looks, and what that says of whether a track is its own.

Knows embeddings and how good each view was; it does not know where faces are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.tracking.evidence import CLEAR_QUALITY

if TYPE_CHECKING:
    from edged.types import Float32Array


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """How a face looks: an embedding (d,), |v| = 1, and the quality of the view, 0…1."""

    vector: Float32Array
    quality: float

    @property
    def is_clear(self) -> bool:
        """Whether a face may be known by it."""
        return self.quality >= CLEAR_QUALITY


@dataclass(frozen=True, slots=True)
class AppearanceModel:
    """What the similarity of a look to how a track is remembered says of whether they are of one face: nats for it, or against.

    A log-likelihood ratio. Poor looks are never what a track is remembered by, and what they say themselves is believed less.
    Logistic regression on people_walking_to_camera_1080p, each look against the mean of the clear ones before, gives clear
    looks a slope of 30 and 0.36 as neutral (452 of the same face, 3,076 of another or of none), and poor ones 13 and 0.26 (54 and
    1,319); on every second or third frame 27 to 30 and 0.34 to 0.35, and 11 to 16 and 0.25. The pairs of LFW View 1 give clear
    ones 31 and 0.34. A track that goes over to somebody else is worse than one that breaks, therefore neutral is higher for them.
    """

    neutral: float = 0.4  # similarity of a clear look that says nothing
    slope: float = 25.0  # nats for each unit of similarity above it
    poor_neutral: float = 0.25  # the same of a poor look, as poor_slope
    poor_slope: float = 12.0
    most: float = 6.0  # nats that appearance can say at most, for or against: a single view can mislead

    def evidence(self, similarity: float, *, is_clear: bool) -> float:
        """Nats for one face, negative for two."""
        neutral, slope = (self.neutral, self.slope) if is_clear else (self.poor_neutral, self.poor_slope)
        return max(-self.most, min(self.most, slope * (similarity - neutral)))
