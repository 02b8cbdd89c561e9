"""Whether a damaged, emptied or vanished gallery is noticed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from edged.errors import GalleryDamaged, GalleryError
from edged.gallery.store import Gallery
from edged.storage.database import LOCK_SUFFIX, Database, open_database
from edged.storage.integrity import check_file
from tests.disks import PAGE_BYTES, damage
from tests.gallery.conftest import template

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = 60


@pytest.fixture
def filled(path: Path) -> Path:
    """A gallery with some hundred pages, closed."""
    with open_database(path) as database:
        for number in range(PEOPLE):
            Gallery(database).enroll(f"person {number}".replace(" ", "_"), None, [template(number, png=bytes(3000))])
    return path


def test_a_whole_gallery_is_whole(filled: Path) -> None:
    assert check_file(filled)
    open_database(filled, is_checked=True).close()


def test_every_page_that_holds_something_is_looked_at(filled: Path) -> None:
    """Of a page that only goes on with a picture nothing can be told: SQLite has no sums."""
    whole, unnoticed = filled.read_bytes(), []
    pages = len(whole) // PAGE_BYTES
    for page in range(pages):
        damage(filled, page)
        with suppress(GalleryDamaged):
            open_database(filled, is_checked=True).close()
            unnoticed.append(page)
        filled.write_bytes(whole)
    assert len(unnoticed) <= 0.1 * pages


def test_of_a_damaged_gallery_it_is_said_what_to_do(filled: Path) -> None:
    damage(filled, 5)
    with pytest.raises(GalleryDamaged, match="is damaged; stop edged, save with `edged repair` what can be read or restore a backup"):
        open_database(filled, is_checked=True)


def test_a_look_ends_when_its_time_is_over(filled: Path) -> None:
    assert not check_file(filled, seconds=-1.0)


def test_a_new_gallery_needs_no_look(path: Path) -> None:
    open_database(path, is_checked=True).close()


@pytest.mark.parametrize("left", [f"gallery.db{LOCK_SUFFIX}", "gallery.db-wal"])
def test_a_gallery_that_has_become_empty_is_not_taken_for_a_new_one(path: Path, left: str) -> None:
    path.parent.mkdir()
    path.touch()
    (path.parent / left).touch()
    with pytest.raises(GalleryDamaged, match="has 0 bytes, and there was one here before"):
        open_database(path)
    assert path.stat().st_size == 0


def test_an_empty_file_where_there_was_nothing_is_a_new_gallery(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    open_database(path).close()


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
def test_nothing_is_written_into_a_file_that_is_not_there_any_more(database: Database, path: Path, how: str) -> None:
    Gallery(database).enroll("alice", None, [template(1)])
    if how == "deleted":
        path.unlink()
    else:
        path.rename(path.with_name("elsewhere.db"))
    if how == "replaced":
        path.write_bytes(b"")
    with pytest.raises(GalleryError, match="was deleted, moved or replaced while edged has it open"):
        Gallery(database).enroll("bob", None, [template(2)])
    assert [person.id for person in Gallery(database).people()] == ["alice"]


def test_compacting_leaves_the_file_the_same(database: Database) -> None:
    Gallery(database).enroll("alice", None, [template(1)])
    assert Gallery(database).forget("alice").residue is None
    Gallery(database).enroll("bob", None, [template(2)])
