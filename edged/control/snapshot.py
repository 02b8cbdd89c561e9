"""Snapshots: the newest frame of a camera as a picture that can be sent.

Knows scenes and JPEG; who is seen in them is not known here.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from edged.errors import CommandError
from edged.system.times import rfc3339
from edged.vision.crops import encode_jpeg, marked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.interface.commands import Json
    from edged.pipeline.scene import Scene
    from edged.types import Frame
    from edged.vision.detector import Detector

SNAPSHOT_BYTES = 200_000
SNAPSHOT_SIDE_PX = 1280


def snapshot(scenes: Mapping[str, Scene], camera: str | None, detector: Detector, *, is_marked: bool) -> dict[str, Json]:
    """The newest frame of a camera, None being the only one, as a JPEG of at most SNAPSHOT_BYTES in base64.

    Raises:
        CommandError: no such camera, or it gives no frames.
    """
    name = next(iter(scenes), "") if camera is None and len(scenes) == 1 else camera
    if name is None or name not in scenes:
        raise CommandError("no_camera", f"Name one of the cameras: {', '.join(scenes)}.")
    frame = _newest(name, scenes[name])
    height, width = frame.pixels.shape[:2]
    faces = detector.detect(frame.pixels) if is_marked else None
    pixels = frame.pixels if faces is None else marked(frame.pixels, (face.box for face in faces))
    jpeg = encode_jpeg(pixels, most_bytes=SNAPSHOT_BYTES, longest_side=SNAPSHOT_SIDE_PX)
    return {
        "camera": name,
        "frame_at": rfc3339(frame.captured_at),
        "frame_size": [width, height],
        "faces": None if faces is None else len(faces),
        "image": base64.b64encode(jpeg).decode(),
    }


def _newest(camera: str, scene: Scene) -> Frame:
    if not scene.is_online:
        raise CommandError("no_frame", f"Camera {camera!r} gives no pictures: {scene.reason or 'it is being opened.'}")
    if scene.frame is None:
        raise CommandError("no_frame", f"Camera {camera!r} has not yet given a picture; ask again in a second.")
    return scene.frame
