"""What goes wrong in the file: no foreign error gets out, and every sentence says what to do."""

from __future__ import annotations

import inspect
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlite_utils

from edged.errors import GalleryError
from edged.storage.failures import translated

if TYPE_CHECKING:
    from types import ModuleType

FILE = Path("/var/lib/edged/gallery.db")


def errors_of(module: ModuleType) -> list[type[Exception]]:
    """Every class of exception that a module has."""
    return [found for _, found in inspect.getmembers(module, inspect.isclass) if issubclass(found, Exception)]


@pytest.mark.parametrize("foreign", [*errors_of(sqlite3), *errors_of(sqlite_utils.db), OSError, PermissionError])
def test_no_error_of_sqlite_of_the_library_or_of_the_system_gets_out(foreign: type[Exception]) -> None:
    with pytest.raises(GalleryError, match=str(FILE)) as caught, translated(FILE):
        raise foreign("something")
    assert isinstance(caught.value.__cause__, foreign)


@pytest.mark.parametrize("ours", [GalleryError("ours"), ValueError("a mistake"), KeyboardInterrupt()])
def test_everything_else_passes_as_it_is(ours: BaseException) -> None:
    with pytest.raises(type(ours)) as caught, translated(FILE):
        raise ours
    assert caught.value is ours


@pytest.mark.parametrize(
    ("code", "what_to_do"),
    [
        (sqlite3.SQLITE_NOTADB, "restore a backup"),
        (sqlite3.SQLITE_CORRUPT, "check the SD card"),
        (sqlite3.SQLITE_FULL, "free some space"),
        (sqlite3.SQLITE_READONLY, "write permission"),
        (sqlite3.SQLITE_BUSY, "wait until the other edged command has finished"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "wait until the other edged command has finished"),
        (sqlite3.SQLITE_CANTOPEN, "may write to it"),
        (sqlite3.SQLITE_PERM, "may read and write the file"),
        (sqlite3.SQLITE_IOERR_FSYNC, "check the SD card"),
        (sqlite3.SQLITE_MISMATCH, "report it with this message"),
    ],
)
def test_the_sentence_says_what_to_do_also_for_extended_codes(code: int, what_to_do: str) -> None:
    error = sqlite3.OperationalError("the words of SQLite")
    error.sqlite_errorcode = code
    with pytest.raises(GalleryError, match=what_to_do) as caught, translated(FILE):
        raise error
    assert "the words of SQLite" in str(caught.value)


def test_a_gallery_without_a_file_is_called_so() -> None:
    with pytest.raises(GalleryError, match="The gallery in memory"), translated(None):
        raise sqlite3.OperationalError
