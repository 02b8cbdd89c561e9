"""The files that this process has mapped, libraries and networks: how the pages that it has read of them are given back.

It does not know who reads them; what is read again comes back from the kernel's cache.
"""

from __future__ import annotations

import ctypes
import math
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

MADV_DONTNEED = 4
MAPPED, MAPPINGS = Path("/proc/self/maps"), Path("/proc/self/smaps")
"""What is mapped (Linux, proc(5)), and the same with how much of each mapping is in memory, which takes some 15 ms to read, and not 1."""
MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)")
"""First line of a mapping: addresses, flags and file; in the second file lines about the mapping follow."""
OWN_PAGES = "Anonymous:", "Swap:"
"""Beginnings of the lines that say how much of a mapping is in no file, in memory and in swap."""


class _Mapping(NamedTuple):
    """A mapping: where it begins, its bytes, its flags, the path of its file, and the line that says so."""

    low: int
    size: int
    flags: str
    file: str
    line: str


class Libraries:
    """The pages of libraries: most were read only while edged started, and those that are used come back.

    A mapping that holds pages of its own, such as relocated tables, is left alone, since those are in no file. Nobody can write to the
    mappings that are looked at, so that what was in none of its pages then never is, and each is looked at once.
    """

    def __init__(self) -> None:
        """Know no mapping."""
        self._in_files_alone = frozenset[str]()
        self._with_own = frozenset[str]()
        self.released_at = -math.inf
        """When pages were last given back, in monotonic seconds."""

    def release(self) -> None:
        """Give back the pages of all libraries; takes 15 ms where there are new ones, and else 2 ms."""
        self.released_at = time.monotonic()
        found = [one for one in _mapped() if one.file.startswith("/") and "w" not in one.flags and one.flags.endswith("p")]
        lines = {one.line for one in found}
        if lines - self._in_files_alone - self._with_own:
            self._with_own = frozenset(_with_own_pages(lines))
            self._in_files_alone = frozenset(lines - self._with_own)
        _give_back(one for one in found if one.line in self._in_files_alone)


LIBRARIES = Libraries()
"""Those of this process: one object, since each looks at every mapping once."""


def release_pages(path: Path) -> None:
    """Give back the pages of a file that this process has mapped to share it, as networks are: none of them can be its own."""
    _give_back(one for one in _mapped() if one.file == str(path.resolve()) and one.flags.endswith("s"))


def _give_back(mappings: Iterable[_Mapping]) -> None:
    madvise = getattr(ctypes.CDLL(None), "madvise", None)
    if madvise is not None:
        for one in mappings:
            madvise(ctypes.c_void_p(one.low), ctypes.c_size_t(one.size), MADV_DONTNEED)


def _mapped() -> Iterator[_Mapping]:
    for line in _read(MAPPED):
        if found := MAPPING.fullmatch(line):
            low, high, flags, file = found.groups()
            yield _Mapping(int(low, 16), int(high, 16) - int(low, 16), flags, file, line)


def _with_own_pages(lines: Collection[str]) -> set[str]:
    """Those of the mappings with these lines of which something is in memory, or in swap, that is in no file; or of which nobody says."""
    unsaid, own, current = set(lines), set[str](), ""
    for line in _read(MAPPINGS):
        if MAPPING.fullmatch(line):
            current = line
            unsaid.discard(line)
        elif line.startswith(OWN_PAGES) and line.split()[1] != "0":
            own.add(current)
    return unsaid | own & set(lines)


def _read(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
