"""Quality: how good a view of a face is before anybody is asked who it is.

Knows one detection and one aligned picture; what is done with a poor view is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.types import Quality, Reason

if TYPE_CHECKING:
    from edged.types import AlignedFace, Detection, Landmarks, Uint8Array

REQUIRED = ("right_eye", "left_eye", "nose_tip", "right_mouth_corner", "left_mouth_corner")


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """Below these a view does not vote.

    Of the 1,549 pictures of LFW's pairsDevTest, which are press photographs of faces 76 to 119 px wide (middle 98 %), 0.6 %
    fall short: 0.3 % in sharpness, 0.3 % in pose, none in light.
    """

    min_face_px: float = 40.0
    """Shorter side of the box, frame pixels. At 40 px an aligned face is enlarged about 3 times."""
    min_sharpness: float = 5.0
    """Standard deviation of the Laplacian of the aligned grey face, grey levels."""
    min_brightness: float = 35.0
    """Mean of the aligned grey face, 0…255."""
    max_yaw: float = 0.6
    """Nose tip's offset from the middle of the eyes, in distances between the eyes: 0 frontal, growing with the tangent of the angle."""


@dataclass(frozen=True, slots=True)
class Comfort:
    """Where a measure stops to matter: from its limit up to here the score rises from 0.5 to 1."""

    face_px: float = 112.0
    """The side of the aligned picture: a larger face has no more pixels to give."""
    sharpness: float = 24.0
    brightness: float = 80.0
    yaw: float = 0.15


COMFORT = Comfort()


def size_px(detection: Detection) -> float:
    """The shorter side of the box in frame pixels."""
    return min(detection.box.width, detection.box.height)


def yaw(landmarks: Landmarks) -> float:
    """How far the head is turned to a side: 0 frontal, positive towards the subject's left, without unit.

    The nose tip's offset along the line of the eyes from their middle, in distances between the eyes.
    """
    points = landmarks.points_xy.tolist()
    right_eye, left_eye, nose = (complex(*points[landmarks.names.index(name)]) for name in REQUIRED[:3])
    between = left_eye - right_eye
    if between == 0:
        return float("inf")
    return float(((nose - (right_eye + left_eye) / 2) / between).real)


def judge_geometry(detection: Detection, limits: QualityLimits) -> Quality:
    """Judge size and pose, which need no pixels: unusable views cost nothing more."""
    size, turn = size_px(detection), abs(yaw(detection.landmarks))
    score = _rise(size, limits.min_face_px, COMFORT.face_px) * _rise(-turn, -limits.max_yaw, -COMFORT.yaw)
    if size < limits.min_face_px:
        return Quality(score, Reason.TOO_SMALL)
    return Quality(score, Reason.TURNED_AWAY if turn > limits.max_yaw else None)


def judge_pixels(face: AlignedFace, limits: QualityLimits) -> Quality:
    """Judge light and sharpness of an aligned face."""
    grey = np.asarray(cv2.cvtColor(face.pixels, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    brightness, sharp = float(cv2.meanStdDev(grey)[0][0, 0]), sharpness(grey)
    score = _rise(brightness, limits.min_brightness, COMFORT.brightness) * _rise(sharp, limits.min_sharpness, COMFORT.sharpness)
    if brightness < limits.min_brightness:
        return Quality(score, Reason.TOO_DARK)
    return Quality(score, Reason.BLURRED if sharp < limits.min_sharpness else None)


def sharpness(grey: Uint8Array) -> float:
    """Standard deviation of the Laplacian of a grey picture (H, W), in grey levels.

    The square root of the measure in Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.
    """
    return float(cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))[1][0, 0])


def combine(geometry: Quality, pixels: Quality) -> Quality:
    """Both judgements as one: the scores' product, the first reason there is."""
    return Quality(geometry.score * pixels.score, geometry.reason or pixels.reason)


def _rise(value: float, limit: float, comfortable: float) -> float:
    return min(1.0, max(0.0, 0.5 + 0.5 * (value - limit) / (comfortable - limit)))
