"""How people are told apart by night: counted over pairs of a template and a look, as the gate lets them be compared."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from viewbuild.copies import copy
from viewbuild.distortions import NIGHT
from viewbuild.night_pairs import Seen, told_apart
from viewbuild.nights import lines_of, read_people

from edged.camera.colours import shows_colours
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from edged.vision.faces import FaceReader

PEOPLE = 6
ONE_GROUP = np.array([""] * PEOPLE)
PARTNER = np.array([0, 1, 2])
CLOSE = 0.6
"""Similarity of the looks at the first two people to each other's templates."""


def seen(vectors: np.typing.ArrayLike) -> Seen:
    rows = np.asarray(vectors, np.float32)
    everybody = np.ones(len(rows), np.bool_)
    return Seen(rows, rows, everybody, everybody, np.zeros(len(rows)))


def strangers() -> Seen:
    """Everybody is like themselves alone, but for the first two, who are a little like each other."""
    vectors = np.eye(PEOPLE)
    vectors[1, :2] = CLOSE, np.sqrt(1 - CLOSE**2)
    return seen(vectors)


def test_strangers_and_the_same_people_are_counted() -> None:
    same = seen(np.eye(PEOPLE)[[0, 1, 5]])  # the third does not look like themselves
    told = told_apart(strangers(), strangers(), same, PARTNER, ONE_GROUP, 0.5)
    assert told.count == 2
    assert told.accepted == pytest.approx(2 / (PEOPLE * (PEOPLE - 1)))
    assert told.kept == pytest.approx(2 / 3)
    assert (told.threshold, told.kept_there) == (0.5, told.kept)


def test_people_of_other_groups_and_pictures_that_the_gate_refuses_are_no_pairs() -> None:
    groups = ONE_GROUP.copy()
    groups[0] = "another"
    same, refused = seen(np.eye(PEOPLE)[:3]), np.arange(PEOPLE) != 0
    assert told_apart(strangers(), strangers(), same, PARTNER, groups, 0.5).count == 0
    enrolled = told_apart(replace(strangers(), may_enroll=refused), strangers(), same, PARTNER, ONE_GROUP, 0.5)
    assert (enrolled.count, enrolled.kept) == (1, 1.0), "of whom there is no template nobody is missed"
    assert told_apart(strangers(), replace(strangers(), may_vote=refused), same, PARTNER, ONE_GROUP, 0.5).count == 1
    silent = replace(same, may_vote=np.array([False, True, True]))
    assert told_apart(strangers(), strangers(), silent, PARTNER, ONE_GROUP, 0.5).kept == pytest.approx(2 / 3)
    assert told_apart(strangers(), replace(strangers(), lead=np.full(PEOPLE, 0.2)), same, PARTNER, ONE_GROUP, 0.5).count == 0


def test_the_threshold_that_keeps_to_a_rate_is_given_with_what_it_costs() -> None:
    same = seen([[0.55, np.sqrt(1 - 0.55**2), *[0] * 4], *np.eye(PEOPLE)[1:3]])
    told = told_apart(strangers(), strangers(), same, PARTNER, ONE_GROUP, 0.5, rate=0.0)
    assert told.threshold == pytest.approx(CLOSE)
    assert told.threshold > CLOSE - 1e-6
    assert (told.count, told.kept) == (2, 1.0)
    assert told.kept_there == pytest.approx(2 / 3)


def test_a_copy_by_night_has_no_colours_and_the_same_name(tmp_path: Path, portraits: dict[str, Path]) -> None:
    for name, view in NIGHT.items():
        target = tmp_path / name / "obama.jpg"
        assert copy(portraits["obama"], target, view)
        pixels = read_picture(target)
        assert pixels.shape == read_picture(portraits["obama"]).shape
        shown = cv2.resize(pixels, (160, 90), interpolation=cv2.INTER_NEAREST)
        assert (shows_colours(np.asarray(shown, np.uint8)) is True) == (name == "untouched"), name
    (tmp_path / "list.txt").write_text("no picture", encoding="utf-8")
    assert not copy(tmp_path / "list.txt", tmp_path / "copied.txt", NIGHT["grey"])


def test_the_table_is_of_faces_as_the_product_reads_them(reader: FaceReader, portraits: dict[str, Path], tmp_path: Path) -> None:
    files = [tmp_path / person.partition("_")[0] / f"{person}.jpg" for person in portraits]
    for file, path in zip(files, portraits.values(), strict=True):
        file.parent.mkdir(exist_ok=True)
        shutil.copy(path, file)
    people = read_people(reader, ((file, "") for file in files))
    assert (len(people.first), len(people.second), people.partner.tolist()) == (3, 1, [2])
    untouched, *others = list(lines_of(reader, people))
    assert untouched == "| untouched | 100.0% | 0.0000% (0) | 100.0% | 0.430, 100.0% | 0.0000% (0) | 100.0% | 0.430, 100.0% |"
    assert [line.split(" | ")[0].removeprefix("| ") for line in others] == list(NIGHT)[1:]
