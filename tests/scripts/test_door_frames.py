"""The frames are the same every time, and show people where and as large as their poses say, in the light of the act.

Knows no detector: that faces in it are found and told apart is for the tests of the daemon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from door_acts import DARK, Act, Pose, Role, comes_closer, from_dark_to_light, nobody
from door_frames import frames
from door_porch import porch

if TYPE_CHECKING:
    from portraits import Portraits

SMALL = (320, 180)


def test_the_same_acts_give_the_same_pixels(portraits: Portraits) -> None:
    acts = [nobody(0.2), from_dark_to_light("astronaut", 0.4)]
    once, again = (list(frames(acts, portraits, SMALL)) for _ in range(2))
    assert all(np.array_equal(*pair) for pair in zip(once, again, strict=True))


def test_the_empty_porch_stands_still(portraits: Portraits) -> None:
    empty = list(frames([nobody(0.4)], portraits, SMALL))
    assert all(cv2.absdiff(picture, porch(SMALL)).mean() < 2 for picture in empty)
    assert not np.array_equal(empty[0], empty[1]), "a sensor is never quite still"


def test_a_person_grows_and_leaves(portraits: Portraits) -> None:
    empty = porch(SMALL)
    pictures = list(frames([comes_closer("obama", 2.0)], portraits, SMALL))
    changed = [np.count_nonzero(np.abs(picture.astype(np.int16) - empty).max(axis=2) > 25) for picture in pictures]
    assert changed[0] < 0.15 * changed[20]
    assert changed[0] < changed[8] < changed[16]
    assert changed[-1] < 0.5 * changed[20]


def test_the_face_stands_where_the_pose_says(portraits: Portraits) -> None:
    left = next(frames([Act(0.1, "left", (Role("astronaut", (Pose(0.0, 0.25, 120),)),))], portraits, SMALL))
    gone = next(frames([Act(0.1, "out of sight", (Role("astronaut", (Pose(0.0, 3.0, 120),)),))], portraits, SMALL))
    face = np.s_[60:90, 70:90]
    assert cv2.absdiff(left[face], porch(SMALL)[face]).mean() > 30
    assert cv2.absdiff(gone, porch(SMALL)).mean() < 2


def test_the_light_comes_up(portraits: Portraits) -> None:
    pictures = list(frames([from_dark_to_light("astronaut", 1.0)], portraits, SMALL))
    means = [float(picture.mean()) for picture in pictures]
    assert means[0] < (DARK + 0.05) * means[-1]
    assert means == sorted(means)
