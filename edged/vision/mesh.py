"""The face mesh: 468 points of one face in three dimensions, what some of them are, and how its head is turned.

It knows one face at a time and the card of its network, and not whose face it is.
"""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import cv2
import numpy as np
from pydantic import Field

from edged.errors import ModelError
from edged.types import Landmarks, Pose
from edged.vision.model_card import Card, Positive, Strict
from edged.vision.pose import POINTS
from edged.vision.tflite import Network

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Box, Float32Array, Uint8Array

Indices = Annotated[tuple[int, ...], Field(min_length=1)]
EYES = ((36, 37, 38, 39, 40, 41), (42, 43, 44, 45, 46, 47))
"""Rows of the 68 points that lie around the right and the left eye: a corner, two of the upper lid, a corner, two of the lower lid."""


class MeshOutputs(Strict):
    """Which output holds the points and which the logit of a face, and how much around a box the network wants to see."""

    points: int
    face: int
    count: Positive
    reach: Annotated[float, Field(gt=0)]
    least_face: float


class SixtyEight(Strict):
    """Rows of the older convention's points."""

    points: Annotated[tuple[int, ...], Field(min_length=68, max_length=68)]


class MeanFace(Strict):
    """The file with the mean face, (count, 3) float32, and the rows that no expression moves."""

    file: str
    sha256: str
    yaw_gain: Annotated[float, Field(gt=0)]
    pitch_gain: Annotated[float, Field(gt=0)]
    """How far a head is turned or raised for each degree that its points are: the network draws them back towards a frontal face."""
    steady: Annotated[tuple[int, ...], Field(min_length=6)]


class MeshCard(Card):
    """A network of dense landmarks."""

    task: Literal["landmarks"]
    mesh: MeshOutputs
    named: dict[str, Indices]
    sixty_eight: SixtyEight
    mean_face: MeanFace


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """The points of a face: (count, 3) float32, x and y in pixels of the picture, depth away from the camera in the same unit."""

    points: Float32Array
    card: MeshCard

    @property
    def landmarks(self) -> Landmarks:
        """The five landmarks of a detection."""
        rows = [self.points[list(self.card.named[name]), :2].mean(axis=0) for name in POINTS]
        return Landmarks(POINTS, np.array(rows, dtype=np.float32))

    @property
    def sixty_eight(self) -> Float32Array:
        """The 68 points of the older convention, (68, 2) in pixels of the picture."""
        return self.points[list(self.card.sixty_eight.points), :2]

    def eye_openness(self) -> tuple[float, float]:
        """Give height over width of the right and of the left eye: some 0.3 open, near 0 shut.

        Soukupová and Čech, "Real-Time Eye Blink Detection using Facial Landmarks", CVWW 2016.
        """
        points = self.sixty_eight
        right, left = (_openness(points[list(eye)]) for eye in EYES)
        return right, left


class MeshReader:
    """Finds the points of faces whose boxes are known."""

    def __init__(self, card: MeshCard, *, threads: int = 1, delegate: Path | None = None) -> None:
        """Load the network and the mean face.

        Raises:
            ModelError: missing, changed or of another form than the card says.
        """
        file = card.file[0]
        self.card, self._side = card, file.width
        self.network = Network(card.folder / file.name, sha256=file.sha256, threads=threads, delegate=delegate)
        self._points, self._face = self.network.outputs[card.mesh.points], self.network.outputs[card.mesh.face]
        if self.network.input_size != (file.width, file.height) or math.prod(self._points.shape) != 3 * card.mesh.count:
            raise ModelError(f"{file.name} is not of the form that its card says.")
        self._mean = _mean_face(card)

    def read(self, pixels: Uint8Array, box: Box) -> Mesh | None:
        """Find the points of the face in this box of a picture (H, W, 3) BGR; None where the network sees none.

        It is looked at twice: as it lies, and where the points of the first look say that it lies, upright.
        """
        first = self._look(pixels, self._square(box.centre, max(box.width, box.height), 0.0))
        if first is None:
            return None
        low, high = first[:, :2].min(axis=0), first[:, :2].max(axis=0)
        eyes = Mesh(first, self.card).landmarks.points_xy
        lean = math.atan2(*(eyes[1] - eyes[0])[::-1].tolist())
        middle = ((low + high) / 2).tolist()
        second = self._look(pixels, self._square((middle[0], middle[1]), float((high - low).max()), lean))
        return None if second is None else Mesh(second, self.card)

    def pose(self, mesh: Mesh, frame_size: tuple[int, int]) -> Pose:
        """Give how the head is turned, by Perspective-n-Point of its steady points against the mean face.

        The camera is taken to see as wide as far, about 53 degrees: a head is small beside its distance, so that matters little. It is
        taken to look at the middle of the face, so that who looks into it from the side of the frame is not turned.
        """
        mean = self.card.mean_face
        rows, side = list(mean.steady), float(max(frame_size))
        across, down = mesh.points[rows, :2].mean(axis=0).tolist()
        camera = np.array([[side, 0, across], [0, side, down], [0, 0, 1]], dtype=np.float64)
        image = np.ascontiguousarray(mesh.points[rows, :2], dtype=np.float64)
        _, turn, _ = cv2.solvePnP(self._mean[rows].astype(np.float64), image, camera, None, flags=cv2.SOLVEPNP_SQPNP)
        matrix = np.asarray(cv2.Rodrigues(turn)[0])
        return Pose(
            yaw_degrees=mean.yaw_gain * math.degrees(math.atan2(-matrix[0, 2], matrix[2, 2])),
            pitch_degrees=mean.pitch_gain * math.degrees(math.asin(max(-1.0, min(1.0, matrix[1, 2])))),
            roll_degrees=math.degrees(math.atan2(matrix[1, 0], matrix[1, 1])),
        )

    def _square(self, centre: tuple[float, float], side: float, lean: float) -> Float32Array:
        """Give the matrix, (2, 3), that maps the square around a face, leaning by so many radians, onto the whole input."""
        scale = self._side / (self.card.mesh.reach * max(side, 1.0))
        matrix = np.asarray(cv2.getRotationMatrix2D(centre, math.degrees(lean), scale), dtype=np.float32)
        matrix[:, 2] += np.float32(self._side / 2) - np.array(centre, dtype=np.float32)
        return matrix

    def _look(self, pixels: Uint8Array, matrix: Float32Array) -> Float32Array | None:
        """Find the points in pixels of the picture, by the part of it that the matrix, (2, 3), maps onto the input."""
        self.network.invoke(np.asarray(cv2.warpAffine(pixels, matrix, (self._side, self._side)), dtype=np.uint8))
        if float(self._face.to_real(self.network.stored(self._face)).item()) < self.card.mesh.least_face:
            return None
        points = self._points.to_real(self.network.stored(self._points)).reshape(-1, 3)
        back = np.asarray(cv2.invertAffineTransform(matrix), dtype=np.float32)
        depth = points[:, 2:] * np.float32(math.hypot(*back[:, 0].tolist()))
        return np.concatenate([points[:, :2] @ back[:, :2].T + back[:, 2], depth], axis=1)


def _openness(eye: Float32Array) -> float:
    outer, upper_outer, upper_inner, inner, lower_inner, lower_outer = (complex(x, y) for x, y in eye.tolist())
    width = abs(outer - inner)
    return (abs(upper_outer - lower_outer) + abs(upper_inner - lower_inner)) / (2 * width) if width else 0.0


def _mean_face(card: MeshCard) -> Float32Array:
    path = card.folder / card.mean_face.file
    try:
        content = path.read_bytes()
        points = np.asarray(np.load(io.BytesIO(content), allow_pickle=False), dtype=np.float32)
    except (OSError, ValueError, EOFError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
    if hashlib.sha256(content).hexdigest() != card.mean_face.sha256 or points.shape != (card.mesh.count, 3):
        raise ModelError(f"{path} is not the file that its card means; restore it from the repository.")
    return points
