"""What is done now and then: the gallery is looked at, networks are freed, and limits kept."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import MagicMock

import pytest

from edged.control.self_test import NOT_SYNCHRONISED
from edged.daemon.upkeep import (
    AGE_SECONDS,
    COMPACTION_SECONDS,
    ERASURE_SECONDS,
    GALLERY_RETRY_SECONDS,
    GALLERY_SECONDS,
    ClockUpkeep,
    GalleryUpkeep,
)
from edged.errors import GalleryError
from edged.gallery.erasure import is_compaction_due
from edged.gallery.store import Gallery
from edged.gallery.strangers import Strangers
from edged.gallery.templates import Sighting
from edged.gallery.visit_memory import VisitMemory
from edged.gallery.visits import KeptVisits
from edged.storage.age_clock import AgeClock
from edged.types import ClockState
from tests.clocks import YEAR, Device
from tests.daemon.conftest import EVENTUALLY, refuse
from tests.gallery.conftest import embedding, template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.storage.database import Database
    from edged.system.beside import Turns
    from tests.daemon.conftest import Bench


def test_networks_that_nothing_needs_are_freed_now_and_again(bench: Bench) -> None:
    bench.worker.step()
    bench.worker.step()
    assert bench.detector.freed == 1
    bench.upkeep.run(time.monotonic() + EVENTUALLY)
    assert bench.detector.freed == 2


def test_beyond_its_budget_it_slows_down_and_says_so_at_once(bench: Bench) -> None:
    bench.worker.step()
    assert (bench.told("/health")[-1]["slowdown"], bench.told("/health")[-1]["slowed_by"]) == (1.0, None)
    bench.busy(90.0)
    assert bench.pipeline.slowdown > 1.0
    assert bench.told("/health")[-1]["slowed_by"] == "cpu"
    assert bench.told("/health")[-1]["slowdown"] == round(bench.pipeline.slowdown, 2)
    while bench.pipeline.slowdown > 1.0:
        bench.busy(5.0)
    assert (bench.told("/health")[-1]["slowdown"], bench.told("/health")[-1]["slowed_by"]) == (1.0, None)
    assert len(bench.told("/health")) == 3


def test_a_clip_played_as_fast_as_possible_is_not_slowed(bench: Bench) -> None:
    bench.camera.keeps_budget = False
    bench.busy(90.0)
    assert bench.pipeline.slowdown == 1.0


@dataclass
class StubReader:
    """Counts how often it looks at the file, which cannot be read while it is broken, and how often it lets strangers expire."""

    is_broken: bool = False
    looks: int = 0
    expiries: int = 0
    shared: Any = field(default_factory=MagicMock)

    def refresh(self) -> Turns[bool]:
        self.looks += 1
        refuse() if self.is_broken else None
        yield from ()
        return False

    def expire(self) -> Turns[None]:
        self.expiries += 1
        yield from ()


def upkeep_of(database: Database, reader: StubReader, troubles: list[GalleryError]) -> GalleryUpkeep:
    gallery = Gallery(database)
    return GalleryUpkeep(cast("Any", reader), gallery, no_visits(gallery), on_failure=troubles.append)


def no_visits(gallery: Gallery) -> VisitMemory:
    return VisitMemory(KeptVisits(gallery.database), days=7)


def test_what_was_erased_is_given_back_to_the_disk_once_nobody_is_in_view(database: Database) -> None:
    gallery, seen = Gallery(database), ["somebody"]
    upkeep = GalleryUpkeep(cast("Any", StubReader()), gallery, no_visits(gallery), on_failure=lambda _: None, is_empty=lambda: not seen)
    gallery.enroll("alice", None, [template(1)])
    gallery.forget("alice")
    upkeep.run(1000.0)
    assert is_compaction_due(database)
    seen.clear()
    upkeep.run(1000.0 + ERASURE_SECONDS)
    assert not is_compaction_due(database)
    gallery.enroll("alice", None, [template(1)])
    gallery.forget("alice")
    upkeep.run(1000.0 + 3 * ERASURE_SECONDS)
    upkeep.run(1000.0 + ERASURE_SECONDS + COMPACTION_SECONDS / 2)
    assert is_compaction_due(database), "once a day"
    upkeep.run(1000.0 + 3 * ERASURE_SECONDS + COMPACTION_SECONDS)
    assert not is_compaction_due(database)


def test_strangers_expire_at_the_start_and_then_every_six_hours(database: Database) -> None:
    reader, counts = StubReader(), []
    upkeep = upkeep_of(database, reader, [])
    for now in (1.0, 2.0, 6 * 3600.0, 6 * 3600.0 + 1.0, 6 * 3600.0 + 2.0):
        upkeep.run(now)
        counts.append(reader.expiries)
    assert counts == [1, 1, 1, 2, 2]


def test_a_gallery_that_cannot_be_read_is_tried_again_after_a_pause(database: Database) -> None:
    reader, troubles, counts = StubReader(is_broken=True), list[GalleryError](), []
    upkeep = upkeep_of(database, reader, troubles)
    for now in (1.0, 1.0 + GALLERY_SECONDS, 1.0 + GALLERY_RETRY_SECONDS):
        upkeep.run(now)
        counts.append((reader.looks, len(troubles)))
    assert counts == [(1, 1), (1, 1), (2, 2)]
    reader.is_broken = False
    upkeep.run(1.0 + 2 * GALLERY_RETRY_SECONDS)
    assert (reader.looks, len(troubles)) == (3, 2)


@dataclass
class Followed:
    """A gallery on a device whose clock is followed, and what came of it."""

    device: Device
    database: Database
    corrections: int = 0
    troubles: list[GalleryError] = field(default_factory=list)
    is_age_needed: bool = True
    upkeep: ClockUpkeep = field(init=False)

    def __post_init__(self) -> None:
        self.upkeep = ClockUpkeep(
            self.database, on_correction=self.note, on_failure=self.troubles.append, is_age_needed=lambda: self.is_age_needed
        )

    def note(self) -> None:
        self.corrections += 1

    def run(self, seconds: float = 1.0) -> None:
        self.device.wait(seconds)
        self.upkeep.run(self.device.running)


@pytest.fixture
def followed() -> Iterator[Followed]:
    device = Device(ahead=-YEAR, is_synchronised=False)
    with device.start(None) as database:
        yield Followed(device, database)


def test_the_clock_is_followed_and_what_it_made_wrong_put_right(followed: Followed, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    strangers = Strangers(followed.database)
    strangers.remember(Sighting(embedding(1), 0.5, followed.device.now, None))
    followed.run()
    assert (followed.corrections, strangers.stranger("stranger-1").clock) == (0, ClockState.UNSYNCHRONISED)
    followed.device.synchronise()
    followed.run()
    assert (followed.corrections, strangers.stranger("stranger-1").clock) == (1, ClockState.SYNCHRONISED)
    assert caplog.messages == ["The clock is synchronised now; 2 times that were noted before are put right."]
    followed.run()
    assert followed.corrections == 1


def test_a_clock_that_stays_unset_is_told_of_once_and_when_that_is_over(followed: Followed, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    for _ in range(20):
        followed.run(60)
    assert caplog.messages == [NOT_SYNCHRONISED]
    assert "timedatectl set-ntp true" in NOT_SYNCHRONISED
    followed.device.synchronise()
    for _ in range(3):
        followed.run()
    assert caplog.messages[1:] == ["The clock is synchronised again."]


def test_the_age_of_the_file_is_written_down_every_ten_minutes(followed: Followed) -> None:
    ages = []
    for _ in range(4):
        followed.run(AGE_SECONDS / 2)
        ages.append(followed.database.column(float, "SELECT seconds FROM age")[0])
    assert ages == [0.0, 0.0, AGE_SECONDS, AGE_SECONDS]


def test_while_nobody_is_remembered_no_age_is_written_and_none_is_lost(followed: Followed) -> None:
    followed.is_age_needed = False
    for _ in range(5):
        followed.run(AGE_SECONDS)
        assert followed.database.column(float, "SELECT seconds FROM age") == [0.0]
    followed.is_age_needed = True
    followed.run(AGE_SECONDS)
    assert followed.database.column(float, "SELECT seconds FROM age") == [5 * AGE_SECONDS]


def test_a_disk_that_refuses_is_asked_again_and_no_time_is_lost(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    followed.run()
    with monkeypatch.context() as broken:
        broken.setattr(AgeClock, "keep", refuse)
        followed.run(AGE_SECONDS)
    assert len(followed.troubles) == 1
    followed.run(GALLERY_RETRY_SECONDS)
    assert followed.database.column(float, "SELECT seconds FROM age") == [AGE_SECONDS + GALLERY_RETRY_SECONDS]
