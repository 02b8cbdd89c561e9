"""The face mesh on real faces: where its points are, its pose on heads turned by a known amount, and eyes that shut."""

from __future__ import annotations

import hashlib
import math
import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.errors import ModelError
from edged.types import Box
from edged.vision.mesh import Mesh, MeshCard, MeshReader
from edged.vision.pose import POINTS
from tests.conftest import MODELS

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Float32Array, Uint8Array
    from edged.vision.faces import FaceReader

SIDE = 512
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
    """The face is laid on its own mesh, which is turned and seen through a camera; its mesh is then found anew."""
    poses = []
    for turn in ((0, 0), (yaw, pitch)):
        picture, box = rendered(astronaut, mesh, *turn)
        found = reader_of_meshes.read(picture, box)
        assert found
        poses.append(reader_of_meshes.pose(found, (SIDE, SIDE)))
    before, after = poses
    assert after.yaw_degrees - before.yaw_degrees == pytest.approx(yaw, abs=MOST_DEGREES)
    assert after.pitch_degrees - before.pitch_degrees == pytest.approx(pitch, abs=MOST_DEGREES)


def rendered(pixels: Uint8Array, mesh: Mesh, yaw: float, pitch: float) -> tuple[Uint8Array, Box]:
    """A picture of the head turned towards its left and raised by so many degrees, before grey, and the box of the face."""
    points = (mesh.points - mesh.points.mean(axis=0)) * (0.45 * SIDE / np.ptp(mesh.points[:, 1]))
    turn = cv2.Rodrigues(np.array([0.0, -math.radians(yaw), 0.0]))[0]
    nod = cv2.Rodrigues(np.array([-math.radians(pitch), 0.0, 0.0]))[0]
    points = points @ (np.asarray(nod) @ np.asarray(turn)).T
    flat: Float32Array = (points[:, :2] * 2 * SIDE / (points[:, 2:] + 2 * SIDE) + SIDE / 2).astype(np.float32)
    picture = np.full((SIDE, SIDE, 3), 110, np.uint8)
    for rows in sorted(triangles(mesh), key=lambda rows: -points[rows, 2].mean()):
        mask = cv2.fillConvexPoly(np.zeros((SIDE, SIDE), np.uint8), np.round(flat[rows]).astype(np.int32), 1)
        x, y, width, height = cv2.boundingRect(mask)
        here = flat[rows] - np.array([x, y], np.float32)
        patch = cv2.warpAffine(
            pixels, cv2.getAffineTransform(mesh.points[rows, :2], here), (width, height), borderMode=cv2.BORDER_REPLICATE
        )
        part = (slice(y, y + height), slice(x, x + width))
        picture[part] = np.where(mask[part][..., None] > 0, patch, picture[part])
    return picture, Box(*flat.min(axis=0).tolist(), *flat.max(axis=0).tolist())


def triangles(mesh: Mesh) -> list[list[int]]:
    """Rows of the corners of triangles that cover the face, by Delaunay as it is seen."""
    points = [(round(x, 3), round(y, 3)) for x, y in mesh.points[:, :2].tolist()]
    plane = cv2.Subdiv2D((0, 0, SIDE, SIDE))
    rows = {point: row for row, point in enumerate(points)}
    for point in points:
        plane.insert(point)
    corners = [
        [rows.get((round(float(x), 3), round(float(y), 3))) for x, y in np.reshape(each, (3, 2))] for each in plane.getTriangleList()
    ]
    return [[row for row in each if row is not None] for each in corners if None not in each]


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
