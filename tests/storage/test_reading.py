"""A gallery on a disk that refuses writes: it is read all the same, and nothing is left there."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from edged.errors import GalleryError, GalleryReadOnly, GalleryUnusable
from edged.gallery.store import Gallery
from edged.storage.database import LOCK_SUFFIX, open_database
from edged.storage.outbox import Outbox
from edged.storage.reading import can_be_written, open_or_read, open_to_read
from edged.storage.sole_use import sole_use
from tests.disks import mounted
from tests.gallery.conftest import NOON, REPOSITORY, template

if TYPE_CHECKING:
    from pathlib import Path

KILLED = """
import os, sys
from pathlib import Path
from edged.gallery.store import Gallery
from edged.storage.database import open_database
from tests.gallery.conftest import template
Gallery(open_database(Path(sys.argv[1]))).enroll("alice", None, [template(1)])
os._exit(0)
"""
"""A program that enrolls somebody and is killed, so that they stand in the log alone."""


def enroll_and_leave(path: Path, left: str) -> None:
    """Make a gallery in which somebody is enrolled, and leave nothing beside it, or a log in which they stand alone."""
    if left == "nothing":
        with open_database(path) as database:
            Gallery(database).enroll("alice", None, [template(1)])
    else:
        subprocess.run([sys.executable, "-c", KILLED, str(path)], check=True, cwd=REPOSITORY)
        assert path.with_name(f"{path.name}-wal").stat().st_size > 0


@pytest.mark.parametrize("left", ["nothing", "a log", "a log without its index"])
def test_who_is_enrolled_is_read_from_a_read_only_disk(tmp_path: Path, left: str) -> None:
    with mounted(tmp_path / "card") as disk:
        path = disk.folder / "gallery.db"
        enroll_and_leave(path, left)
        if left == "a log without its index":
            (disk.folder / "gallery.db-shm").unlink()
        disk.make_read_only()
        before = sorted(disk.folder.iterdir())
        with pytest.raises(GalleryReadOnly, match="worn SD card"):
            open_database(path)
        assert not can_be_written(path)
        with open_or_read(path, is_checked=True) as database, sole_use(path):
            assert [person.id for person in Gallery(database).people()] == ["alice"]
            with pytest.raises(GalleryReadOnly, match="could not be written when edged started"):
                Gallery(database).forget("alice")
            with pytest.raises(GalleryReadOnly):
                Outbox(database).append("a", "topic", "{}", NOON)
        assert sorted(disk.folder.iterdir()) == before


def test_a_file_that_can_be_written_is_opened_itself(path: Path) -> None:
    open_database(path).close()
    with open_to_read(path) as database:
        Gallery(database).enroll("alice", None, [template(1)])
    with open_database(path) as database:
        assert len(Gallery(database).people()) == 1


def test_reading_leaves_no_file_where_there_was_none(path: Path) -> None:
    with open_to_read(path) as database:
        assert Gallery(database).people() == []
    assert not path.exists()


def test_a_gallery_that_has_gone_is_not_read_as_an_empty_one(path: Path) -> None:
    path.parent.mkdir()
    path.with_name(path.name + LOCK_SUFFIX).touch()
    with pytest.raises(GalleryError, match="is not there any more, though edged has run on it"):
        open_to_read(path)


def test_a_path_below_a_file_is_no_gallery_with_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GalleryUnusable, match="Not a directory"):
        open_to_read(tmp_path / "file" / "gallery.db")
