"""Verification of pairs: from similarities of genuine and impostor pairs to accuracy, thresholds and TAR at FAR.

It knows the LFW pair files and the protocol of Huang et al., "Labeled Faces in the Wild" (2007), and not how a similarity
was made.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edged.errors import LabelsError
from edged.system.text import decoded

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

FOLDS = 10
LFW_NAME = "{name}/{name}_{number:04d}.jpg"
"""Where LFW has a picture of a person."""
COLUMNS = ["a", "b", "same"]
"""First line of a CSV of pairs."""
SEPARATORS = ",;\t"
"""What stands between the columns: spreadsheets of many languages write semicolons, and text in UTF-16 with tabs."""
SAME = {"1": True, "true": True, "yes": True, "same": True, "0": False, "false": False, "no": False, "different": False}
"""Ways in which its last column is written."""
FAR_TARGETS = {"1e-2": 1e-2, "1e-3": 1e-3}


@dataclass(frozen=True, slots=True)
class PicturePair:
    """Two pictures by their places in the folder of pictures, whether they show one person, and the fold they belong to."""

    first: str
    second: str
    same: bool
    fold: int


@dataclass(frozen=True, slots=True)
class Verification:
    """How well similarities part pairs: accuracy is the mean over folds, each judged by the threshold that is best on the others.

    deviation is the standard deviation over the folds; threshold the mean of those used; tar_at_far the genuine pairs
    accepted at the least threshold whose share of accepted impostor pairs is at most the key.
    """

    accuracy: float
    deviation: float
    threshold: float
    tar_at_far: dict[str, float]
    pairs: int


def read_pairs(path: Path) -> list[PicturePair]:
    """Read a list of pairs: a CSV whose first line is `a,b,same` (or with semicolons, or tabs), in any numbers, or a file of LFW's forms.

    Those are `folds<TAB>n` or `n` in the first line, then n same and n other pairs for each fold. A file of one set, as a CSV or
    `pairsDevTest.txt` is, is dealt out to ten folds, each with its share of same and of other pairs.

    Raises:
        LabelsError: not such a file, or without pairs of either kind.
    """
    try:
        lines = decoded(path.read_bytes()).splitlines()
    except OSError as error:
        raise LabelsError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise LabelsError(f"{path} is not a list of pairs: it is no text in UTF-8.") from error
    separator = next((mark for mark in SEPARATORS if lines and _fields(lines[0], mark) == COLUMNS), None)
    return _of_table(path, lines, separator) if separator else _of_lfw(path, [line.split("\t") for line in lines if line.strip()])


def _of_lfw(path: Path, lines: list[list[str]]) -> list[PicturePair]:
    try:
        header = [int(number) for number in lines[0]]
        folds, each = header if len(header) == 2 else (1, header[0])  # noqa: PLR2004 - folds and pairs
        pairs = [_pair(fields, number // (2 * each)) for number, fields in enumerate(lines[1:])]
    except (ValueError, IndexError, ZeroDivisionError) as error:
        raise LabelsError(
            f"{path} is not a list of pairs: neither a CSV with the columns {','.join(COLUMNS)} nor in LFW's form (pairs.txt, "
            "pairsDevTest.txt), with tabs between the fields."
        ) from error
    same = sum(pair.same for pair in pairs)
    if not pairs or (same, len(pairs)) != (folds * each, 2 * folds * each):
        announced = f"{folds * each} pairs of one person and as many of two"
        raise LabelsError(f"{path} announces {announced}, and has {same} and {len(pairs) - same}; a CSV may have unequal numbers.")
    return pairs if folds > 1 else _dealt(pairs)


def _fields(line: str, separator: str) -> list[str]:
    return [name.strip(' "').lower() for name in line.split(separator)]


def _of_table(path: Path, lines: list[str], separator: str) -> list[PicturePair]:
    pairs = []
    for number, row in enumerate(csv.reader(lines, delimiter=separator), start=1):
        if number == 1 or not row:
            continue
        said = SAME.get(row[-1].strip().lower())
        if len(row) != len(COLUMNS) or said is None:
            raise LabelsError(f"Line {number} of {path} is no pair: two pictures and whether they show the same person, 1 or 0.")
        pairs.append(PicturePair(row[0].strip(), row[1].strip(), same=said, fold=0))
    if len({pair.same for pair in pairs}) < 2:  # noqa: PLR2004 - same and not
        raise LabelsError(f"{path} needs pairs of one person and pairs of two.")
    return _dealt(pairs)


def _pair(fields: list[str], fold: int) -> PicturePair:
    match fields:
        case [name, first, second]:
            return PicturePair(_picture(name, first), _picture(name, second), same=True, fold=fold)
        case [name, first, other, second]:
            return PicturePair(_picture(name, first), _picture(other, second), same=False, fold=fold)
    raise ValueError("a pair has three or four fields")


def _picture(name: str, number: str) -> str:
    return LFW_NAME.format(name=name, number=int(number))


def _dealt(pairs: list[PicturePair]) -> list[PicturePair]:
    """Deal pairs out to folds, each with its share of either kind; of fewer than FOLDS of a kind some folds have none."""
    dealt = []
    for same in (True, False):
        chosen = [pair for pair in pairs if pair.same is same]
        dealt += [PicturePair(pair.first, pair.second, same, row * FOLDS // len(chosen)) for row, pair in enumerate(chosen)]
    return dealt


@dataclass(frozen=True, slots=True)
class ErrorCurve:
    """At each threshold, rising: the shares of impostor pairs accepted (FMR) and of genuine pairs refused (FNMR)."""

    thresholds: tuple[float, ...]
    fmr: tuple[float, ...]
    fnmr: tuple[float, ...]


def error_curve(similarities: Floats, same: Bools) -> ErrorCurve:
    """Give both errors at every similarity (N,) that there is as the threshold, and just above the highest."""
    thresholds = np.append(np.unique(similarities), np.nextafter(similarities.max(), np.inf))
    genuine, impostors = np.sort(similarities[same]), np.sort(similarities[~same])
    fmr = (len(impostors) - np.searchsorted(impostors, thresholds, side="left")) / max(len(impostors), 1)
    fnmr = np.searchsorted(genuine, thresholds, side="left") / max(len(genuine), 1)
    return ErrorCurve(tuple(thresholds.tolist()), tuple(fmr.tolist()), tuple(fnmr.tolist()))


def verify(similarities: Floats, same: Bools, folds: npt.NDArray[np.int64]) -> Verification:
    """Judge similarities (N,) of pairs that show the same person or not (N,), by folds (N,).

    Where there is one fold only it is judged by its own best threshold, which flatters it.
    """
    accuracies, thresholds = [], []
    for fold in np.unique(folds):
        held_out = folds == fold
        others = held_out if held_out.all() else ~held_out
        threshold = best_threshold(similarities[others], same[others])
        thresholds.append(threshold)
        accuracies.append(np.mean((similarities[held_out] >= threshold) == same[held_out]))
    return Verification(
        accuracy=float(np.mean(accuracies)),
        deviation=float(np.std(accuracies)),
        threshold=float(np.mean(thresholds)),
        tar_at_far={name: tar_at_far(similarities, same, far) for name, far in FAR_TARGETS.items()},
        pairs=len(similarities),
    )


def best_threshold(similarities: Floats, same: Bools) -> float:
    """Find the threshold with the most right decisions; where a range or several do equally well, the mean of all of them."""
    order = np.argsort(similarities)
    values = similarities[order]
    # Accepting from row i on: genuine pairs from there on are right, and impostor pairs before it.
    right = np.concatenate([[0], np.cumsum(~same[order])]) + same.sum() - np.concatenate([[0], np.cumsum(same[order])])
    # Any threshold between two neighbouring values does the same; beyond the outermost they are no better than they.
    low, high = np.concatenate([[values[0]], values]), np.concatenate([values, [values[-1]]])
    best = right == right.max()
    widths = np.maximum((high - low)[best], np.finfo(np.float64).tiny)
    return float(np.average(((low + high) / 2)[best], weights=widths))


def threshold_at_far(impostors: Floats, far: float) -> float:
    """Find the least threshold at which at most this share of impostor similarities is accepted (>=)."""
    ordered = np.sort(impostors)[::-1]
    allowed = int(far * len(ordered))
    if allowed >= len(ordered):
        return -np.inf
    return float(np.nextafter(ordered[allowed], np.inf))


def tar_at_far(similarities: Floats, same: Bools, far: float) -> float:
    """Give the share of genuine pairs accepted where at most this share of impostor pairs is."""
    return float(np.mean(similarities[same] >= threshold_at_far(similarities[~same], far)))
