"""Tracks on written-out sequences of detections."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.tracking.appearance import Appearance
from edged.tracking.tracker import Tracker, TrackRules
from edged.types import Box, Detection, Landmarks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.tracking.tracker import Tracked

LOST_AFTER = 1.5
SIZE = 100.0
NO_LANDMARKS = Landmarks((), np.empty((0, 2), np.float32))
DIMENSIONS = 16
CLEAR, POOR = 0.6, 0.0


def at(x: float, y: float = 0.0, size: float = SIZE, score: float = 0.9) -> Detection:
    return Detection(Box(x, y, x + size, y + size), NO_LANDMARKS, score)


def looks(person: int, similarity: float = 0.7, quality: float = CLEAR) -> Appearance:
    """A look that is so like that person, and nothing like another."""
    vector = np.zeros(DIMENSIONS, np.float32)
    vector[person], vector[-1] = similarity, math.sqrt(1 - similarity**2)
    return Appearance(vector, quality)


def tracks(done: Tracked) -> list[int | None]:
    return list(done.tracks)


class Stage:
    """People before a camera: whom the tracker asked about, and which tracks each person got.

    Those who are turned away show a face, but one that tells nothing.
    """

    def __init__(self, *, known: bool = True) -> None:
        """Nobody there; known says whether the tracker may learn how they look."""
        self.tracker = Tracker()
        self.known = known
        self.turned: set[int] = set()
        self.asked: list[int] = []
        self.tracks: dict[int, list[int]] = {}

    def show(self, people: dict[int, Detection], now: float) -> Tracked:
        """One frame with these people in it; their looks are noted where they are known."""
        order = list(people)

        def appearance(row: int) -> Appearance | None:
            self.asked.append(order[row])
            return looks(order[row]) if self.known and order[row] not in self.turned else None

        done = self.tracker.update(list(people.values()), now, LOST_AFTER, appearance)
        for person, track in zip(order, tracks(done), strict=True):
            if track is not None:
                if track not in self.tracks.setdefault(person, []):
                    self.tracks[person].append(track)
                if self.known and person not in self.turned:
                    self.tracker.note_appearance(track, looks(person, 1.0))
        return done


def times(rate: float, seconds: float) -> Iterator[float]:
    return (number / rate for number in range(round(rate * seconds)))


def test_two_faces_keep_their_tracks_whatever_their_order() -> None:
    tracker = Tracker()
    assert tracks(tracker.update([at(0), at(500)], 0.0, LOST_AFTER)) == [1, 2]
    assert tracks(tracker.update([at(510), at(10)], 0.1, LOST_AFTER)) == [2, 1]


def test_every_tracker_counts_its_own_tracks() -> None:
    first, second = Tracker(), Tracker()
    first.update([at(0), at(500)], 0.0, LOST_AFTER)
    assert tracks(second.update([at(0)], 0.0, LOST_AFTER)) == [1]
    assert tracks(first.update([at(0), at(500)], 0.1, LOST_AFTER)) == [1, 2]


def test_a_flicker_of_the_detector_ends() -> None:
    tracker = Tracker()
    tracker.update([at(0)], 0.0, LOST_AFTER)
    assert tracker.update([], 1.4, LOST_AFTER).ended == ()
    assert tracker.update([], 1.6, LOST_AFTER).ended == (1,)


def test_a_face_that_flickers_stays_one_track() -> None:
    tracker = Tracker()
    shown = [tracker.update([at(4.0 * step)] if step % 3 else [], step / 15, LOST_AFTER) for step in range(60)]
    assert {track for done in shown for track in tracks(done)} == {1}


@pytest.mark.parametrize("rate", [2, 5, 30])
def test_lifetimes_are_seconds_whatever_the_frame_rate(rate: int) -> None:
    tracker = Tracker()
    for now in (0.0, 0.5, 1.0):
        tracker.update([at(0)], now, LOST_AFTER)
    moments = [1.0 + step / rate for step in range(1, 5 * rate)]
    over = [(now, end) for now in moments for end in tracker.update([], now, LOST_AFTER).ended]
    [(lost_at, end)] = over
    assert end == 1
    assert 1.0 + LOST_AFTER < lost_at <= 1.0 + LOST_AFTER + 1 / rate + 1e-9


@pytest.mark.parametrize("known", [True, False], ids=["looks known", "looks unknown"])
@pytest.mark.parametrize("rate", [5, 10, 30])
def test_two_people_who_pass_each_other_keep_their_tracks(rate: int, *, known: bool) -> None:
    """One behind the other: the farther face is hidden while the nearer one covers most of it."""
    stage = Stage(known=known)
    for now in times(rate, 3.0):
        right, left = at(300 * now, 0), at(900 - 300 * now, 10, 80)
        hidden = abs(right.box.centre[0] - left.box.centre[0]) < 0.6 * SIZE
        stage.show({1: right} if hidden else {1: right, 2: left}, now)
    assert stage.tracks == {1: [1], 2: [2]}


def test_looks_decide_where_two_people_meet_and_turn_back() -> None:
    """Motion alone would let them pass each other."""
    outcome = {}
    for known in (True, False):
        stage = Stage(known=known)
        for now in times(10, 3.0):
            offset = 150 * abs(now - 1.5)
            people = {1: at(500 - offset), 2: at(500 + offset)}
            stage.show(people if abs(now - 1.5) > 0.3 else {}, now)
        outcome[known] = stage.tracks
    assert outcome[True] == {1: [1], 2: [2]}
    assert outcome[False] != outcome[True]


@pytest.mark.parametrize("known", [True, False], ids=["looks known", "looks unknown"])
@pytest.mark.parametrize("rate", [5, 15, 30])
def test_a_head_turn_is_bridged(rate: int, *, known: bool) -> None:
    """No detection for 0.7 s, and the face comes back a little elsewhere."""
    stage = Stage(known=known)
    for now in times(rate, 3.0):
        if not 1.0 <= now < 1.7:
            stage.show({1: at(0 if now < 1.0 else 30)}, now)
        else:
            stage.show({}, now)
    assert stage.tracks == {1: [1]}


def test_somebody_who_walks_behind_a_pillar_comes_out_as_the_same_track() -> None:
    stage = Stage()
    for now in times(10, 3.0):
        stage.show({1: at(400 * now)} if not 1.0 <= now < 1.8 else {}, now)
    assert stage.tracks == {1: [1]}


def test_looks_find_somebody_who_comes_back_elsewhere() -> None:
    outcome = {}
    for known in (True, False):
        stage = Stage(known=known)
        for now in times(10, 1.0):
            stage.show({1: at(0)}, now)
        stage.show({}, 1.5)
        outcome[known] = tracks(stage.show({1: at(600)}, 2.0))
    assert outcome == {True: [1], False: [2]}


@pytest.mark.parametrize("gap", [0.6, 1.0, 1.4])
def test_somebody_else_at_the_same_place_gets_a_track_of_their_own(gap: float) -> None:
    stage = Stage()
    for now in times(10, 1.0):
        stage.show({1: at(0)}, now)
    stage.show({}, 1.0)
    stage.show({2: at(5)}, 0.9 + gap)
    stage.show({2: at(5)}, 1.0 + gap)
    assert stage.tracks == {1: [1], 2: [2]}


@pytest.mark.parametrize("person", [1, 2])
def test_who_comes_back_turned_away_is_judged_when_the_face_shows(person: int) -> None:
    stage = Stage()
    for now in times(10, 1.0):
        stage.show({1: at(0)}, now)
    stage.show({}, 1.0)
    stage.turned = {1, 2}
    for now in times(10, 0.5):
        assert tracks(stage.show({person: at(0)}, 1.7 + now)) == [1]
    stage.turned = set()
    for now in times(10, 0.5):
        assert tracks(stage.show({person: at(0)}, 2.2 + now)) == [person]


def stood(quality: float = CLEAR) -> Tracker:
    """Somebody stood there for a second, and was noted by a look of this quality."""
    tracker = Tracker()
    for now in times(10, 1.0):
        tracker.update([at(0)], now, LOST_AFTER)
        tracker.note_appearance(1, looks(1, 1.0, quality))
    return tracker


@pytest.mark.parametrize(("noted", "seen", "track"), [(CLEAR, CLEAR, 1), (CLEAR, POOR, 1), (POOR, CLEAR, 2), (POOR, POOR, 2)])
def test_a_track_is_remembered_by_clear_looks_only(noted: float, seen: float, track: int) -> None:
    """Poor looks resemble each other: who left the view as hair alone is not found again in other hair on its far side."""
    tracker = stood(noted)
    tracker.update([], 1.0, LOST_AFTER)
    assert tracks(tracker.update([at(500)], 1.9, LOST_AFTER, lambda _row: looks(1, 0.9, seen))) == [track]


@pytest.mark.parametrize(("quality", "track"), [(CLEAR, 2), (POOR, 1)])
def test_who_looks_away_hardly_looks_alike_and_keeps_the_track(quality: float, track: int) -> None:
    """A woman turns her head, is missed for 0.7 s, and shows her hair near by; as alike as that, a clear face is another's."""
    tracker = stood()
    tracker.update([], 1.0, LOST_AFTER)
    assert tracks(tracker.update([at(170)], 1.6, LOST_AFTER, lambda _row: looks(1, 0.27, quality))) == [track]


@pytest.mark.parametrize("person", [1, 2])
def test_a_poor_look_leaves_the_doubt_to_a_clear_one(person: int) -> None:
    """Somebody comes out from behind another's head, a poor look at first: it is told whose face it is when it is seen clearly."""
    tracker = stood()
    tracker.update([], 1.0, LOST_AFTER)
    assert tracks(tracker.update([at(20)], 1.6, LOST_AFTER, lambda _row: looks(1, 0.3, POOR))) == [1]
    assert tracks(tracker.update([at(20)], 1.7, LOST_AFTER, lambda _row: looks(person))) == [person]


def test_a_face_found_again_by_a_poor_look_is_not_lost_by_the_next() -> None:
    """Somebody comes back some steps away, as hair at first, and stands still: each poor look says little, and motion all the rest."""
    tracker = stood()
    tracker.update([], 1.0, LOST_AFTER)
    assert tracks(tracker.update([at(420)], 1.6, LOST_AFTER, lambda _row: looks(1, 0.7, POOR))) == [1]
    for now in times(10, 0.5):
        assert tracks(tracker.update([at(420)], 1.7 + now, LOST_AFTER, lambda _row: looks(1, 0.3, POOR))) == [1]


def test_a_track_that_follows_another_face_now_is_not_known_by_the_first() -> None:
    tracker = stood()
    tracker.forget_appearance(1)
    tracker.note_appearance(1, looks(2, 1.0, POOR))
    tracker.update([], 1.0, LOST_AFTER)
    assert tracks(tracker.update([at(500)], 1.9, LOST_AFTER, lambda _row: looks(1, 0.9))) == [2]


@pytest.mark.parametrize(("quality", "track"), [(CLEAR, 2), (POOR, None)])
def test_a_box_that_may_be_a_double_resumes_a_track_by_a_clear_look_only(quality: float, track: int | None) -> None:
    """On the hair of somebody who steps to where the track was lost, the detector sees a face: hair may look like any other."""
    tracker = Tracker()
    for now in times(10, 1.6):
        tracker.update([at(0, 150), at(0)] if now < 1.0 else [at(0, 150 - 100 * (now - 1.0))], now, LOST_AFTER)
        tracker.note_appearance(2, looks(2, 1.0))
    assert tracks(tracker.update([at(0, 90), at(0)], 1.6, LOST_AFTER, lambda _row: looks(2, 0.7, quality))) == [1, track]


def test_appearance_is_not_asked_for_where_motion_tells() -> None:
    stage = Stage()
    for now in times(10, 3.0):
        stage.show({person: at(300 * person + 80 * now) for person in range(3)}, now)
    assert stage.asked == []
    stage.show({}, 3.0)
    stage.show({1: at(300 + 80 * 3.7)}, 3.7)
    assert stage.asked == [1]


@pytest.mark.parametrize("rate", [5, 10, 25])
def test_somebody_who_walks_across_fast_is_one_track(rate: int) -> None:
    """At 5 frames a second a face moves by 1.6 of its widths from frame to frame: 1.4 m/s across the view."""
    stage = Stage(known=False)
    for now in times(rate, 2.0):
        stage.show({1: at(800 * now)}, now)
    assert stage.tracks == {1: [1]}


@pytest.mark.parametrize("rate", [10, 25])
def test_somebody_who_stands_and_walks_off_at_once_is_one_track(rate: int) -> None:
    stage = Stage(known=False)
    for now in times(rate, 2.0):
        stage.show({1: at(800 * max(0.0, now - 1.0))}, now)
    assert stage.tracks == {1: [1]}


def test_inexact_frame_times_break_no_track() -> None:
    """As of a stream that is late now and then: 15 frames a second, up to 30 ms off, somebody walks at 1.4 m/s."""
    turn = np.random.default_rng(1)
    stage = Stage(known=False)
    for now in times(15, 4.0):
        stage.show({1: at(800 * now)}, now + float(turn.uniform(-0.03, 0.03)))
    assert stage.tracks == {1: [1]}


def test_the_rate_may_change_at_any_time() -> None:
    """From 30 to 1 frames a second and back, while two people walk in opposite directions."""
    stage = Stage()
    now = 0.0
    for step in range(120):
        stage.show({1: at(60 * now), 2: at(900 - 40 * now, 400)}, now)
        now += (1 / 30, 1 / 5, 1.0, 1 / 12)[step // 10 % 4]
    assert stage.tracks == {1: [1], 2: [2]}


def test_somebody_who_comes_closer_stays_one_track() -> None:
    stage = Stage(known=False)
    for now in times(6, 3.0):
        size = 40 * 1.7**now
        stage.show({1: at(500 - size / 2, 300 - size / 2, size)}, now)
    assert stage.tracks == {1: [1]}


def test_ten_people_are_ten_tracks() -> None:
    """Two rows that walk through each other, nobody hidden."""
    stage = Stage()
    for now in times(10, 4.0):
        there = {person: at(150 * person + 60 * now, 0) for person in range(5)}
        back = {person: at(150 * person - 60 * now, 130) for person in range(5, 10)}
        stage.show(there | back, now)
    assert stage.tracks == {person: [person + 1] for person in range(10)}


def test_a_double_of_the_detector_gets_no_track() -> None:
    """A second box on the hair of somebody who looks down, with a score of its own; seen when the face itself is missed, too."""
    tracker = Tracker()
    seen = set()
    for step in range(30):
        face, hair = at(0, 80), at(15, 0, 95, score=0.8)
        shown = [face] if step < 5 else [hair, face] if step % 4 else [hair]
        seen |= set(tracks(tracker.update(shown, step / 10, LOST_AFTER)))
    assert seen == {1, None}


def test_of_two_doubles_the_better_one_is_followed() -> None:
    assert tracks(Tracker().update([at(10, 70, score=0.7), at(0, score=0.9)], 0.0, LOST_AFTER)) == [None, 1]


def test_a_far_face_does_not_go_on_where_a_near_one_was() -> None:
    tracker = Tracker()
    for now in times(10, 1.0):
        tracker.update([at(0)], now, LOST_AFTER)
    assert tracks(tracker.update([at(30, 30, 40)], 1.5, LOST_AFTER)) != [1]


def test_a_double_does_not_take_over_the_track_of_somebody_who_has_gone() -> None:
    tracker = Tracker()
    for now in times(10, 1.6):
        tracker.update([at(0), at(150)] if now < 1.0 else [at(0)], now, LOST_AFTER)
    assert tracks(tracker.update([at(0), at(80)], 1.6, LOST_AFTER)) == [1, None]


def test_somebody_half_hidden_gets_a_track_when_the_face_comes_free() -> None:
    tracker = Tracker()
    shown = [tracks(tracker.update([at(0), at(60 + 40 * step)], step / 10, LOST_AFTER)) for step in range(4)]
    assert shown == [[1, None], [1, 2], [1, 2], [1, 2]]


def test_a_weak_detection_continues_a_track_but_begins_none() -> None:
    tracker = Tracker(TrackRules(begin_score=0.6))
    assert tracks(tracker.update([at(0, score=0.5)], 0.0, LOST_AFTER)) == [None]
    tracker.update([at(0)], 0.1, LOST_AFTER)
    assert tracks(tracker.update([at(0, score=0.5), at(500, score=0.5)], 0.2, LOST_AFTER)) == [1, None]


def test_the_appearance_of_a_track_that_ended_cannot_be_noted() -> None:
    tracker = Tracker()
    tracker.update([at(0)], 0.0, LOST_AFTER)
    assert tracker.update([], 2.0, LOST_AFTER).ended == (1,)
    with pytest.raises(KeyError):
        tracker.note_appearance(1, looks(1))


def crowd(step: int) -> dict[int, Detection]:
    """People who come, go, cross and flicker, the same in every call."""
    turn = np.random.default_rng(step)
    return {
        person: at(300 + 250 * math.sin(0.4 * person + 0.1 * step), 60 * person, 60 + 5 * person)
        for person in range(8)
        if turn.random() > 0.2
    }


def test_the_same_frames_give_the_same_tracks() -> None:
    def told(start: float) -> tuple[list[list[int | None]], list[int]]:
        stage = Stage()
        return [tracks(stage.show(crowd(step), start + step / 8)) for step in range(100)], stage.asked

    assert told(0.0) == told(0.0) == told(1024.0)
