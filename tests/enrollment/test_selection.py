"""Which of many looks at one person become templates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.enrollment.capture import Direction, Look
from edged.enrollment.selection import FEWEST, GOOD, MOST, Offered, Selection
from edged.gallery.diversity import ALIKE
from edged.types import AlignedFace, Embedding, Pose
from edged.vision.quality import QualityLimits

if TYPE_CHECKING:
    from edged.vision.faces import FaceReader

VIDEO = Path(__file__).resolve().parents[3] / "shared" / "data" / "video"
THRESHOLD = 0.43
EVERY = 5
"""Frames from one look to the next."""


def look(degrees: float, quality: float = 0.9, *, typicality: float = 0.0) -> Look:
    """A look in one plane: two are the more alike the nearer their angles are."""
    radians = np.radians(degrees)
    vector = np.array([np.cos(radians), np.sin(radians)], np.float32)
    face = AlignedFace(np.zeros((2, 2, 3), np.uint8))
    return Look(Direction.FRONT, Pose(0.0, 0.0, 0.0), quality, face, Embedding(vector, "test"), typicality)


@pytest.fixture
def selection() -> Selection[Look]:
    return Selection(THRESHOLD)


def test_of_one_view_the_better_look_is_chosen(selection: Selection[Look]) -> None:
    assert [selection.offer(look(0, quality)) for quality in (0.8, 0.95, 0.9)] == [Offered.KEPT, Offered.KEPT, Offered.SEEN_BEFORE]
    assert [one.quality for one in selection.kept] == [0.95]


def test_different_views_are_chosen_beside_the_best(selection: Selection[Look]) -> None:
    for degrees, quality in ((0, 0.9), (40, 0.8), (-40, 0.75), (2, 0.99)):
        selection.offer(look(degrees, quality))
    assert [one.quality for one in selection.kept] == [0.99, 0.8, 0.75]


def test_never_more_are_held_than_chosen() -> None:
    selection: Selection[Look] = Selection(THRESHOLD, most=3)
    for degrees in range(-60, 61, 1):
        selection.offer(look(degrees, 0.9))
        assert len(selection.kept) <= 3


@pytest.mark.parametrize("poor", [look(30, GOOD - 0.01), look(30, typicality=-1.1)])
def test_what_is_no_good_look_is_left_out(selection: Selection[Look], poor: Look) -> None:
    selection.offer(look(0))
    assert selection.offer(poor) is Offered.POOR
    assert len(selection.kept) == 1


def test_the_first_look_has_to_be_a_usual_one(selection: Selection[Look]) -> None:
    assert selection.offer(look(0, typicality=-0.5)) is Offered.POOR
    assert selection.offer(look(0)) is Offered.KEPT
    assert selection.offer(look(40, typicality=-0.5)) is Offered.KEPT


def test_somebody_else_is_left_out_and_counted(selection: Selection[Look]) -> None:
    selection.offer(look(0))
    assert selection.offer(look(80, 1.0)) is Offered.SOMEBODY_ELSE
    assert (selection.others, len(selection.kept)) == (1, 1)


def test_at_least_one_is_to_be_chosen() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Selection(THRESHOLD, most=0)


@pytest.mark.parametrize("clip", ["turning/live_1.mov", "turning/live_2.mov", "turning/live_3.mp4", "head-pose-face-detection-male.gif"])
def test_a_video_of_a_head_that_turns_gives_two_to_five_templates_that_differ(reader: FaceReader, clip: str) -> None:
    if not (VIDEO / clip).exists():
        pytest.skip("the development clips are not here")
    selection: Selection[Look] = Selection(THRESHOLD)
    for one in looks(reader, VIDEO / clip):
        selection.offer(one)
    vectors = np.array([one.embedding.vector for one in selection.kept])
    similarities = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    assert FEWEST <= len(vectors) <= MOST
    assert similarities.max() < ALIKE
    assert selection.others == 0


def looks(reader: FaceReader, clip: Path) -> list[Look]:
    """The usable looks at the largest face in every few frames."""
    capture, found, number = cv2.VideoCapture(str(clip)), [], 0
    while (read := capture.read())[0]:
        number += 1
        pixels = np.asarray(read[1], np.uint8)
        if number % EVERY == 0 and (faces := reader.detect(pixels)):
            face = reader.read(pixels, faces[0], QualityLimits())
            if face.quality.reason is None and face.quality.pose:
                quality = face.quality
                found.append(Look(Direction.FRONT, face.quality.pose, quality.score, face.aligned, face.embedding, quality.typicality))
    return found
