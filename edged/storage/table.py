"""One table of an open gallery file, by sqlite-utils' own methods, with rows as values and errors as sentences.

It does not know what the table means. sqlite-utils looks up the table's columns and wraps each write in a savepoint: on a server's disk
that makes 13 µs of an insert's 200 and 65 of an upsert's 230, the rest is the wait for the disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from edged.storage.failures import translated
from edged.storage.library import db

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Value: TypeAlias = str | int | float | bytes | None
"""What a column of the file may hold."""
Row = TypeVar("Row")


class Table(Generic[Row]):
    """A table with rows of one type.

    Every method raises GalleryError where the file cannot be read or written. What writes is for inside Database.transaction().
    """

    def __init__(self, library: Callable[[], db.Database], path: Path | None, name: str, row: Callable[..., Row]) -> None:
        """Read and write the table of this name, one of our own; row makes a value of a row's columns, which it takes by name.

        library gives the connection of the thread that asks.
        """
        self._library, self._path, self._name, self._row = library, path, name, row
        self._tables: dict[db.Database, db.Table] = {}
        with translated(path):
            if not self._table.exists():  # the library would make one, of other columns
                raise db.NoTable(f"no such table: {name}")

    @property
    def _table(self) -> db.Table:
        library = self._library()
        found = self._tables.get(library)
        if found is None:
            found = self._tables[library] = library.table(self._name)
        return found

    def where(self, condition: str | None = None, *parameters: Value, order_by: str | None = None, limit: int | None = None) -> list[Row]:
        """Read the rows that meet a condition in SQL; at once, since an open cursor would keep the -wal file from being emptied."""
        with translated(self._path):
            return [self._row(**row) for row in self._table.rows_where(condition, parameters, order_by=order_by, limit=limit)]

    def get(self, key: str | int) -> Row | None:
        """Read the row with this primary key; None where there is none."""
        with translated(self._path):
            try:
                return self._row(**self._table.get(key))
            except db.NotFoundError:
                return None

    def count(self, condition: str | None = None, *parameters: Value) -> int:
        """Count the rows that meet a condition in SQL."""
        with translated(self._path):
            return self._table.count_where(condition, parameters)

    def insert(self, **columns: Value) -> int:
        """Add a row and give its row id; an integer primary key that is left out is chosen by SQLite."""
        with translated(self._path):
            return int(self._table.insert(columns).last_rowid or 0)

    def upsert(self, **columns: Value) -> None:
        """Add a row, or give the one with this primary key these columns."""
        with translated(self._path):
            self._table.upsert(columns)

    def update(self, key: str | int, /, **columns: Value) -> bool:
        """Give the row with this primary key these columns; False where there is none."""
        with translated(self._path):
            try:
                self._table.update(key, columns)
            except db.NotFoundError:
                return False
            return True

    def delete(self, condition: str, *parameters: Value) -> int:
        """Delete the rows that meet a condition in SQL, and count them."""
        with translated(self._path):
            deleted = self._table.count_where(condition, parameters)
            self._table.delete_where(condition, parameters)
            return deleted
