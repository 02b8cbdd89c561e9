"""The 68 points of a face, the turn of its head and its eyes, as a request on a picture may ask for them.

It knows the network of dense landmarks and its words on the wire, and not what else is asked of a face.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.interface.pictures import DenseAnswer, PoseAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.types import Detection
    from edged.vision.mesh import Mesh, MeshReader
    from edged.vision.pictures import SentPicture


class DenseLandmarks:
    """Reads the points of faces where a request asks for them."""

    def __init__(self, open_mesh: Callable[[], MeshReader]) -> None:
        """Take what loads the network; it is loaded for each request that wants it, and kept by none unless keep() is called."""
        self._open = open_mesh

    def keep(self) -> None:
        """Load the network now, for all that is asked from now on.

        Raises:
            ModelError: the network cannot be used.
        """
        mesh = self._open()
        self._open = lambda: mesh

    def reader(self, *, wanted: bool) -> Callable[[SentPicture, Detection], DenseAnswer | None]:
        """Give what reads a face of a picture; where nothing is wanted it gives None, as for what the network holds for no face.

        Raises:
            ModelError: the network cannot be used.
        """
        if not wanted:
            return lambda _picture, _detection: None
        mesh = self._open()
        return lambda picture, detection: _read(mesh, picture, detection)


def _read(reader: MeshReader, picture: SentPicture, detection: Detection) -> DenseAnswer | None:
    mesh = reader.read(picture.pixels, detection.box)
    if mesh is None:
        return None
    pose = reader.pose(mesh, (picture.pixels.shape[1], picture.pixels.shape[0]))
    right, left = mesh.eye_openness()
    turned = PoseAnswer(pose.yaw_degrees, pose.pitch_degrees, pose.roll_degrees)
    return DenseAnswer(points=_points(mesh, picture.scale), pose=turned, right_eye_openness=right, left_eye_openness=left)


def _points(mesh: Mesh, scale: int) -> tuple[tuple[float, float], ...]:
    """The points in pixels of the picture as it was sent."""
    return tuple((x, y) for x, y in (mesh.sixty_eight * scale).tolist())
