"""Head pose of known landmarks, and of pictures and their mirror images."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.types import Landmarks, Pose, Uint8Array
from edged.vision.pictures import read_picture
from edged.vision.pose import NOSE_DEPTH, NOSE_LEVEL, POINTS, head_pose

if TYPE_CHECKING:
    from edged.vision.faces import FaceReader

LFW = Path(__file__).resolve().parents[3] / "shared" / "data" / "lfw_view1" / "images"
needs_lfw = pytest.mark.skipif(not LFW.exists(), reason="the development data is not here")

TOWARDS_THE_RIGHT = ("Franz_Muentefering_0003", "Vaclav_Havel_0001")
"""People who look to their own right: to the left of the picture."""
TOWARDS_THE_LEFT = ("David_Beckham_0024", "Ken_Watanabe_0001")


def turned(yaw_degrees: float = 0.0, roll_degrees: float = 0.0) -> Landmarks:
    """The landmarks of a level mean head, 40 pixels between the eyes, seen from afar."""
    yaw, roll = math.radians(yaw_degrees), math.radians(roll_degrees)
    heads = [(-0.5, 0.0, 0.0), (0.5, 0.0, 0.0), (0.0, NOSE_LEVEL, NOSE_DEPTH), (-0.4, 1.0, 0.0), (0.4, 1.0, 0.0)]
    seen = [complex(x * math.cos(yaw) + z * math.sin(yaw), y) * complex(math.cos(roll), math.sin(roll)) for x, y, z in heads]
    return Landmarks(POINTS, np.array([[200 + 40 * point.real, 150 + 40 * point.imag] for point in seen], dtype=np.float32))


def pose_of(reader: FaceReader, pixels: Uint8Array) -> Pose:
    face = reader.central(pixels)
    assert face
    assert face.quality.pose
    return face.quality.pose


@pytest.mark.parametrize("yaw", [-50.0, -20.0, 0.0, 20.0, 50.0])
@pytest.mark.parametrize("roll", [-170.0, -30.0, 0.0, 30.0, 90.0])
def test_a_turned_and_leaning_head_is_told_in_degrees(yaw: float, roll: float) -> None:
    pose = head_pose(turned(yaw, roll))
    assert pose
    assert (pose.yaw_degrees, pose.pitch_degrees, pose.roll_degrees) == pytest.approx((yaw, 0.0, roll), abs=0.01)


def test_a_nose_that_comes_nearer_to_the_eyes_is_a_head_that_looks_up() -> None:
    landmarks, pitches = turned(20, 10), []
    down = landmarks.points_xy[3:].mean(axis=0) - landmarks.points_xy[:2].mean(axis=0)
    for shift in (-0.1, 0.0, 0.1):
        points = landmarks.points_xy.copy()
        points[2] += shift * down
        pose = head_pose(replace(landmarks, points_xy=points))
        assert pose
        assert pose.yaw_degrees == pytest.approx(20, abs=0.01)
        pitches.append(pose.pitch_degrees)
    assert pitches[0] > 10
    assert pitches[1] == pytest.approx(0, abs=0.01)
    assert pitches[2] == pytest.approx(-pitches[0], abs=0.01)


def test_the_order_of_the_names_does_not_matter() -> None:
    landmarks = turned(30, 10)
    assert head_pose(Landmarks(POINTS[::-1], landmarks.points_xy[::-1])) == head_pose(landmarks)


@pytest.mark.parametrize("points", [np.zeros((5, 2)), [[0, 0], [40, 0], [20, 20], [10, -40], [30, -40]]], ids=["one point", "mouth above"])
def test_what_is_no_face_has_no_pose(points: list[list[float]]) -> None:
    assert head_pose(Landmarks(POINTS, np.array(points, np.float32))) is None


@pytest.mark.parametrize(("degrees", "side"), [(-20, 1), (20, -1)])
def test_a_head_that_leans_to_its_left_has_a_positive_roll(reader: FaceReader, astronaut: Uint8Array, degrees: float, side: int) -> None:
    height, width = astronaut.shape[:2]
    turn = cv2.getRotationMatrix2D((224, 119), degrees, 1)  # about her nose; OpenCV's positive angles are anticlockwise
    leaning = np.asarray(cv2.warpAffine(astronaut, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    assert side * (pose_of(reader, leaning).roll_degrees - pose_of(reader, astronaut).roll_degrees) > 3
    assert side * pose_of(reader, np.ascontiguousarray(leaning[:, ::-1])).roll_degrees < -3


@needs_lfw
@pytest.mark.parametrize(("name", "side"), [*((name, -1) for name in TOWARDS_THE_RIGHT), *((name, 1) for name in TOWARDS_THE_LEFT)])
def test_a_mirror_image_is_turned_to_the_other_side(reader: FaceReader, name: str, side: int) -> None:
    pixels = read_picture(LFW / name[:-5] / f"{name}.jpg")
    seen, mirrored = pose_of(reader, pixels), pose_of(reader, np.ascontiguousarray(pixels[:, ::-1]))
    assert side * seen.yaw_degrees > 25
    assert side * mirrored.yaw_degrees < -25
    assert mirrored.yaw_degrees == pytest.approx(-seen.yaw_degrees, abs=15)
    assert mirrored.pitch_degrees == pytest.approx(seen.pitch_degrees, abs=12)
