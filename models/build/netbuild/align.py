"""Warps a face onto the reference landmarks of the embedder.

It knows five points and a similarity transform, and nothing of networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

LANDMARKS = ("right_eye", "left_eye", "nose_tip", "right_mouth_corner", "left_mouth_corner")
REFERENCE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32)
"""ArcFace's five points for 112×112, in the order of `LANDMARKS`: the subject's own right and left."""
SIDE = 112


def align(picture: Pixels, landmarks: FloatArray) -> Pixels:
    """The (112, 112, 3) face in the picture's own colour order; (5, 2) `landmarks` in the picture's pixels."""
    return cv2.warpAffine(picture, similarity(landmarks, REFERENCE), (SIDE, SIDE), flags=cv2.INTER_LINEAR)  # type: ignore[return-value]


def similarity(source: FloatArray, target: FloatArray) -> NDArray[np.float64]:
    """The (2, 3) least-squares rotation, uniform scale and shift from source to target (Umeyama 1991)."""
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    centred, goal = (source - source_mean).astype(np.float64), (target - target_mean).astype(np.float64)
    left, sizes, right = np.linalg.svd(goal.T @ centred)
    signs = np.array([1.0, np.sign(np.linalg.det(left @ right))])
    rotation = (left * signs) @ right
    scale = (sizes * signs).sum() / (centred**2).sum()
    return np.hstack([scale * rotation, (target_mean - scale * rotation @ source_mean)[:, None]])
