"""One table: rows as values, writes that are part of a transaction, and no table that comes out of nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.errors import GalleryError
from edged.storage.compaction import compact
from edged.storage.database import open_database
from edged.storage.records import OutboxEntry, PersonRecord, SettingRecord

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database
    from edged.storage.table import Table

ALICE = PersonRecord("alice", "Alice", "2026-01-01T00:00:00.000Z")


@pytest.fixture
def people(database: Database) -> Table[PersonRecord]:
    return database.table("people", PersonRecord)


@pytest.fixture
def settings(database: Database) -> Table[SettingRecord]:
    table = database.table("settings", SettingRecord)
    for name in "cab":
        table.insert(name=name, value=name * 2)
    return table


def test_a_row_comes_out_as_a_value(people: Table[PersonRecord]) -> None:
    people.insert(person="alice", display_name="Alice", enrolled_at=ALICE.enrolled_at)
    assert people.get("alice") == ALICE
    assert people.where() == [ALICE]
    assert people.get("bob") is None


def test_rows_are_found_by_a_condition_in_order_and_number(settings: Table[SettingRecord]) -> None:
    assert [row.name for row in settings.where(order_by="name")] == ["a", "b", "c"]
    assert [row.name for row in settings.where("name > ?", "a", order_by="name DESC", limit=1)] == ["c"]
    assert (settings.count(), settings.count("value = ?", "bb")) == (3, 1)


def test_an_upsert_adds_or_changes(settings: Table[SettingRecord]) -> None:
    settings.upsert(name="a", value="new")
    settings.upsert(name="d", value="new")
    assert [(row.name, row.value) for row in settings.where(order_by="name")] == [("a", "new"), ("b", "bb"), ("c", "cc"), ("d", "new")]


def test_an_update_says_whether_there_was_such_a_row(settings: Table[SettingRecord]) -> None:
    assert settings.update("a", value="new")
    assert not settings.update("z", value="new")
    assert settings.get("a") == SettingRecord("a", "new")
    assert settings.count() == 3


def test_a_deletion_is_counted(settings: Table[SettingRecord]) -> None:
    assert settings.delete("name < ?", "c") == 2
    assert settings.delete("name < ?", "c") == 0
    assert [row.name for row in settings.where()] == ["c"]


def test_a_row_gets_a_number_that_was_not_given_before(database: Database) -> None:
    outbox = database.table("outbox", OutboxEntry)
    assert [outbox.insert(event_id=name, topic="t", payload="{}", created_at="t") for name in "abc"] == [1, 2, 3]
    outbox.delete("seq = ?", 3)
    assert outbox.insert(event_id="c", topic="t", payload="{}", created_at="t") == 4


def test_all_writes_of_a_transaction_are_undone_together(database: Database, settings: Table[SettingRecord]) -> None:
    before = settings.where()
    with pytest.raises(RuntimeError), database.transaction():  # noqa: PT012 - the raise in the block is the test
        settings.insert(name="d", value="d")
        settings.upsert(name="a", value="new")
        settings.update("b", value="new")
        settings.delete("name = ?", "c")
        raise RuntimeError
    assert settings.where() == before


def test_what_a_table_refuses_is_a_gallery_error(settings: Table[SettingRecord], people: Table[PersonRecord]) -> None:
    with pytest.raises(GalleryError, match="UNIQUE"):
        settings.insert(name="a", value="twice")
    with pytest.raises(GalleryError, match="NOT NULL"):
        people.insert(person="bob")
    with pytest.raises(GalleryError, match="no such column"):
        people.where("nonsense")
    with pytest.raises(GalleryError, match="cannot store BLOB value in TEXT column"):
        people.insert(person="bob", display_name="Bob", enrolled_at=b"\x00")


def test_a_table_that_is_not_there_is_not_made(path: Path) -> None:
    with open_database(path) as database:
        database.write("DROP TABLE stranger_looks", [()])
        with pytest.raises(GalleryError, match="no such table: stranger_looks"):
            database.table("stranger_looks", dict)


def test_a_row_that_was_read_does_not_keep_the_wal_file_from_being_emptied(people: Table[PersonRecord], path: Path) -> None:
    people.insert(person="alice", display_name="Alice", enrolled_at=ALICE.enrolled_at)
    assert people.get("alice") == people.where(limit=1)[0]
    with open_database(path) as other:
        compact(other)
    assert path.with_name("gallery.db-wal").stat().st_size == 0
