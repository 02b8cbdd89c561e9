"""The pace on written-out sequences: which frames are looked at."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from edged.pipeline.pace import IDLE_SECONDS, LINGER_SECONDS, InView, Lifetime, Pace

if TYPE_CHECKING:
    from collections.abc import Callable

EMPTY, UNDECIDED, DECIDED = InView(0, 0, 0), InView(1, 0, 0), InView(0, 1, 0)
LOST_AFTER = 1.5


def looks(
    *,
    seconds: float,
    fps: float = 10.0,
    max_fps: float = 15.0,
    in_view: Callable[[float], InView] | InView = EMPTY,
    moved: Callable[[float], bool] = lambda _: False,
    slowdown: float = 1.0,
    lost_after_seconds: float = LOST_AFTER,
    start: float = 1000.0,
) -> list[float]:
    """The times of the frames that are looked at, from 0 on."""
    pace = Pace(max_fps)
    found = []
    for number in range(round(seconds * fps)):
        now = number / fps
        view = in_view if isinstance(in_view, InView) else in_view(now)
        if pace.is_due(start + now, view, lost_after_seconds, moved=moved(now), slowdown=slowdown):
            found.append(now)
    return found


def rate(found: list[float], since: float = 0.0) -> float:
    """Mean looks per second."""
    counted = [at for at in found if at >= since]
    return (len(counted) - 1) / (counted[-1] - counted[0])


def always(_now: float) -> bool:
    return True


def test_an_empty_scene_is_looked_at_now_and_then() -> None:
    found = looks(seconds=60)
    assert found[0] == 0.0
    assert all(later - earlier == pytest.approx(IDLE_SECONDS) for earlier, later in pairwise(found))


def test_motion_is_looked_at_at_once_and_fully() -> None:
    found = looks(seconds=5, moved=lambda now: now >= 1.3)
    assert [at for at in found if at >= 1.3] == [number / 10 for number in range(13, 50)]


def test_after_motion_it_keeps_looking_for_a_while() -> None:
    found = looks(seconds=10, moved=lambda now: now == 3.0)
    assert sum(3.0 <= at <= 3.0 + LINGER_SECONDS for at in found) == 1 + LINGER_SECONDS * 10
    assert sum(at > 3.0 + LINGER_SECONDS for at in found) <= 3


def test_somebody_undecided_who_stands_still_is_looked_at_fully() -> None:
    assert rate(looks(seconds=5, in_view=UNDECIDED, moved=lambda now: now == 0.0)) == pytest.approx(10)


def test_a_poster_is_looked_at_less() -> None:
    found = looks(seconds=60, in_view=UNDECIDED, moved=lambda now: now == 0.0)
    assert rate(found, since=20) == pytest.approx(5)
    assert rate(looks(seconds=60, in_view=UNDECIDED, moved=always), since=20) == pytest.approx(10)


@pytest.mark.parametrize(("fps", "expected"), [(10, 5), (15, 5), (25, 5), (30, 5), (4, 4)])
def test_who_has_a_verdict_is_looked_at_less_even_moving(fps: float, expected: float) -> None:
    assert rate(looks(seconds=20, fps=fps, in_view=DECIDED, moved=always)) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("joined", [InView(1, 1, 0), InView(0, 1, 1)], ids=["somebody joins", "somebody is lost from sight"])
def test_a_change_in_view_brings_the_full_rate_back(joined: InView) -> None:
    found = looks(seconds=10, in_view=lambda now: joined if now >= 5 else DECIDED, moved=always)
    assert rate(found, since=5) == pytest.approx(10)


@pytest.mark.parametrize(("fps", "max_fps", "expected"), [(30, 15, 15), (25, 10, 10), (15, 15, 15), (10, 15, 10), (30, 2, 2)])
def test_the_owners_limit_holds_on_average(fps: float, max_fps: float, expected: float) -> None:
    assert rate(looks(seconds=60, fps=fps, max_fps=max_fps, moved=always)) == pytest.approx(expected, rel=0.02)


def test_frames_that_come_a_little_early_or_late_are_not_lost() -> None:
    pace = Pace(15.0)
    times = [number / 15 + (0.008 if number % 3 else -0.008) for number in range(150)]
    assert all(pace.is_due(at, UNDECIDED, LOST_AFTER, moved=True, slowdown=1.0) for at in times)


@pytest.mark.parametrize(("slowdown", "expected"), [(1.0, 15.0), (3.0, 5.0), (7.5, 2.0), (20.0, 1.0), (1000.0, 1.0)])
def test_a_slowdown_stretches_the_intervals_down_to_one_look_a_second(slowdown: float, expected: float) -> None:
    assert rate(looks(seconds=60, fps=30, moved=always, slowdown=slowdown)) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("slowdown", [1.0, 20.0])
@pytest.mark.parametrize("lost_after_seconds", [0.3, 1.5, 10.0])
def test_nobody_in_view_is_lost_for_want_of_a_look(slowdown: float, lost_after_seconds: float) -> None:
    found = looks(seconds=20, in_view=DECIDED, slowdown=slowdown, lost_after_seconds=lost_after_seconds)
    assert max(later - earlier for earlier, later in pairwise(found)) < lost_after_seconds


def test_an_idle_scene_is_not_slowed_further() -> None:
    assert looks(seconds=30, slowdown=20.0) == looks(seconds=30)


def test_the_same_times_give_the_same_looks_whenever_they_begin() -> None:
    def restless(now: float) -> bool:
        return int(now) % 5 == 0

    assert looks(seconds=30, moved=restless, start=0.0) == looks(seconds=30, moved=restless, start=123_456.789)


def test_no_rate_at_all_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="max_fps"):
        Pace(0.0)


def lifetime(*times: float) -> Lifetime:
    life = Lifetime()
    for now in times:
        life.note(now)
    return life


def test_a_face_lives_through_two_frames_of_a_slow_camera_and_as_long_as_it_is_told_at_others() -> None:
    assert lifetime().seconds(1.5) == lifetime(7.0).seconds(1.5) == 1.5
    assert lifetime(0.0, 5.0).seconds(1.5) == 12.5
    assert lifetime(0.0, 5.0, 10.0, 15.0, 75.0).seconds(1.5) == 12.5, "a pause is not the camera's rate"
    assert lifetime(*(number / 10 for number in range(50))).seconds(1.5) == 1.5
    assert lifetime(0.0, 5.0).seconds(20.0) == 20.0
    assert lifetime(0.0, 100.0).seconds(1.5) == 60.0


def test_a_frame_that_is_noted_twice_counts_once() -> None:
    assert lifetime(0.0, 0.0, 5.0, 5.0, 5.0, 10.0).seconds(1.5) == 12.5
