"""Quality on a real face made worse step by step."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.types import AlignedFace, Box, Detection, Landmarks, Quality, Reason, Uint8Array
from edged.vision.pose import POINTS
from edged.vision.quality import QualityLimits, judge_geometry, judge_pixels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edged.vision.faces import FaceReader

LIMITS = QualityLimits()
SIZE = (640, 480)
CLEAR = Quality(1.0, None)


def judged(reader: FaceReader, pixels: Uint8Array) -> Quality:
    found = reader.largest(pixels)
    assert found
    return found.quality


def detection(size: float, nose: float = 0.0, x: float = 200.0, y: float = 150.0) -> Detection:
    """A face whose box begins at x and y, its nose tip shifted by so many distances between the eyes."""
    points = np.array([[0.3, 0.4], [0.7, 0.4], [0.5 + 0.4 * nose, 0.617], [0.35, 0.8], [0.65, 0.8]], np.float32)
    return Detection(Box(x, y, x + size, y + 1.2 * size), Landmarks(POINTS, points * size + np.array([x, y], np.float32)), 0.95)


def geometry(found: Detection) -> Quality:
    return judge_geometry(found, SIZE, LIMITS)


def blur(pixels: Uint8Array, sigma: float) -> Uint8Array:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def smear(pixels: Uint8Array, length: float) -> Uint8Array:
    kernel = np.full((1, int(length)), 1 / length, np.float32)
    return np.asarray(cv2.filter2D(pixels, -1, kernel), np.uint8)


def light(pixels: Uint8Array, gain: float) -> Uint8Array:
    noise = np.random.default_rng(3).normal(0, 2, pixels.shape)
    return np.clip(pixels * gain + noise, 0, 255).astype(np.uint8)


def lean(pixels: Uint8Array, degrees: float) -> Uint8Array:
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((224, 119), degrees, 1)  # about her nose
    return np.asarray(cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def shrink(pixels: Uint8Array, part: float) -> Uint8Array:
    return np.asarray(cv2.resize(pixels, None, fx=part, fy=part, interpolation=cv2.INTER_AREA), np.uint8)


WORSE: dict[str, tuple[Callable[[Uint8Array, float], Uint8Array], Sequence[float], Reason | None]] = {
    "blurred": (blur, (1.5, 2.5, 4, 8), Reason.BLURRED),
    "moved": (smear, (7, 11, 15, 21), Reason.BLURRED),
    "dark": (light, (0.5, 0.25, 0.12, 0.07), Reason.TOO_DARK),
    "bright": (light, (1.4, 1.8, 2.2, 2.8), Reason.TOO_BRIGHT),
    "small": (shrink, (0.45, 0.35, 0.25), Reason.TOO_SMALL),
    "leaning": (lean, (0, 30, 40), None),
}


@pytest.mark.parametrize("what", WORSE)
def test_a_face_that_is_made_worse_is_judged_worse_and_refused_at_last(reader: FaceReader, astronaut: Uint8Array, what: str) -> None:
    make, steps, reason = WORSE[what]
    qualities = [judged(reader, make(astronaut, step)) for step in steps]
    assert all(worse.score < better.score for better, worse in pairwise(qualities))
    assert qualities[0].reason is None
    assert qualities[-1].reason is reason


@pytest.mark.parametrize("what", [what for what, (_, _, reason) in WORSE.items() if reason not in {None, Reason.TOO_SMALL}])
def test_what_makes_a_usable_face_worse_is_named(reader: FaceReader, astronaut: Uint8Array, what: str) -> None:
    make, steps, reason = WORSE[what]
    usable = [quality for step in steps if (quality := judged(reader, make(astronaut, step))).reason is None]
    part, called = usable[-1].weakest
    assert called is reason
    assert usable[-1].score <= part < 1


def test_a_clear_face_is_as_good_as_can_be(reader: FaceReader, astronaut: Uint8Array) -> None:
    quality = judged(reader, astronaut)
    assert quality.reason is None
    assert quality.score > 0.95


def test_a_small_sharp_face_is_better_than_a_large_blurred_one(reader: FaceReader, astronaut: Uint8Array) -> None:
    assert judged(reader, shrink(astronaut, 0.5)).score > judged(reader, blur(astronaut, 3)).score


def test_noise_does_not_make_a_dark_face_better(reader: FaceReader, astronaut: Uint8Array) -> None:
    quiet, dark = light(astronaut, 0.25), (astronaut * 0.25).astype(np.uint8)
    assert judged(reader, quiet).score <= judged(reader, dark).score + 0.05


@pytest.mark.parametrize(("size", "reason"), [(39, Reason.TOO_SMALL), (40, None), (200, None)])
def test_small_faces_are_refused(size: float, reason: Reason | None) -> None:
    assert geometry(detection(size)).reason is reason


@pytest.mark.parametrize(("nose", "reason"), [(0.0, None), (0.6, None), (0.9, Reason.TURNED_AWAY), (-0.9, Reason.TURNED_AWAY)])
def test_turned_heads_are_refused(nose: float, reason: Reason | None) -> None:
    assert geometry(detection(100, nose)).reason is reason


def test_a_head_is_worse_the_more_it_is_turned_to_either_side() -> None:
    left, right = ([geometry(detection(100, side * nose)) for nose in (0.0, 0.45, 0.6, 0.8)] for side in (1, -1))
    assert all(worse.score < better.score for better, worse in pairwise(left))
    assert [quality.score for quality in left] == pytest.approx([quality.score for quality in right])


def test_landmarks_without_a_pose_are_refused() -> None:
    found = detection(100)
    nowhere = Landmarks(POINTS, np.full((5, 2), 300, np.float32))
    quality = geometry(Detection(found.box, nowhere, found.score))
    assert (quality.score, quality.reason, quality.pose) == (0.0, Reason.TURNED_AWAY, None)


LAST_LOST = {"left": 24, "right": 24, "top": 16, "bottom": 16}
"""How many pixels beyond an eye or a corner of the mouth are cut off; the eyes are 41 apart."""
EDGES = ("left", "right", "top", "bottom")


def beyond(edge: str, shift: float) -> Quality:
    """Of a face of 100×120 px, whose outermost landmark lies so far beyond an edge of the frame."""
    places = {"left": (-30 - shift, 150), "right": (640 - 70 + shift, 150), "top": (200, -40 - shift), "bottom": (200, 480 - 80 + shift)}
    x, y = places[edge]
    return geometry(detection(100, x=x, y=y))


@pytest.mark.parametrize("edge", EDGES)
def test_a_face_that_leaves_the_frame_is_worse_and_cut_off_at_last(edge: str) -> None:
    qualities = [beyond(edge, shift) for shift in (-100, -8, -5, -3, 3)]
    assert all(worse.score < better.score for better, worse in pairwise(qualities))
    assert [quality.reason for quality in qualities] == [None, None, None, None, Reason.CUT_OFF]


@pytest.mark.parametrize("edge", EDGES)
def test_a_real_face_that_leaves_the_frame_is_worse_until_it_hardly_counts(reader: FaceReader, astronaut: Uint8Array, edge: str) -> None:
    found = reader.largest(astronaut)
    assert found
    (left, top), (right, bottom) = (found.detection.landmarks.points_xy[row].round().astype(int).tolist() for row in (0, 4))
    cuts = {
        "left": lambda lost: astronaut[:, left + lost :],
        "right": lambda lost: astronaut[:, : right - lost],
        "top": lambda lost: astronaut[top + lost :],
        "bottom": lambda lost: astronaut[: bottom - lost],
    }
    qualities = [judged(reader, np.ascontiguousarray(cuts[edge](lost))) for lost in (-25, 0, LAST_LOST[edge])]
    assert all(worse.score < better.score for better, worse in pairwise(qualities))
    assert qualities[0].reason is None
    assert qualities[-1].score < 0.2


def test_all_four_edges_count_alike() -> None:
    scores = [beyond(edge, -5).score for edge in EDGES]
    assert scores == pytest.approx([scores[0]] * len(scores), abs=1e-5)


def test_the_first_reason_is_kept_and_the_scores_multiply() -> None:
    black = AlignedFace(np.zeros((112, 112, 3), np.uint8))
    small = geometry(detection(20))
    both = judge_pixels(black, small, LIMITS)
    assert both.reason is Reason.TOO_SMALL
    assert both.pose is small.pose
    assert both.score == pytest.approx(small.score * judge_pixels(black, CLEAR, LIMITS).score)
    assert judge_pixels(black, CLEAR, LIMITS).reason is Reason.TOO_DARK
