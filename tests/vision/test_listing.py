"""Which pictures are meant by files, folders and patterns."""

from __future__ import annotations

from pathlib import Path

import pytest

from edged.errors import PictureError
from edged.vision.listing import VIDEOS, find_pictures, holds_many, refuse_missing


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder with folders, links, hidden files and notes in it."""
    album = tmp_path / "album"
    for name in ("b.JPG", "a.png", "notes.txt", ".hidden.jpg", "clip.mp4", "day/c.webp", "day/old/d.heic", ".thumbs/e.jpg"):
        (album / name).parent.mkdir(parents=True, exist_ok=True)
        (album / name).touch()
    (album / "day" / "round").symlink_to(album)
    (album / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "f.gif").touch()
    return album


def names(found: list[Path], album: Path) -> list[str]:
    return [str(path.relative_to(album)) for path in found]


def test_a_folder_means_its_pictures_and_those_of_the_folders_in_it_each_once(album: Path) -> None:
    assert names(find_pictures([album]), album) == ["a.png", "b.JPG", "day/c.webp", "day/old/d.heic", "linked/f.gif"]
    assert names(find_pictures([album], VIDEOS), album) == ["clip.mp4"]


def test_patterns_mean_what_they_match(album: Path) -> None:
    assert names(find_pictures([album / "*.png", album / "**" / "*.webp", album / "a.png"]), album) == ["a.png", "day/c.webp"]
    with pytest.raises(PictureError, match=r"pattern .*\*\.bmp holds no picture"):
        find_pictures([album / "*.bmp"])


def test_a_file_is_itself_whatever_it_is_called(album: Path) -> None:
    (album / "[1].jpg").touch()
    given = [album / "notes.txt", album / "gone.jpg", album / "[1].jpg"]
    assert find_pictures(given) == given
    assert [holds_many([one]) for one in (album, album / "*.jpg", album / "[1].jpg", album / "gone.jpg")] == [True, True, False, False]
    with pytest.raises(PictureError, match=r"gone\.jpg cannot be read: No such file"):
        refuse_missing(album / "gone.jpg")


def test_a_folder_without_pictures_or_that_cannot_be_read_is_named(closed_folder: Path) -> None:
    with pytest.raises(PictureError, match="closed cannot be read: Permission denied"):
        find_pictures([closed_folder])
    with pytest.raises(PictureError, match=r"holds no picture; known are \.avif"):
        find_pictures([Path(__file__).parent])
