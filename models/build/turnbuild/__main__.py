"""The command: `python -m turnbuild DATA` fits the gains of the face mesh's pose, and measures the pose on heads of other people.

Run it with the product's own environment and `PYTHONPATH=.:models/build`. People of LFW's pairsDevTrain fit, people of pairsDevTest try;
nobody is in both. It prints, and writes nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edged.vision.detection_card import DetectionCard
from edged.vision.detector import Detector
from edged.vision.mesh import MeshCard, MeshReader
from edged.vision.pictures import read_picture
from turnbuild.rendered import SIDE, rendered

if TYPE_CHECKING:
    from numpy.typing import NDArray

YAWS = (-40, -30, -20, -10, 10, 20, 30, 40)
PITCHES = (-20, -10, 10, 20)
TURNS = ((0, 0), *((yaw, 0) for yaw in YAWS), *((0, pitch) for pitch in PITCHES))
PEOPLE = 60
LIMIT = 5.0
"""Degrees within which a pose shall be."""


def main() -> None:
    """Read the arguments, measure both halves and print."""
    parser = argparse.ArgumentParser(prog="turnbuild", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with the development data")
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder with the networks")
    parser.add_argument("--people", type=int, default=PEOPLE, help="so many to fit, and so many others to try (default: %(default)s)")
    arguments = parser.parse_args()
    card = MeshCard.read(arguments.models / "landmarks_mesh")
    reader = MeshReader(card)
    detector = Detector(DetectionCard.read(arguments.models / "detection_yunet"))
    gains = np.array([card.mean_face.yaw_gain, card.mean_face.pitch_gain])
    taught, tried = (_measure(reader, detector, paths) / gains for paths in _pictures(arguments.data / "lfw_view1", arguments.people))
    fitted = np.array([_gain(taught, YAWS, 0), _gain(taught, PITCHES, 1)])
    print(f"{len(taught)} people fit, {len(tried)} others try. yaw_gain {fitted[0]:.3f}, pitch_gain {fitted[1]:.3f}; on the card {gains}")
    print(
        "turn (yaw, pitch): median told; error with the card's gains: median, 95th percentile, within 5 degrees; median with those fitted"
    )
    for number, turn in enumerate(TURNS[1:], start=1):
        print(_line(turn, tried[:, number], gains, fitted))


def _pictures(lfw: Path, people: int) -> tuple[list[Path], list[Path]]:
    """The first picture of people evenly drawn from both lists."""
    taught, tried = (_names(lfw / f"pairsDev{part}.txt") for part in ("Train", "Test"))
    lists = [sorted(taught - tried), sorted(tried - taught)]
    drawn = [[names[place * len(names) // people] for place in range(people)] for names in lists]
    first, second = ([next(iter(sorted((lfw / "images" / name).iterdir()))) for name in names] for names in drawn)
    return first, second


def _names(pairs: Path) -> set[str]:
    if not pairs.is_file():
        raise SystemExit(f"There is no {pairs}: DATA must be the folder with the development data.")
    rows = [line.split("\t") for line in pairs.read_text(encoding="utf-8").splitlines()[1:]]
    return {name for row in rows for name in row if not name.strip().isdigit()}


def _measure(reader: MeshReader, detector: Detector, paths: list[Path]) -> NDArray[np.float64]:
    """Yaw and pitch told of each head by turn, less those of the same head rendered as it is: (heads, turns, 2) degrees."""
    heads = []
    for path in paths:
        pixels = read_picture(path)
        found = detector.detect(pixels)
        mesh = reader.read(pixels, found[0].box) if found else None
        if mesh is None:
            continue
        meshes = [reader.read(*rendered(pixels, mesh, *turn)) for turn in TURNS]
        poses = [reader.pose(one, (SIDE, SIDE)) if one else None for one in meshes]
        heads.append([(pose.yaw_degrees, pose.pitch_degrees) if pose else (np.nan, np.nan) for pose in poses])
    told = np.array(heads)
    return np.asarray(told - told[:, :1])


def _gain(told: NDArray[np.float64], turns: tuple[int, ...], axis: int) -> float:
    """True degrees for each degree told: the median over turns of what the median head would need."""
    needed = [turn / np.nanmedian(told[:, _place(turn, axis), axis]) for turn in turns]
    return float(np.median(needed))


def _place(turn: int, axis: int) -> int:
    return TURNS.index((turn, 0) if axis == 0 else (0, turn))


def _line(turn: tuple[int, int], told: NDArray[np.float64], gains: NDArray[np.float64], fitted: NDArray[np.float64]) -> str:
    axis = 0 if turn[0] else 1
    errors = np.abs(told * gains - turn)[:, axis]
    within = np.nanmean(errors <= LIMIT)
    figures = f"{np.nanmedian(errors):4.1f}  {np.nanpercentile(errors, 95):4.1f}  {within:4.0%}"
    return f"{turn!s:>9}: {np.nanmedian(told[:, axis]):6.1f}; {figures}; {np.nanmedian(told[:, axis]) * fitted[axis]:6.1f}"


if __name__ == "__main__":
    main()
