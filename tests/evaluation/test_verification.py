"""Verification figures on similarities that were written out, and pair files of LFW's forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.errors import LabelsError
from edged.evaluation.verification import PicturePair, best_threshold, read_pairs, tar_at_far, threshold_at_far, verify

if TYPE_CHECKING:
    from pathlib import Path


def test_the_best_threshold_lies_between_genuine_and_impostors() -> None:
    similarities, same = np.array([0.9, 0.8, 0.2, 0.1]), np.array([True, True, False, False])
    assert best_threshold(similarities, same) == pytest.approx(0.5)


def test_of_equally_good_thresholds_the_mean_is_taken() -> None:
    similarities, same = np.array([0.9, 0.5, 0.4, 0.1]), np.array([True, False, True, False])
    assert best_threshold(similarities, same) == pytest.approx((0.4 * 0.7 + 0.3 * 0.25) / 0.7)


@pytest.mark.parametrize(("far", "accepted"), [(0.0, 0), (0.1, 0), (0.25, 1), (0.5, 2), (1.0, 4)])
def test_at_most_that_share_of_impostors_is_accepted(far: float, accepted: int) -> None:
    impostors = np.array([0.1, 0.2, 0.3, 0.4])
    assert int(np.sum(impostors >= threshold_at_far(impostors, far))) == accepted


def test_tar_counts_the_genuine_above_the_impostors() -> None:
    similarities, same = np.array([0.9, 0.35, 0.5, 0.4, 0.1]), np.array([True, True, True, False, False])
    assert tar_at_far(similarities, same, 1e-3) == pytest.approx(2 / 3)


def test_each_fold_is_judged_by_the_threshold_of_the_others() -> None:
    similarities = np.array([0.9, 0.1, 0.9, 0.1, 0.45, 0.1])
    same = np.array([True, False] * 3)
    folds = np.array([0, 0, 1, 1, 2, 2])
    figures = verify(similarities, same, folds)
    assert figures.accuracy == pytest.approx((1 + 1 + 0.5) / 3)
    assert figures.deviation == pytest.approx(np.std([1, 1, 0.5]))
    assert figures.pairs == 6


def test_both_forms_of_pair_files_are_read(tmp_path: Path) -> None:
    folded = tmp_path / "pairs.txt"
    folded.write_text("2\t1\nAnn\t1\t2\nAnn\t1\tBob\t3\nCid\t4\t5\nCid\t4\tDan\t1\n")
    assert read_pairs(folded) == [
        PicturePair("Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", same=True, fold=0),
        PicturePair("Ann/Ann_0001.jpg", "Bob/Bob_0003.jpg", same=False, fold=0),
        PicturePair("Cid/Cid_0004.jpg", "Cid/Cid_0005.jpg", same=True, fold=1),
        PicturePair("Cid/Cid_0004.jpg", "Dan/Dan_0001.jpg", same=False, fold=1),
    ]
    dev = tmp_path / "pairsDevTest.txt"
    dev.write_text("\n".join(["20", *["Ann\t1\t2"] * 20, *["Ann\t1\tBob\t1"] * 20]))
    pairs = read_pairs(dev)
    assert [(sum(pair.same for pair in pairs if pair.fold == fold), sum(pair.fold == fold for pair in pairs)) for fold in range(10)] == [
        (2, 4)
    ] * 10


@pytest.mark.parametrize(
    "text", ["", "hello", "3\nAnn\t1\t2\n", "1\nAnn\tx\t2\nAnn\t1\tBob\t1\n", "1\nAnn\nBob\n", "0\n", "1\nAnn\t1\t2\nAnn\t1\t3\n"]
)
def test_what_is_no_list_of_pairs_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text(text)
    with pytest.raises(LabelsError, match=r"pairs\.txt"):
        read_pairs(path)
    with pytest.raises(LabelsError, match="cannot be read"):
        read_pairs(tmp_path / "gone.txt")


def test_a_csv_may_have_unequal_numbers_of_pairs(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text('\ufeffa, b, Same\nann/1.jpg,ann/2.jpg,1\n"a, b.jpg",bob.jpg,false\nann/1.jpg,bob.jpg,0\n', encoding="utf-8")
    assert read_pairs(path) == [
        PicturePair("ann/1.jpg", "ann/2.jpg", same=True, fold=0),
        PicturePair("a, b.jpg", "bob.jpg", same=False, fold=0),
        PicturePair("ann/1.jpg", "bob.jpg", same=False, fold=5),
    ]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [("a.jpg,b.jpg", "Line 2 of"), ("a.jpg,b.jpg,maybe", "Line 2 of"), ("a.jpg,b.jpg,1", "of two"), ("", "of one")],
)
def test_a_csv_that_is_no_list_of_pairs_is_refused(tmp_path: Path, rows: str, sentence: str) -> None:
    (tmp_path / "pairs.csv").write_text(f"a,b,same\n{rows}\n")
    with pytest.raises(LabelsError, match=sentence):
        read_pairs(tmp_path / "pairs.csv")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read_as_spreadsheets_write_it(tmp_path: Path, encoding: str, separator: str) -> None:
    rows = ["a,b,same", "ann/ä.jpg,ann/2.jpg,TRUE", "ann/ä.jpg,bob.jpg,FALSE"]
    (tmp_path / "pairs.csv").write_bytes("\r\n".join(rows).replace(",", separator).encode(encoding))
    assert [(pair.first, pair.second, pair.same) for pair in read_pairs(tmp_path / "pairs.csv")] == [
        ("ann/ä.jpg", "ann/2.jpg", True),
        ("ann/ä.jpg", "bob.jpg", False),
    ]
