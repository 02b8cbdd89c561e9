"""`--draw`: names and looks drawn beside the faces, into files that nobody loses."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np

from edged.vision.drawing import LINE_BGR
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Daemon


def test_what_is_said_of_faces_is_drawn_into_a_copy(daemon: Daemon, tmp_path: Path, portraits: dict[str, Path]) -> None:
    picture, out = portraits["astronaut"], tmp_path / "out.png"
    before = picture.read_bytes()
    done = daemon.run("analyse", picture, "--landmarks", "--draw", out)
    assert done.returncode == 0, done.stderr
    assert "eyes open 0." in done.stdout
    assert picture.read_bytes() == before
    pixels = read_picture(out)
    assert pixels.shape == read_picture(picture).shape
    inside = pixels[70:170, 185:265]
    assert np.count_nonzero((inside == LINE_BGR).all(axis=2)) > 68, "the points"
    refused = daemon.run("recognise", picture, "--draw", out)
    assert (refused.returncode, "or give --overwrite" in refused.stderr) == (1, True)
    assert daemon.run("recognise", picture, "--draw", out, "--overwrite").returncode == 0
    assert not np.array_equal(read_picture(out), pixels)


def test_several_pictures_are_drawn_into_a_folder(daemon: Daemon, tmp_path: Path, portraits: dict[str, Path]) -> None:
    pictures = [tmp_path / f"{number}.png" for number in range(2)]
    for picture, name in zip(pictures, ("obama", "biden"), strict=True):
        shutil.copy(portraits[name], picture)
    refused = daemon.run("recognise", *pictures, "--draw", tmp_path / "one.png")
    assert (refused.returncode, "name a folder" in refused.stderr) == (1, True)
    (tmp_path / "drawn").mkdir()
    assert daemon.run("recognise", *pictures, "--draw", tmp_path / "drawn").returncode == 0
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["0.png", "1.png"]
