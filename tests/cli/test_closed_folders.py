"""Folders that may not be entered: whatever is named in one is refused in a sentence, by every Python alike."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from edged.cli.home_assistant import home_of
from edged.cli.many import people_in
from edged.cli.stream_screens import FrameFile
from edged.config import Config, GalleryConfig, ModelsConfig
from edged.daemon.gallery_file import make_backup, restore_backup
from edged.daemon.gallery_repair import repair_gallery
from edged.daemon.opening import models_directory
from edged.errors import EdgedError, PictureError
from edged.scripting.recogniser import Recogniser
from edged.vision.drawing import check_drawing
from tests.conftest import as_nobody

if TYPE_CHECKING:
    from collections.abc import Callable


def with_gallery(path: Path) -> Config:
    return Config(gallery=GalleryConfig(path=path))


NAMED: dict[str, Callable[[Path], object]] = {
    "analyse --draw": lambda folder: check_drawing(folder / "a.jpg", folder / "b.jpg", overwrite=False),
    "stream --output": lambda folder: FrameFile(folder / "a.mp4", overwrite=False),
    "card --install": home_of,
    "restore": lambda folder: restore_backup(with_gallery(folder.parent / "gallery.db"), folder / "backup.db"),
    "repair --output": lambda folder: repair_gallery(with_gallery(folder.parent / "gallery.db"), folder / "repaired.db"),
    "gallery.path": lambda folder: make_backup(with_gallery(folder / "gallery.db"), None),
    "models.directory": lambda folder: models_directory(ModelsConfig(directory=folder)),
    "Recogniser": lambda folder: Recogniser(gallery=folder / "gallery.db"),
}
"""What takes a path, and how it looks at it first."""


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """Have imported what is needed to find the networks: as nobody that may be in a closed folder."""
    models_directory(ModelsConfig())


@pytest.mark.parametrize("name", NAMED)
def test_what_lies_in_a_closed_folder_is_refused_and_named(closed_folder: Path, name: str) -> None:
    with pytest.raises(EdgedError, match=r"cannot be|could not be|somebody else's") as told:
        NAMED[name](closed_folder)
    assert str(closed_folder) in str(told.value)
    assert "Permission denied" in str(told.value) or "somebody else's" in str(told.value)


def test_a_folder_that_may_be_listed_and_not_entered_is_not_one_without_people() -> None:
    with TemporaryDirectory() as name:  # not below tmp_path, which root's tests have in a closed folder
        folder = Path(name)
        (folder / "alice").mkdir()
        folder.chmod(0o444)
        with as_nobody(), pytest.raises(PictureError, match=r"cannot be read: Permission denied"):
            people_in(folder)
        folder.chmod(0o700)
