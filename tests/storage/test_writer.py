"""Who writes beside the worker: in order, and long work gives way to what comes after it and harms nothing that came before."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest

from edged.errors import GalleryError
from edged.storage.database import open_database
from edged.system.beside import finish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.storage.database import Database

PATIENCE_SECONDS = 10.0
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT begun() UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n WHERE x < 0"


class Statement:
    """A statement that has begun and goes on until it may end."""

    def __init__(self, database: Database) -> None:
        """Take the database of the statement."""
        self.has_begun, self.may_end = Event(), Event()
        self._database = database

    def run(self) -> int:
        self._database.writer.library.conn.create_function("pause", 0, self._pause)
        return self._database.column(int, "SELECT pause() UNION ALL SELECT 1")[0]

    def _pause(self) -> int:
        self.has_begun.set()
        self.may_end.wait(PATIENCE_SECONDS)
        return 7


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "gallery.db") as opened:
        opened.write_beside(lambda: None)
        yield opened


def test_long_work_is_broken_off_where_something_else_is_to_be_written(database: Database) -> None:
    begun = Event()

    def long_work() -> None:
        database.writer.library.conn.create_function("begun", 0, begun.set)
        database.rows(ENDLESS)

    long = database.writer.submit_last(long_work)
    assert begun.wait(PATIENCE_SECONDS)
    assert finish(database.writer.submit(lambda: 3).in_turns()) == 3
    with pytest.raises(GalleryError):
        long.result()


def test_what_is_written_before_long_work_is_not_broken_off_in_its_place(database: Database) -> None:
    statement, made = Statement(database), list[str]()
    first = database.writer.submit(statement.run)
    assert statement.has_begun.wait(PATIENCE_SECONDS)
    long = database.writer.submit_last(lambda: made.append("long"))
    after = database.writer.submit(lambda: made.append("after"))
    statement.may_end.set()
    assert finish(first.in_turns()) == 7
    finish(after.in_turns())
    with pytest.raises(GalleryError):
        long.result()
    assert made == ["after"]


def test_what_comes_after_long_work_is_not_broken_off_by_what_comes_then(database: Database) -> None:
    statement = Statement(database)
    long = database.writer.submit_last(lambda: None)
    first = database.writer.submit(statement.run)
    assert statement.has_begun.wait(PATIENCE_SECONDS)
    second = database.writer.submit(lambda: 3)
    statement.may_end.set()
    assert [finish(first.in_turns()), finish(second.in_turns()), long.is_done] == [7, 3, True]
