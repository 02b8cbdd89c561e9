"""Geometry of boxes, on written-out numbers."""

from __future__ import annotations

import pytest

from edged.types import Box
from edged.vision.boxes import Letterbox, group


@pytest.mark.parametrize(
    ("frame", "into", "expected"),
    [
        ((640, 480), (640, 480), Letterbox(1.0, 640, 480)),
        ((1280, 720), (640, 384), Letterbox(0.5, 640, 360)),
        ((300, 400), (640, 480), Letterbox(1.2, 360, 480)),
        ((10_000, 10), (640, 480), Letterbox(0.064, 640, 1)),
    ],
)
def test_a_frame_is_scaled_evenly_into_the_input(frame: tuple[int, int], into: tuple[int, int], expected: Letterbox) -> None:
    assert Letterbox.fit(frame, into) == expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [(Box(0, 0, 10, 10), 1.0), (Box(5, 0, 15, 10), 1 / 3), (Box(10, 0, 20, 10), 0.0), (Box(2, 2, 2, 8), 0.0), (Box(0, 0, 5, 10), 0.5)],
)
def test_intersection_over_union(other: Box, expected: float) -> None:
    box = Box(0, 0, 10, 10)
    assert box.iou(other) == pytest.approx(expected)


def test_overlapping_boxes_are_grouped_behind_the_best() -> None:
    boxes = [(0.7, Box(0, 0, 10, 10)), (0.9, Box(1, 0, 11, 10)), (0.5, Box(100, 0, 110, 10)), (0.8, Box(2, 0, 12, 10))]
    assert group(boxes, 0.5) == [[1, 3, 0], [2]]


def test_nothing_to_suppress_is_nothing() -> None:
    assert group([], 0.5) == []
