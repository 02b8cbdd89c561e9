"""Where a face is expected, on written-out ways."""

from __future__ import annotations

import math

import pytest

from edged.tracking.motion import Motion, Place
from edged.types import Box

SIZE = 100.0
LEAST = -6.0


def place(x: float, y: float = 0.0, size: float = SIZE) -> Place:
    return Place(x, y, size)


def walked(speed: float, seconds: float = 1.0, rate: float = 10.0) -> Motion:
    """A face that has walked to the right so fast, pixels per second, and was last seen after so many seconds."""
    motion = Motion(place(0), 0.0)
    for step in range(1, round(seconds * rate) + 1):
        motion.expect(step / rate)
        motion.see(place(speed * step / rate))
    return motion


def test_a_place_is_the_middle_of_a_box_and_the_root_of_its_area() -> None:
    assert Place.of(Box(10, 20, 50, 110)) == Place(30, 65, 60)
    assert Place.of(Box(10, 20, 10, 20)).size == 1


def test_a_face_is_expected_to_walk_on() -> None:
    motion = walked(300)
    motion.expect(1.2)
    ahead, behind = motion.evidence(place(360), LEAST), motion.evidence(place(300), LEAST)
    assert ahead > behind
    assert ahead > 0


@pytest.mark.parametrize("other", [place(2000), place(0, size=5 * SIZE)], ids=["far away", "much larger"])
def test_what_cannot_be_the_face_has_no_evidence(other: Place) -> None:
    motion = walked(0)
    motion.expect(1.1)
    assert motion.evidence(other, LEAST) == -math.inf


def test_the_longer_a_face_is_missed_the_farther_it_may_be_and_the_less_is_certain() -> None:
    motion = walked(0)
    motion.expect(1.1)
    soon = motion.evidence(place(0), LEAST), motion.evidence(place(150), LEAST)
    motion.expect(2.0)
    late = motion.evidence(place(0), LEAST), motion.evidence(place(150), LEAST)
    assert late[0] < soon[0]
    assert late[1] > soon[1]


def test_somebody_who_turns_back_at_once_is_followed_the_other_way() -> None:
    motion = walked(400)
    for step in range(1, 6):
        motion.expect(1.0 + step / 10)
        motion.see(place(400 - 40 * step))
    motion.expect(1.6)
    assert motion.evidence(place(160), LEAST) > motion.evidence(place(240), LEAST)


def test_the_frame_rate_changes_little_of_what_is_expected() -> None:
    slow, fast = walked(300, rate=5), walked(300, rate=25)
    for motion in (slow, fast):
        motion.expect(1.2)
    assert slow.evidence(place(360), LEAST) == pytest.approx(fast.evidence(place(360), LEAST), abs=1.0)


def test_who_was_not_seen_for_long_may_have_stayed_where_they_were() -> None:
    """At one picture in five seconds a speed says nothing, and people who wait at a door stand."""
    for speed in (0, 300):
        motion = walked(speed)
        motion.expect(6.0)
        assert motion.evidence(place(speed + 20), LEAST) > 1.5
        assert motion.evidence(place(speed + 400), LEAST) < 0
