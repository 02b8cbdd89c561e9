"""What happens at the composed door has a beginning and an end: who acts comes from out of sight or far away, and leaves the picture."""

from __future__ import annotations

import itertools

import pytest
from door_acts import Act, at_an_angle, comes_closer, door_acts, from_dark_to_light, nobody, two_at_once

ACTS = [comes_closer("obama", 6.0), from_dark_to_light("obama", 6.0), at_an_angle("obama", 6.0), two_at_once("obama", "biden", 6.0)]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.note)
def test_who_acts_moves_through_the_whole_act_and_leaves(act: Act) -> None:
    for role in act.roles:
        times = [pose.at_seconds for pose in role.poses]
        assert times[0] == 0.0
        assert times[-1] == act.seconds
        assert times == sorted(set(times))
        assert not -0.2 < role.poses[-1].x < 1.2, "out of sight"


def test_an_act_is_rounded_to_whole_frames() -> None:
    assert nobody(0.44).frame_count(10.0) == 4
    assert nobody(0.46).frame_count(10.0) == 5


def test_the_demo_begins_and_ends_with_nobody_and_its_light_never_jumps() -> None:
    acts = door_acts()
    assert acts[0].roles == acts[-1].roles == ()
    assert all(before.light[1] == after.light[0] for before, after in itertools.pairwise(acts))
