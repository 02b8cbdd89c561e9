"""The pages of a gallery file as its bytes have them, with those that a write-ahead log holds, whatever SQLite thinks of either.

It does not know what a page holds. The formats are those of https://sqlite.org/fileformat.html.
"""

from __future__ import annotations

import mmap
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAGIC = b"SQLite format 3\0"
PAGE_BYTES, LEAST_PAGE_BYTES, MOST_PAGE_BYTES = 4096, 512, 65536
"""Bytes of a page where the file does not say so, and those that it may say."""
LOG_MAGIC, LOG_HEADER_BYTES, FRAME_HEADER_BYTES = 0x377F0682, 32, 24
"""First number of a log, but for its lowest bit, which says how its sums are made, and the bytes before its first frame and each page."""
WORD = 0xFFFFFFFF


class Pages:
    """Pages by their numbers from 1 on; what the log holds goes before what stands in the file."""

    def __init__(self, content: bytes | mmap.mmap, log: bytes = b"") -> None:
        """Take the bytes of both; of a damaged log what comes before the damage."""
        self._content, self._changed = content, dict[int, bytes]()
        self.bytes = _page_bytes(content)
        self.count = len(content) // self.bytes
        for number, page, count in _committed(log, self.bytes):
            self._changed[number], self.count = page, count

    def __getitem__(self, number: int) -> bytes:
        if not 1 <= number <= self.count:
            raise IndexError(number)
        return self._changed.get(number) or bytes(self._content[(number - 1) * self.bytes : number * self.bytes])

    def __iter__(self) -> Iterator[int]:
        return iter(range(1, self.count + 1))


def read_pages(path: Path) -> Pages:
    """Read a file and its log, which nobody may be writing to; an OSError where it cannot be read."""
    log = path.with_name(f"{path.name}-wal")
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""
    return Pages(content, log.read_bytes() if log.exists() else b"")


def _page_bytes(content: bytes | mmap.mmap) -> int:
    if content[: len(MAGIC)] != MAGIC:
        return PAGE_BYTES
    (found,) = struct.unpack(">H", content[16:18])
    found = MOST_PAGE_BYTES if found == 1 else found
    return found if LEAST_PAGE_BYTES <= found <= MOST_PAGE_BYTES and found.bit_count() == 1 else PAGE_BYTES


def _committed(log: bytes, page_bytes: int) -> Iterator[tuple[int, bytes, int]]:
    """The pages of the transactions that are whole in a log, in their order, each with the number of pages of the file after it."""
    if len(log) < LOG_HEADER_BYTES or struct.unpack_from(">I", log)[0] & ~1 != LOG_MAGIC:
        return
    words = ">" if log[3] & 1 else "<"
    sums, salts = _sums(log[:24], words, (0, 0)), log[16:24]
    waiting: list[tuple[int, bytes]] = []
    for start in range(LOG_HEADER_BYTES, len(log) - FRAME_HEADER_BYTES - page_bytes + 1, FRAME_HEADER_BYTES + page_bytes):
        head, page = log[start : start + FRAME_HEADER_BYTES], log[start + FRAME_HEADER_BYTES : start + FRAME_HEADER_BYTES + page_bytes]
        sums = _sums(page, words, _sums(head[:8], words, sums))
        number, count, *_, first, second = struct.unpack(">6I", head)
        if head[8:16] != salts or (first, second) != sums:
            return
        waiting.append((number, page))
        if count:
            yield from ((number, page, count) for number, page in waiting)
            waiting.clear()


def _sums(content: bytes, words: str, sums: tuple[int, int]) -> tuple[int, int]:
    first, second = sums
    numbers = iter(struct.unpack(f"{words}{len(content) // 4}I", content))
    for one, other in zip(numbers, numbers, strict=True):
        first = (first + one + second) & WORD
        second = (second + other + first) & WORD
    return first, second
