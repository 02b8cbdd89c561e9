"""Quality: how good a view of a face is before anybody is asked who it is.

It knows one detection and one aligned picture, and not what is done with a poor view.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.types import Quality, Reason
from edged.vision.pose import head_pose

if TYPE_CHECKING:
    from edged.types import AlignedFace, Detection, Landmarks, Pose, Uint8Array

MIDDLE = slice(24, 88)
"""Rows and columns of the 112×112 aligned picture that are judged: eyes, nose and mouth, hardly any background."""
LAG = 2
"""Distance of the pixels whose difference is sharpness, as in Brenner's measure."""
DOWN_TO_ACROSS = 0.8
"""Ratio of two differences in a sharp face: eyes, brows and mouths lie across, so the one down the picture is larger by 1/0.8."""
AT_LIMIT = 0.6
"""Share of the similarity that is left where a measure reaches its limit: 0.41 of 0.68, the mean of LFW's pairs; about half still match."""


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """Below (max: above) these a view does not vote: where about half of the looks at the right person do not match any more.

    Measured on 150 pairs of LFW View 1's pairsDevTrain: one picture as template, the other made worse step by step in a
    640×480 frame (10,536 faces found); "match" is the share of the faces found whose similarity is at least 0.43. The false match rate rose
    in none of the steps. Of 1,800 untouched looks of View 1 these limits refuse 7.

    min_face_px is the shorter side of the box in frame pixels. Shrunk to 40 / 32 / 24 / 18 px, 97 / 97 / 93 / 81 % match, but the detector
    finds a third of 24 px faces and 95 % of 40 px ones in a 1280×720 frame, and no camera is as sharp as a picture made smaller.
    min_inside is how far the landmarks lie from the frame's edge at least, in shorter sides of the box. Below, 50 % of 578 cut faces
    match, up to 0.05 / 0.1 above 72 / 86 %. The detector likes to squeeze the landmarks of a cut face into the frame, so they need not be
    beyond it.
    max_yaw_degrees is a guard, not a measured limit: all 26 untouched looks of 35 to 57 degrees matched, and there are none beyond.
    max_pitch_degrees is a guard as well: of 129 untouched looks of 15 to 29 degrees 95 % match, of all 97 %.
    max_roll_degrees is a guard: alignment undoes a lean, after the landmarks are found anew where it is large (`FaceReader.view`), and
    a face on its side is told by other turns of it. Landmarks of YuNet show at most about 33 degrees, whatever the lean.
    min_sharpness is of differences of neighbours in the aligned face, in standard deviations of it. 0.16…0.18: 45 % match, 0.18…0.20: 57 %.
    min_brightness is of the mean of the aligned grey face, 0…255, in a frame with noise of 3 grey levels. 10…12: 47 % match, 12…15: 53 %.
    max_brightness is the same for overexposed faces. 230…240: 67 % match, 240…245: 37 %.
    """

    min_face_px: float = 40.0
    min_inside: float = 0.02
    max_yaw_degrees: float = 55.0
    max_pitch_degrees: float = 45.0
    max_roll_degrees: float = 45.0
    min_sharpness: float = 0.17
    min_brightness: float = 12.0
    max_brightness: float = 240.0


COMFORT = QualityLimits(
    min_inside=0.1, max_yaw_degrees=35, max_pitch_degrees=25, max_roll_degrees=20, min_sharpness=0.3, min_brightness=60, max_brightness=200
)
"""Where a measure stops to matter: from its limit up to here its part of the score rises from AT_LIMIT to 1. Size has no part in it."""
LOW_CONTRAST, CONTRAST = 0.05, 0.15
"""Standard deviation of the aligned grey face over its mean. 0.04 leaves 0.48 of the similarity, 0.07 leaves 0.86.

This and the detector's score lower the score and refuse nothing: their part of it is AT_LIMIT at the lower figure and 1 at the other.
"""
LOW_DETECTION, DETECTION = 0.84, 0.93
"""The detector's score, which sees what no single measure does. 0.84…0.87: 35 % match, above 0.93: 97 %."""
_part = itemgetter(0)
"""The first of what a measure leaves of the score, and its name."""


def judge_geometry(detection: Detection, frame_size: tuple[int, int], limits: QualityLimits) -> Quality:
    """Judge size, place in the frame (width and height in pixels) and pose, which need no pixels: unusable views cost nothing more.

    Size lowers no score: a small face is blurred when it is aligned, and is judged by that.
    """
    box, (width, height) = detection.box, frame_size
    size, pose = min(box.width, box.height), head_pose(detection.landmarks)
    inside = min(box.x1, box.y1, width - box.x2, height - box.y2)
    if inside < COMFORT.min_inside * size:  # else no landmark can be nearer to the edge than the box they lie in
        inside = _inside(detection.landmarks, width, height)
    whole, frontal = _rise(inside, limits.min_inside * size, COMFORT.min_inside * size), _frontal(pose, limits)
    score = _rise(detection.score, LOW_DETECTION, DETECTION) * whole * math.prod(frontal)
    weakest = min((1.0, None), (whole, Reason.CUT_OFF), (min(frontal), Reason.TURNED_AWAY), key=_part)
    reason = None
    if size < limits.min_face_px:
        reason = Reason.TOO_SMALL
    elif inside < limits.min_inside * size:
        reason = Reason.CUT_OFF
    elif min(frontal) < AT_LIMIT:
        reason = Reason.TURNED_AWAY
    return Quality(score, reason, pose, weakest)


def judge_pixels(face: AlignedFace, geometry: Quality, limits: QualityLimits) -> Quality:
    """Judge light and sharpness of an aligned face (112, 112, 3), and say both judgements as one.

    The score is the product of all parts, each what that measure alone would leave of the similarity to a good template. Over
    1,878 looks of 200 other people (pairsDevTest), made worse in several ways at once, its rank correlation with the
    similarity is 0.72, and 0.75 among the looks of one person; at 0.5 to 0.6 half of them match, above 0.9 95 %, below 0.2 8 %.
    """
    grey = np.asarray(cv2.cvtColor(face.pixels[MIDDLE, MIDDLE], cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    mean, deviation = cv2.meanStdDev(grey)
    brightness, spread = mean.item(), deviation.item()
    sharp = sharpness(grey, spread)
    parts = (
        (_rise(sharp, limits.min_sharpness, COMFORT.min_sharpness), Reason.BLURRED),
        (_rise(spread, LOW_CONTRAST * brightness, CONTRAST * brightness), None),
        (_rise(brightness, limits.min_brightness, COMFORT.min_brightness), Reason.TOO_DARK),
        (_rise(-brightness, -limits.max_brightness, -COMFORT.max_brightness), Reason.TOO_BRIGHT),
    )
    score = geometry.score * math.prod(map(_part, parts))
    reason = geometry.reason or _pixel_reason(sharp, brightness, limits)
    return Quality(score, reason, geometry.pose, min(geometry.weakest, *parts, key=_part))


def not_upright(quality: Quality) -> Quality:
    """Give the judgement of a face that lies on its side or upside down, whatever else is good of it."""
    return replace(quality, score=0.0, reason=Reason.NOT_UPRIGHT, typicality=-math.inf)


def sharpness(grey: Uint8Array, spread: float) -> float:
    """Measure differences of a grey face (H, W) over two pixels: root mean square, in its standard deviations (spread); 0 for a plain one.

    Brenner et al., "An automated microscope for cytologic research", J. Histochem. Cytochem. 24 (1976), freed of contrast,
    and the smaller of both directions, since motion blurs only one. It is taken in the aligned face, so a small face, a far
    one and a blurred one that show the same detail have the same sharpness: at 0.24…0.26, shrunk, blurred and both leave
    0.87, 0.92 and 0.90 of the similarity, motion 0.72.
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


def _inside(landmarks: Landmarks, width: float, height: float) -> float:
    """Measure how far the outermost landmark lies inside the frame, pixels; negative beyond its edge."""
    columns, rows = zip(*landmarks.points_xy.tolist(), strict=True)
    return float(min(*columns, width - max(columns), *rows, height - max(rows)))


def _frontal(pose: Pose | None, limits: QualityLimits) -> tuple[float, float, float]:
    """Give the parts of yaw, pitch and roll; below AT_LIMIT where one is beyond its limit."""
    if pose is None:
        return 0.0, 0.0, 0.0
    return (
        _rise(-abs(pose.yaw_degrees), -limits.max_yaw_degrees, -COMFORT.max_yaw_degrees),
        _rise(-abs(pose.pitch_degrees), -limits.max_pitch_degrees, -COMFORT.max_pitch_degrees),
        _rise(-abs(pose.roll_degrees), -limits.max_roll_degrees, -COMFORT.max_roll_degrees),
    )


def _rise(value: float, limit: float, comfortable: float) -> float:
    """Give 1 from comfortable on, AT_LIMIT at the limit, 0 far below."""
    if value >= comfortable:
        return 1.0
    return max(0.0, 1.0 - (1.0 - AT_LIMIT) * (comfortable - value) / (comfortable - limit))
