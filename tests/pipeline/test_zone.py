"""The part of a picture in which faces count, on written-out corners."""

from __future__ import annotations

import pytest

from edged.pipeline.zone import Zone
from edged.types import Box

LEFT_HALF = Zone([(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)])
SIZE = (640, 480)


def box_at(x: float, y: float) -> Box:
    return Box(x - 40, y - 50, x + 40, y + 50)


@pytest.mark.parametrize(("x", "counts"), [(100, True), (300, True), (340, False), (600, False)])
def test_a_face_counts_where_its_middle_lies_within(x: float, *, counts: bool) -> None:
    assert LEFT_HALF.holds(box_at(x, 200), SIZE) is counts


def test_a_zone_is_the_same_part_of_a_picture_of_any_size() -> None:
    assert LEFT_HALF.holds(box_at(340, 200), (1280, 720))
    assert not LEFT_HALF.holds(box_at(340, 200), (320, 240))


def test_without_corners_every_face_counts_and_the_mask_is_whole() -> None:
    everywhere = Zone(())
    assert everywhere.holds(box_at(-30, 470), SIZE)
    assert everywhere.mask((64, 48)).all()


def test_the_mask_is_what_lies_within() -> None:
    mask = LEFT_HALF.mask((64, 48))
    assert mask.shape == (48, 64)
    assert mask[:, :32].all()
    assert not mask[:, 34:].any()
