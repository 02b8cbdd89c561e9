"""Which way up the faces of a camera are, by those of several people."""

from __future__ import annotations

from edged.pipeline.view_watch import MOST_TRACKS, ViewWatch


def test_one_face_or_two_say_nothing_of_the_camera() -> None:
    watch = ViewWatch()
    for track in (1, 1, 2):
        watch.see(track, 180, usual=False)
    assert watch.degrees == 0
    watch.see(3, 180, usual=False)
    assert watch.degrees == 180


def test_a_camera_that_shows_upright_faces_too_is_mounted_well() -> None:
    watch = ViewWatch()
    for track in range(4):
        watch.see(track, 90, usual=False)
    watch.see(4, 0, usual=True)
    assert watch.degrees == 90  # one in five may be an error
    for track in (5, 6):
        watch.see(track, 0, usual=True)
    assert watch.degrees == 0  # once it is told two in five are not enough to take it back, but three in seven are
    watch.see(7, 0, usual=True)
    assert watch.degrees == 0


def test_a_camera_that_was_turned_is_told_of_by_those_who_come_then() -> None:
    watch = ViewWatch()
    for track in range(MOST_TRACKS):
        watch.see(track, 180, usual=False)
    for track in range(MOST_TRACKS, 2 * MOST_TRACKS):
        watch.see(track, 0, usual=True)
    assert watch.degrees == 0


def test_a_camera_that_shows_everybody_in_an_unusual_way_is_told_of() -> None:
    watch = ViewWatch()
    for track in (1, 2):
        watch.see(track, 0, usual=False)
    assert (watch.unusual_share, watch.is_unusual) == (None, False)
    watch.see(3, 0, usual=False)
    assert (watch.unusual_share, watch.is_unusual) == (1.0, True)
    watch.see(4, 0, usual=True)
    watch.see(4, 0, usual=False)
    assert (watch.unusual_share, watch.is_unusual) == (0.75, True)
    for track in (5, 6):
        watch.see(track, 0, usual=True)
    assert (watch.unusual_share, watch.is_unusual) == (0.5, False)
