"""Proportions of faces: known landmarks, and the same real people as they are and squeezed."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.types import Box, Detection, Landmarks, Pose
from edged.vision.pictures import read_picture
from edged.vision.pose import POINTS, head_pose
from edged.vision.proportions import Proportion, proportion

if TYPE_CHECKING:
    from edged.types import Uint8Array
    from edged.vision.detection_card import FaceProportions
    from edged.vision.faces import FaceReader

LFW = Path(__file__).resolve().parents[3] / "shared" / "data" / "lfw_view1" / "images"
PICTURES = 60
"""Every so many of View 1's pictures are looked at: enough for a median that stands."""


@pytest.fixture(scope="module")
def usual(reader: FaceReader) -> FaceProportions:
    assert reader.detection_card.proportions
    return reader.detection_card.proportions


def face(usual: FaceProportions, *, width: float = 1.0, height: float = 200.0) -> Detection:
    """A face of usual proportions, so many times as wide."""
    across = usual.box * height * width
    down = 0.35 * height
    eyes = usual.eyes * down * width
    points = [(-eyes / 2, 0), (eyes / 2, 0), (0, down / 2), (-eyes / 3, down), (eyes / 3, down)]
    landmarks = Landmarks(POINTS, np.array([(x + 300, y + 300) for x, y in points], np.float32))
    return Detection(Box(300 - across / 2, 220, 300 + across / 2, 220 + height), landmarks, 0.9)


FRONTAL = Pose(0.0, 0.0, 0.0)


def test_a_usual_face_deviates_by_nothing(usual: FaceProportions) -> None:
    seen = proportion(face(usual), FRONTAL, 1280, usual)
    assert seen
    assert [seen.by_box, seen.by_eyes, seen.width - 1] == pytest.approx([0, 0, 0], abs=0.01)


@pytest.mark.parametrize("width", [0.8, 1.25])
def test_a_squeezed_face_deviates_to_its_side(usual: FaceProportions, width: float) -> None:
    seen = proportion(face(usual, width=width), FRONTAL, 1280, usual)
    assert seen
    assert (seen.by_box > 0) == (seen.by_eyes > 0) == (seen.width > 1) == (width > 1)
    assert min(abs(seen.by_box), abs(seen.by_eyes)) > 3


@pytest.mark.parametrize(
    ("pose", "height"),
    [(Pose(25, 0, 0), 200), (Pose(0, -25, 0), 200), (Pose(0, 0, 12), 200), (Pose(0, 0, 0), 50), (None, 200)],
    ids=["turned", "lowered", "leaning", "far", "no pose"],
)
def test_a_face_that_is_turned_or_far_tells_nothing(usual: FaceProportions, pose: Pose | None, height: float) -> None:
    assert proportion(face(usual, height=height), pose, 1280, usual) is None


def test_a_face_that_is_doubtful_or_lies_on_its_side_tells_nothing(usual: FaceProportions) -> None:
    doubtful = face(usual)
    assert proportion(Detection(doubtful.box, doubtful.landmarks, usual.least_score - 0.01), FRONTAL, 1280, usual) is None
    assert proportion(face(usual, width=1.5), FRONTAL, 1280, usual) is None


@pytest.mark.parametrize("points", [[(5, 5)] * 5, [(0, 5), (9, 5), (5, 5), (0, 5), (9, 5)]])
def test_landmarks_without_proportions_tell_nothing(usual: FaceProportions, points: list[tuple[int, int]]) -> None:
    flat = Detection(Box(0, 0, 100, 130), Landmarks(POINTS, np.array(points, np.float32)), 0.9)
    assert proportion(flat, FRONTAL, 640, usual) is None


def test_a_box_without_extent_tells_nothing(usual: FaceProportions) -> None:
    assert proportion(Detection(Box(5, 5, 5, 200), face(usual).landmarks, 0.9), FRONTAL, 640, usual) is None


@pytest.fixture(scope="module")
def portraits_of_lfw() -> list[Uint8Array]:
    if not LFW.exists():
        pytest.skip("the development data is not here")
    paths = sorted(LFW.rglob("*.jpg"))
    pictures = [read_picture(path) for path in paths[:: max(1, len(paths) // PICTURES)]]
    return [np.asarray(cv2.copyMakeBorder(pixels, 60, 60, 120, 120, cv2.BORDER_REPLICATE), np.uint8) for pixels in pictures]


def seen_at(reader: FaceReader, pictures: list[Uint8Array], width: float, usual: FaceProportions) -> list[Proportion]:
    found = []
    for pixels in pictures:
        squeezed = np.asarray(cv2.resize(pixels, None, fx=width, fy=1, interpolation=cv2.INTER_AREA), np.uint8)
        for detection in reader.detect(squeezed)[:1]:
            seen = proportion(detection, head_pose(detection.landmarks), max(squeezed.shape), usual)
            found += [seen] if seen else []
    assert len(found) > len(pictures) / 3
    return found


@pytest.mark.parametrize(
    ("width", "by_box", "by_both"),
    [
        (0.5, (-8, -5), (-20, -9)),
        (0.67, (-5, -3), (-10, -5)),
        (0.75, (-4, -1.8), (-7.5, -3.5)),
        (1.0, (-1, 1), (-1.2, 1.2)),
        (1.33, (2, 4.2), (3.5, 7.5)),
        (1.5, (3, 6), (4.5, 9)),
        (2, (4.5, 9), (4.5, 14)),
    ],
)
def test_real_faces_deviate_as_is_said(
    reader: FaceReader,
    portraits_of_lfw: list[Uint8Array],
    usual: FaceProportions,
    width: float,
    by_box: tuple[float, float],
    by_both: tuple[float, float],
) -> None:
    seen = seen_at(reader, portraits_of_lfw, width, usual)
    assert by_box[0] < statistics.median(look.by_box for look in seen) < by_box[1]
    assert by_both[0] < statistics.median(look.by_box + look.by_eyes for look in seen) < by_both[1]
