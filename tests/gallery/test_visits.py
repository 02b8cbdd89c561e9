"""Visits: noted of events, kept in the file as long as the owner wants, corrected, renamed and erased with whom they are of."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from edged.errors import GalleryError
from edged.gallery.curation import Curation
from edged.gallery.store import Gallery
from edged.gallery.strangers import Strangers
from edged.gallery.templates import Sighting
from edged.gallery.visit_memory import VisitMemory
from edged.gallery.visits import KeptVisits, WantedVisits
from edged.storage.backups import back_up
from edged.storage.database import open_database
from edged.storage.outbox import NewEvent, Outbox
from edged.storage.unset_times import UnsetTimes
from edged.system.beside import finish
from edged.types import Announcement, Box, ClockState, Departure, Event, Identity, Stranger, Verdict
from tests.clocks import DAY, HOUR, TRUTH, Device
from tests.gallery.conftest import MODEL, NOON, embedding, template

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edged.gallery.visits import SeenVisit
    from edged.storage.database import Database

EVERYBODY = WantedVisits()
PAGE_BYTES = 4096 + 24
"""Bytes of a page in the log, with what stands before it."""


class Door:
    """A camera whose events become visits; each has the next number, and happens a minute after the one before."""

    def __init__(self, database: Database, *, days: int = 7, at: datetime = NOON, camera: str = "front") -> None:
        """Begin with nobody there."""
        self.memory, self.camera, self.at = VisitMemory(KeptVisits(database), days=days), camera, at
        self.seq = 0

    def comes(self, who: str, visit: int, *, track: int | None = None, replaces: int | None = None, corrects: bool = False) -> int:
        person = None if who.startswith("stranger") else who
        stranger = None if person else Stranger(who, self.at, self.at, 1, ignored=False, looks=1, has_picture=False)
        verdict = Verdict(person, 0.61, 0.3, 0.43, None, 5, 0.8)
        is_correction = corrects or replaces is not None
        fact = Announcement(verdict, Box(0, 0, 9, 9), (640, 480), is_correction=is_correction, replaces=replaces)
        identity = Identity(who, person, person and person.title(), stranger)
        return self._note(Event(self.camera, track or visit, identity, self.at, fact, visit=visit))

    def leaves(self, visit: int) -> int:
        return self._note(Event(self.camera, 99, None, self.at, Departure(60.0, 5, 0.8, None), visit=visit))

    def _note(self, event: Event) -> int:
        self.seq += 1
        self.memory.note(event, self.seq, f"event-{self.seq}")
        self.at += timedelta(minutes=1)
        return self.seq

    def write(self) -> None:
        changes = self.memory.take()
        self.memory.store.keep(changes.visits, changes.gone)
        self.memory.wrote(changes, is_kept=True)

    def seen(self, wanted: WantedVisits = EVERYBODY, limit: int = 100, before: int | None = None) -> list[SeenVisit]:
        return self.memory.page(wanted, limit, before).visits


def who(visits: Sequence[SeenVisit]) -> list[str | None]:
    return [visit.person or visit.stranger for visit in visits]


def remember(database: Database, count: int = 1) -> None:
    for number in range(count):
        Strangers(database).remember(Sighting(embedding(100 + number), 0.8, NOON, None))


@pytest.fixture
def door(database: Database) -> Door:
    """Alice and Bob are enrolled, and one stranger is remembered."""
    Gallery(database).enroll("alice", "Alice", [template(1)])
    Gallery(database).enroll("bob", "Bob", [template(2)])
    remember(database)
    return Door(database)


@pytest.mark.parametrize("is_written", [False, True])
def test_a_visit_begins_with_its_event_and_ends_when_they_leave(door: Door, database: Database, *, is_written: bool) -> None:
    door.comes("alice", 1)
    if is_written:
        door.write()
    [here] = door.seen()
    assert (here.number, here.event_id, here.camera, here.person, here.ended_at) == (1, "event-1", "front", "alice", None)
    assert (here.similarity, here.margin, here.threshold, here.looks, here.is_corrected) == (0.61, 0.3, 0.43, 5, False)
    door.comes("stranger-1", 2)
    door.leaves(1)
    if is_written:
        door.write()
    stranger, alice = door.seen()
    assert (stranger.stranger, stranger.ended_at) == ("stranger-1", None)
    assert (alice.began_at, alice.ended_at) == (NOON, NOON + timedelta(minutes=2))
    if is_written:
        assert Door(database).seen() == [stranger, alice], "another process reads the same"


def test_a_correction_changes_the_visit_and_makes_no_other(door: Door) -> None:
    door.comes("stranger-1", 1, track=7)
    door.write()
    door.comes("bob", 2, track=7, replaces=1)
    for _ in range(2):
        [visit] = door.seen()
        assert (visit.number, visit.event_id, visit.person, visit.stranger, visit.is_corrected) == (1, "event-2", "bob", None, True)
        assert visit.began_at == NOON
        door.write()
    door.leaves(2)
    door.write()
    assert [(visit.person, visit.ended_at) for visit in door.seen()] == [("bob", NOON + timedelta(minutes=2))]


def test_who_was_here_already_has_one_visit_when_a_second_face_turns_out_to_be_theirs(door: Door) -> None:
    door.comes("alice", 1)
    door.comes("stranger-1", 2)
    door.write()
    door.comes("alice", 1, track=2, replaces=2)
    assert who(door.seen()) == ["alice"]
    door.write()
    assert (who(door.seen()), door.memory.page(EVERYBODY, 9).total) == (["alice"], 1)


def test_a_visit_of_several_faces_goes_on_when_one_of_them_is_somebody_else(door: Door) -> None:
    door.comes("alice", 1)
    door.comes("bob", 2, track=5, corrects=True)
    assert [(visit.person, visit.is_corrected) for visit in door.seen()] == [("bob", True), ("alice", False)]


def test_the_list_comes_in_pages_and_by_what_is_asked_for(door: Door, database: Database) -> None:
    for number in range(1, 8):
        door.comes("alice" if number % 2 else "stranger-1", number)
        door.leaves(number)
        if number < 6:
            door.write()
    everything, found, before = door.seen(), [], None
    while page := door.memory.page(EVERYBODY, 3, before):
        found += page.visits
        assert page.total == 7
        if not page.has_more:
            break
        before = page.visits[-1].number
    assert found == everything
    assert [visit.number for visit in everything] == [13, 11, 9, 7, 5, 3, 1]
    assert who(door.seen(WantedVisits(person="alice"))) == ["alice"] * 4
    assert who(door.seen(WantedVisits(stranger="stranger-1"), limit=2)) == ["stranger-1"] * 2
    assert who(door.seen(WantedVisits(who="stranger"))) == ["stranger-1"] * 3
    assert door.seen(WantedVisits(camera="back")) == []
    since = everything[2].began_at
    assert [visit.number for visit in door.seen(WantedVisits(who="person", since=since))] == [13, 9]
    back = Door(database, camera="back")
    back.seq = 50
    back.comes("bob", 1)
    assert who(back.seen(WantedVisits(camera="back"))) == ["bob"]


def test_a_stranger_who_is_given_a_name_keeps_their_visits_and_whoever_is_here_goes_on(door: Door, database: Database) -> None:
    door.comes("stranger-1", 1)
    door.leaves(1)
    door.comes("stranger-1", 2, track=4)
    door.write()
    Strangers(database).promote(["stranger-1"], "zoe", "Zoë", [template(3)])
    door.memory.forget_others({"alice", "bob", "zoe"}, lambda _: False)
    assert who(door.seen()) == ["zoe", "zoe"]
    door.comes("zoe", 3, track=4)
    door.leaves(3)
    door.write()
    visits = door.seen()
    assert who(visits) == ["zoe", "zoe"], "it is one visit, under the new name"
    assert (visits[0].number, visits[0].ended_at) == (3, NOON + timedelta(minutes=4))
    Curation(database, MODEL).merge("zoe", "bob")
    assert who(door.seen()) == ["bob", "bob"]


@pytest.mark.parametrize("name", ["alice", "stranger-1"])
def test_forgetting_erases_every_visit_also_what_is_in_memory(door: Door, database: Database, name: str) -> None:
    door.comes(name, 1)
    door.leaves(1)
    door.comes("bob", 2)
    door.write()
    door.comes(name, 3)
    forget = Gallery(database).forget if name == "alice" else Strangers(database).forget
    forget(name)
    door.memory.forget_others({"bob"} if name == "alice" else {"alice", "bob"}, lambda _: name == "alice")
    door.write()
    door.leaves(3)
    door.write()
    assert who(door.seen()) == ["bob"]


def test_a_visit_on_its_way_to_the_disk_does_not_bring_back_who_was_forgotten(door: Door, database: Database) -> None:
    door.comes("alice", 1)
    door.comes("stranger-1", 2)
    changes = door.memory.take()
    Gallery(database).forget("alice")
    Strangers(database).forget("stranger-1")
    door.memory.store.keep(changes.visits, changes.gone)
    assert who(KeptVisits(database).newest(EVERYBODY, 9)) == [None]


def test_what_the_disk_refuses_is_listed_all_the_same_and_written_later(door: Door, database: Database) -> None:
    door.comes("alice", 1)
    changes = door.memory.take()
    assert who(door.seen()) == ["alice"]
    door.leaves(1)
    door.memory.wrote(changes, is_kept=False)
    assert not door.memory.is_idle
    door.write()
    [kept] = KeptVisits(database).newest(EVERYBODY, 9)
    assert kept.ended_at == NOON + timedelta(minutes=1)
    assert door.memory.is_idle


def test_all_or_nothing(door: Door, database: Database) -> None:
    door.comes("alice", 1)
    changes = door.memory.take()

    def refuse() -> None:
        raise GalleryError("The disk is full.")

    with pytest.raises(GalleryError):
        door.memory.store.keep(changes.visits, (), refuse)
    assert KeptVisits(database).count(EVERYBODY) == 0


def test_with_no_days_only_who_is_here_is_listed_and_nothing_written(door: Door, database: Database) -> None:
    none = Door(database, days=0)
    none.comes("alice", 1)
    none.comes("bob", 2)
    none.leaves(1)
    assert none.memory.is_idle
    assert who(none.seen()) == ["bob"]
    door.comes("alice", 1)
    door.leaves(1)
    door.write()
    finish(none.memory.expire())
    assert KeptVisits(database).count(EVERYBODY) == 0, "what an earlier configuration kept goes"


def test_visits_that_edged_did_not_see_end_are_ended_at_the_next_start(door: Door, database: Database) -> None:
    door.comes("alice", 1)
    door.write()
    again = Door(database)
    again.seq = 10
    again.comes("bob", 1)
    again.write()
    finish(again.memory.expire())
    assert [(visit.person, visit.ended_at) for visit in again.seen()] == [("bob", None), ("alice", NOON)]


def test_visits_go_after_their_days_and_leave_no_byte(tmp_path: Path) -> None:
    device, path = Device(), tmp_path / "gallery.db"
    with device.start(path) as database:
        Gallery(database).enroll("alice", "Alice", [template(1)])
        door = Door(database, at=device.now, camera="cellar_door")
        door.comes("alice", 1)
        door.leaves(1)
        door.write()
        finish(door.memory.expire())
        assert b"cellar_door" in path.read_bytes() + path.with_name("gallery.db-wal").read_bytes()
        device.wait(6 * DAY)
        door.at, door.camera = device.now, "attic"
        door.comes("alice", 2)
        door.leaves(2)
        door.write()
        finish(door.memory.expire())
        assert len(door.seen()) == 2
        device.wait(1 * DAY + HOUR)
        finish(door.memory.expire())
        assert [visit.camera for visit in door.seen()] == ["attic"]
        content = path.read_bytes() + path.with_name("gallery.db-wal").read_bytes()
        assert (b"cellar_door" in content, b"attic" in content) == (False, True)


def test_an_unset_clock_neither_erases_nor_stays_wrong(tmp_path: Path) -> None:
    device = Device(ahead=-30 * DAY, is_synchronised=False)
    with device.start(tmp_path / "gallery.db") as database:
        Gallery(database).enroll("alice", "Alice", [template(1)])
        door = Door(database, at=device.now)
        door.comes("alice", 1)
        door.write()
        assert [visit.clock for visit in Door(database).seen()] == [ClockState.UNSYNCHRONISED]
        device.wait(60)
        device.synchronise()
        UnsetTimes(database).put_right()
        finish(door.memory.expire())
        [visit] = door.seen()
        assert (visit.clock, abs(visit.began_at - TRUTH) < timedelta(seconds=1)) == (ClockState.SYNCHRONISED, True)
        [kept] = KeptVisits(database).newest(EVERYBODY, 9)
        assert (kept.clock, kept.began_at) == (visit.clock, visit.began_at)


def test_when_everybody_was_seen_last(door: Door) -> None:
    door.comes("alice", 1)
    door.leaves(1)
    door.comes("bob", 2)
    door.write()
    assert door.memory.store.last_seen() == {"alice": NOON + timedelta(minutes=1), "bob": NOON + timedelta(minutes=2)}


def test_a_visit_costs_one_page_of_the_log_more_than_its_event(tmp_path: Path) -> None:
    """It is written with the event, in one transaction; so an SD card waits no longer, and takes 4 kB at each of both ends."""
    with open_database(tmp_path / "gallery.db") as database:
        Gallery(database).enroll("alice", "Alice", [template(1)])
        door, outbox, log = Door(database), Outbox(database), tmp_path / "gallery.db-wal"
        grown = []
        for number, has_visit in enumerate((False, True, False, True), start=1):
            door.comes("alice", number)
            changes, before = door.memory.take(), log.stat().st_size
            event = NewEvent(number, f"event-{number}", "topic", "{}", database.clock.stamp(NOON))
            write = partial(outbox.write, [event], unkept_seq=0, arrived=())
            door.memory.store.keep(changes.visits if has_visit else (), (), write)
            grown.append(log.stat().st_size - before)
        assert 0 < grown[3] - grown[2] <= PAGE_BYTES


def test_visits_are_in_no_backup(tmp_path: Path) -> None:
    with open_database(tmp_path / "gallery.db") as database:
        Gallery(database).enroll("alice", "Alice", [template(1)])
        door = Door(database, camera="cellar_door")
        door.comes("alice", 1)
        door.write()
    copy = back_up(tmp_path / "gallery.db").path
    assert b"cellar_door" not in copy.read_bytes()
    with open_database(copy) as database:
        assert [person.id for person in Gallery(database).people()] == ["alice"]
        assert Door(database).seen() == []
