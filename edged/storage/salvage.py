"""The rows of a damaged gallery file: those that can be read, each with its table, and those of which only an index knows any more.

It does not know what becomes of them. A page belongs to the table whose tree leads to it; where damage has cut the way to it, its rows tell
by their form whose they are. A page that the file calls free is left alone: what was erased stays erased.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from edged.storage.cells import (
    INDEX_INNER,
    INDEX_LEAF,
    INNER,
    LEAVES,
    TABLE_LEAF,
    UNREADABLE,
    Record,
    children,
    page_type,
    records,
)
from edged.storage.schema import migrate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edged.storage.pages import Pages
    from edged.storage.table import Value

SCHEMA, SEQUENCE = "sqlite_schema", "sqlite_sequence"
FREE_LIST, FREE_LIST_BYTES = 32, 8
"""Place in the file's header of the first page that lists free ones, and the bytes before the numbers on each of them."""
KINDS: dict[str, tuple[type, ...]] = {"TEXT": (str,), "INTEGER": (int,), "REAL": (float, int), "BLOB": (bytes,)}
"""What a column of each type may hold; SQLite stores a real number without a fraction as an integer."""


class Column(NamedTuple):
    """A column of a table: its name, its type, whether its value is the row's number, and whether it may be missing."""

    name: str
    kind: str
    is_rowid: bool
    may_be_missing: bool


@dataclass(slots=True)
class Salvaged:
    """What was found: rows by table and number, as values by column; by index what each entry says of a row that was not found.

    knows_counters is whether the numbers that were given last could be read.
    """

    rows: dict[str, dict[int, dict[str, Value]]] = field(default_factory=lambda: defaultdict(dict))
    lost: dict[str, list[tuple[Value, ...]]] = field(default_factory=lambda: defaultdict(list))
    knows_counters: bool = False


def salvage(pages: Pages) -> Salvaged:
    """Read all that can be read."""
    forms, found = _forms(), Salvaged()
    owners, indexes = _owners(pages)
    free = _free(pages)
    for number in pages:
        if number in free or number in indexes or _type(pages, number) != TABLE_LEAF:
            continue
        for record in records(pages, number):
            if name := _table_of(record, forms, owners.get(number)):
                found.rows[name][record.rowid] = _row(record, forms[name])
    for number, (index, table) in indexes.items():
        entries = (record.values for record in records(pages, number))
        found.lost[index] += [entry[:-1] for entry in entries if entry and entry[-1] not in found.rows[table]]
    found.knows_counters = SEQUENCE in owners.values() or bool(found.rows[SEQUENCE])
    return found


def _columns_of(connection: sqlite3.Connection, table: str) -> list[Column]:
    """The columns of a table, in their order."""
    rows = connection.execute("SELECT name, type, [notnull], dflt_value, pk FROM pragma_table_info(?)", (table,))
    return [
        Column(name, kind, bool(key and kind == "INTEGER"), bool(not required or default is not None))
        for name, kind, required, default, key in rows
    ]


def _forms() -> dict[str, list[Column]]:
    """The columns of every table of today's files."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        names = [str(name) for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        forms = {name: _columns_of(connection, name) for name in names}
    return forms | {SEQUENCE: [Column("name", "TEXT", False, False), Column("seq", "INTEGER", False, False)]}  # noqa: FBT003


def _table_of(record: Record, forms: dict[str, list[Column]], owner: str | None) -> str | None:
    """The table of a row: that of its page, if it has the form of its rows; of a page that is nobody's the one whose form it has."""
    if owner is not None:
        return owner if owner in forms and _fits(record, forms[owner]) else None
    return next((name for name, columns in forms.items() if _fits(record, columns)), None)


def _fits(record: Record, columns: list[Column]) -> bool:
    if not record.values or record.columns > len(columns):
        return False
    there, missing = columns[: len(record.values)], columns[len(record.values) :]
    is_whole = all(_may_be(value, column) for value, column in zip(record.values, there, strict=True))
    return is_whole and all(column.may_be_missing for column in missing)


def _may_be(value: Value, column: Column) -> bool:
    if column.is_rowid:
        return value is None
    if value is None:
        return column.may_be_missing
    return isinstance(value, KINDS[column.kind])


def _row(record: Record, columns: list[Column]) -> dict[str, Value]:
    row = {column.name: value for column, value in zip(columns, record.values, strict=False)}
    return row | {column.name: record.rowid for column in columns if column.is_rowid}


def _owners(pages: Pages) -> tuple[dict[int, str], dict[int, tuple[str, str]]]:
    """Whose pages are whose: the table of each page of one, and the index and its table of each page of one."""
    tables, indexes = dict.fromkeys(_tree(pages, 1), SCHEMA), dict[int, tuple[str, str]]()
    for record in [record for number in tables for record in _records(pages, number)]:
        kind, name, table, root = (*record.values, None, None, None, None)[:4]
        if isinstance(root, int) and kind == "table":
            tables |= dict.fromkeys(_tree(pages, root), str(name))
        elif isinstance(root, int) and kind == "index":
            indexes |= dict.fromkeys(_tree(pages, root), (str(name), str(table)))
    return tables, indexes


def _tree(pages: Pages, root: int) -> set[int]:
    """The pages of a tree as far as it can be followed; those of an inner page hold entries too, if it is an index."""
    found, waiting = set[int](), [root]
    while waiting:
        number = waiting.pop()
        kind = _type(pages, number)
        if number in found or kind not in LEAVES | INNER:
            continue
        found.add(number)
        if kind in INNER:
            waiting += children(pages, number)
    return {number for number in found if _type(pages, number) in {TABLE_LEAF, INDEX_LEAF, INDEX_INNER}}


def _records(pages: Pages, number: int) -> Iterable[Record]:
    return records(pages, number) if _type(pages, number) == TABLE_LEAF else ()


def _type(pages: Pages, number: int) -> int | None:
    try:
        return page_type(pages, number)
    except UNREADABLE:
        return None


def _free(pages: Pages) -> set[int]:
    """The pages that the file calls free."""
    if not pages.count:
        return set()
    found, trunk = set[int](), int.from_bytes(pages[1][FREE_LIST : FREE_LIST + 4])
    while 1 < trunk <= pages.count and trunk not in found:
        page = pages[trunk]
        count = min(int.from_bytes(page[4:FREE_LIST_BYTES]), pages.bytes // 4 - 2)
        listed = (page[place : place + 4] for place in range(FREE_LIST_BYTES, FREE_LIST_BYTES + 4 * count, 4))
        found |= {trunk, *(int.from_bytes(number) for number in listed)}
        trunk = int.from_bytes(page[:4])
    return found
