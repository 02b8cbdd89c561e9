"""Scenes and snapshots: what a camera shows now, and its newest frame as a picture that can be sent.

The worker writes scenes and requests read them; who is seen in them is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.errors import CameraNotNamed, NoFrame
from edged.interface.operation import SnapshotAnswer
from edged.vision.crops import encode_jpeg, marked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.types import Frame
    from edged.vision.detector import Detector

SNAPSHOT_BYTES = 200_000
"""Bytes of a snapshot, where the broker takes so many."""
SNAPSHOT_SIDE_PX = 1280


@dataclass(slots=True)
class Scene:
    """What a camera shows: frame is None before the first, and while the owner wants no pictures."""

    frame: Frame | None = None
    is_online: bool = False
    reason: str | None = None
    """Why no frames come: a sentence; None where they do, and while the camera is being opened."""
    hint: str | None = None
    """What of the configuration would help the camera: a sentence."""


def snapshot(scenes: Mapping[str, Scene], camera: str | None, detector: Detector, *, is_marked: bool, most_bytes: int) -> SnapshotAnswer:
    """The newest frame of a camera, None being the only one, as a JPEG of at most so many bytes.

    Raises:
        CameraNotNamed: no such camera.
        NoFrame: it gives no frames.
    """
    name = next(iter(scenes), "") if camera is None and len(scenes) == 1 else camera
    if name is None or name not in scenes:
        raise CameraNotNamed(scenes)
    frame = _newest(name, scenes[name])
    height, width = frame.pixels.shape[:2]
    faces = detector.detect(frame.pixels) if is_marked else None
    pixels = frame.pixels if faces is None else marked(frame.pixels, (face.box for face in faces))
    jpeg = encode_jpeg(pixels, most_bytes=most_bytes, longest_side=SNAPSHOT_SIDE_PX)
    return SnapshotAnswer(name, frame.captured_at, (width, height), None if faces is None else len(faces), jpeg)


def _newest(camera: str, scene: Scene) -> Frame:
    if not scene.is_online:
        raise NoFrame(camera, f"gives no pictures: {scene.reason or 'it is being opened.'}")
    if scene.frame is None:
        raise NoFrame(camera, "has not yet given a picture; ask again in a second.")
    return scene.frame
