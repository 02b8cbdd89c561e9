"""Attention: parts of the frame are enough while everybody in view is followed, and nobody who joins them is noticed late."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
import pytest

from edged.pipeline.attention import WHOLE_SECONDS, Attention
from edged.types import Box, Detection, Frame, Landmarks
from edged.vision.pictures import read_picture
from edged.vision.quality import QualityLimits
from tests.door import NEW_YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edged.types import Uint8Array
    from edged.vision.detector import Detector
    from edged.vision.faces import FaceReader

HERE, THERE = Box(100, 100, 160, 180), Box(500, 100, 560, 180)


@dataclass
class Eyes:
    """A detector that finds what is there, and knows how it was asked; parts hold faces left of 400."""

    there: list[Box]
    asked: list[str] = field(default_factory=list)

    def detect(self, _pixels: Uint8Array) -> list[Detection]:
        self.asked.append("whole")
        return [shown(box) for box in self.there]

    def detect_around(self, _pixels: Uint8Array, boxes: Sequence[Box]) -> list[Detection] | None:
        if not boxes or any(box.x1 >= 400 for box in boxes):
            return None
        self.asked.append("part")
        return [shown(box) for box in self.there if box.x1 < 400]


def shown(box: Box) -> Detection:
    return Detection(box, Landmarks((), np.empty((0, 2), np.float32)), 0.9)


def look(attention: Attention, eyes: Eyes, seconds: float, *, follow: bool = True) -> list[Detection]:
    found = attention.detect(cast("Detector", eyes), Frame("front", 0, NEW_YEAR, seconds, np.zeros((4, 4, 3), np.uint8)))
    attention.follow([face.box for face in found] if follow else [])
    return found


def test_the_whole_frame_is_looked_at_as_often_as_is_promised_and_parts_between() -> None:
    attention, eyes = Attention(), Eyes([HERE])
    for number in range(40):
        look(attention, eyes, number / 15)
    wholes = [number / 15 for number, asked in enumerate(eyes.asked) if asked == "whole"]
    assert eyes.asked.count("part") > 2 * len(wholes)
    assert max(np.diff(wholes)) <= WHOLE_SECONDS + 1e-9


def test_looks_that_come_seldom_are_all_at_the_whole_frame() -> None:
    attention, eyes = Attention(), Eyes([HERE])
    for number in range(6):
        look(attention, eyes, number / 5)
    assert set(eyes.asked) == {"whole"}


@pytest.mark.parametrize("there", [[], [HERE, THERE]], ids=["nobody", "too far apart"])
def test_without_a_part_that_holds_everybody_the_whole_frame_is_looked_at(there: list[Box]) -> None:
    attention, eyes = Attention(), Eyes(there)
    for number in range(6):
        look(attention, eyes, number / 15)
    assert set(eyes.asked) == {"whole"}


def test_whoever_leaves_the_part_is_looked_for_at_once() -> None:
    attention, eyes = Attention(), Eyes([HERE])
    look(attention, eyes, 0.0)
    eyes.there = [THERE]
    found = look(attention, eyes, 1 / 15)
    assert (eyes.asked, [face.box for face in found]) == (["whole", "part", "whole"], [THERE])


def test_where_somebody_was_missed_the_whole_frame_is_looked_at() -> None:
    attention, eyes = Attention(), Eyes([HERE])
    look(attention, eyes, 0.0, follow=False)
    look(attention, eyes, 1 / 15)
    assert eyes.asked == ["whole", "whole"]


def test_a_newcomer_is_found_in_time() -> None:
    attention, eyes = Attention(), Eyes([HERE])
    for number in range(3):
        look(attention, eyes, number / 15)
    eyes.there = [HERE, THERE]
    seconds = next(number / 15 for number in range(3, 20) if len(look(attention, eyes, number / 15)) > 1)
    assert seconds - 2 / 15 <= WHOLE_SECONDS


def test_where_the_camera_gives_a_small_picture_faces_are_looked_for_in_it_and_lie_in_the_large_one() -> None:
    seen: list[tuple[int, ...]] = []

    class Looking(Eyes):
        def detect(self, pixels: Uint8Array) -> list[Detection]:
            seen.append(pixels.shape)
            points = np.array([[110, 120], [150, 120]], np.float32)
            return [Detection(HERE, Landmarks(("right_eye", "left_eye"), points), 0.8)]

    large, small = np.zeros((1080, 1920, 3), np.uint8), np.zeros((360, 640, 3), np.uint8)
    [face] = Attention().detect(cast("Detector", Looking([])), Frame("front", 0, NEW_YEAR, 0.0, large, small))
    assert seen == [(360, 640, 3)]
    assert (face.box, face.score) == (Box(300, 300, 480, 540), 0.8)
    assert face.landmarks.points_xy.tolist() == [[330, 360], [450, 360]]


@pytest.mark.parametrize("face_px", [60, 200])
def test_a_face_that_is_found_in_the_small_picture_is_cut_from_the_large_one(
    reader: FaceReader, portraits: dict[str, Path], face_px: int
) -> None:
    """So well that it is the same to the networks as one that was found in the large picture."""
    portrait = read_picture(portraits["obama"])
    scale = 4 * face_px / portrait.shape[1]  # the face is a quarter of the portrait
    shown = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    large = np.full((1080, 1920, 3), 110, np.uint8)
    rows = min(len(shown), 1000)
    large[40 : 40 + rows, 700 : 700 + shown.shape[1]] = shown[:rows]
    small = np.asarray(cv2.resize(large, (640, 360), interpolation=cv2.INTER_AREA), np.uint8)
    faces = []
    for beside in (None, small):
        [found] = Attention().detect(reader.detector, Frame("front", 0, NEW_YEAR, 0.0, large, beside))
        faces.append(reader.read(large, found, QualityLimits()))
    assert faces[0].detection.box.iou(faces[1].detection.box) > 0.95
    assert float(faces[0].embedding.vector @ faces[1].embedding.vector) > 0.99
