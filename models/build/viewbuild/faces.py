"""The faces of distorted pictures as the product reads them: embeddings, what the lines are drawn through, and the gate's answer.

It knows the development data's folders and the product's reader, and nothing of lines.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from edged.errors import PictureError
from edged.tracking.verdict import STRANGER_QUALITY
from edged.types import Reason
from edged.vision.pictures import read_picture
from edged.vision.quality import QualityLimits
from edged.vision.typical_view import features
from viewbuild.distortions import Shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edged.types import Detection, Float32Array, Uint8Array
    from edged.vision.faces import FaceReader
    from viewbuild.distortions import Distortion

    BoolArray = NDArray[np.bool_]

SEED = 7
LEFT_OUT = "bolly"
"""Part of a group's name of world_dev whose pictures are too small to be made worse: 64 pixels."""
STEP = 5
"""Frames of a clip from one that is looked at to the next: neighbours show the same."""
LIMITS = QualityLimits(min_face_px=1.0)
"""Size is no reason here: the faces of these sets are as large as somebody happened to cut them."""


class Picture(NamedTuple):
    """A file, and who it shows."""

    person: str
    path: Path


class Plain(NamedTuple):
    """An untouched picture and its face."""

    picture: Picture
    pixels: Uint8Array
    face: Detection


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """A row for each picture; found says where a face was found, and is_clear where the gate lets it vote.

    turned says where the face was seen not to be upright. embeddings (n, d) are those of looks, 0 where no face was found;
    features (n, k) are what the lines are drawn through. The mirror_… are the same of single pictures, which are embedded
    together with their mirror image.
    """

    found: BoolArray
    is_clear: BoolArray
    turned: BoolArray
    embeddings: Float32Array
    features: Float32Array
    mirror_embeddings: Float32Array
    mirror_features: Float32Array


def pictures(data: Path, people: int) -> tuple[list[Picture], list[Picture]]:
    """One picture each of so many people of LFW View 1 and of world_dev, half of either; and another each of those who have one."""
    lfw = _by_person(data / "lfw_view1" / "images", "")
    world = _by_person(data / "world_dev", LEFT_OUT)
    chance = random.Random(SEED)  # noqa: S311 - a draw of pictures, not of keys
    chosen = [*_draw(lfw, people // 2, chance), *_draw(world, people - people // 2, chance)]
    return [first[0] for first in chosen], [first[1] for first in chosen if len(first) > 1]


def _by_person(folder: Path, left_out: str) -> list[list[Picture]]:
    people: dict[str, list[Picture]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not (left_out and left_out in str(path.parent)):
            people.setdefault(str(path.parent), []).append(Picture(str(path.parent), path))
    return list(people.values())


def _draw(people: list[list[Picture]], count: int, chance: random.Random) -> list[list[Picture]]:
    """People drawn at random, those with two pictures and more first; of each two pictures."""
    mixed = chance.sample(people, len(people))
    mixed.sort(key=lambda files: len(files) < 2)  # noqa: PLR2004 - a pair
    return [chance.sample(files, min(2, len(files))) for files in mixed[:count]]


def read_plain(reader: FaceReader, files: Sequence[Picture]) -> list[Plain]:
    """The pictures in which a face is found.

    Raises:
        SystemExit: there is none.
    """
    found = []
    for file in files:
        try:
            pixels = read_picture(file.path)
        except PictureError:
            continue
        if faces := reader.detect(pixels):
            found.append(Plain(file, pixels, faces[0]))
    if not found:
        raise SystemExit("There is no picture with a face: the development data (lfw_view1, world_dev) must lie below DATA.")
    return found


def read_distorted(reader: FaceReader, plain: Sequence[Plain], name: str, distort: Distortion) -> Faces:
    """Every picture after a distortion; the largest face counts."""
    rows, size = len(plain), reader.embedding_card.dimensions
    width = len(features(reader.embedder.embed(reader.view(plain[0].pixels, plain[0].face, LIMITS).aligned), plain[0].face))
    flags = np.zeros((3, rows), dtype=bool)
    vectors, lines = np.zeros((2, rows, size), dtype=np.float32), np.zeros((2, rows, width), dtype=np.float32)
    for row, one in enumerate(plain):
        pixels = distort(_shown(one, name))
        if not (faces := reader.detect(pixels)):
            continue
        face = faces[0]
        view = reader.view(pixels, face, LIMITS, turn=True)
        look, both = reader.embedder.embed(view.aligned), reader.embedder.embed_with_mirror(view.aligned)
        is_turned = view.quality.reason is Reason.NOT_UPRIGHT
        flags[:, row] = True, view.quality.reason is None or is_turned, is_turned
        vectors[:, row] = look.vector, both.vector
        lines[:, row] = features(look, face), features(both, face)
    return Faces(flags[0], flags[1], flags[2], vectors[0], lines[0], vectors[1], lines[1])


def read_clips(reader: FaceReader, data: Path) -> Float32Array:
    """What the lines are drawn through, (n, k), of the good looks at people before real cameras; nobody needs to know who they are."""
    clips = [*sorted((data / "video").glob("*.mp4")), *sorted((data / "video" / "turning").glob("*.mp4"))]
    live = sorted((data / "nuaa_dev" / "live").rglob("*.jpg"))[:: STEP * STEP]
    frames = chain((frame for clip in clips for frame in _frames(clip)), (read_picture(path) for path in live))
    rows = [row for pixels in frames for row in _good_looks(reader, pixels)]
    return np.array(rows, dtype=np.float32)


def _frames(clip: Path) -> Iterator[Uint8Array]:
    capture = cv2.VideoCapture(str(clip))
    for number in count():
        is_there, pixels = capture.read()
        if not is_there:
            return
        if number % STEP == 0:
            yield np.asarray(pixels, dtype=np.uint8)


def _good_looks(reader: FaceReader, pixels: Uint8Array) -> Iterator[Float32Array]:
    for face in reader.detect(pixels):
        view = reader.view(pixels, face, QualityLimits())
        if view.quality.reason is None and view.quality.score >= STRANGER_QUALITY:
            yield features(reader.embedder.embed(view.aligned), face)


def _shown(one: Plain, name: str) -> Shown:
    box = one.face.box
    chance = np.random.default_rng(zlib.crc32(f"{name} {one.picture.path.name}".encode()))
    return Shown(one.pixels, (box.x1, box.y1, box.x2, box.y2), one.face.landmarks.points_xy, chance)
