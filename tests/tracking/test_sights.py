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
    ("one", "other", "since"),
    [
        ("xxx", "xxx", 0.0),
        ("xxxxxx", "xxxxxx", 3.0),
        ("xxxx", ".xxx", 1.0),
        ("x.xx", "x.xx", 0.0),
        ("xx", "xx", None),
        ("xxx...", "...xxx", None),
        ("xxxx..", "..xxxx", None),
        ("x.x.x.x", "xx.xx.x", None),
        ("xxx", "", None),
    ],
)
def test_two_faces_are_in_the_same_frames(one: str, other: str, since: float | None) -> None:
    assert seen(one, other).together_since(1, 2) == since
    assert seen(one, other).together_since(2, 1) == since


def test_boxes_that_overlap_may_be_one_face() -> None:
    assert seen("xxx", "xxx", NEAR_LEFT).together_since(1, 2) is None


def test_what_was_before_a_track_ended_does_not_count() -> None:
    sights = seen("x" * TOGETHER_LOOKS, "x" * TOGETHER_LOOKS)
    assert sights.is_seen(1, TOGETHER_LOOKS - 1.0)
    sights.end(1)
    sights.end(1)
    assert not sights.is_seen(1, TOGETHER_LOOKS - 1.0)
    assert sights.together_since(1, 2) is None
