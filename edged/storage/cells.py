"""What stands on one page of SQLite's trees: rows, entries of an index, and the pages below; of a damaged row its beginning.

It does not know which table a page belongs to. The formats are those of https://sqlite.org/fileformat.html.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.storage.pages import Pages
    from edged.storage.table import Value

TABLE_LEAF, TABLE_INNER, INDEX_LEAF, INDEX_INNER = 0x0D, 0x05, 0x0A, 0x02
"""Types of pages, their first bytes."""
LEAVES, INNER = frozenset({TABLE_LEAF, INDEX_LEAF}), frozenset({TABLE_INNER, INDEX_INNER})
FILE_HEADER_BYTES, LEAF_HEADER_BYTES, INNER_HEADER_BYTES = 100, 8, 12
INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)
"""Bytes of an integer by the type of its column."""
REAL, ZERO, ONE, FIRST_BLOB, FIRST_TEXT = 7, 8, 9, 12, 13
MOST_VARINT_BYTES, MORE = 9, 0x80
UNREADABLE = (struct.error, IndexError, UnicodeDecodeError, ValueError, OverflowError)
"""What reading damaged bytes ends with."""


class Record(NamedTuple):
    """A row, or an entry of an index: its number, the columns that could be read, and how many it has. rowid is 0 in an index."""

    rowid: int
    values: tuple[Value, ...]
    columns: int


def page_type(pages: Pages, number: int) -> int:
    """The type of a page; that of a damaged one is most likely none of ours."""
    return pages[number][_header(number)]


def children(pages: Pages, number: int) -> list[int]:
    """The pages below an inner one."""
    page, header = pages[number], _header(number)
    cells = (int.from_bytes(page[start : start + 4]) for start in _starts(page, header, INNER_HEADER_BYTES))
    return [*cells, int.from_bytes(page[header + 8 : header + 12])]


def records(pages: Pages, number: int) -> Iterator[Record]:
    """The rows or entries on a page; what cannot be read is left out."""
    page, header = pages[number], _header(number)
    kind = page[header]
    for start in _starts(page, header, LEAF_HEADER_BYTES if kind in LEAVES else INNER_HEADER_BYTES):
        try:
            yield _record(pages, page, start, kind)
        except UNREADABLE:
            continue


def _header(number: int) -> int:
    return FILE_HEADER_BYTES if number == 1 else 0


def _starts(page: bytes, header: int, header_bytes: int) -> tuple[int, ...]:
    (count,) = struct.unpack_from(">H", page, header + 3)
    count = min(count, (len(page) - header - header_bytes) // 2)
    return struct.unpack_from(f">{count}H", page, header + header_bytes)


def _record(pages: Pages, page: bytes, start: int, kind: int) -> Record:
    start += 4 if kind in INNER else 0
    length, start = _varint(page, start)
    rowid = 0
    if kind == TABLE_LEAF:
        rowid, start = _varint(page, start)
    values, columns = _values(_payload(pages, page, start, length, is_table=kind == TABLE_LEAF))
    return Record(rowid, values, columns)


def _payload(pages: Pages, page: bytes, start: int, length: int, *, is_table: bool) -> bytes:
    """The bytes of a record, from its page and those that go on with it; only its beginning where one of them is damaged."""
    most = pages.bytes - 35 if is_table else (pages.bytes - 12) * 64 // 255 - 23
    if length <= most:
        return page[start : start + length]
    least = (pages.bytes - 12) * 32 // 255 - 23
    local = least + (length - least) % (pages.bytes - 4)
    local = local if local <= most else least
    return page[start : start + local] + _rest(pages, int.from_bytes(page[start + local : start + local + 4]), length - local)


def _rest(pages: Pages, number: int, length: int) -> bytes:
    """The bytes on the pages that go on with a record; a page that names no other where one must follow is damaged itself."""
    found, seen = b"", set[int]()
    while length > 0 and 1 < number <= pages.count and number not in seen:
        seen.add(number)
        page = pages[number]
        following, length = int.from_bytes(page[:4]), length - (pages.bytes - 4)
        if (following == 0) == (length > 0) or following > pages.count:
            break
        found, number = found + page[4:], following
    return found


def _values(payload: bytes) -> tuple[tuple[Value, ...], int]:
    header_bytes, place = _varint(payload, 0)
    kinds = []
    while place < header_bytes:
        kind, place = _varint(payload, place)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        width = _width(kind)
        if place + width > len(payload):
            break
        values.append(_value(kind, payload[place : place + width]))
        place += width
    return tuple(values), len(kinds)


def _width(kind: int) -> int:
    if kind < len(INTEGER_BYTES):
        return INTEGER_BYTES[kind]
    if kind >= FIRST_BLOB:
        return (kind - FIRST_BLOB) // 2
    return {REAL: 8, ZERO: 0, ONE: 0}[kind]


def _value(kind: int, content: bytes) -> Value:
    if kind >= FIRST_BLOB:
        return content.decode() if kind & 1 else content
    if kind == REAL:
        return float(struct.unpack(">d", content)[0])
    if kind in (ZERO, ONE):
        return kind - ZERO
    return int.from_bytes(content, signed=True) if kind else None


def _varint(content: bytes, place: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    value = 0
    for count in range(1, MOST_VARINT_BYTES):
        byte = content[place + count - 1]
        value = value << 7 | byte & ~MORE
        if not byte & MORE:
            return value, place + count
    return value << 8 | content[place + MOST_VARINT_BYTES - 1], place + MOST_VARINT_BYTES
