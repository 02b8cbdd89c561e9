"""Backups: whole, of one moment, without the events of that day, and put back so that no log of the old file gets into the new one."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from edged.errors import GalleryDamaged, GalleryError, GalleryUnusable
from edged.gallery.store import Gallery
from edged.storage.backups import KEPT, SKIPPED_SEQS, back_up, newest_good, restore
from edged.storage.database import Database, open_database
from edged.storage.integrity import check_file
from edged.storage.outbox import Outbox
from tests.disks import damage, mounted
from tests.gallery.conftest import NOON, template
from tests.storage.test_reading import enroll_and_leave

if TYPE_CHECKING:
    from pathlib import Path


def people_in(path: Path) -> list[str]:
    with open_database(path) as database:
        return [person.id for person in Gallery(database).people()]


def test_a_gallery_in_use_is_copied_with_what_stands_in_its_log(database: Database, path: Path, tmp_path: Path) -> None:
    Gallery(database).enroll("alice", None, [template(1)])
    with database.transaction():
        Gallery(database).enroll("bob", None, [template(2)])
        done = back_up(path, tmp_path / "copy")  # while somebody writes
    assert done.bytes == (tmp_path / "copy").stat().st_size
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    assert sorted(tmp_path.iterdir()) == [tmp_path / "copy", path.parent]
    assert people_in(tmp_path / "copy") == ["alice"]


@pytest.mark.parametrize("left", ["nothing", "a log"])
def test_a_gallery_on_a_read_only_disk_is_copied_elsewhere(tmp_path: Path, left: str) -> None:
    with mounted(tmp_path / "card") as disk:
        path = disk.folder / "gallery.db"
        enroll_and_leave(path, left)
        disk.make_read_only()
        before = sorted(disk.folder.iterdir())
        assert people_in(back_up(path, tmp_path / "copy").path) == ["alice"]
        with pytest.raises(GalleryError, match="Read-only file system"):
            back_up(path)
        assert sorted(disk.folder.iterdir()) == before


def test_numbered_ones_lie_beside_the_gallery_and_the_newest_seven_stay(database: Database, path: Path) -> None:
    Gallery(database).enroll("alice", None, [template(1)])
    done = [back_up(path).path for _ in range(KEPT + 3)]
    assert sorted((path.parent / "backups").iterdir()) == done[3:]
    newest = newest_good(path)
    assert newest
    assert newest.path == done[-1]


def test_of_a_damaged_gallery_none_is_made_and_none_is_thrown_away(path: Path) -> None:
    with open_database(path) as database:
        for number in range(30):
            Gallery(database).enroll(f"person_{number}", None, [template(number)])
    before = [back_up(path).path for _ in range(KEPT)]
    damage(path, 3)
    with pytest.raises(GalleryDamaged):
        back_up(path)
    assert sorted((path.parent / "backups").iterdir()) == before


def test_a_damaged_backup_is_passed_over(database: Database, path: Path) -> None:
    Gallery(database).enroll("alice", None, [template(1)])
    good, bad = back_up(path).path, back_up(path).path
    damage(bad, 2)
    newest = newest_good(path)
    assert newest
    assert newest.path == good


def test_backups_that_may_not_be_looked_at_are_told_of(closed_folder: Path) -> None:
    with pytest.raises(GalleryUnusable, match=r"backups in .* cannot be looked at \(Permission denied\)"):
        newest_good(closed_folder / "gallery.db")


def test_one_that_is_put_back_gives_no_number_of_an_event_twice(path: Path, tmp_path: Path) -> None:
    with open_database(path) as database:
        Gallery(database).enroll("alice", None, [template(1)])
        assert Outbox(database).append("a", "topic", "{}", NOON) == 1
        back_up(path, tmp_path / "copy")
        assert Outbox(database).append("b", "topic", "{}", NOON) == 2
        Gallery(database).enroll("bob", None, [template(2)])
    replaced = restore(path, tmp_path / "copy")
    assert replaced == path.with_name("gallery.db.replaced")
    assert people_in(replaced) == ["alice", "bob"]
    assert people_in(path) == ["alice"]
    with open_database(path) as database:
        assert Outbox(database).count() == 0
        assert Outbox(database).append("c", "topic", "{}", NOON) == 2 + SKIPPED_SEQS
    assert check_file(path)


def test_a_log_of_the_old_file_does_not_get_into_the_new_one(database: Database, path: Path, tmp_path: Path) -> None:
    back_up(path, tmp_path / "copy")
    Gallery(database).enroll("alice", None, [template(1)])  # in the log, as after a power cut
    restore(path, tmp_path / "copy")
    assert people_in(path) == []
    assert people_in(path.with_name("gallery.db.replaced")) == ["alice"]


@pytest.mark.usefixtures("database")
def test_one_is_put_where_there_was_nothing(path: Path, tmp_path: Path) -> None:
    back_up(path, tmp_path / "copy")
    assert restore(tmp_path / "new" / "gallery.db", tmp_path / "copy") is None
    assert people_in(tmp_path / "new" / "gallery.db") == []


@pytest.mark.parametrize("content", [b"", b"no database at all" * 400])
def test_what_is_no_backup_is_refused_and_nothing_is_changed(database: Database, path: Path, tmp_path: Path, content: bytes) -> None:
    Gallery(database).enroll("alice", None, [template(1)])
    (tmp_path / "copy").write_bytes(content)
    with pytest.raises(GalleryError):
        restore(path, tmp_path / "copy")
    assert people_in(path) == ["alice"]
    assert not path.with_name("gallery.db.replaced").exists()
