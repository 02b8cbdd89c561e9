"""One capture on sequences written out by hand: what is told when, which looks are taken, and when it is over."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from edged.enrollment.capture import ASK_SECONDS, DIRECTIONS, HINT_SECONDS, SETTLE_SECONDS, Capture, Direction, Hint, Look, Seen
from edged.enrollment.selection import GOOD
from edged.interface.enrollment import MOST_LOOKS
from edged.pipeline.frame_faces import FaceView
from edged.types import AlignedFace, Embedding, Pose, Quality, Reason

ALICE, BOB = 0, 1
POSES = {
    Direction.FRONT: (0.0, 0.0),
    Direction.LEFT: (25.0, 0.0),
    Direction.RIGHT: (-25.0, 0.0),
    Direction.UP: (0.0, 15.0),
    Direction.DOWN: (0.0, -15.0),
}
FPS = 10.0


def face(
    direction: Direction = Direction.FRONT,
    *,
    who: int = ALICE,
    score: float = 0.9,
    pose: tuple[float, float] | None = None,
    same: bool = False,
) -> Seen:
    """Somebody near who looks somewhere: looks of one person have similarity 0.6 (same: 0.99), of two 0."""
    yaw, pitch = pose or POSES[direction]
    vector = np.zeros(20, np.float32)
    share = 0.99 if same else 0.6
    vector[who] = math.sqrt(share)
    vector[10 * who + 2 + DIRECTIONS.index(direction)] = math.sqrt(1 - share)
    view = FaceView(Quality(score, None, Pose(yaw, pitch, 0.0)), AlignedFace(np.zeros((2, 2, 3), np.uint8)), Embedding(vector, "test"))
    return Seen(1, view, 200.0, 120.0)


def poor(reason: Reason | None, *, score: float = 0.5, face_px: float = 200.0, brightness: float = 120.0) -> Seen:
    usable = face(score=score)
    assert usable.view
    view = FaceView(Quality(score, reason, Pose(0.0, 0.0, 0.0)), None, None) if reason else usable.view
    return Seen(1, view, face_px, brightness)


class Film:
    """A capture and the frames it is shown, ten a second."""

    def __init__(self, looks: int = 5, timeout_seconds: float = 60.0) -> None:
        """Begin at a time of the camera's own."""
        self.capture = Capture(looks, timeout_seconds, 0.43)
        self.now = 1000.0
        self.told: list[tuple[float, Hint, int]] = []
        self.looks: list[Look] = []

    def show(self, seen: Seen, seconds: float = 1.0) -> None:
        for _ in range(round(seconds * FPS)):
            if self.capture.is_over:
                return
            step = self.capture.see(self.now, seen)
            if step.progress:
                self.told.append((self.now, step.progress.hint, step.progress.taken))
            self.looks += [step.look] if step.look else []
            self.now += 1 / FPS

    @property
    def hints(self) -> list[Hint]:
        return [hint for _, hint, _ in self.told]

    @property
    def directions(self) -> list[Direction]:
        return [look.direction for look in self.looks]


def shown(*seen: Seen, looks: int = 5, seconds: float = 1.0) -> Film:
    film = Film(looks)
    for one in seen:
        film.show(one, seconds)
    return film


def test_who_does_as_they_are_told_is_asked_for_each_direction_once() -> None:
    film = shown(*map(face, DIRECTIONS))
    assert film.directions == list(DIRECTIONS)
    assert film.capture.is_over
    assert [hint for hint in film.hints if hint != Hint.HOLD_STILL] == ["turn_left", "turn_right", "look_up", "look_down"]
    assert [taken for _, _, taken in film.told] == sorted(taken for _, _, taken in film.told)


@pytest.mark.parametrize("looks", range(1, 6))
def test_as_many_directions_as_looks_are_wanted(looks: int) -> None:
    film = shown(*map(face, DIRECTIONS), looks=looks)
    assert film.directions == list(DIRECTIONS[:looks])


@pytest.mark.parametrize("looks", [0, 6])
def test_there_are_no_other_numbers_of_looks(looks: int) -> None:
    with pytest.raises(ValueError, match="directions"):
        Capture(looks, 60.0, 0.43)


def test_the_form_allows_as_many_looks_as_there_are_directions() -> None:
    assert len(DIRECTIONS) == MOST_LOOKS


def test_nothing_is_taken_before_a_straight_look() -> None:
    film = shown(face(Direction.LEFT), face(Direction.UP, pose=(0.0, 30.0)))
    assert (film.directions, set(film.hints)) == ([], {Hint.LOOK_STRAIGHT})


def test_after_it_any_direction_is_taken_when_it_comes() -> None:
    film = shown(face(), face(Direction.DOWN), face(Direction.RIGHT))
    assert film.directions == ["front", "down", "right"]
    assert film.capture.missing == ("left", "up")


def test_turns_are_told_against_ones_own_straight_look() -> None:
    film = shown(face(pose=(12.0, -10.0)), face(Direction.LEFT, pose=(20.0, -10.0)), face(Direction.UP, pose=(12.0, 2.0)))
    assert film.directions == ["front", "up"]


def test_the_best_view_of_a_direction_is_taken() -> None:
    film = Film()
    for score in (0.75, 0.95, 0.8):
        film.show(face(score=score), 0.3)
    assert [look.quality for look in film.looks] == [0.95]


@pytest.mark.parametrize(
    ("seen", "hint"),
    [
        (Seen(0), "nobody"),
        (Seen(2, face().view, 200.0, 120.0), "one_at_a_time"),
        (poor(Reason.TOO_SMALL, face_px=30.0), "closer"),
        (poor(Reason.BLURRED, face_px=60.0), "closer"),
        (poor(Reason.BLURRED), "hold_still"),
        (poor(Reason.CUT_OFF), "not_in_the_middle"),
        (poor(Reason.TURNED_AWAY), "look_straight"),
        (poor(Reason.TOO_DARK), "too_dark"),
        (poor(Reason.TOO_BRIGHT), "too_bright"),
        (poor(None, face_px=60.0), "closer"),
        (poor(None, brightness=30.0), "too_dark"),
        (poor(None, brightness=230.0), "too_bright"),
        (poor(None), "hold_still"),
    ],
)
def test_a_poor_view_is_told_how_to_become_better_and_not_taken(seen: Seen, hint: str) -> None:
    film = shown(seen)
    assert (film.hints, film.looks) == ([hint], [])


def test_a_view_is_good_from_the_limit_on() -> None:
    assert shown(face(score=GOOD)).directions == ["front"]
    assert shown(face(score=GOOD - 0.01)).directions == []


def test_somebody_else_is_left_out_and_it_is_said() -> None:
    film = shown(face(), face(Direction.LEFT, who=BOB), face(who=BOB), face(Direction.LEFT))
    assert film.directions == ["front", "left"]
    assert Hint.SOMEBODY_ELSE in film.hints
    assert film.capture.left_out == 20


def test_who_stood_there_before_the_first_look_was_taken_is_somebody_else_too() -> None:
    film = Film()
    film.show(face(score=0.95), 0.3)
    film.show(face(who=BOB, score=0.9), 0.4)
    film.show(face(Direction.LEFT, who=BOB))
    assert (film.directions, film.capture.left_out) == (["front"], 10)


def between(share: float) -> Seen:
    """Alice on her way from a straight look to one that does not match it at all."""
    seen = face(Direction.LEFT if share > 0.5 else Direction.FRONT)
    assert seen.view
    vector = np.zeros(20, np.float32)
    vector[:2] = math.cos(share * math.pi / 2), math.sin(share * math.pi / 2)
    return Seen(1, FaceView(seen.view.quality, seen.view.face, Embedding(vector, "test")), 200.0, 120.0)


def test_a_head_that_turns_before_the_camera_stays_the_same_person() -> None:
    assert shown(*map(between, (0.0, 0.3, 0.6, 1.0))).directions == ["front", "left"]
    jumped = shown(between(0.0), between(1.0))
    assert (jumped.directions, jumped.hints[-1]) == (["front"], Hint.SOMEBODY_ELSE)


def test_a_look_that_shows_the_same_as_one_before_is_not_taken() -> None:
    film = shown(face(same=True), face(Direction.LEFT, same=True))
    assert film.directions == ["front"]
    assert film.hints[-1] == Hint.TURN_LEFT


def test_a_direction_that_does_not_come_is_put_off() -> None:
    film = Film()
    film.show(face(), SETTLE_SECONDS + 4 * ASK_SECONDS + 2.0)
    assert [hint for hint in film.hints if hint != Hint.HOLD_STILL] == ["turn_left", "turn_right", "look_up", "look_down", "turn_left"]


def test_hints_come_when_they_change_and_at_most_two_a_second() -> None:
    film = Film()
    scenes = (Seen(0), poor(Reason.TOO_DARK), poor(Reason.CUT_OFF))
    for number in range(60):
        film.show(scenes[number % 3], 0.1)
    film.show(Seen(0), 5.0)
    times = [at for at, _, _ in film.told]
    assert len(times) > 5
    assert all(later - earlier >= HINT_SECONDS - 1e-6 for earlier, later in pairwise(times))
    assert all(one[1:] != other[1:] for one, other in pairwise(film.told))
    assert film.hints[-1] == Hint.NOBODY


def test_the_time_counts_from_the_first_frame() -> None:
    film = Film(timeout_seconds=2.0)
    film.show(Seen(0), 5.0)
    assert 1002.0 <= film.now < 1002.2
    assert film.capture.is_over
