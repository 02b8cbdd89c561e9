"""Migrations: each once, whole or not at all, and never backwards."""

from __future__ import annotations

import dataclasses
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from edged.errors import GalleryError
from edged.gallery.curation import Curation
from edged.gallery.store import Gallery
from edged.gallery.strangers import Strangers
from edged.gallery.templates import Sighting, to_blob
from edged.storage.age_clock import AgeClock
from edged.storage.database import open_database
from edged.storage.outbox import Outbox
from edged.storage.schema import MIGRATIONS, migrate
from tests.clocks import DAY, YEAR, Device
from tests.gallery.conftest import MODEL, NOON, embedding, template

if TYPE_CHECKING:
    from pathlib import Path


def connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(exist_ok=True)
    return sqlite3.connect(path, isolation_level=None)


GHOST = """INSERT INTO templates (id, person, model_id, embedding, quality, source, created_at)
    VALUES (1, 'ghost', 'm', x'00', 0.5, 's', 't')"""


def version(connection: sqlite3.Connection) -> int:
    [(number,)] = connection.execute("PRAGMA user_version")
    return int(number)


def schema(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


@pytest.mark.parametrize("old", range(len(MIGRATIONS)))
def test_a_file_of_every_older_version_becomes_like_a_new_one(path: Path, old: int) -> None:
    with closing(connect(path)) as connection:
        migrate(connection, MIGRATIONS[:old])
        assert version(connection) == old
    open_database(path).close()
    with closing(connect(path)) as connection, closing(sqlite3.connect(":memory:", isolation_level=None)) as new:
        migrate(new)
        assert schema(connection) == schema(new)
        assert version(connection) == len(MIGRATIONS)


def test_people_of_the_first_version_are_kept(path: Path) -> None:
    with closing(connect(path)) as connection:
        migrate(connection, MIGRATIONS[:1])
        connection.execute("INSERT INTO people VALUES ('alice', 'Alice', '2025-01-01T00:00:00.000Z')")
    with open_database(path) as database:
        assert [person.display_name for person in Gallery(database).people()] == ["Alice"]
        assert Gallery(database).enroll("alice", None, [template(1)]).templates == 1
        assert Outbox(database).append("a", "topic", "{}", NOON) == 1


def test_a_gallery_from_before_there_were_strangers_keeps_all_it_has(path: Path) -> None:
    with closing(connect(path)) as connection:
        migrate(connection, MIGRATIONS[:4])
        connection.execute("INSERT INTO people VALUES ('alice', 'Alice', '2025-01-01T00:00:00.000Z')")
        vector = to_blob(embedding(1))
        connection.execute(
            "INSERT INTO templates VALUES (1, 'alice', ?, ?, 0.5, 'shell', '2025-01-01T00:00:00.000Z', NULL)", [MODEL, vector]
        )
        connection.execute("INSERT INTO outbox VALUES (41, 'a', 'topic', '{\"seq\":41}', '2025-01-01T00:00:00.000Z')")
    with open_database(path) as database:
        assert Gallery(database).templates(MODEL).persons == ["alice"]
        assert [entry.seq for entry in Outbox(database).pending()] == [41]
        stranger = Strangers(database).remember(Sighting(embedding(2), 0.5, NOON, None))
        assert stranger.id == "stranger-1"
        assert Strangers(database).looks(MODEL).persons == ["stranger-1"]


def test_opening_again_changes_nothing(path: Path) -> None:
    open_database(path).close()
    before = path.read_bytes()
    open_database(path).close()
    assert path.read_bytes() == before


def test_a_new_file_may_be_opened_by_several_at_once(path: Path) -> None:
    """As by `edged enroll` in the second in which the daemon starts."""
    with ThreadPoolExecutor(8) as pool:
        for number in range(10):
            opened = list(pool.map(open_database, [path.with_name(f"{number}.db")] * 8))
            for database in opened:
                database.close()


def test_a_newer_file_is_refused_and_left_as_it_is(path: Path) -> None:
    open_database(path).close()
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(GalleryError, match=rf"version 99 and this edged knows {len(MIGRATIONS)}; update edged"):
        open_database(path)
    assert path.read_bytes() == before


def test_a_migration_that_fails_leaves_neither_its_tables_nor_its_number(path: Path) -> None:
    with closing(connect(path)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, [*MIGRATIONS, ("CREATE TABLE half (id)", "CREATE TABLE (nonsense")])
        assert version(connection) == len(MIGRATIONS)
        assert "half" not in dict(schema(connection))
        assert not connection.in_transaction


def test_a_template_cannot_be_of_nobody(path: Path) -> None:
    with open_database(path) as database, pytest.raises(GalleryError, match="FOREIGN KEY"):
        database.write(GHOST, [()])


def test_a_file_from_before_there_was_an_order_has_the_one_that_it_showed(path: Path) -> None:
    """By the times that stand in it; what comes from then on comes after, whatever its time is, and nobody is old yet."""
    days = {1: 20, 2: 10, 3: 30, 4: 10}
    device = Device(ahead=-YEAR, is_synchronised=False)
    with closing(connect(path)) as connection:
        migrate(connection, MIGRATIONS[:5])
        connection.execute("INSERT INTO people VALUES ('alice', 'Alice', '2025-01-01T00:00:00.000Z')")
        for number, day in days.items():
            at, vector = f"2025-01-{day}T00:00:00.000Z", to_blob(embedding(number))
            connection.execute("INSERT INTO strangers VALUES (?, ?, ?, 1, 0)", [number, at, at])
            connection.execute("INSERT INTO stranger_looks VALUES (?, ?, ?, ?, 0.5, NULL)", [number, number, MODEL, vector])
            connection.execute("INSERT INTO templates VALUES (?, 'alice', ?, ?, 0.5, ?, ?, NULL)", [number, MODEL, vector, str(number), at])
    with device.start(path) as database:
        AgeClock(database).keep()  # as edged does when it starts
        strangers, curation = Strangers(database), Curation(database, MODEL)
        assert [stranger.id for stranger in strangers.strangers()] == [f"stranger-{number}" for number in (3, 1, 4, 2)]
        assert [one.source for one in curation.templates("alice").values()] == ["2", "4", "1", "3"]
        device.wait(2 * DAY)
        strangers.seen_again("stranger-2", Sighting(embedding(2), 0.5, device.now, None))
        Gallery(database).enroll("alice", None, [dataclasses.replace(template(9), created_at=device.now, source="9")])
        assert [stranger.id for stranger in strangers.strangers()] == [f"stranger-{number}" for number in (2, 3, 1, 4)]
        assert [one.source for one in curation.templates("alice").values()] == ["2", "4", "1", "3", "9"]
        device.synchronise()
        assert strangers.expire(30) == 0
        device.wait(29 * DAY)
        assert strangers.expire(30) == 3
        assert [stranger.id for stranger in strangers.strangers()] == ["stranger-2"]
