"""Opening the file: who may read it, how durable it is, and what is said when it cannot be used."""

from __future__ import annotations

import re
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edged.errors import GalleryError, GalleryUnusable
from edged.gallery.store import Gallery
from edged.storage.compaction import compact
from edged.storage.database import Database, open_database
from edged.storage.kept_settings import KeptSettings
from edged.storage.outbox import Outbox
from edged.storage.records import SettingRecord
from edged.storage.table import Table
from tests.gallery.conftest import NOON, template

if TYPE_CHECKING:
    from collections.abc import Callable


def test_only_its_user_can_read_the_faces(gallery: Gallery, path: Path) -> None:
    gallery.enroll("alice", None, [template(1)])
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["gallery.db", "gallery.db-shm", "gallery.db-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_file_copied_back_from_a_backup_becomes_private_again(path: Path) -> None:
    open_database(path).close()
    path.chmod(0o644)
    open_database(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_directory_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    open_database(tmp_path / "gallery.db").close()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1), ("busy_timeout", 50)],
)
def test_the_connection_is_durable_and_forgetful(database: Database, pragma: str, value: object) -> None:
    assert list(database.rows(f"PRAGMA {pragma}")[0].values()) == [value]


def test_the_last_to_close_leaves_one_file(path: Path) -> None:
    with open_database(path) as database:
        Gallery(database).enroll("alice", None, [template(1)])
    assert [file.name for file in path.parent.iterdir()] == ["gallery.db"]


def test_without_a_path_everything_works_in_memory() -> None:
    with open_database(None) as database:
        Gallery(database).enroll("alice", None, [template(1)])
        assert Gallery(database).forget("alice").residue is None


def test_a_file_that_is_no_database(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is a text, and longer than the header of a database: " * 20)
    with pytest.raises(GalleryError, match=f"{re.escape(str(path))} is not a gallery; move the file away, or restore a backup"):
        open_database(path)
    assert path.read_bytes().startswith(b"this is a text")


def test_the_database_of_another_program(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE invoices (id)")
    connection.close()
    with pytest.raises(GalleryError, match="database of another program; give another path"):
        open_database(path)


def test_a_damaged_file(path: Path) -> None:
    with open_database(path) as database:
        Gallery(database).enroll("alice", None, [template(seed) for seed in range(200)])
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(GalleryError, match=r"is damaged; .* restore a backup"), open_database(path) as database:
        Gallery(database).people()


def test_a_full_disk_stores_nothing_and_says_so(database: Database) -> None:
    outbox = Outbox(database)
    pages = database.column(int, "PRAGMA page_count")[0]
    database.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(GalleryError, match="the disk is full; free some space") as caught:
        outbox.append("big", "topic", "x" * 100_000, NOON)
    assert isinstance(caught.value.__cause__, sqlite3.Error)
    assert outbox.count() == 0
    assert outbox.append("small", "topic", "{}", NOON) == 1


def test_a_read_only_file(database: Database) -> None:
    database.write("PRAGMA query_only = ON", [()])
    with pytest.raises(GalleryError, match="is read-only; give edged's user write permission"):
        KeptSettings(database).change({"threshold": 0.4})


def test_a_file_locked_by_another_process(database: Database, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(GalleryError, match="is locked by another process; wait"):
        Outbox(database).append("a", "topic", "{}", NOON)
    other.execute("ROLLBACK")
    other.close()
    assert Outbox(database).append("a", "topic", "{}", NOON) == 1


def test_a_path_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GalleryUnusable, match="give a path in a directory edged may write to"):
        open_database(tmp_path / "file" / "gallery.db")


def test_a_path_that_is_a_directory(tmp_path: Path) -> None:
    with pytest.raises(GalleryUnusable, match="Is a directory"):
        open_database(tmp_path)


def test_a_directory_in_which_nobody_can_write() -> None:
    with pytest.raises(GalleryError, match="cannot be made or opened"):
        open_database(Path("/proc/edged/gallery.db"))


def enter_transaction(database: Database) -> None:
    with database.transaction():
        pass


@pytest.mark.parametrize(
    "use",
    [
        enter_transaction,
        compact,
        Database.data_version,
        lambda database: database.rows("SELECT 1"),
        lambda database: database.select(dict, "SELECT 1"),
        lambda database: database.column(int, "SELECT 1"),
        lambda database: database.write("DELETE FROM settings", [()]),
        lambda database: database.table("settings", SettingRecord),
    ],
)
def test_a_closed_database_is_a_gallery_error_too(path: Path, use: Callable[[Database], object]) -> None:
    database = open_database(path)
    database.close()
    with pytest.raises(GalleryError, match="report it with this message"):
        use(database)


@pytest.mark.parametrize(
    "use",
    [
        Table.where,
        Table.count,
        lambda table: table.get("a"),
        lambda table: table.insert(name="a", value="1"),
        lambda table: table.upsert(name="a", value="1"),
        lambda table: table.update("a", value="1"),
        lambda table: table.delete("name = ?", "a"),
    ],
)
def test_a_table_of_a_closed_database_is_one_as_well(path: Path, use: Callable[[Table[SettingRecord]], object]) -> None:
    database = open_database(path)
    settings = database.table("settings", SettingRecord)
    database.close()
    with pytest.raises(GalleryError, match="report it with this message"):
        use(settings)


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError, match="half way"), database.transaction():  # noqa: PT012 - the raise in the block is the test
        database.write("INSERT INTO settings VALUES (?, ?)", [("a", "1")])
        raise RuntimeError("half way")
    assert KeptSettings(database).overrides() == {}
    KeptSettings(database).change({"b": 2})
    assert KeptSettings(database).overrides() == {"b": 2}


def test_a_transaction_within_another_is_a_part_of_it(database: Database, path: Path) -> None:
    with open_database(path) as other:
        with database.transaction():
            KeptSettings(database).change({"a": 1})
            assert KeptSettings(other).overrides() == {}
        assert KeptSettings(other).overrides() == {"a": 1}
    with pytest.raises(RuntimeError), database.transaction():  # noqa: PT012 - the raise in the block is the test
        KeptSettings(database).change({"b": 2})
        raise RuntimeError
    assert KeptSettings(database).overrides() == {"a": 1}


def test_what_sqlite_has_undone_by_itself_is_not_taken_for_written(database: Database) -> None:
    """A full disk may end a transaction, as this statement does; whoever goes on within it must not believe that all was kept."""
    KeptSettings(database).change({"a": 1})
    with pytest.raises(GalleryError, match="no transaction is active"), database.transaction():  # noqa: PT012 - the whole block is the test
        KeptSettings(database).change({"b": 2})
        with suppress(GalleryError):
            database.write("INSERT OR ROLLBACK INTO settings VALUES (?, ?)", [("a", "twice")])
    assert KeptSettings(database).overrides() == {"a": 1}
