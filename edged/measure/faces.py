"""Measuring the product on folders of pictures, through its whole path: embeddings, verification, detection.

Here pictures meet the networks and the protocols.
"""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from edged.errors import LabelsError, PictureError
from edged.evaluation.detection import DetectionFigures, PrecisionCurve, ScoredPicture, average_precision, precision_curve
from edged.evaluation.verification import Verification, verify
from edged.types import Box, Float32Array
from edged.vision.pictures import read_picture
from edged.vision.quality import QualityLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from edged.evaluation.detection import LabelledPicture
    from edged.evaluation.verification import PicturePair
    from edged.types import Uint8Array
    from edged.vision.detector import Detector
    from edged.vision.faces import FaceReader

    Track: TypeAlias = Callable[[list[Path]], Iterable[Path]]
    """What gives pictures one by one, and may count them."""

NO_FACE = "In {path} no face was found."
NOT_A_FACE = -1.0
"""The similarity of a pair one of whose pictures shows no face to us: the least there is, so that it is refused."""


@dataclass(frozen=True, slots=True, eq=False)
class Represented:
    """The largest face, or all faces, of each picture; of the largest alone a row of NaN where there is none, or no picture.

    embeddings (n, d) float32 of unit length, boxes_xyxy (n, 4) and scores (n,) float32; names says of each row which picture it is of,
    problems what is missing, in sentences.
    """

    embeddings: Float32Array
    boxes_xyxy: Float32Array
    scores: Float32Array
    names: tuple[str, ...]
    problems: list[str]


def represent(reader: FaceReader, paths: Iterable[Path], *, all_faces: bool = False) -> Represented:
    """Embed the largest face of each picture, or all of them, the largest first."""
    dimensions = reader.embedding_card.dimensions
    nothing = np.full(dimensions + 5, np.nan, dtype=np.float32)
    rows: list[Float32Array] = []
    names: list[str] = []
    problems = []
    for path in paths:
        try:
            faces = _rows(reader, read_picture(path), all_faces=all_faces)
            problems += [] if faces else [NO_FACE.format(path=path)]
        except PictureError as error:
            problems.append(str(error))
            faces = []
        rows += faces or ([] if all_faces else [nothing])
        names += [str(path)] * (len(rows) - len(names))
    table = np.array(rows, dtype=np.float32).reshape(-1, dimensions + 5)
    return Represented(table[:, :dimensions], table[:, dimensions:-1], table[:, -1], tuple(names), problems)


def _rows(reader: FaceReader, pixels: Uint8Array, *, all_faces: bool) -> list[Float32Array]:
    """The embedding, box and score of the faces of a picture, one row each."""
    found = reader.detect(pixels)[: None if all_faces else 1]
    faces = [reader.read(pixels, detection, QualityLimits()) for detection in found]
    boxes = [face.detection.box for face in faces]
    return [
        np.array([*face.embedding.vector, box.x1, box.y1, box.x2, box.y2, face.detection.score], dtype=np.float32)
        for face, box in zip(faces, boxes, strict=True)
    ]


def check_output(path: Path) -> None:
    """Check beforehand that a file can be written.

    Raises:
        PictureError: it could not be.
    """
    # By the rights that are in effect: the others leave out those by which a folder is entered that is closed to the service's user.
    is_there = os.access(path, os.F_OK, effective_ids=True)
    place = path if is_there else path.parent
    if not os.access(place, os.W_OK, effective_ids=True) or place.is_dir() is is_there:
        raise PictureError(f"{path} cannot be written; name a file in a folder that is there and may be written to.")


def save(done: Represented, path: Path) -> None:
    """Write the arrays `embeddings`, `names`, `boxes_xyxy` and `scores` as a NumPy archive.

    Raises:
        PictureError: the file cannot be written.
    """
    try:
        with path.open("wb") as file:
            np.savez(file, embeddings=done.embeddings, names=np.array(done.names), boxes_xyxy=done.boxes_xyxy, scores=done.scores)
    except OSError as error:
        raise PictureError(f"{path} cannot be written: {error.strerror}; name another file.") from error


@dataclass(frozen=True, slots=True)
class MeasuredVerification(Verification):
    """Verification figures, how many pictures showed no face, and the median milliseconds of a picture."""

    without_face: int
    milliseconds: float


@dataclass(frozen=True, slots=True, eq=False)
class ComparedPairs:
    """The similarity of each pair (N,), and whether it shows one person (N,)."""

    similarities: npt.NDArray[np.float64]
    same: npt.NDArray[np.bool_]


def measure_verification(
    reader: FaceReader, images: Path, pairs: Sequence[PicturePair], report: Callable[[str], None], track: Track = iter
) -> tuple[MeasuredVerification, ComparedPairs]:
    """Run LFW's protocol from the untouched pictures on; the figures, and what they are of.

    The person meant is the one in the middle: LFW's pictures are cut around a face that a detector found, and a fifth of
    them show others as well, some of them larger.

    Args:
        reader: the networks.
        images: a folder with `NAME/NAME_0001.jpg`, or with the pictures that a CSV names.
        pairs: as read_pairs() gives them.
        report: is given a sentence for every picture that shows no face.
        track: gives the pictures one by one, and may count them.

    Raises: as read_picture().
    """
    vectors: dict[Path, Float32Array | None] = {}
    seconds = []
    for path in track(pictures_of(pairs, images)):
        pixels = read_picture(path)
        started = time.perf_counter()
        face = reader.central(pixels)
        seconds.append(time.perf_counter() - started)
        vectors[path] = face.embedding.vector if face else None
        if face is None:
            report(NO_FACE.format(path=path))
    similarities = np.array([_similarity(vectors[images / pair.first], vectors[images / pair.second]) for pair in pairs])
    same = np.array([pair.same for pair in pairs])
    figures = verify(similarities, same, np.array([pair.fold for pair in pairs]))
    without = sum(vector is None for vector in vectors.values())
    measured = MeasuredVerification(**asdict(figures), without_face=without, milliseconds=median(seconds) * 1000)
    return measured, ComparedPairs(similarities, same)


def pictures_of(pairs: Sequence[PicturePair], images: Path) -> list[Path]:
    """The pictures that pairs are of, each once."""
    return sorted({images / picture for pair in pairs for picture in (pair.first, pair.second)})


def measure_detection(
    detector: Detector, images: Path, boxes: Mapping[str, LabelledPicture], min_face_px: float, track: Track = iter
) -> tuple[DetectionFigures, PrecisionCurve]:
    """Measure the average precision of a detector, whose score threshold should be low, on pictures with boxes; and what it is of.

    Raises:
        LabelsError: there is no face to be found.
        PictureError: a picture is missing or damaged.
    """
    pictures = []
    for path, labelled in zip(track([images / name for name in boxes]), boxes.values(), strict=True):
        found = detector.detect(read_picture(path))
        pictures.append(ScoredPicture([(face.box, face.score) for face in found], [Box(*box) for box in labelled.boxes_xyxy]))
    curve = precision_curve(pictures, min_face_px)
    if not curve.faces:
        raise LabelsError(f"The boxes have no face of at least {min_face_px:g} px, so nothing can be measured; see --min-face-px.")
    return average_precision(curve), curve


def _similarity(first: Float32Array | None, second: Float32Array | None) -> float:
    return NOT_A_FACE if first is None or second is None else float(first @ second)
