"""Pictures of heads turned by a known amount: a face is laid on its own mesh, which is turned and seen through a camera.

It knows one face and its mesh, and measures nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.types import Box

if TYPE_CHECKING:
    from edged.types import Float32Array, Uint8Array
    from edged.vision.mesh import Mesh

SIDE = 512
"""Pixels of a picture's side, and of the camera's focal length, as MeshReader.pose() takes it to be."""
FACE_SHARE = 0.45
"""Height of the face in sides of the picture."""
DISTANCE = 2
"""How far the camera is away, in sides of the picture."""
GREY = 110


def rendered(pixels: Uint8Array, mesh: Mesh, yaw: float, pitch: float) -> tuple[Uint8Array, Box]:
    """Show the head turned towards its left and raised by so many degrees, before grey; and the box of its face.

    Its picture, (H, W, 3) BGR, is stretched over its points as the mesh has them.
    """
    points = (mesh.points - mesh.points.mean(axis=0)) * (FACE_SHARE * SIDE / np.ptp(mesh.points[:, 1]))
    points = points @ _turn(yaw, pitch).T
    flat: Float32Array = (points[:, :2] * DISTANCE * SIDE / (points[:, 2:] + DISTANCE * SIDE) + SIDE / 2).astype(np.float32)
    picture = np.full((SIDE, SIDE, 3), GREY, np.uint8)
    for rows in sorted(_triangles(mesh, pixels), key=lambda rows: -points[rows, 2].mean()):
        _lay(picture, pixels, mesh.points[rows, :2], flat[rows])
    return picture, Box(*flat.min(axis=0).tolist(), *flat.max(axis=0).tolist())


def _turn(yaw: float, pitch: float) -> Float32Array:
    turn = cv2.Rodrigues(np.array([0.0, -math.radians(yaw), 0.0]))[0]
    nod = cv2.Rodrigues(np.array([-math.radians(pitch), 0.0, 0.0]))[0]
    return np.asarray(np.asarray(nod) @ np.asarray(turn), np.float32)


def _lay(picture: Uint8Array, pixels: Uint8Array, there: Float32Array, here: Float32Array) -> None:
    """Lay the triangle with these corners in the pixels over those in the picture."""
    mask = cv2.fillConvexPoly(np.zeros(picture.shape[:2], np.uint8), np.round(here).astype(np.int32), 1)
    x, y, width, height = cv2.boundingRect(mask)
    matrix = cv2.getAffineTransform(there, here - np.array([x, y], np.float32))
    patch = cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    part = (slice(y, y + height), slice(x, x + width))
    picture[part] = np.where(mask[part][..., None] > 0, patch, picture[part])


def _triangles(mesh: Mesh, pixels: Uint8Array) -> list[list[int]]:
    """Rows of the corners of triangles that cover the face, by Delaunay as it is seen."""
    points = [(round(x, 3), round(y, 3)) for x, y in mesh.points[:, :2].tolist()]
    plane = cv2.Subdiv2D((0, 0, pixels.shape[1], pixels.shape[0]))
    rows = {point: row for row, point in enumerate(points)}
    for point in points:
        plane.insert(point)
    corners = [
        [rows.get((round(float(x), 3), round(float(y), 3))) for x, y in np.reshape(each, (3, 2))] for each in plane.getTriangleList()
    ]
    return [[row for row in each if row is not None] for each in corners if None not in each]
