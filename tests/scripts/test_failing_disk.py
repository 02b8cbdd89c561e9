"""The disk of `scripts/faults`: it refuses what a real one does, and after a power cut at any moment SQLite has what was synced."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from random import Random
from typing import TYPE_CHECKING

import pytest
from campaign.disk import FailingDisk, Mode, Operation, built, operations, replay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = 12
WRITER = """
import sqlite3, sys
gallery = sqlite3.connect(sys.argv[1], isolation_level=None)
gallery.execute("PRAGMA journal_mode = WAL")
gallery.execute("PRAGMA synchronous = FULL")
gallery.execute("PRAGMA wal_autocheckpoint = 4")
gallery.execute("CREATE TABLE IF NOT EXISTS rows (number INTEGER PRIMARY KEY, text TEXT)")
for line in sys.stdin:
    try:
        gallery.execute("INSERT INTO rows VALUES (?, ?)", (int(line), "x" * 3000))
        print("written", flush=True)
    except sqlite3.Error as error:
        print(error, flush=True)
"""
"""A program that writes a row for each number that it reads, and says what came of it."""


@pytest.fixture
def disk(tmp_path: Path) -> FailingDisk:
    library = built(tmp_path)
    if library is None:
        pytest.skip("no C compiler")
    return FailingDisk(library, tmp_path / "gallery.db")


def chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - no secret


class Writer:
    """That program, on a disk that may fail."""

    def __init__(self, disk: FailingDisk, gallery: Path) -> None:
        """Start it."""
        disk.begin()
        environment = {**os.environ, **disk.environment}
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, gallery], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def write(self, number: int) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def writer(disk: FailingDisk, tmp_path: Path) -> Iterator[Writer]:
    writer = Writer(disk, tmp_path / "gallery.db")
    yield writer
    writer.kill()


def numbers(gallery: Path) -> list[int]:
    """The rows that a whole database has."""
    with closing(sqlite3.connect(gallery)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            return []
        return [number for (number,) in connection.execute("SELECT number FROM rows ORDER BY number")]


@pytest.mark.parametrize(
    ("mode", "said"), [(Mode.FULL, "disk is full"), (Mode.READ_ONLY, "disk I/O error"), (Mode.BROKEN, "disk I/O error")]
)
def test_it_refuses_as_long_as_it_is_told_to(disk: FailingDisk, writer: Writer, mode: Mode, said: str) -> None:
    assert writer.write(1) == "written"
    disk.set(mode)
    assert said in writer.write(2)
    disk.set(Mode.WELL)
    assert writer.write(3) == "written"


def test_a_power_cut_at_any_moment_leaves_what_was_synced_and_nothing_torn(writer: Writer, tmp_path: Path) -> None:
    assert {writer.write(number) for number in range(1, ROWS + 1)} == {"written"}
    writer.kill()
    done = list(operations((tmp_path / "disk-journal").read_bytes()))
    assert {operation.name for operation in done} >= {"", "-wal"}
    place, least = tmp_path / "after", 0
    place.mkdir()
    for moment in range(len(done) + 1):
        for file in place.iterdir():
            file.unlink()
        for name, content in replay({}, done[:moment], chance(moment)).items():
            (place / f"gallery.db{name}").write_bytes(content)
        left = numbers(place / "gallery.db")
        assert left == list(range(1, len(left) + 1)), moment
        if moment and done[moment - 1].kind == b"s" and done[moment - 1].name == "-wal":
            assert len(left) >= least
            least = len(left)
    assert least == ROWS


def test_what_was_not_synced_may_be_there_in_part_or_not_at_all() -> None:
    done = [Operation(b"w", "", 0, b"a" * 4096), Operation(b"s", "", 0, b""), Operation(b"w", "", 0, b"b" * 4096)]
    left = {replay({}, done, chance(seed))[""].count(b"b") for seed in range(50)}
    assert {0, 4096} < left
    assert all(count % 512 == 0 for count in left)


def test_a_file_that_was_deleted_is_gone_once_anything_is_synced_later() -> None:
    done = [Operation(b"u", "-journal", 0, b""), Operation(b"s", "-wal", 0, b"")]
    assert all("-journal" not in replay({"-journal": b"x"}, done, chance(seed)) for seed in range(20))
