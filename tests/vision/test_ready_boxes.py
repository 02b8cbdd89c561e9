"""Detectors that decode by themselves: their boxes come through, with the landmarks of the face mesh, in the whole program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.config import Config, ModelsConfig
from edged.daemon.opening import open_reader
from edged.errors import ModelError
from edged.vision.detection_card import DetectionCard
from edged.vision.detector import Detector
from edged.vision.pose import POINTS
from edged.vision.ready_boxes import ReadyBoxes
from edged.vision.tflite import Network
from tests.conftest import MODELS
from tests.vision.postprocess_file import SIDE, write

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Uint8Array

GREEN = (0, 255, 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of models with this detector beside what ships."""
    for place in MODELS.iterdir():
        if place.name != "build":
            (tmp_path / place.name).symlink_to(place)
    write(tmp_path / "detection_greenest")
    return tmp_path


def heads(folder: Path, threshold: float = 0.5) -> tuple[Network, ReadyBoxes]:
    card = DetectionCard.read(folder / "detection_greenest")
    network = Network(folder / "detection_greenest" / card.file[0].name, sha256=card.file[0].sha256)
    return network, ReadyBoxes(card, network, threshold)


def test_boxes_are_in_pixels_of_the_input_and_no_more_than_count(folder: Path) -> None:
    network, boxes = heads(folder)
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    picture[32:48, 64:80] = GREEN
    network.invoke(picture)
    [face] = boxes.faces()
    assert face.score > 0.9
    assert face.box.centre == pytest.approx((72, 40), abs=1)
    assert face.points == []
    network.invoke(np.zeros((SIDE, SIDE, 3), np.uint8))
    assert boxes.faces() == []


def test_the_landmarks_of_a_box_are_found_by_the_face_mesh(folder: Path, astronaut: Uint8Array) -> None:
    """The face itself is tinted green, so that the stand-in finds it; the mesh sees it all the same."""
    config = Config(models=ModelsConfig(directory=folder, detection="detection_greenest"))
    green = astronaut.copy()
    green[40:220, 130:330, ::2] = green[40:220, 130:330, ::2] * 0.65
    reader = open_reader(config.model_copy(update={"detection": config.detection.model_copy(update={"score_threshold": 0.05})}))
    found = reader.detect(green)
    assert found
    assert found[0].landmarks.names == POINTS
    assert found[0].landmarks.points_xy[2] == pytest.approx((222, 128), abs=12)


def test_a_detector_without_landmarks_says_what_it_lacks(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"boxes alone, and there is no network of landmarks; see models\.landmarks"):
        Detector(DetectionCard.read(folder / "detection_greenest"))


def test_outputs_that_are_not_those_of_the_operation_are_refused(folder: Path) -> None:
    card = DetectionCard.read(folder / "detection_greenest")
    wrong = card.model_copy(update={"post_process": card.post_process.model_copy(update={"boxes": 1})})  # type: ignore[union-attr]
    with pytest.raises(ModelError, match="holds no boxes"):
        ReadyBoxes(wrong, heads(folder)[0], 0.5)
    beyond = card.model_copy(update={"post_process": card.post_process.model_copy(update={"count": 9})})  # type: ignore[union-attr]
    with pytest.raises(ModelError, match="has 4 outputs"):
        ReadyBoxes(beyond, heads(folder)[0], 0.5)
