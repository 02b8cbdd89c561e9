"""Head pose: how far a face is turned, raised and leaning, by its five landmarks.

It knows named points and the proportions of a mean head, and not what a turned head is good for.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edged.types import Pose

if TYPE_CHECKING:
    from edged.types import Landmarks

POINTS = ("right_eye", "left_eye", "nose_tip", "right_mouth_corner", "left_mouth_corner")
NOSE_DEPTH, NOSE_LEVEL, NOSE_LIFT = 0.61, 0.542, 0.234
"""Proportions of a mean head as the detector's landmarks show it, in distances between the eyes.

Fitted to MediaPipe's face mesh (468 points in three dimensions, Apache-2.0) on 450 looks of LFW View 1, the 150 most turned among
them; its yaw is the slope of the line through the outer corners of the eyes, its pitch that of forehead to chin.
Depth: how far the nose tip stands out before the eyes: slope of its offset over the tangent of the mesh's yaw, correlation 0.97.
Level: where the nose tip lies between eyes (0) and mouth (1) of a level face: the median.
Lift: how far that falls for one radian of pitch: ratio of the standard deviations; correlation −0.56, so pitch is a coarse figure.
"""


def head_pose(landmarks: Landmarks) -> Pose | None:
    """Give the pose of the head with these landmarks; None where the eyes are one point, or the mouth is not below them.

    Our own derivation, for a head seen from afar (scaled orthographic projection). Along the line of the eyes, a point that
    stands out by d is seen shifted by d·sin(yaw), and the eyes' distance shrinks to cos(yaw): the nose tip's offset in
    distances between the eyes is d·tan(yaw), whatever the roll. Across that line yaw changes nothing, and where the nose tip
    lies between eyes and mouth falls as the head is raised. The roll is that of the line of the eyes.

    The landmarks of YuNet follow a lean only in part: pictures of LFW and world_dev rotated by 15 / 25 / 35 / 45 degrees show
    12 / 19 / 23 / 24 (median of 1,025), and those turned by 90 degrees 7.

    Raises:
        ValueError: the landmarks lack one of POINTS.
    """
    points = landmarks.points_xy.tolist()
    if landmarks.names != POINTS:
        points = [points[landmarks.names.index(name)] for name in POINTS]
    right_eye, left_eye, nose, right_mouth, left_mouth = (complex(x, y) for x, y in points)
    eyes, middle = left_eye - right_eye, (right_eye + left_eye) / 2
    if not eyes:
        return None
    offset, down = (nose - middle) / eyes, (((right_mouth + left_mouth) / 2 - middle) / eyes).imag
    if down <= 0:
        return None
    return Pose(
        yaw_degrees=math.degrees(math.atan(offset.real / NOSE_DEPTH)),
        pitch_degrees=math.degrees(math.atan((NOSE_LEVEL - offset.imag / down) / NOSE_LIFT)),
        roll_degrees=math.degrees(math.atan2(eyes.imag, eyes.real)),
    )
