"""Which gallery the daemon runs on: what it says of a damaged one, and when it takes a backup."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.config import Config
from edged.daemon.gallery_file import advice, make_backup, open_to_run, restore_backup
from edged.daemon.gallery_file import damage as damage_of
from edged.errors import GalleryDamaged, GalleryError
from edged.gallery.store import Gallery
from edged.storage.database import LOCK_SUFFIX, open_database
from tests.disks import damage
from tests.gallery.conftest import template

if TYPE_CHECKING:
    from pathlib import Path

PAGE = 3
"""A page of the table of templates."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A gallery of alice and others, with a backup of her alone."""
    path = tmp_path / "state" / "gallery.db"
    with open_database(path) as database:
        Gallery(database).enroll("alice", None, [template(1)])
        make_backup(config_for(path), None)
        for number in range(30):
            Gallery(database).enroll(f"person_{number}", None, [template(number)])
    return path


def config_for(path: Path, restore: str = "never") -> Config:
    return Config.model_validate({"gallery": {"path": path, "restore": restore}})


def test_a_damaged_one_ends_it_and_names_the_newest_whole_backup(path: Path) -> None:
    damage(path, PAGE)
    with pytest.raises(GalleryDamaged, match=r"newest whole backup is of .* UTC: edged restore .*gallery-000001\.db") as caught:
        open_to_run(config_for(path)).__enter__()
    assert caught.value.exit_code == 78


@pytest.mark.parametrize("kind", ["a page", "the header", "everything"])
def test_a_backup_is_taken_loudly_where_the_owner_wants_that(path: Path, caplog: pytest.LogCaptureFixture, kind: str) -> None:
    path.with_name(path.name + LOCK_SUFFIX).touch()
    path.write_bytes(b"") if kind == "everything" else damage(path, 0 if kind == "the header" else PAGE)
    with open_to_run(config_for(path, "newest")) as database:
        assert [person.id for person in Gallery(database).people()] == ["alice"]
    assert "is in its place now, as gallery.restore says" in caplog.text
    assert path.with_name("gallery.db.replaced").exists()


def test_without_a_whole_backup_it_ends_whatever_the_owner_wants(path: Path) -> None:
    damage(path, PAGE)
    damage(path.parent / "backups" / "gallery-000001.db", PAGE)
    with pytest.raises(GalleryDamaged, match="There is no whole backup"):
        open_to_run(config_for(path, "newest")).__enter__()


def test_a_whole_one_is_not_replaced(path: Path) -> None:
    with open_to_run(config_for(path, "newest")) as database:
        assert len(Gallery(database).people()) == 31


def test_one_that_is_gone_is_begun_anew_with_a_warning_and_without_a_backup(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever deletes the file wants nobody to be known any more."""
    path.with_name(path.name + LOCK_SUFFIX).touch()
    path.unlink()
    with open_to_run(config_for(path, "newest")) as database:
        assert Gallery(database).people() == []
    assert "There was a gallery" in caplog.text
    assert "edged restore" in caplog.text


def test_a_backup_is_not_put_in_the_place_of_a_gallery_that_is_in_use(path: Path) -> None:
    backup = path.parent / "backups" / "gallery-000001.db"
    with open_to_run(config_for(path)), pytest.raises(GalleryError, match="Another edged runs on the gallery"):
        restore_backup(config_for(path), backup)
    assert restore_backup(config_for(path), backup)


def test_a_backup_that_is_not_there_is_named_with_one_that_is(path: Path) -> None:
    with pytest.raises(GalleryError, match=r"There is no backup .*nothing\.db.* edged restore"):
        restore_backup(config_for(path), path.with_name("nothing.db"))


def test_who_may_not_look_at_the_backups_is_told_so_beside_what_is_wrong(closed_folder: Path) -> None:
    assert "cannot be looked at (Permission denied)" in advice(closed_folder / "gallery.db")


def test_where_there_is_no_gallery_none_is_copied_and_no_folder_made(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match=r"There is no gallery .*gallery\.db\. There is no whole backup"):
        make_backup(config_for(tmp_path / "gallery.db"), None)
    assert list(tmp_path.iterdir()) == []


def test_damage_is_found_beside_the_work(path: Path) -> None:
    assert damage_of(path) is None
    damage(path, PAGE)
    assert "edged restore" in str(damage_of(path))
