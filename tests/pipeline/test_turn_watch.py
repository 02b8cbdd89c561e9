"""Which way up the faces of a camera are, by those of several people."""

from __future__ import annotations

from edged.pipeline.turn_watch import MOST_TRACKS, TurnWatch


def test_one_face_or_two_say_nothing_of_the_camera() -> None:
    watch = TurnWatch()
    for track in (1, 1, 2):
        watch.see(track, 180)
    assert watch.degrees == 0
    watch.see(3, 180)
    assert watch.degrees == 180


def test_a_camera_that_shows_upright_faces_too_is_mounted_well() -> None:
    watch = TurnWatch()
    for track in range(4):
        watch.see(track, 90)
    watch.see(4, 0)
    assert watch.degrees == 90  # one in five may be an error
    watch.see(5, 0)
    assert watch.degrees == 0


def test_a_camera_that_was_turned_is_told_of_by_those_who_come_then() -> None:
    watch = TurnWatch()
    for track in range(MOST_TRACKS):
        watch.see(track, 180)
    for track in range(MOST_TRACKS, 2 * MOST_TRACKS):
        watch.see(track, 0)
    assert watch.degrees == 0
