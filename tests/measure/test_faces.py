"""Embeddings, verification and detection measured on real faces, and on pictures that show none."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.errors import LabelsError, PictureError
from edged.evaluation.detection import read_boxes
from edged.evaluation.verification import read_pairs
from edged.measure.faces import check_output, measure_detection, measure_verification, represent, save

if TYPE_CHECKING:
    from pathlib import Path

    from edged.vision.faces import FaceReader


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A picture of nobody."""
    path = tmp_path / "empty.png"
    cv2.imwrite(str(path), np.zeros((200, 200, 3), np.uint8))
    return path


def test_every_picture_has_a_row_and_those_without_a_face_a_sentence(
    reader: FaceReader, portraits: dict[str, Path], empty: Path, tmp_path: Path
) -> None:
    done = represent(reader, [portraits["obama"], empty, tmp_path / "gone.jpg", portraits["obama_again"]])
    assert done.embeddings.shape == (4, reader.embedding_card.dimensions)
    assert np.isnan(done.embeddings[1:3]).all()
    assert np.isnan(done.scores).tolist() == [False, True, True, False]
    assert float(done.embeddings[0] @ done.embeddings[3]) > 0.6
    assert done.problems[0] == f"In {empty} no face was found."
    assert "cannot be read" in done.problems[1]
    save(done, tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as arrays:
        assert sorted(arrays) == ["boxes_xyxy", "embeddings", "names", "scores"]
        assert arrays["names"][1] == str(empty)


@pytest.mark.parametrize("name", ["no-such-folder/out.npz", "."])
def test_what_cannot_be_written_is_seen_beforehand(tmp_path: Path, name: str) -> None:
    with pytest.raises(PictureError, match="cannot be written"):
        check_output(tmp_path / name)
    check_output(tmp_path / "out.npz")


def test_a_file_that_cannot_be_written_is_named(reader: FaceReader, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"out\.npz cannot be written: No such file or directory"):
        save(represent(reader, []), tmp_path / "gone" / "out.npz")


def test_pairs_are_judged_and_one_without_a_face_is_refused(
    reader: FaceReader, portraits: dict[str, Path], empty: Path, tmp_path: Path
) -> None:
    for person, number, path in (("Obama", 1, portraits["obama"]), ("Obama", 2, portraits["obama_again"]), ("Biden", 1, empty)):
        (tmp_path / person).mkdir(exist_ok=True)
        shutil.copy(path, tmp_path / person / f"{person}_{number:04d}.jpg")
    (tmp_path / "pairs.txt").write_text("1\nObama\t1\t2\nObama\t1\tBiden\t1\n")
    reported: list[str] = []
    done, compared = measure_verification(reader, tmp_path, read_pairs(tmp_path / "pairs.txt"), reported.append)
    assert (done.accuracy, done.pairs, done.without_face) == (1.0, 2, 1)
    assert (compared.similarities[0] > compared.similarities[1], compared.same.tolist()) == (True, [True, False])
    assert reported == [f"In {tmp_path / 'Biden' / 'Biden_0001.jpg'} no face was found."]
    assert done.milliseconds > 0


def test_found_boxes_are_judged_and_a_set_without_faces_is_refused(reader: FaceReader, portraits: dict[str, Path], tmp_path: Path) -> None:
    path = portraits["astronaut"]
    boxes = tmp_path / "boxes.json"
    boxes.write_text(json.dumps({path.name: {"size": [512, 512], "boxes_xyxy": [[170, 60, 275, 185], [0, 0, 10, 10]]}}))
    done, curve = measure_detection(reader.detector, path.parent, read_boxes(boxes), 20.0)
    assert (done.ap, done.recall, done.faces) == (1.0, 1.0, 1)
    assert (curve.recall[-1], curve.faces) == (1.0, 1)
    with pytest.raises(LabelsError, match="no face of at least 300 px"):
        measure_detection(reader.detector, path.parent, read_boxes(boxes), 300.0)
