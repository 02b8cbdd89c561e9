"""The recogniser for scripts: its examples as they are written, with real networks and real faces, and what it refuses."""

from __future__ import annotations

import doctest
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

import edged
from edged.errors import GalleryError, NoFace, PersonNotFound, PictureError
from edged.scripting import recogniser as room
from edged.storage.database import Database, open_database
from edged.vision.pictures import read_picture
from tests import forms
from tests.docs.readmes import SCRIPTING
from tests.household import asked, household_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader

NAMES = {"barack.jpg": "obama", "barack_again.jpg": "obama_again", "joe.jpg": "biden"}
METHODS = sorted(
    name for name, member in vars(edged.Recogniser).items() if "picture" in getattr(member, "__annotations__", {}) and name[0] != "_"
)


@pytest.fixture
def folder(reader: FaceReader, database: Database, portraits: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with pictures and a gallery that Barack is enrolled in, which the script runs in."""
    asked(household_of(reader, database), forms.enroll("Barack", None, (portraits["obama_again"].read_bytes(),)))
    path = database.path
    assert path
    for name, portrait in NAMES.items():
        (path.parent / name).write_bytes(portraits[portrait].read_bytes())
    monkeypatch.chdir(path.parent)
    return path.parent


@pytest.fixture
def recogniser(folder: Path) -> Iterator[edged.Recogniser]:
    with edged.Recogniser(gallery=folder / "gallery.db") as opened:
        yield opened


def test_the_examples_are_true(recogniser: edged.Recogniser) -> None:
    failed, attempted = doctest.testmod(room, extraglobs={"recogniser": recogniser})
    assert not failed
    assert attempted >= len(METHODS)


@pytest.mark.usefixtures("folder")
def test_the_examples_of_the_readme_are_true() -> None:
    text = SCRIPTING.read_text(encoding="utf-8")
    failed, attempted = doctest.testfile(str(SCRIPTING), module_relative=False)
    assert not failed
    assert attempted
    assert all(f"`{name}(picture" in text for name in METHODS)


def test_a_picture_is_a_path_its_content_or_its_pixels(recogniser: edged.Recogniser, folder: Path) -> None:
    path = folder / "barack.jpg"
    answers = [recogniser.find(one) for one in (path, str(path), path.read_bytes(), read_picture(path))]
    assert {answer.faces[0].person for answer in answers} == {"barack"}
    assert len({answer.faces[0].box for answer in answers}) == 1


@pytest.mark.parametrize(
    "pixels", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3)), np.zeros((0, 9, 3), np.uint8)]
)
def test_pixels_of_another_form_are_refused(recogniser: edged.Recogniser, pixels: Uint8Array) -> None:
    with pytest.raises(ValueError, match="BGR"):
        recogniser.detect(pixels)


def test_what_is_no_picture_and_what_shows_nobody_is_said(recogniser: edged.Recogniser, folder: Path) -> None:
    with pytest.raises(PictureError, match="gallery"):
        recogniser.find(folder / "gallery.db")
    wall = np.full((200, 200, 3), 90, np.uint8)
    assert recogniser.analyse(wall).faces == ()
    with pytest.raises(NoFace):
        recogniser.verify(folder / "joe.jpg", wall)


def test_a_person_is_verified_by_the_name_that_is_shown(recogniser: edged.Recogniser, folder: Path) -> None:
    assert recogniser.verify(folder / "barack.jpg", person="Barack").same
    assert not recogniser.verify(folder / "joe.jpg", person="barack").same
    with pytest.raises(PersonNotFound):
        recogniser.verify(folder / "joe.jpg", person="Joe")
    with pytest.raises(ValueError, match="either"):
        recogniser.verify(folder / "joe.jpg")


def test_who_is_enrolled_meanwhile_is_known_with_the_next_picture(recogniser: edged.Recogniser, folder: Path, reader: FaceReader) -> None:
    assert recogniser.find(folder / "joe.jpg").faces[0].person is None
    with open_database(folder / "gallery.db") as elsewhere:
        asked(household_of(reader, elsewhere), forms.enroll("Joe", None, ((folder / "joe.jpg").read_bytes(),)))
    assert recogniser.find(folder / "joe.jpg").faces[0].person == "joe"


def test_a_gallery_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="no gallery"):
        edged.Recogniser(gallery=tmp_path / "none.db")
    assert not list(tmp_path.iterdir())


def test_the_networks_of_a_configuration_are_used(folder: Path) -> None:
    (folder / "edged.toml").write_text('[models]\nembedding = "embedding_mobilefacenet"\n[gallery]\npath = "gallery.db"\n')
    with edged.Recogniser(config=folder / "edged.toml") as opened:
        assert "mobilefacenet" in opened.embed(folder / "joe.jpg").model


def test_importing_edged_imports_no_part_of_it() -> None:
    program = "import sys, edged; print([name for name in sys.modules if name.startswith(('edged.', 'numpy', 'cv2', 'pydantic'))])"
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.strip() == "[]"
    assert not hasattr(edged, "Recognizer")
