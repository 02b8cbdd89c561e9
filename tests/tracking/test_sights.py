"""Whether two tracks are two faces that are there at the same time, on written-out sights."""

from __future__ import annotations

import pytest

from edged.tracking.sights import TOGETHER_LOOKS, Sights
from edged.types import Box

LEFT, RIGHT, NEAR_LEFT = Box(0, 0, 50, 50), Box(100, 0, 150, 50), Box(45, 0, 95, 50)


def seen(one: str, other: str, place: Box = RIGHT) -> Sights:
    """The sights of tracks 1 and 2; an x is a frame that shows it."""
    sights = Sights()
    for track, frames, box in ((1, one, LEFT), (2, other, place)):
        for number, frame in enumerate(frames):
            if frame == "x":
                sights.see(track, float(number), box)
    return sights


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("xxx", "xxx", True),
        ("xxxxxx", "xxxxxx", True),
        ("xxxx", ".xxx", True),
        ("x.xx", "x.xx", True),
        ("xx", "xx", False),
        ("xxx...", "...xxx", False),
        ("xxxx..", "..xxxx", False),
        ("x.x.x.x", "xx.xx.x", False),
        ("xxx", "", False),
    ],
)
def test_two_faces_are_in_the_same_frames(one: str, other: str, *, apart: bool) -> None:
    assert seen(one, other).are_apart(1, 2) is apart
    assert seen(one, other).are_apart(2, 1) is apart


def test_boxes_that_overlap_may_be_one_face() -> None:
    assert not seen("xxx", "xxx", NEAR_LEFT).are_apart(1, 2)


def test_what_was_before_a_track_ended_does_not_count() -> None:
    sights = seen("x" * TOGETHER_LOOKS, "x" * TOGETHER_LOOKS)
    assert sights.is_seen(1, TOGETHER_LOOKS - 1.0)
    sights.end(1)
    sights.end(1)
    assert not sights.is_seen(1, TOGETHER_LOOKS - 1.0)
    assert not sights.are_apart(1, 2)
