"""The comparison of two machines: what is the same passes, and a bent embedding, a lost face or another name does not.

Knows no other machine: the second answer is made here from the first.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from architectures import LEAST_COSINE, SMALL_PX, Embeddings, decide, first_pairs, main, same_names, sameness

from edged.cli import main as edged
from edged.evaluation.verification import PicturePair, read_pairs
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from portraits import Portraits

    from edged.types import Float32Array

OBAMA, BIDEN = "obama.jpg", "biden.jpg"
PAIRS = [PicturePair("a", "b", same=True, fold=0), PicturePair("a", "c", same=False, fold=1), PicturePair("a", "d", same=True, fold=2)]


def bent(vector: Float32Array, cosine: float) -> Float32Array:
    """A vector of unit length with this cosine to that one."""
    across = np.random.default_rng(0).normal(size=vector.size)
    across -= across @ vector * vector
    across /= np.linalg.norm(across)
    return np.asarray(cosine * vector + np.sqrt(1 - cosine**2) * across, dtype=np.float32)


@pytest.fixture(scope="module")
def represented(portraits: Portraits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `edged represent` writes of two real faces."""
    path = tmp_path_factory.mktemp("one") / "one.npz"
    assert edged.main(["represent", "--quiet", "--output", str(path), str(portraits.obama.enroll), str(portraits.biden.enroll)]) == 0
    return path


def other_machine(represented: Path, path: Path, **changed: object) -> Path:
    """The same file with other arrays."""
    with np.load(represented) as archive:
        np.savez(path, **(dict(archive) | changed))
    return path


def test_the_same_faces_pass(represented: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["embeddings", str(represented), str(represented)]) == 0
    assert "2 faces: 2 embeddings are the same bit by bit" in capsys.readouterr().out


def test_a_picture_is_made_so_small_that_no_detector_shrinks_it(portraits: Portraits, tmp_path: Path) -> None:
    small = tmp_path / "enrolled" / "obama.png"
    assert main(["small", str(portraits.obama.enroll), str(small)]) == 0
    assert max(read_picture(small).shape) == SMALL_PX
    assert main(["small", str(small), str(tmp_path / "again.png")]) == 0
    assert (read_picture(tmp_path / "again.png") == read_picture(small)).all()


@pytest.mark.parametrize(("cosine", "code"), [(0.99999, 0), (0.998, 1)])
def test_an_embedding_may_differ_in_its_last_bits_only(represented: Path, tmp_path: Path, cosine: float, code: int) -> None:
    with np.load(represented) as archive:
        vectors = archive["embeddings"].copy()
    vectors[1] = bent(vectors[1], cosine)
    assert main(["embeddings", str(represented), str(other_machine(represented, tmp_path / "other.npz", embeddings=vectors))]) == code


def test_a_face_that_one_machine_alone_finds_is_told(represented: Path, tmp_path: Path) -> None:
    one = Embeddings.read(represented)
    vectors = one.vectors.copy()
    vectors[0] = np.nan
    other = Embeddings.read(other_machine(represented, tmp_path / "other.npz", embeddings=vectors))
    found = sameness(one, other)
    assert (found.faces, found.identical, found.disagreements, found.is_enough) == (1, 1, 1, False)
    assert found.least_cosine >= LEAST_COSINE


def test_a_box_that_moved_is_told(represented: Path, tmp_path: Path) -> None:
    one = Embeddings.read(represented)
    other = Embeddings.read(other_machine(represented, tmp_path / "other.npz", boxes_xyxy=one.boxes_xyxy + np.float32(0.5)))
    assert sameness(one, other).largest_shift_px == pytest.approx(0.5, abs=1e-3)


def test_files_of_other_pictures_are_refused(represented: Path, tmp_path: Path) -> None:
    other = other_machine(represented, tmp_path / "other.npz", names=np.array([OBAMA, BIDEN]))
    with pytest.raises(SystemExit, match="not of the same pictures"):
        main(["embeddings", str(represented), str(other)])


def test_a_file_that_is_no_archive_is_refused(represented: Path, tmp_path: Path) -> None:
    (tmp_path / "other.npz").write_text("nothing")
    with pytest.raises(SystemExit, match=r"other\.npz is not what 'edged represent' writes"):
        main(["embeddings", str(represented), str(tmp_path / "other.npz")])


def test_pairs_are_judged_across_the_machines() -> None:
    vectors = {name: np.array(vector, dtype=np.float32) for name, vector in {"a": (1, 0), "b": (0.8, 0.6), "c": (0.6, -0.8)}.items()}
    turned = {**vectors, "b": np.array((0.5, 0.866), dtype=np.float32)}
    alone, across = decide(PAIRS, vectors, vectors, 0.7), decide(PAIRS, vectors, turned, 0.7)
    assert (alone.same_accepted, alone.others_accepted, alone.accepted) == (1, 0, (True, False, False))
    assert across.accepted == (False, False, False)


def test_decisions_that_differ_fail(represented: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with np.load(represented) as archive:
        obama, biden = map(str, archive["names"])
        two_alike = archive["embeddings"][[0, 0]]
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(f"a,b,same\n{obama},{obama},1\n{obama},{biden},0\n")
    assert main(["embeddings", str(represented), str(represented), "--pairs", str(pairs)]) == 0
    assert "1 of 1 pairs of one person and 0 of 1 of two are accepted at 0.43" in capsys.readouterr().out
    alike = other_machine(represented, tmp_path / "other.npz", embeddings=two_alike)
    assert main(["embeddings", str(alike), str(represented), "--pairs", str(pairs)]) == 1


def test_half_of_the_pairs_that_are_taken_are_of_one_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"Ann\t{number}\t{number + 1}" for number in range(1, 4)] + [f"Ann\t{number}\tBob\t1" for number in range(1, 4)]
    (tmp_path / "pairs.txt").write_text("\n".join(["3", *rows]))
    assert main(["pairs", str(tmp_path / "pairs.txt"), "--count", "4"]) == 0
    (tmp_path / "pairs.csv").write_text(capsys.readouterr().out)
    taken = read_pairs(tmp_path / "pairs.csv")
    assert [(pair.first, pair.same) for pair in taken] == [
        ("Ann/Ann_0001.jpg", True),
        ("Ann/Ann_0002.jpg", True),
        ("Ann/Ann_0001.jpg", False),
        ("Ann/Ann_0002.jpg", False),
    ]
    assert len(first_pairs(taken, 2)) == 2


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ([("obama", 0.81)], True),
        ([("obama", 0.79)], False),
        ([("biden", 0.81)], False),
        ([(None, 0.81)], False),
        ([], False),
        ([("obama", 0.81), (None, 0.1)], False),
    ],
)
def test_names_are_the_same_only_with_their_similarities(other: list[tuple[str | None, float]], *, is_same: bool) -> None:
    assert same_names({"door.jpg": [("obama", 0.8105)]}, {"door.jpg": other}) is is_same


def test_nobody_named_on_either_machine_proves_nothing() -> None:
    assert not same_names({"door.jpg": [(None, 0.1)]}, {"door.jpg": [(None, 0.1)]})


def test_answers_are_compared_as_they_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text(
        json.dumps([{"picture": "door.jpg", "faces": [{"person": "obama", "similarity": 0.8}, {"person": None, "similarity": 0.2}]}])
    )
    assert main(["names", str(answer), str(answer)]) == 0
    assert "door.jpg: obama (0.800), nobody (0.200)" in capsys.readouterr().out
    (tmp_path / "other.json").write_text("[1]")
    with pytest.raises(SystemExit, match="not what 'edged recognise --json' writes"):
        main(["names", str(answer), str(tmp_path / "other.json")])
