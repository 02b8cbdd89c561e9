"""The outbox: nothing lost, nothing twice, no number missing."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from edged.storage.compaction import compact
from edged.storage.database import open_database
from edged.storage.outbox import FORGOTTEN, NewEvent, Outbox
from edged.storage.records import OutboxEntry
from edged.system.times import rfc3339
from tests.gallery.conftest import NOON, REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database)


def fill(outbox: Outbox, *event_ids: str) -> list[int]:
    return [outbox.append(event_id, "edged/door/event", "{}", NOON) for event_id in event_ids]


def test_an_event_comes_out_as_it_went_in(outbox: Outbox) -> None:
    text = '{"event_type":"recognised","display_name":"Zoë 張偉","box":[1,2,3,4],"margin":null}'
    assert outbox.append("01JD", "edged/front/door/event", text, NOON) == 1
    assert outbox.pending() == [OutboxEntry(1, "01JD", "edged/front/door/event", text, rfc3339(NOON))]


def test_events_come_in_order_in_portions(outbox: Outbox) -> None:
    fill(outbox, *"abcdefg")
    assert [entry.seq for entry in outbox.pending(limit=3)] == [1, 2, 3]
    assert [entry.event_id for entry in outbox.pending(after_seq=3, limit=3)] == ["d", "e", "f"]
    assert outbox.pending(after_seq=7) == []
    assert outbox.count() == 7


def test_what_is_acknowledged_is_gone_and_only_that(outbox: Outbox) -> None:
    fill(outbox, *"abcd")
    assert outbox.acknowledge([2, 3, 99]) == 2
    assert outbox.acknowledge([2]) == 0
    assert outbox.acknowledge([]) == 0
    assert [entry.event_id for entry in outbox.pending()] == ["a", "d"]
    assert outbox.pending()[0].seq == 1


def test_a_number_is_never_given_again_even_after_a_restart_with_nothing_left(path: Path) -> None:
    for expected in ([1, 2], [3, 4], [5, 6]):
        with open_database(path) as database:
            outbox = Outbox(database)
            assert fill(outbox, "a", "b") == expected
            outbox.acknowledge(expected)
            compact(database)
            assert outbox.pending() == []


def test_an_append_that_fails_uses_up_no_number(outbox: Outbox) -> None:
    fill(outbox, "a")
    with pytest.raises(ValueError, match="Event 'a' is in the outbox already"):
        fill(outbox, "a")
    with pytest.raises(ValueError, match="time zone"):
        outbox.append("b", "topic", "{}", NOON.replace(tzinfo=None))
    assert fill(outbox, "c") == [2]


APPEND_FOR_EVER = """
import itertools, sys
from datetime import UTC, datetime
from pathlib import Path
from edged.storage.compaction import compact
from edged.storage.database import open_database
from edged.storage.outbox import Outbox
with open_database(Path(sys.argv[1])) as database:
    outbox = Outbox(database)
    for number in itertools.count():
        seq = outbox.append(f"{sys.argv[2]}-{number}", "topic", "x" * 500, datetime(2026, 1, 1, tzinfo=UTC))
        print(seq, flush=True)
"""


def test_every_append_that_returned_survives_being_killed(path: Path) -> None:
    printed: list[int] = []
    for run in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", APPEND_FOR_EVER, str(path), str(run)], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
        ) as process:
            assert process.stdout is not None
            printed += [int(process.stdout.readline()) for _ in range(200)]
            process.send_signal(signal.SIGKILL)
            # The last line may have been cut off by the kill.
            printed += [int(line) for line in process.stdout if line.endswith("\n")]
        assert process.returncode == -signal.SIGKILL
    with open_database(path) as database:
        stored = [entry.seq for entry in Outbox(database).pending(limit=1_000_000)]
        assert stored == list(range(1, len(stored) + 1))
        assert set(printed) <= set(stored)
        assert len(set(printed)) == len(printed)
        assert len(stored) <= len(printed) + 3
        assert database.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


APPEND_SOME = APPEND_FOR_EVER.replace("itertools.count()", "range(200)")


def test_two_processes_share_the_numbers(path: Path) -> None:
    commands = [[sys.executable, "-c", APPEND_SOME, str(path), name] for name in ("daemon", "shell")]
    processes = [subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL) for command in commands]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    with open_database(path) as database:
        assert [entry.seq for entry in Outbox(database).pending(limit=1000)] == list(range(1, 401))


def test_a_person_is_taken_out_of_pending_events(database: Database, outbox: Outbox) -> None:
    alice = '{"person":"alice","display_name":"Alice","similarity":0.700,"reason":null,"camera":"alice"}'
    bob = '{"person":"bob","display_name":"alice","reason":null}'
    for number, text in enumerate((alice, bob, alice), start=1):
        outbox.append(str(number), "topic", text, NOON)
    with database.transaction():
        assert outbox.redact("alice") == 2
    gone = f'{{"person":null,"display_name":null,"similarity":0.700,"reason":"{FORGOTTEN}","camera":"alice"}}'
    assert [entry.payload for entry in outbox.pending()] == [gone, bob, gone]


@pytest.mark.parametrize("spelled", ["zoë", "zo\\u00eb"])
def test_a_name_with_umlauts_is_found_however_it_is_spelled(database: Database, outbox: Outbox, spelled: str) -> None:
    outbox.append("1", "topic", f'{{"person": "{spelled}", "display_name": "Zoë"}}', NOON)
    with database.transaction():
        assert outbox.redact("zoë") == 1
        assert outbox.redact("zoë") == 0


def test_an_event_costs_an_sd_card_little(outbox: Outbox, path: Path) -> None:
    """Each page goes into the log and later into the file; a door with 200 events a day may write 20 MB, strangers' looks included."""
    log, events = path.with_name("gallery.db-wal"), 40
    before = log.stat().st_size
    for number in range(1, events + 1):
        event = NewEvent(number, f"event-{number}", "edged/door/front/event", "x" * 550, outbox.clock.stamp(NOON))
        outbox.write([event], unkept_seq=0, arrived=())
        outbox.write([], unkept_seq=0, arrived=[number])
    written = (log.stat().st_size - before) / events
    assert 2 * written * 200 < 15_000_000


def test_what_is_written_in_one_go_is_written_whole_or_not_at_all(outbox: Outbox) -> None:
    events = [NewEvent(number, "the same", "topic", "{}", outbox.clock.stamp(NOON)) for number in (1, 2)]
    with pytest.raises(ValueError, match="in the outbox already"):
        outbox.write(events, unkept_seq=7, arrived=())
    assert (outbox.count(), outbox.last_seq()) == (0, 0)


def test_a_batch_that_the_disk_kept_though_it_complained_is_written_again_as_if_it_were_new(outbox: Outbox) -> None:
    first, second = (NewEvent(seq, event_id, "t", "{}", outbox.clock.stamp(NOON)) for seq, event_id in ((1, "a"), (2, "b")))
    outbox.write([first], unkept_seq=0, arrived=[])
    outbox.write([first, second], unkept_seq=0, arrived=[])
    assert [(entry.seq, entry.event_id) for entry in outbox.pending()] == [(1, "a"), (2, "b")]
