"""The face mesh on real faces: where its points are, its pose on heads turned by a known amount, and eyes that shut."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from turnbuild.rendered import SIDE, rendered

from edged.errors import ModelError
from edged.types import Box
from edged.vision.mesh import Mesh, MeshCard, MeshReader
from edged.vision.pose import POINTS
from tests.conftest import MODELS

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader

MOST_DEGREES = 5.0


@pytest.fixture(scope="module")
def reader_of_meshes() -> MeshReader:
    return MeshReader(MeshCard.read(MODELS / "landmarks_mesh"), threads=2)


@pytest.fixture(scope="module")
def mesh(reader_of_meshes: MeshReader, reader: FaceReader, astronaut: Uint8Array) -> Mesh:
    found = reader_of_meshes.read(astronaut, reader.detect(astronaut)[0].box)
    assert found
    return found


def test_the_five_landmarks_are_where_the_detector_finds_them(mesh: Mesh, reader: FaceReader, astronaut: Uint8Array) -> None:
    known = reader.detect(astronaut)[0].landmarks
    assert mesh.landmarks.names == POINTS == known.names
    assert np.hypot(*(mesh.landmarks.points_xy - known.points_xy).T).max() < 10


def test_the_68_points_go_around_jaw_brows_nose_eyes_and_mouth(mesh: Mesh) -> None:
    points = mesh.sixty_eight
    assert points.shape == (68, 2)
    assert points[8, 1] == points[:, 1].max(), "the chin is lowest"
    assert points[0, 0] < points[36, 0] < points[39, 0] < points[42, 0] < points[45, 0] < points[16, 0]
    assert points[17:27, 1].max() < points[36:48, 1].min() < points[30, 1] < points[48:68, 1].min()


@pytest.mark.parametrize("lean", [-25, 0, 25])
def test_a_leaning_face_is_read_as_it_lies(reader_of_meshes: MeshReader, mesh: Mesh, astronaut: Uint8Array, lean: int) -> None:
    low, high = mesh.points[:, :2].min(axis=0), mesh.points[:, :2].max(axis=0)
    matrix = cv2.getRotationMatrix2D(tuple(map(float, (low + high) / 2)), lean, 1.0)
    turned = reader_of_meshes.read(np.asarray(cv2.warpAffine(astronaut, matrix, (SIDE, SIDE)), np.uint8), Box(*low, *high))
    assert turned
    assert np.hypot(*(turned.points[:, :2] - (mesh.points[:, :2] @ matrix[:, :2].T + matrix[:, 2])).T).mean() < 4
    roll = reader_of_meshes.pose(turned, (SIDE, SIDE)).roll_degrees - reader_of_meshes.pose(mesh, (SIDE, SIDE)).roll_degrees
    assert roll == pytest.approx(-lean, abs=MOST_DEGREES)


@pytest.mark.parametrize(("yaw", "pitch"), [(-30, 0), (-20, 0), (-10, 0), (10, 0), (20, 0), (30, 0), (0, -20), (0, 20)])
def test_the_pose_of_a_head_turned_by_a_known_amount_is_right(
    reader_of_meshes: MeshReader, mesh: Mesh, astronaut: Uint8Array, yaw: int, pitch: int
) -> None:
    """The portrait is none of those that the gains were fitted on, see turnbuild, which measures many people."""
    poses = []
    for turn in ((0, 0), (yaw, pitch)):
        picture, box = rendered(astronaut, mesh, *turn)
        found = reader_of_meshes.read(picture, box)
        assert found
        poses.append(reader_of_meshes.pose(found, (SIDE, SIDE)))
    before, after = poses
    assert after.yaw_degrees - before.yaw_degrees == pytest.approx(yaw, abs=MOST_DEGREES)
    assert after.pitch_degrees - before.pitch_degrees == pytest.approx(pitch, abs=MOST_DEGREES)


@pytest.mark.parametrize("shift", [(900, 0), (0, 900), (900, 900)])
def test_a_face_at_the_edge_of_a_frame_is_turned_as_in_its_middle(reader_of_meshes: MeshReader, mesh: Mesh, shift: tuple[int, int]) -> None:
    """A head that looks into the camera is not turned, wherever in the frame it is."""
    frame = (1920, 1920)
    moved = Mesh(mesh.points + np.array([*shift, 0], np.float32), mesh.card)
    here, there = reader_of_meshes.pose(mesh, frame), reader_of_meshes.pose(moved, frame)
    assert there.yaw_degrees == pytest.approx(here.yaw_degrees, abs=1)
    assert there.pitch_degrees == pytest.approx(here.pitch_degrees, abs=1)


def test_open_eyes_are_open_and_lids_that_meet_are_shut(mesh: Mesh) -> None:
    assert min(mesh.eye_openness()) > 0.2
    points = mesh.points.copy()
    rows = mesh.card.sixty_eight.points
    for upper, lower in ((37, 41), (38, 40), (43, 47), (44, 46)):
        points[rows[upper], :2] = points[rows[lower], :2]
    assert max(Mesh(points, mesh.card).eye_openness()) < 0.01


def test_where_there_is_no_face_there_is_no_mesh(reader_of_meshes: MeshReader) -> None:
    assert reader_of_meshes.read(np.full((SIDE, SIDE, 3), 90, np.uint8), Box(100, 100, 200, 220)) is None


def test_another_mean_face_than_the_card_s_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "landmarks_mesh"
    shutil.copytree(MODELS / "landmarks_mesh", folder)
    (folder / "mean_face.npy").write_bytes(b"other")
    with pytest.raises(ModelError, match=r"mean_face.npy"):
        MeshReader(MeshCard.read(folder))
    assert hashlib.sha256(b"other").hexdigest() not in (folder / "model.toml").read_text()
