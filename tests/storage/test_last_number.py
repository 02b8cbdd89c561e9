"""The last number of an event: whatever ends a run, no number is given twice, and what is lost leaves a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.storage.database import open_database
from edged.storage.last_number import SKIPPED, LastNumber
from edged.storage.outbox import Outbox
from tests.clocks import Device

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    """A folder in memory, as far as anybody can tell."""
    (tmp_path / "shm").mkdir()
    return tmp_path / "shm"


def begun(database: Database, memory: Path) -> tuple[Outbox, LastNumber]:
    """A run as the daemon begins it."""
    last = LastNumber(database, memory)
    outbox = Outbox(database, last)
    outbox.note_seq(outbox.last_seq())
    last.begin()
    return outbox, last


def happen(outbox: Outbox, *, is_written: bool) -> int:
    """Let an event happen; the disk takes it or not. Its number."""
    seq = outbox.last_seq() + 1
    outbox.note_seq(seq)
    if is_written:
        device = Device()
        outbox.append(f"event-{seq}", "edged/door/front/event", "{}", device.now, seq=seq)
    return seq


def test_numbers_go_on_without_a_gap_over_stops_and_kills_where_the_disk_took_all(tmp_path: Path, memory: Path) -> None:
    given = []
    for has_ended in (True, False, False, True, True):
        with Device().start(tmp_path / "gallery.db") as database:
            outbox, last = begun(database, memory)
            given += [happen(outbox, is_written=True) for _ in range(2)]
            if has_ended:
                last.end()
    assert given == list(range(1, 11))
    assert not list(memory.iterdir()), "nothing stays in memory of a run that has ended"


def test_numbers_of_events_that_a_killed_run_had_in_memory_are_missing_afterwards(tmp_path: Path, memory: Path) -> None:
    with Device().start(tmp_path / "gallery.db") as database:
        outbox, _ = begun(database, memory)
        assert [happen(outbox, is_written=written) for written in (True, False, False)] == [1, 2, 3]
    with Device().start(tmp_path / "gallery.db") as database:
        outbox, _ = begun(database, memory)
        assert happen(outbox, is_written=True) == 4
        assert [entry.seq for entry in outbox.pending()] == [1, 4]


def test_after_a_power_cut_numbers_are_left_out_once(tmp_path: Path, memory: Path) -> None:
    device = Device()
    with device.start(tmp_path / "gallery.db") as database:
        outbox, _ = begun(database, memory)
        happen(outbox, is_written=True)
        happen(outbox, is_written=False)
    device.cut_power(off_seconds=60, ahead=0)
    for note in memory.iterdir():
        note.unlink()
    with device.start(tmp_path / "gallery.db") as database:
        outbox, last = begun(database, memory)
        assert happen(outbox, is_written=True) == 1 + SKIPPED + 1
        last.end()
    device.cut_power(off_seconds=60, ahead=0)  # while it did not run
    with device.start(tmp_path / "gallery.db") as database:
        assert happen(begun(database, memory)[0], is_written=True) == 1 + SKIPPED + 2


def test_a_note_of_somebody_else_is_not_taken(tmp_path: Path, memory: Path) -> None:
    with open_database(tmp_path / "gallery.db") as database:
        happen(begun(database, memory)[0], is_written=True)
        [note] = memory.iterdir()
        note.unlink()
        note.symlink_to(tmp_path / "elsewhere")
        outbox, _ = begun(database, memory)
        happen(outbox, is_written=False)
    assert not (tmp_path / "elsewhere").exists()


def test_two_galleries_have_two_notes_and_one_in_memory_has_none(tmp_path: Path, memory: Path) -> None:
    for name in ("one.db", "other.db"):
        with open_database(tmp_path / name) as database:
            assert happen(begun(database, memory)[0], is_written=False) == 1
    with open_database(None) as database:
        assert happen(begun(database, memory)[0], is_written=False) == 1
    assert len(list(memory.iterdir())) == 2


def test_without_a_folder_in_memory_it_works_and_leaves_numbers_out_after_a_kill(tmp_path: Path) -> None:
    for expected in (1, 1 + SKIPPED + 1):
        with open_database(tmp_path / "gallery.db") as database:
            assert happen(begun(database, tmp_path / "missing")[0], is_written=True) == expected
