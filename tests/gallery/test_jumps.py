"""Jumps of the clock, at random: nobody is erased early, the order stays true, and no time is called right that is not.

The gallery, the outbox and the SQLite file are the real ones; only the clocks of the device are the test's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edged.gallery.curation import Curation
from edged.gallery.store import Gallery
from edged.gallery.strangers import Strangers
from edged.gallery.templates import Sighting
from edged.storage.age_clock import AgeClock
from edged.storage.outbox import Outbox
from edged.storage.unset_times import UnsetTimes
from edged.system.clock_watch import ClockWatch
from edged.system.times import from_rfc3339
from tests.clocks import DAY, HOUR, YEAR, Device
from tests.gallery.conftest import MODEL, embedding, template

if TYPE_CHECKING:
    from datetime import datetime

    from edged.storage.database import Database

SEQUENCES, LONGEST = 1000, 25
DAYS, MOST, ROOM = 30, 3, 1
"""For how long strangers are remembered, how many at most, and how many go at once above that."""

Step: TypeAlias = tuple[str, float, float]


@dataclass
class World:
    """A device with a gallery, and what a witness with a good watch wrote down."""

    device: Device
    database: Database
    seen: dict[str, float] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    erased_by_room: set[str] = field(default_factory=set)
    happened: list[tuple[datetime, bool]] = field(default_factory=list)
    enrolled: list[int] = field(default_factory=list)
    is_deceived: bool = False
    count: int = 0

    @property
    def strangers(self) -> Strangers:
        return Strangers(self.database, most=MOST, room=ROOM)

    def step(self, name: str, seconds: float, share: float) -> None:
        """Do one thing; what it needs is taken of the two numbers."""
        getattr(self, name)(seconds, share)
        self.database.clock.look()
        UnsetTimes(self.database).put_right()

    def wait(self, _seconds: float, share: float) -> None:
        self.device.wait(share**3 * 45 * DAY)

    def jump(self, seconds: float, _share: float) -> None:
        self.device.jump(seconds)

    def synchronise(self, _seconds: float, _share: float) -> None:
        self.device.synchronise()

    def wrong_server(self, seconds: float, share: float) -> None:
        """The device holds a clock for right that is not, for less than a day."""
        self.device.ahead, self.device.is_synchronised = seconds, True
        self.is_deceived = True
        self.visit(0.0, share)
        self.device.wait(share * DAY)
        self.expire(0.0, 0.0)
        self.device.synchronise()
        self.database.clock.look()
        self.is_deceived = False
        self._settle()

    def cut_power(self, seconds: float, share: float) -> None:
        if share < 0.8:
            AgeClock(self.database).keep()
        self.device.cut_power(off_seconds=share**3 * 60 * DAY, ahead=seconds)
        self.database.clock = ClockWatch(self.device.clock())
        AgeClock(self.database).keep()

    def be_off_for_long(self, seconds: float, share: float) -> None:
        """Off for longer than anybody is remembered, and somebody comes before the clock is set."""
        self.device.synchronise()
        self.database.clock.look()
        self._settle()
        self.cut_power(seconds, 0.9)
        self.visit(0.0, share)
        self.device.synchronise()
        self.database.clock.look()
        self._settle()
        self.expire(0.0, 0.0)

    def restart(self, _seconds: float, _share: float) -> None:
        AgeClock(self.database).keep()  # as edged does every ten minutes
        self.database.clock = ClockWatch(self.device.clock())
        AgeClock(self.database).keep()

    def visit(self, _seconds: float, share: float) -> None:
        """A new stranger, or one who is remembered, and the event of it."""
        at, seen_at = self.device.now, self.device.true_seconds
        known = self.strangers.strangers()
        if share < 0.5 or not known:
            self.count += 1
            met = self.strangers.remember(Sighting(embedding(self.count), 0.5, at, None))
            self._note_room(met.id)
        else:
            met = self.strangers.seen_again(known[int(share * len(known))].id, Sighting(embedding(self.count), 0.5, at, None))
        self.seen[met.id] = seen_at
        self.order = [*(stranger for stranger in self.order if stranger != met.id), met.id]
        self._tell(at)

    def jump_in_mid_visit(self, seconds: float, share: float) -> None:
        """Seen, then the clock is set, then stored."""
        at, truth = self.device.now, self.device.truth
        self.device.wait(0.2)
        self.device.jump(seconds) if share < 0.5 else self.device.synchronise()
        self._tell(at, truth)

    def jump_in_mid_enrollment(self, seconds: float, share: float) -> None:
        self.enroll(0.0, 0.0)
        self.device.jump(seconds) if share < 0.5 else self.device.synchronise()
        self.enroll(0.0, 0.0)

    def enroll(self, _seconds: float, _share: float) -> None:
        self.count += 1
        Gallery(self.database).enroll("alice", None, [replace(template(self.count), created_at=self.device.now, source=str(self.count))])
        self.enrolled.append(self.count)

    def expire(self, _seconds: float, _share: float) -> None:
        before = {stranger.id for stranger in self.strangers.strangers()}
        self.strangers.expire(DAYS)
        gone = before - {stranger.id for stranger in self.strangers.strangers()}
        assert all(self.device.true_seconds - self.seen[stranger] >= DAYS * DAY for stranger in gone), "somebody was erased early"
        self.order = [stranger for stranger in self.order if stranger not in gone]

    def check(self) -> None:
        assert [stranger.id for stranger in self.strangers.strangers()] == self.order[::-1]
        assert [int(one.source) for one in Curation(self.database, MODEL).templates("alice").values()] == self.enrolled
        entries = Outbox(self.database).pending(limit=1000)
        assert [entry.seq for entry in entries] == list(range(1, len(self.happened) + 1))
        for entry, (truth, is_deceived) in zip(entries, self.happened, strict=True):
            is_marked = entry.created_clock is not None
            wrong_by = abs((from_rfc3339(entry.created_at) - truth).total_seconds())
            assert is_marked or is_deceived or wrong_by < 1.0, "a time is called right that is not"
            assert json.loads(entry.payload)["clock"] == ("unsynchronised" if is_marked else "synchronised")

    def _settle(self) -> None:
        """Let a day and an hour pass, in which edged writes the file's age down as it does every ten minutes."""
        self.device.wait(DAY + HOUR)
        AgeClock(self.database).keep()

    def _note_room(self, newest: str) -> None:
        """Where there were too many, those went who had not been seen for longest."""
        left = {stranger.id for stranger in self.strangers.strangers()} - {newest}
        gone = [stranger for stranger in self.order if stranger not in left]
        assert gone == self.order[: len(gone)]
        self.order = self.order[len(gone) :]

    def _tell(self, at: datetime, truth: datetime | None = None) -> None:
        outbox = Outbox(self.database)
        stamp = outbox.clock.stamp(at)
        event = {"frame_at": stamp.moment.isoformat(), "clock": "synchronised" if stamp.is_synchronised else "unsynchronised"}
        self.happened.append((truth or self.device.truth, self.is_deceived))
        outbox.append(str(len(self.happened)), "topic", json.dumps(event), stamp.moment, stamp)


SECONDS = st.one_of(
    st.sampled_from([-10 * YEAR, -3 * YEAR, -DAY, -HOUR, -1.0, 1.0, HOUR, DAY, 3 * YEAR, 10 * YEAR, -56 * YEAR]),
    st.floats(-10 * YEAR, 10 * YEAR),
)
NAMES = [name for name, one in vars(World).items() if callable(one) and not name.startswith("_") and name not in {"step", "check"}]


@settings(max_examples=SEQUENCES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    started=st.tuples(SECONDS, st.booleans()),
    steps=st.lists(st.tuples(st.sampled_from(NAMES), SECONDS, st.floats(0, 0.99)), min_size=5, max_size=LONGEST),
)
def test_nobody_is_erased_early_and_the_order_is_true(started: tuple[float, bool], steps: list[Step]) -> None:
    seconds, is_right = started
    device = Device() if is_right else Device(ahead=seconds, is_synchronised=False)
    with device.start(None) as database:
        world = World(device, database)
        world.enroll(0.0, 0.0)
        for step in steps:
            world.step(*step)
            world.check()
        # Nobody is kept for ever either, once the clock is right.
        world.step("synchronise", 0.0, 0.0)
        device.wait((DAYS + 1) * DAY)
        world.expire(0.0, 0.0)
        assert world.strangers.strangers() == []


def test_the_day_of_a_leap_second_or_of_summer_time_is_a_day_as_any() -> None:
    for seconds in (-1.0, 1.0, -HOUR, HOUR):
        device = Device()
        with device.start(None) as database:
            world = World(device, database)
            world.visit(0.0, 0.0)
            device.ahead += seconds  # set by who keeps it right
            device.wait(DAYS * DAY - 1)
            world.expire(0.0, 0.0)
            assert world.order == ["stranger-1"]
            device.wait(2)
            world.expire(0.0, 0.0)
            assert world.order == []


def test_the_ends_of_the_calendar_are_no_end_of_edged() -> None:
    for year in (1970, 1999, 2038, 2106, 2262, 9999):
        device = Device(ahead=(year - 2026) * YEAR - 20 * DAY, is_synchronised=False)
        with device.start(None) as database:
            world = World(device, database)
            world.visit(0.0, 0.0)
            world.enroll(0.0, 0.0)
            device.wait(10 * DAY)
            world.expire(0.0, 0.0)
            world.check()
            [stranger] = world.strangers.strangers()
            assert abs(stranger.last_seen_at - device.now) < timedelta(days=11)
            device.synchronise()
            world.step("restart", 0.0, 0.0)
            [stranger] = world.strangers.strangers()
            assert abs(stranger.last_seen_at - device.truth) < timedelta(days=11)
