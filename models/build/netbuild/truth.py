"""Reads the development sets: pictures with boxes, and pairs of one face each.

It knows their folders and file forms, and nothing of networks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A picture file with the (n, 4) boxes of its faces, x1 y1 x2 y2 in pixels."""

    path: Path
    boxes_xyxy: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two picture files and whether they show the same person."""

    first: Path
    second: Path
    same: bool


def read_boxes(folder: Path) -> list[Labelled]:
    """Every picture of a set with `boxes.json`, in the order of its name."""
    entries = json.loads((folder / "boxes.json").read_text())
    return [
        Labelled(folder / "images" / name, np.array(entry["boxes_xyxy"], np.float32).reshape(-1, 4))
        for name, entry in sorted(entries.items())
    ]


def read_pairs(folder: Path, name: str) -> list[Pair]:
    """The pairs of one of LFW's `pairs….txt` files: three fields a genuine pair, four an impostor pair."""
    pairs = []
    for line in (folder / name).read_text().splitlines()[1:]:
        fields = line.split("\t")
        other = fields[0] if len(fields) == 3 else fields[2]  # noqa: PLR2004
        files = [_lfw(folder, person, number) for person, number in ((fields[0], fields[1]), (other, fields[-1]))]
        pairs.append(Pair(files[0], files[1], same=len(fields) == 3))  # noqa: PLR2004
    return pairs


def read_picture(path: Path) -> Pixels:
    """A picture as (height, width, 3) uint8 BGR."""
    picture = cv2.imread(str(path))
    if picture is None:
        msg = f"{path} is not a picture"
        raise ValueError(msg)
    return picture.astype(np.uint8, copy=False)


def _lfw(folder: Path, person: str, number: str) -> Path:
    return folder / "images" / person / f"{person}_{int(number):04d}.jpg"
