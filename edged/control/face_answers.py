"""What every answer says of the faces of a picture: which are told, where each is, and how good the view.

What else is asked of a face is not known here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from edged.errors import PicturesOff
from edged.interface import pictures as wire
from edged.vision.pictures import open_sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.pipeline.shared_state import SharedState
    from edged.system.beside import Beside, Turns
    from edged.types import Detection, Quality
    from edged.vision.faces import FaceReader
    from edged.vision.pictures import SentPicture

MOST_FACES = 20
"""Faces of one picture that are read, the largest: each takes tens of milliseconds on a small device, during which no camera is watched."""
FaceT = TypeVar("FaceT", bound=wire.FaceAnswer)


def each_face(
    reader: FaceReader, picture: SentPicture, answer: Callable[[SentPicture, Detection], FaceT]
) -> Turns[tuple[tuple[int, int], tuple[FaceT, ...], int]]:
    """The picture's width and height, the answer for each of its largest faces, and how many others there are."""
    found = reader.detect(picture.pixels)
    answers: list[FaceT] = []
    for face in found[:MOST_FACES]:
        yield None
        answers.append(answer(picture, face))
    return picture.size, tuple(answers), max(0, len(found) - MOST_FACES)


def opened(beside: Beside, image: bytes) -> Turns[SentPicture]:
    """A picture decoded; a large one takes half a second, without Python's lock."""
    return (yield from beside.submit(partial(open_sent, image)).in_turns())


def face_answer(detection: Detection, quality: Quality) -> wire.FaceAnswer:
    """What all answers say of a face; its reason is why the view is too poor."""
    box, pose, landmarks = detection.box, quality.pose, detection.landmarks
    points: list[tuple[float, float]] = landmarks.points_xy.tolist()
    return wire.FaceAnswer(
        box=(round(box.x1), round(box.y1), round(box.x2), round(box.y2)),
        score=detection.score,
        quality=quality.score,
        reason=quality.reason,
        pose=wire.PoseAnswer(pose.yaw_degrees, pose.pitch_degrees, pose.roll_degrees) if pose else None,
        landmarks={name: (x, y) for name, (x, y) in zip(landmarks.names, points, strict=True)},
    )


def refuse_pictures(shared: SharedState) -> None:
    """Refuse a request for a picture where the owner wants none.

    Raises:
        PicturesOff: the setting `pictures` is off.
    """
    if not shared.rules.pictures:
        raise PicturesOff
