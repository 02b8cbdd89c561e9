"""Alignment: the similarity transform against known ones, and faces that land where they should."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.types import Landmarks
from edged.vision.alignment import Aligner, similarity_transform

NAMES = ("right_eye", "left_eye", "nose_tip", "right_mouth_corner", "left_mouth_corner")
POINTS = np.array([[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]], dtype=np.float32)


@given(angle=st.floats(-3.1, 3.1), scale=st.floats(0.1, 10), x=st.floats(-500, 500), y=st.floats(-500, 500))
def test_a_known_transform_is_found(angle: float, scale: float, x: float, y: float) -> None:
    matrix = np.array([[np.cos(angle), -np.sin(angle), x], [np.sin(angle), np.cos(angle), y]]) * [[scale, scale, 1], [scale, scale, 1]]
    moved = (POINTS @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    assert similarity_transform(POINTS, moved) == pytest.approx(matrix.astype(np.float32), abs=2e-3 * max(1.0, scale))


def test_it_is_the_least_squares_fit() -> None:
    noisy = POINTS + np.random.default_rng(0).normal(0, 3, POINTS.shape).astype(np.float32)
    matrix = similarity_transform(POINTS, noisy)
    expected, _ = cv2.estimateAffinePartial2D(POINTS, noisy, method=cv2.LMEDS, refineIters=0)
    best = np.sum((POINTS @ matrix[:, :2].T + matrix[:, 2] - noisy) ** 2)
    other = np.sum((POINTS @ expected[:, :2].T + expected[:, 2] - noisy) ** 2)
    assert best <= other


def test_one_point_is_not_enough() -> None:
    with pytest.raises(ValueError, match="different points"):
        similarity_transform(np.ones((5, 2), np.float32), POINTS)


def test_landmarks_land_on_the_reference_whatever_their_order() -> None:
    pixels = np.zeros((480, 640, 3), np.uint8)
    places = POINTS * 2 + [100, 50]
    for number, (x, y) in enumerate(places):
        cv2.circle(pixels, (round(x), round(y)), 3, (0, 0, 50 * (number + 1)), -1)
    shuffled = [4, 2, 0, 3, 1]
    landmarks = Landmarks(tuple(NAMES[row] for row in shuffled), places[shuffled].astype(np.float32))
    aligned = Aligner(Landmarks(NAMES, POINTS), 112).align(pixels, landmarks).pixels
    assert aligned.shape == (112, 112, 3)
    for number, (x, y) in enumerate(POINTS):
        assert aligned[round(y), round(x), 2] == pytest.approx(50 * (number + 1), abs=10)
