"""Proportions of a face: how far they are from those that faces have, which tells pixels that are not square.

It knows one detection and the card of its network, and not how many faces it takes to be sure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from edged.vision.pose import POINTS

if TYPE_CHECKING:
    from edged.types import Detection, Landmarks, Pose
    from edged.vision.detection_card import FaceProportions

MOST_TURNED_DEGREES = 20.0
"""Degrees of yaw and of pitch up to which a face has the proportions of one that is seen from the front; the card's were measured there."""
MOST_LEANING_DEGREES = 10.0
"""Degrees of roll, of which YuNet shows about three quarters (`vision.faces`), up to which a face's width lies along the picture's."""
MOST_TOO_WIDE = 6.5
"""Standard deviations of the box beyond which a face lies on its side: faces turned by 90° are 7 to 8 too wide, squeezed to double 6."""
LEAST_SHARE = 0.05
"""Height of a face in longer sides of the picture. Smaller ones are a dozen pixels to the detector, which then gives the proportions it
was taught: squeezed to half, faces of 0.034 deviate by −2.6, of 0.057 by −6.6, of 0.09 by −10 (50 of LFW View 1 in 1280×720)."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """How a face is proportioned, beside all faces: below 0 too narrow, above too wide, in standard deviations.

    by_box is of the width of its box over the height, by_eyes of the distance of the eyes over that to the mouth; width is how many times
    too wide the box seems. Medians of the pictures of one person, over 213 people of LFW View 1 and of four peoples: by_box −1.7…1.9, both
    together −3.2…3.8. Medians of 50 faces of LFW View 1 that fill 0.06…0.27 of the width of a picture squeezed to k times its width:

        k             0.5           0.75          1           1.33        2
        by_box        −3.9…−6.6     −0.7…−3.0     0.0…1.0     2.2…3.1     3.1…6.0
        both          −10.0…−13.7   −3.3…−5.9     −0.3…0.3    2.2…4.3     2.8…7.4
        width         0.67…0.51     0.93…0.74     1           1.25…1.38   1.36…1.84

    Of faces that are too wide the box tells more: with eyes and mouth the network falls back to what it was taught.
    """

    by_box: float
    by_eyes: float
    width: float


def proportion(detection: Detection, pose: Pose | None, longer_side: float, usual: FaceProportions) -> Proportion | None:
    """Measure a face in a picture whose longer side has so many pixels; None where it is turned, not upright, or too small or doubtful."""
    box = detection.box
    if (
        pose is None
        or detection.score < usual.least_score
        or min(box.width, box.height) <= 0
        or max(box.width, box.height) < LEAST_SHARE * longer_side
    ):
        return None
    if max(abs(pose.yaw_degrees), abs(pose.pitch_degrees)) > MOST_TURNED_DEGREES or abs(pose.roll_degrees) > MOST_LEANING_DEGREES:
        return None
    lengths = face_lengths(detection.landmarks)
    if not lengths.eyes or not lengths.down:
        return None
    by_box, by_eyes = math.log(box.width / box.height / usual.box), math.log(lengths.eyes / lengths.down / usual.eyes)
    seen = Proportion(by_box / usual.box_spread, by_eyes / usual.eyes_spread, math.exp(by_box / usual.box_follows))
    return seen if seen.by_box < MOST_TOO_WIDE else None


class FaceLengths(NamedTuple):
    """Lengths in a face in pixels: between the eyes, between the mouth's corners, and from the middle of the eyes down to the mouth's."""

    eyes: float
    mouth: float
    down: float


def face_lengths(landmarks: Landmarks) -> FaceLengths:
    """Measure a face by its landmarks.

    Raises:
        KeyError: they lack one of POINTS.
    """
    points = dict(zip(landmarks.names, landmarks.points_xy.tolist(), strict=True))
    right_eye, left_eye, _, right_mouth, left_mouth = (complex(*points[name]) for name in POINTS)
    down = (right_mouth + left_mouth - right_eye - left_eye) / 2
    return FaceLengths(abs(left_eye - right_eye), abs(left_mouth - right_mouth), abs(down))
