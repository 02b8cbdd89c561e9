"""Faces of single pictures, read to the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.types import Reason
from edged.vision.pictures import read_picture
from edged.vision.quality import QualityLimits

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader


def similarity(reader: FaceReader, first: Uint8Array, second: Uint8Array) -> float:
    one, other = reader.largest(first), reader.largest(second)
    assert one
    assert other
    return float(one.embedding.vector @ other.embedding.vector)


def test_the_same_person_on_another_day_is_similar_and_others_are_not(reader: FaceReader, portraits: dict[str, Path]) -> None:
    pictures = {name: read_picture(path) for name, path in portraits.items()}
    assert similarity(reader, pictures["obama"], pictures["obama_again"]) > 0.6
    assert similarity(reader, pictures["obama"], pictures["biden"]) < 0.3
    assert similarity(reader, pictures["astronaut"], pictures["biden"]) < 0.3


def test_the_largest_face_and_the_one_in_the_middle_are_told_apart(reader: FaceReader, astronaut: Uint8Array) -> None:
    large, small = astronaut[20:220, 130:330], astronaut[20:220:2, 130:330:2]
    picture = np.zeros((400, 900, 3), np.uint8)
    picture[:200, :200], picture[150:250, 400:500] = large, small
    largest, central = reader.largest(picture), reader.central(picture)
    assert largest
    assert central
    assert largest.detection.box.centre[0] < 200
    assert 400 < central.detection.box.centre[0] < 500


def test_a_poor_view_is_read_all_the_same_and_says_why(reader: FaceReader, astronaut: Uint8Array) -> None:
    [detection] = reader.detector.detect(astronaut)
    face = reader.read(astronaut, detection, QualityLimits(min_face_px=1000))
    assert face.quality.reason is Reason.TOO_SMALL
    assert face.embedding.model_id == reader.embedding_card.id
    assert face.aligned.pixels.shape == (112, 112, 3)


def test_where_nobody_is_there_is_no_face(reader: FaceReader) -> None:
    empty = np.zeros((480, 640, 3), np.uint8)
    assert (reader.largest(empty), reader.central(empty)) == (None, None)


@pytest.mark.parametrize("degrees", [-35, -20, 20, 35])
@pytest.mark.parametrize("name", ["obama", "astronaut"])
def test_a_head_that_leans_is_the_same_person(reader: FaceReader, portraits: dict[str, Path], name: str, degrees: float) -> None:
    pixels = read_picture(portraits[name])
    upright = reader.largest(pixels)
    assert upright
    turn = cv2.getRotationMatrix2D(upright.detection.box.centre, degrees, 1.0)
    leaning = reader.largest(np.asarray(cv2.warpAffine(pixels, turn, pixels.shape[1::-1]), np.uint8))
    assert leaning
    assert leaning.quality.reason is None
    assert leaning.embedding.vector @ upright.embedding.vector > 0.75


@pytest.mark.parametrize("name", ["obama", "obama_again", "biden", "astronaut"])
def test_a_face_upside_down_is_none_to_judge(reader: FaceReader, portraits: dict[str, Path], name: str) -> None:
    face = reader.largest(np.ascontiguousarray(read_picture(portraits[name])[::-1, ::-1]))
    assert face
    assert (face.quality.reason, face.quality.score, face.quality.is_typical) == (Reason.NOT_UPRIGHT, 0.0, False)


def test_a_negative_shows_nobody(reader: FaceReader, portraits: dict[str, Path]) -> None:
    face = reader.largest(255 - read_picture(portraits["obama"]))
    assert face
    assert face.quality.reason in {Reason.UNUSUAL_VIEW, Reason.NOT_UPRIGHT}
