"""BlazeFace as a file that ends in TFLite_Detection_PostProcess: the same faces as by its anchors, with landmarks of the face mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from ssdbuild.folder import FOLDER, write_folder
from ssdbuild.post_process import Level

from edged.config import Config, ModelsConfig
from edged.daemon.opening import open_reader
from edged.vision.pictures import read_picture
from tests.conftest import MODELS

if TYPE_CHECKING:
    from pathlib import Path

    from edged.vision.faces import FaceReader


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> FaceReader:
    place = tmp_path_factory.mktemp("models")
    for folder in MODELS.iterdir():
        (place / folder.name).symlink_to(folder)
    write_folder(MODELS, place / FOLDER)
    return open_reader(Config(models=ModelsConfig(directory=place, detection=FOLDER)))


@pytest.mark.parametrize("person", ["obama", "biden", "astronaut"])
def test_it_finds_the_faces_that_the_anchors_find(person: str, boxes: FaceReader, portraits: dict[str, Path]) -> None:
    anchors = open_reader(Config(models=ModelsConfig(detection="detection_blazeface")))
    pixels = read_picture(portraits[person])
    expected, found = anchors.detector.detect(pixels), boxes.detector.detect(pixels)
    assert len(found) == len(expected) == 1
    assert found[0].score == pytest.approx(expected[0].score, abs=0.01)
    assert found[0].box.iou(expected[0].box) > 0.8, "doubles are blended there, and suppressed here"
    (eyes, same), side = (face.landmarks.points_xy[:2] for face in (expected[0], found[0])), expected[0].box.width
    assert np.abs(eyes - same).max() < 0.12 * side


def test_anchors_lie_in_the_middle_of_their_cells() -> None:
    places = Level(64, 2, 128, (), (), (), ()).places()
    assert places.tolist() == [[y, x, 1.0, 1.0] for y in (0.25, 0.75) for x in (0.25, 0.75) for _ in range(2)]
