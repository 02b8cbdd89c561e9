"""Quality: how good a view of a face is before anybody is asked who it is.

Knows one detection and one aligned picture; what is done with a poor view is not known here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2

from edged.types import Quality, Reason
from edged.vision.pose import head_pose

if TYPE_CHECKING:
    from edged.types import AlignedFace, Detection, Pose, Uint8Array

MIDDLE = slice(24, 88)
"""Rows and columns of the 112×112 aligned picture that are judged: eyes, nose and mouth, hardly any background."""
LAG = 2
"""Distance of the pixels whose difference is sharpness, as in Brenner's measure."""
DOWN_TO_ACROSS = 0.8
"""Eyes, brows and mouths lie across: of two differences in a sharp face, the one down the picture is larger by 1/0.8."""
AT_LIMIT = 0.6
"""What is left of the similarity where a measure reaches its limit: 0.41 of 0.68, the mean of LFW's pairs; about half still match."""


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """Below (max: above) these a view does not vote: where about half of the looks at the right person do not match any more.

    Measured on 79 to 140 pairs of LFW View 1's pairsDevTrain: one picture as template, the other made worse step by step
    in a 640×480 frame; "match" is the share of the faces found whose similarity is at least 0.43. The false match rate rose
    in none of the steps. Of 1,800 untouched looks of View 1 these limits refuse 7.
    """

    min_face_px: float = 40.0
    """Shorter side of the box, frame pixels. Shrunk to 40 / 32 / 24 / 18 px, 96 / 99 / 95 / 79 % match, but the detector finds a third
    of 24 px faces and 94 % of 40 px ones in a 1280×720 frame, and no camera is as sharp as a picture made smaller."""
    min_inside: float = 0.0
    """How far the landmarks lie from the frame's edge at least, in shorter sides of the box. 0…0.02: 67 % match, beyond the edge 46 %."""
    max_yaw_degrees: float = 55.0
    """All 26 looks of 35 to 60 degrees matched, and there are none beyond: a guard, not a measured limit."""
    max_pitch_degrees: float = 45.0
    """A guard as well: looks of up to 25 degrees match as others do."""
    max_roll_degrees: float = 14.0
    """As the landmarks of YuNet tell it, which is about a third. Pictures rotated by 30 / 45 degrees show 11 / 17; 79 / 24 % match."""
    min_sharpness: float = 0.17
    """Differences of neighbours in the aligned face, in standard deviations of it. 0.16…0.18: 42 % match, 0.18…0.20: 61 %."""
    min_brightness: float = 12.0
    """Mean of the aligned grey face, 0…255, in a frame with noise of 3 grey levels. 10…12: 50 % match, 12…15: 59 %."""
    max_brightness: float = 243.0
    """The same for overexposed faces. 240…245: 43 % match."""


@dataclass(frozen=True, slots=True)
class Comfort:
    """Where a measure stops to matter: from its limit up to here its part of the score rises from AT_LIMIT to 1."""

    inside: float = 0.1
    yaw_degrees: float = 35.0
    pitch_degrees: float = 25.0
    roll_degrees: float = 5.0
    sharpness: float = 0.30
    brightness: float = 60.0
    high_brightness: float = 200.0


@dataclass(frozen=True, slots=True)
class Range:
    """A measure that lowers the score and refuses nothing: its part is AT_LIMIT at low and 1 at high."""

    low: float
    high: float


COMFORT = Comfort()
CONTRAST = Range(0.05, 0.15)
"""Standard deviation of the aligned grey face over its mean. 4 % of the full contrast leave 0.47 of the similarity, 7 % leave 0.86."""
DETECTION = Range(0.84, 0.93)
"""The detector's score, which sees what no single measure does. 0.84…0.87: 37 % match, above 0.93: 97 %."""


def judge_geometry(detection: Detection, frame_size: tuple[int, int], limits: QualityLimits) -> Quality:
    """Judge size, place in the frame (width and height in pixels) and pose, which need no pixels: unusable views cost nothing more.

    Size lowers no score: a small face is blurred when it is aligned, and is judged by that.
    """
    size, pose = min(detection.box.width, detection.box.height), head_pose(detection.landmarks)
    inside = _inside(detection, frame_size) / size if size > 0 else 0.0
    score = _rise(detection.score, DETECTION.low, DETECTION.high) * _rise(inside, limits.min_inside, COMFORT.inside)
    if size < limits.min_face_px:
        return Quality(score, Reason.TOO_SMALL, pose)
    if inside < limits.min_inside:
        return Quality(score, Reason.CUT_OFF, pose)
    frontal = _frontal(pose, limits)
    return Quality(score * frontal, Reason.TURNED_AWAY if _is_turned(pose, limits) else None, pose)


def judge_pixels(face: AlignedFace, geometry: Quality, limits: QualityLimits) -> Quality:
    """Judge light and sharpness of an aligned face (112, 112, 3), and say both judgements as one.

    The score is the product of all parts, each what that measure alone would leave of the similarity to a good template. Over
    1,878 looks of 200 other people (pairsDevTest), made worse in several ways at once, its rank correlation with the
    similarity is 0.72, and 0.75 among the looks of one person; 0.5 to 0.6 matches in 50 % of them, above 0.9 in 95 %.
    """
    grey = cv2.cvtColor(face.pixels[MIDDLE, MIDDLE], cv2.COLOR_BGR2GRAY)
    mean, deviation = cv2.meanStdDev(grey)
    brightness, spread = mean.item(), deviation.item()
    sharp = sharpness(grey, spread)
    score = geometry.score * _rise(sharp, limits.min_sharpness, COMFORT.sharpness)
    score *= _rise(spread, CONTRAST.low * brightness, CONTRAST.high * brightness)
    score *= _rise(brightness, limits.min_brightness, COMFORT.brightness)
    score *= _rise(-brightness, -limits.max_brightness, -COMFORT.high_brightness)
    return Quality(score, geometry.reason or _pixel_reason(sharp, brightness, limits), geometry.pose)


def sharpness(grey: Uint8Array, spread: float) -> float:
    """Differences of a grey face (H, W) over two pixels, root mean square, in standard deviations (spread) of the face; 0 for a plain one.

    Brenner et al., "An automated microscope for cytologic research", J. Histochem. Cytochem. 24 (1976), freed of contrast,
    and the smaller of both directions, since motion blurs only one. It is taken in the aligned face, so a small face, a far
    one and a blurred one that show the same detail have the same sharpness: of 0.24…0.26, shrunk, blurred and both leave
    0.86, 0.92 and 0.90 of the similarity, motion 0.71.
    """
    if not spread:
        return 0.0
    across = cv2.norm(grey[:, LAG:], grey[:, :-LAG])
    down = cv2.norm(grey[LAG:], grey[:-LAG])
    return min(across, DOWN_TO_ACROSS * down) / (spread * math.sqrt(grey.size * (1 - LAG / len(grey))))


def _pixel_reason(sharp: float, brightness: float, limits: QualityLimits) -> Reason | None:
    if brightness < limits.min_brightness:
        return Reason.TOO_DARK
    if brightness > limits.max_brightness:
        return Reason.TOO_BRIGHT
    return Reason.BLURRED if sharp < limits.min_sharpness else None


def _inside(detection: Detection, frame_size: tuple[int, int]) -> float:
    """How far the outermost landmark lies inside the frame, pixels; negative beyond its edge."""
    columns, rows = zip(*detection.landmarks.points_xy.tolist(), strict=True)
    width, height = frame_size
    return float(min(min(columns), width - max(columns), min(rows), height - max(rows)))


def _frontal(pose: Pose | None, limits: QualityLimits) -> float:
    if pose is None:
        return 0.0
    yaw = _rise(-abs(pose.yaw_degrees), -limits.max_yaw_degrees, -COMFORT.yaw_degrees)
    pitch = _rise(-abs(pose.pitch_degrees), -limits.max_pitch_degrees, -COMFORT.pitch_degrees)
    return yaw * pitch * _rise(-abs(pose.roll_degrees), -limits.max_roll_degrees, -COMFORT.roll_degrees)


def _is_turned(pose: Pose | None, limits: QualityLimits) -> bool:
    return (
        pose is None
        or abs(pose.yaw_degrees) > limits.max_yaw_degrees
        or abs(pose.pitch_degrees) > limits.max_pitch_degrees
        or abs(pose.roll_degrees) > limits.max_roll_degrees
    )


def _rise(value: float, limit: float, comfortable: float) -> float:
    if value >= comfortable:
        return 1.0
    return max(0.0, 1.0 - (1.0 - AT_LIMIT) * (comfortable - value) / (comfortable - limit))
