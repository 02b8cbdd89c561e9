"""Alignment: a face is warped so that its landmarks lie where the embedding network learnt them.

It knows points and pixels; which points are the reference stands on the network's card.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.types import AlignedFace

if TYPE_CHECKING:
    from edged.types import Float32Array, Landmarks, Uint8Array


def similarity_transform(source_xy: Float32Array, target_xy: Float32Array) -> Float32Array:
    """Fit the rotation, even scaling and shift, (2, 3) float32, that best maps source_xy (K, 2) onto target_xy (K, 2).

    Least squares over the four parameters; with a point as a complex number the fit of target = a·source + b is
    linear regression, the planar case of Umeyama, "Least-squares estimation of transformation parameters between
    two point patterns", IEEE TPAMI 13 (1991), without reflection.

    Raises:
        ValueError: all source points are the same.
    """
    # Five points are too few for arrays: NumPy's calls, evicted from the caches by the networks, take 0.1 ms longer.
    source, target = [complex(x, y) for x, y in source_xy.tolist()], [complex(x, y) for x, y in target_xy.tolist()]
    source_mean, target_mean = sum(source) / len(source), sum(target) / len(target)
    centred = [point - source_mean for point in source]
    spread = sum(abs(point) ** 2 for point in centred)
    if spread == 0:
        raise ValueError("a similarity transform needs at least two different points")
    a = sum(point.conjugate() * (goal - target_mean) for point, goal in zip(centred, target, strict=True)) / spread
    b = target_mean - a * source_mean
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Aligner:
    """Warps faces onto named reference landmarks, in pixels of the aligned picture, size × size."""

    reference: Landmarks
    size: int

    def align(self, pixels: Uint8Array, landmarks: Landmarks) -> AlignedFace:
        """Warp the face at landmarks out of pixels (H, W, 3) BGR; what lies beyond the frame's edge is black.

        Raises:
            ValueError: the landmarks lack a name of the reference.
        """
        points = landmarks.points_xy
        if landmarks.names != self.reference.names:
            points = points[[landmarks.names.index(name) for name in self.reference.names]]
        matrix = similarity_transform(points, self.reference.points_xy)
        return AlignedFace(np.asarray(cv2.warpAffine(pixels, matrix, (self.size, self.size), flags=cv2.INTER_LINEAR), dtype=np.uint8))
