"""Anchors: what the paper's arithmetic gives, what doubles are, and the network with anchors on real faces through the whole path."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from edged.errors import ModelError
from edged.vision.detection_card import AnchorDecoding, DetectionCard, LandmarkNames
from edged.vision.detector import Detector
from edged.vision.golden_check import check_golden
from edged.vision.pose import POINTS
from edged.vision.ssd import AnchorHeads, doubles
from edged.vision.tflite import TensorSpec
from tests.conftest import MODELS, face_reader

if TYPE_CHECKING:
    from edged.types import Float32Array, Uint8Array
    from edged.vision.faces import FaceReader
    from edged.vision.tflite import Network

BLAZEFACE = "detection_blazeface"
SIDE, STRIDE = 64, 32
ANCHORS = [[20.0, 20.0], [40.0, 20.0]]
BEST = {"threshold": 0.5, "nms_iou": 0.4, "formula": "sigmoid(face)"}


@dataclass
class Answered:
    """A network of 64×64 pixels with one grid of 2×2 cells, two anchors in each, that answers what the test says."""

    scores: Float32Array = field(default_factory=lambda: np.full((1, 2, 2, 2), -9, np.float32))
    boxes: Float32Array = field(default_factory=lambda: np.zeros((1, 2, 2, 2 * 6), np.float32))
    input_size: tuple[int, int] = (SIDE, SIDE)

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        shapes = (self.scores.shape, self.boxes.shape)
        return tuple(TensorSpec(place, shape, 1.0, 0, quantised=False) for place, shape in enumerate(shapes))

    def stored(self, spec: TensorSpec) -> Float32Array:
        return (self.scores, self.boxes)[spec.index]

    def answer(self, row: int, column: int, anchor: int, logit: float, *values: float) -> None:
        self.scores[0, row, column, anchor] = logit
        self.boxes[0, row, column, 6 * anchor : 6 * anchor + 6] = values


def heads(network: Answered, sizes: str = "exponential") -> AnchorHeads:
    """The heads over one landmark, the nose tip."""
    tensors = {
        name: {"index": place, "scale": [1.0] * 2 * each, "offset": [0.0] * 2 * each}
        for place, (name, each) in enumerate((("scores", 1), ("boxes", 6)))
    }
    decoding = AnchorDecoding.model_validate({"sizes": sizes, "level": [{"stride": STRIDE, "anchors": ANCHORS, **tensors}]})
    card = SimpleNamespace(id="of a test", anchors=decoding, score=SimpleNamespace(**BEST), landmarks=LandmarkNames(names=("nose_tip",)))
    return AnchorHeads(cast("DetectionCard", card), cast("Network", network), 0.5)


def test_a_box_is_told_from_its_anchor_as_the_paper_says() -> None:
    network = Answered()
    network.answer(1, 0, 1, 2.0, 0.1, -0.2, math.log(1.5), math.log(0.5), 0.25, 0.0)
    [face] = heads(network).faces()
    x, y = 0.5 * STRIDE + 0.1 * 40, 1.5 * STRIDE - 0.2 * 20
    assert face.score == pytest.approx(1 / (1 + math.exp(-2)))
    assert (face.box.x1, face.box.y1, face.box.x2, face.box.y2) == pytest.approx((x - 30, y - 5, x + 30, y + 5))
    assert face.points == pytest.approx([0.5 * STRIDE + 0.25 * 40, 1.5 * STRIDE])


def test_sizes_may_be_linear() -> None:
    network = Answered()
    network.answer(0, 0, 0, 2.0, 0, 0, 0.8, 0.4, 0, 0)
    [face] = heads(network, "linear").faces()
    assert (face.box.width, face.box.height) == pytest.approx((16, 8))


def test_nothing_is_found_below_the_threshold() -> None:
    network = Answered()
    network.answer(0, 0, 0, -0.01, 0, 0, 0, 0, 0, 0)
    assert heads(network).faces() == []


def test_doubles_of_one_face_are_blended_and_another_face_stays() -> None:
    network = Answered()
    network.answer(0, 0, 0, 3.0, 0, 0, 0, 0, 0, 0)
    network.answer(0, 0, 1, 1.0, 0, 0, math.log(0.5), 0, 0.1, 0)  # the same place and size, from the wide anchor
    network.answer(1, 1, 0, 2.0, 0, 0, 0, 0, 0, 0)
    first, second = heads(network).faces()
    best, other = (1 / (1 + math.exp(-logit)) for logit in (3, 1))
    assert first.score == pytest.approx(best)
    assert first.points[0] == pytest.approx(16 + 4 * other / (best + other))
    assert second.box.centre == pytest.approx((48, 48))


def test_a_box_is_the_double_of_the_best_that_it_overlaps() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [5, 0, 15, 10], [30, 30, 30, 40], [30, 30, 30, 40]], np.float32)
    assert [rows.tolist() for rows in doubles(boxes, 0.5)] == [[0, 1], [2], [3], [4]], "an empty box overlaps nothing"


def test_a_file_of_another_form_than_its_card_is_refused() -> None:
    with pytest.raises(ModelError, match="Output 1 of the detector"):
        heads(Answered(boxes=np.zeros((1, 2, 2, 8), np.float32)))


@pytest.mark.parametrize(("rows", "scale"), [(512, 1.0), (384, 1.25), (288, 2.5)], ids=["square", "4:3", "16:9"])
def test_a_face_near_the_camera_is_found_in_pixels_of_the_frame(rows: int, scale: float, astronaut: Uint8Array) -> None:
    frame = np.asarray(cv2.resize(astronaut[:rows], None, fx=scale, fy=scale), np.uint8)
    [face] = Detector(DetectionCard.read(MODELS / BLAZEFACE)).detect(frame)
    points = dict(zip(face.landmarks.names, face.landmarks.points_xy / scale, strict=True))
    assert face.landmarks.names == POINTS
    assert face.score > 0.9, "on the scale of YuNet's scores"
    assert points["right_eye"] == pytest.approx((203, 107), abs=10)
    assert points["left_mouth_corner"] == pytest.approx((243, 146), abs=10)


def test_two_pictures_of_one_person_are_alike_and_of_two_people_not(nearby: FaceReader, portraits_read: dict[str, Uint8Array]) -> None:
    faces = {name: nearby.largest(pixels) for name, pixels in portraits_read.items()}
    vectors = {name: face.embedding.vector for name, face in faces.items() if face}
    threshold = nearby.embedding_card.matching.match_threshold
    assert float(vectors["obama"] @ vectors["obama_again"]) > threshold
    assert float(vectors["obama"] @ vectors["biden"]) < threshold


def test_views_that_are_good_with_one_detector_are_good_with_the_other(nearby: FaceReader, portraits_read: dict[str, Uint8Array]) -> None:
    """Whoever switches detectors can enroll: the limits of quality and of usual views hold for the scores of both."""
    found = [nearby.largest(pixels) for pixels in portraits_read.values()]
    assert all(face and face.quality.reason is None and face.quality.is_typical for face in found)


def test_the_golden_answer_is_given_by_right_files_only(nearby: FaceReader) -> None:
    assert check_golden(nearby) > 0.95
    card = nearby.detection_card
    swapped = card.model_copy(update={"input": card.input.model_copy(update={"colour": "RGB"})})
    nearby_swapped = face_reader(detection=BLAZEFACE)
    nearby_swapped.detector = Detector(swapped)
    with pytest.raises(ModelError, match="golden"):
        check_golden(nearby_swapped)


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ('"mouth"]', '"chin"]', "mouth_width stands beside the landmark 'mouth'"),
        ("[0.5, 0.6]", "[0, 0.6]", "scores of the curve rise"),
        (
            "stride = 8\nanchors = [[128, 128], [128, 128]]",
            "stride = 8\nanchors = [[128, 128]]",
            "1 scales and offsets for each",
        ),
        ('[anchors]\nsizes = "linear"', '[post_process]\n[anchors]\nsizes = "linear"', "says what the outputs mean"),
    ],
)
def test_a_card_that_cannot_be_is_refused(right: str, wrong: str, sentence: str) -> None:
    text = (MODELS / BLAZEFACE / "model.toml").read_text(encoding="utf-8")
    assert right in text
    with pytest.raises((ModelError, ValidationError), match=sentence):
        read(text.replace(right, wrong))


def read(text: str) -> DetectionCard:
    """The card that a file with this text would be."""
    return DetectionCard.model_validate({**tomllib.loads(text), "folder": MODELS / BLAZEFACE})


@pytest.fixture(scope="module")
def nearby() -> FaceReader:
    return face_reader(detection=BLAZEFACE, threads=2)


@pytest.fixture(scope="module")
def portraits_read(portraits: dict[str, object]) -> dict[str, Uint8Array]:
    return {name: np.asarray(cv2.imread(str(path)), np.uint8) for name, path in portraits.items()}
