"""Quality on a real face made worse step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.types import AlignedFace, Box, Detection, Landmarks, Reason, Uint8Array
from edged.vision.quality import QualityLimits, combine, judge_geometry, judge_pixels, yaw

if TYPE_CHECKING:
    from edged.vision.faces import FaceReader

LIMITS = QualityLimits()


@pytest.fixture(scope="module")
def aligned(reader: FaceReader, astronaut: Uint8Array) -> Uint8Array:
    face = reader.largest(astronaut)
    assert face
    assert face.quality.reason is None
    return face.aligned.pixels


def detection(size: float, nose: float = 0.0) -> Detection:
    points = np.array([[30, 40], [70, 40], [50 + 40 * nose, 60], [35, 80], [65, 80]], np.float32)
    names = ("right_eye", "left_eye", "nose_tip", "right_mouth_corner", "left_mouth_corner")
    return Detection(Box(0, 0, size, 1.3 * size), Landmarks(names, points), 0.9)


def test_a_clear_face_is_good(aligned: Uint8Array) -> None:
    assert judge_pixels(AlignedFace(aligned), LIMITS).score > 0.9


def test_blur_makes_it_worse_until_it_is_refused(aligned: Uint8Array) -> None:
    judged = [
        judge_pixels(AlignedFace(np.asarray(cv2.GaussianBlur(aligned, (0, 0), sigma), np.uint8)), LIMITS) for sigma in (0.5, 1, 2, 4, 8)
    ]
    assert [quality.score for quality in judged] == sorted((quality.score for quality in judged), reverse=True)
    assert judged[0].reason is None
    assert judged[-1].reason is Reason.BLURRED


def test_darkness_makes_it_worse_until_it_is_refused(aligned: Uint8Array) -> None:
    judged = [judge_pixels(AlignedFace((aligned * light).astype(np.uint8)), LIMITS) for light in (1.0, 0.5, 0.3, 0.1)]
    assert [quality.score for quality in judged] == sorted((quality.score for quality in judged), reverse=True)
    assert judged[-1].reason is Reason.TOO_DARK


@pytest.mark.parametrize(("size", "reason"), [(39, Reason.TOO_SMALL), (40, None), (200, None)])
def test_small_faces_are_refused(size: float, reason: Reason | None) -> None:
    assert judge_geometry(detection(size), LIMITS).reason is reason


@pytest.mark.parametrize(("nose", "reason"), [(0.0, None), (0.3, None), (0.7, Reason.TURNED_AWAY), (-0.7, Reason.TURNED_AWAY)])
def test_turned_heads_are_refused(nose: float, reason: Reason | None) -> None:
    assert judge_geometry(detection(100, nose), LIMITS).reason is reason


def test_yaw_tells_the_side_and_does_not_mind_a_tilted_head() -> None:
    landmarks = detection(100, 0.3).landmarks
    turn = np.array([[0.8, -0.6], [0.6, 0.8]], np.float32)
    assert yaw(landmarks) == pytest.approx(0.3)
    assert yaw(replace(landmarks, points_xy=landmarks.points_xy @ turn.T)) == pytest.approx(0.3, abs=1e-5)


def test_the_first_reason_is_kept_and_the_scores_multiply() -> None:
    small, dark = judge_geometry(detection(20), LIMITS), judge_pixels(AlignedFace(np.zeros((112, 112, 3), np.uint8)), LIMITS)
    both = combine(small, dark)
    assert both.reason is Reason.TOO_SMALL
    assert both.score == pytest.approx(small.score * dark.score)
