"""Tracks on written-out sequences of boxes."""

from __future__ import annotations

from edged.tracking.tracker import Tracker
from edged.types import Box

LOST_AFTER = 1.0


def at(x: float, y: float = 0.0, size: float = 100.0) -> Box:
    return Box(x, y, x + size, y + size)


def test_a_moving_face_stays_one_track() -> None:
    tracker = Tracker()
    seen = {tracker.update([at(20.0 * step)], 0.1 * step, LOST_AFTER).tracks for step in range(20)}
    assert seen == {(1,)}


def test_two_faces_keep_their_tracks_whatever_their_order() -> None:
    tracker = Tracker()
    assert tracker.update([at(0), at(500)], 0.0, LOST_AFTER).tracks == (1, 2)
    assert tracker.update([at(510), at(10)], 0.1, LOST_AFTER).tracks == (2, 1)


def test_the_better_overlap_wins() -> None:
    tracker = Tracker()
    tracker.update([at(0)], 0.0, LOST_AFTER)
    assert tracker.update([at(50), at(5)], 0.1, LOST_AFTER).tracks == (2, 1)


def test_a_short_absence_is_bridged_and_a_long_one_is_not() -> None:
    tracker = Tracker()
    tracker.update([at(0)], 0.0, LOST_AFTER)
    assert tracker.update([], 0.9, LOST_AFTER).lost == ()
    assert tracker.update([at(0)], 1.0, LOST_AFTER).tracks == (1,)
    after = tracker.update([at(0)], 2.1, LOST_AFTER)
    assert (after.lost, after.tracks) == ((1,), (2,))


def test_lifetimes_are_seconds_whatever_the_frame_rate() -> None:
    for rate in (2, 5, 30):
        tracker = Tracker()
        tracker.update([at(0)], 0.0, LOST_AFTER)
        lost_at = next(step / rate for step in range(1, 10 * rate) if tracker.update([], step / rate, LOST_AFTER).lost)
        assert LOST_AFTER < lost_at <= LOST_AFTER + 1 / rate + 1e-9


def test_every_tracker_counts_its_own_tracks() -> None:
    first, second = Tracker(), Tracker()
    first.update([at(0), at(500)], 0.0, LOST_AFTER)
    assert second.update([at(0)], 0.0, LOST_AFTER).tracks == (1,)
    assert first.update([at(0), at(500)], 0.1, LOST_AFTER).tracks == (1, 2)
