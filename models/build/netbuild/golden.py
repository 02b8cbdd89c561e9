"""Writes the known answer for one portrait, and shows that wrong set-ups miss it.

It knows the form of `golden.toml`, and nothing of calibration.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from netbuild import golden_attributes as attributes
from netbuild.align import LANDMARKS, align
from netbuild.cards import Section, write_card
from netbuild.detect import overlaps
from netbuild.truth import read_picture

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from netbuild.attributes import Networks
    from netbuild.detect import Detector
    from netbuild.runtime import Network

    FloatArray = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

PICTURE = "astronaut.jpg"
SMALL_SIDE = 80
TOLERANCE = {"score": 0.1, "box_iou": 0.75, "landmark_px": 10.0, "small_score": 0.35, "cosine": 0.99} | attributes.TOLERANCE
"""Between what correct int8 files give and what every mistake that was tried gives: see models/golden/README.md."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The best face of a picture: score, (4,) box, (5, 2) landmarks, its score when small, unit embeddings by network."""

    score: float
    box_xyxy: FloatArray
    landmarks: FloatArray
    small_score: float
    embeddings: Mapping[str, FloatArray]


def answer(
    picture: Pixels, detector: Detector, embedders: Mapping[str, Network], landmarks: FloatArray | None = None, *, swapped: str = ""
) -> Answer:
    """What the networks say of a (height, width, 3) BGR picture.

    Args:
        picture: the portrait.
        detector: a detection file.
        embedders: embedding files by the names of their networks.
        landmarks: (5, 2) points to align on; without them, the ones found.
        swapped: a mistake to make: "detector" or "embedder" with the wrong colour order, "landmarks" with left for right.
    """
    seen = np.ascontiguousarray(picture[..., ::-1]) if swapped == "detector" else picture
    faces = detector.detect(seen, _LEAST_SCORE)
    found = faces.landmarks[0]
    points = found if landmarks is None else landmarks
    if swapped == "landmarks":
        found, points = found[_MIRRORED], points[_MIRRORED]
    face = align(picture, points)
    face = np.ascontiguousarray(face[..., ::-1]) if swapped == "embedder" else face
    vectors = {name: embedder.run(face)[0][0] for name, embedder in embedders.items()}
    units = {name: vector / np.linalg.norm(vector) for name, vector in vectors.items()}
    return Answer(float(faces.scores[0]), faces.boxes_xyxy[0], found, _small_score(seen, detector), units)


def _small_score(picture: Pixels, detector: Detector) -> float:
    """The best score for the picture in `SMALL_SIDE` pixels: only small faces need the right colours to be found."""
    width, height = detector.network.size
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[:SMALL_SIDE, :SMALL_SIDE] = cv2.resize(picture, (SMALL_SIDE, SMALL_SIDE), interpolation=cv2.INTER_AREA)
    scores = detector.detect(canvas, _LEAST_SCORE).scores
    return float(scores[0]) if len(scores) else 0.0


def compare(found: Answer, known: Answer) -> dict[str, float]:
    """How far an answer is from the known one, in the terms of the tolerances."""
    return {
        "score": abs(found.score - known.score),
        "box_iou": float(overlaps(known.box_xyxy, found.box_xyxy[None])[0]),
        "landmark_px": float(np.linalg.norm(found.landmarks - known.landmarks, axis=1).max()),
        "small_score": abs(found.small_score - known.small_score),
    } | {f"cosine of {name}": float(vector @ known.embeddings[name]) for name, vector in found.embeddings.items()}


def write_golden(folder: Path, detector: Detector, embedders: Mapping[str, Network], networks: Networks) -> Answer:
    """Writes `golden.toml` beside the portrait from float networks, and returns the known answer of detector and embedders."""
    path = folder / PICTURE
    picture = read_picture(path)
    known = answer(picture, detector, embedders)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    points = {name: _rounded(point, 2) for name, point in zip(LANDMARKS, known.landmarks, strict=True)}
    sections = [
        Section("[picture]", {"name": path.name, "sha256": digest}),
        Section("[detection]", {"score": round(known.score, 4), "box_xyxy": _rounded(known.box_xyxy, 2)}, _DETECTION),
        Section("[detection.landmarks]", points),
        Section("[small]", {"side_px": SMALL_SIDE, "score": round(known.small_score, 4)}, _SMALL),
        Section("[embedding]", {name: _rounded(vector, 5) for name, vector in known.embeddings.items()}, _EMBEDDING),
        *attributes.sections(attributes.answer(picture, known.landmarks, networks)),
        Section("[tolerance]", TOLERANCE, _TOLERANCE),
    ]
    write_card(folder / "golden.toml", sections)
    return known


def _rounded(values: FloatArray, digits: int) -> list[float]:
    return [round(float(value), digits) for value in values]


_LEAST_SCORE = 0.03
_MIRRORED = [1, 0, 2, 4, 3]
_DETECTION = "The one face, from the float networks at 640×480. Pixels of the picture."
_SMALL = (
    "The best score when the picture, reduced to side_px × side_px with area interpolation, lies in the top left corner of the\n"
    "black network input, at any input size. A large face is found in any colours; this small one needs the right order."
)
_EMBEDDING = "By network, unit length, of the face aligned on the landmarks above, not the found ones: bilinear, black outside the picture."
_TOLERANCE = (
    "score, small_score, landmark_px: largest difference (landmark_px: of any of the five points).\n"
    "box_iou, cosine: least overlap with the box, least cosine with the embedding.\n"
    "emotion (any of the probabilities), age_years, female: largest difference of what is told of the changed portrait."
)
