"""A portrait that turns and nods: its face is laid on an ellipsoid with a nose, which is turned and seen again from the front.

Shared by the tests that need one real person's face in several poses; a stand-in for a turning head, not a model of one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from edged.types import Landmarks, Uint8Array

HALF_WIDTH, HALF_HEIGHT, NOSE, NOSE_REACH = 1.35, 2.0, 0.45, 0.6
"""Of the head and its nose, in distances between the eyes."""


def turned(pixels: Uint8Array, landmarks: Landmarks, yaw_degrees: float, pitch_degrees: float = 0.0) -> Uint8Array:
    """The picture with the face at these landmarks turned towards its own left, and raised, by about so much."""
    right_eye, left_eye, nose = (landmarks.points_xy[landmarks.names.index(name)] for name in ("right_eye", "left_eye", "nose_tip"))
    eyes = float(np.linalg.norm(left_eye - right_eye))
    yaw, pitch = math.radians(yaw_degrees), math.radians(pitch_degrees)
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]].astype(np.float32)
    across, down = (columns - nose[0]) / eyes, (rows - nose[1]) / eyes
    dome = HALF_WIDTH * np.sqrt(np.clip(1 - (across / HALF_WIDTH) ** 2 - (down / HALF_HEIGHT) ** 2, 0, None))
    tip = np.hypot(across - HALF_WIDTH * math.sin(yaw), down + HALF_WIDTH * math.sin(pitch)) / NOSE_REACH
    depth = dome + NOSE * np.clip(1 - tip, 0, None)
    on_head = dome > 0
    from_x = np.where(on_head, across * math.cos(yaw) - depth * math.sin(yaw), across)
    from_y = np.where(on_head, down * math.cos(pitch) + depth * math.sin(pitch), down)
    warped = cv2.remap(
        pixels,
        (from_x * eyes + nose[0]).astype(np.float32),
        (from_y * eyes + nose[1]).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(warped, np.uint8)
