"""Times that were noted before the clock was set: marked, put right in the same boot, and left marked in another."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from edged.gallery.curation import Curation
from edged.gallery.store import Gallery
from edged.gallery.strangers import Strangers
from edged.gallery.templates import Sighting
from edged.storage.outbox import Outbox
from edged.storage.unset_times import UnsetTimes
from edged.system.times import from_rfc3339, rfc3339
from edged.types import ClockState
from tests.clocks import DAY, HOUR, TRUTH, YEAR, Device
from tests.gallery.conftest import MODEL, embedding, template

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database

JUMPS = (-56 * YEAR, -HOUR, HOUR, 3 * YEAR, 7000 * YEAR)


def note(database: Database, device: Device) -> None:
    """Somebody is enrolled, and a stranger comes."""
    at = device.now
    Gallery(database).enroll("alice", None, [dataclasses.replace(template(1), created_at=at)])
    Strangers(database).remember(Sighting(embedding(2), 0.5, at, None))
    event = {"frame_at": rfc3339(at), "first_seen_at": rfc3339(at), "clock": "unsynchronised", "person": None}
    Outbox(database).append("a", "topic", json.dumps(event), at)


def noted(database: Database) -> set[str]:
    """All times that stand in the file now."""
    [stranger] = Strangers(database).strangers()
    [made] = Curation(database, MODEL).templates("alice").values()
    [entry] = Outbox(database).pending()
    event = json.loads(entry.payload)
    person = Gallery(database).person("alice")
    moments = (stranger.first_seen_at, stranger.last_seen_at, made.created_at, person.enrolled_at)
    return {*map(rfc3339, moments), entry.created_at, event["frame_at"], event["first_seen_at"]}


@pytest.mark.parametrize("ahead", JUMPS)
@pytest.mark.parametrize("restarts", [False, True])
def test_they_are_put_right_when_the_clock_is_set(path: Path, ahead: float, *, restarts: bool) -> None:
    device = Device(ahead=ahead, is_synchronised=False)
    with device.start(path) as database:
        note(database, device)
        shown = device.now
        assert noted(database) == {rfc3339(shown)}
        assert Strangers(database).stranger("stranger-1").clock is ClockState.UNSYNCHRONISED
        device.wait(2 * HOUR)
        assert UnsetTimes(database).put_right() == 0
        if not restarts:
            device.synchronise()
            assert UnsetTimes(database).put_right() == 5
    device.synchronise()
    with device.start(path) as database:
        assert UnsetTimes(database).put_right() == (5 if restarts else 0)
        [moment] = noted(database)
        assert abs(from_rfc3339(moment) - TRUTH) <= timedelta(milliseconds=2)
        assert json.loads(Outbox(database).pending()[0].payload)["clock"] == "synchronised"
        assert Strangers(database).stranger("stranger-1").clock is ClockState.SYNCHRONISED
        assert UnsetTimes(database).put_right() == 0


def test_those_of_another_boot_stay_as_they_are_and_marked(path: Path) -> None:
    device = Device(ahead=-YEAR, is_synchronised=False)
    with device.start(path) as database:
        note(database, device)
        shown = device.now
    device.cut_power(off_seconds=DAY, ahead=0)
    device.synchronise()
    with device.start(path) as database:
        assert UnsetTimes(database).put_right() == 0
        assert noted(database) == {rfc3339(shown)}
        assert Strangers(database).stranger("stranger-1").clock is ClockState.UNSYNCHRONISED
        again = Strangers(database).seen_again("stranger-1", Sighting(embedding(2), 0.5, device.now, None))
        assert (again.last_seen_at, again.clock) == (device.now, ClockState.UNSYNCHRONISED), "first_seen_at is still what it was"


def test_times_of_a_clock_that_is_right_and_of_elsewhere_are_not_touched(path: Path) -> None:
    device = Device()
    with device.start(path) as database:
        note(database, device)
        assert noted(database) == {rfc3339(TRUTH)}
        device.jump(HOUR)
        elsewhere = dataclasses.replace(template(3), created_at=TRUTH - timedelta(days=400))
        Gallery(database).enroll("bob", None, [elsewhere])
        device.synchronise()
        assert UnsetTimes(database).put_right() == 0
        assert noted(database) == {rfc3339(TRUTH)}
        assert Gallery(database).person("bob").enrolled_at == elsewhere.created_at


def test_clocks_of_boots_that_mark_nothing_any_more_are_forgotten(path: Path) -> None:
    device = Device(ahead=-YEAR, is_synchronised=False)
    for boot in range(5):
        with device.start(path) as database:
            Outbox(database).append(str(boot), "topic", "{}", device.now)
            kept = database.column(int, "SELECT count(*) FROM unset_clocks")[0]
            assert kept == 1
            Outbox(database).acknowledge([entry.seq for entry in Outbox(database).pending()])
        device.cut_power(off_seconds=60, ahead=-YEAR)


@pytest.mark.parametrize("moment", ["", "last Tuesday", "0001-01-01T00:00:00+05:00"])
@pytest.mark.parametrize("payload", ["{", '{"frame_at": "soon"}', '{"frame_at": 7}'])
def test_what_is_damaged_stays_as_it_is_and_all_else_is_put_right(
    path: Path, moment: str, payload: str, caplog: pytest.LogCaptureFixture
) -> None:
    device = Device(ahead=-YEAR, is_synchronised=False)
    with device.start(path) as database:
        note(database, device)
        Outbox(database).append("b", "topic", "{}", device.now)
        database.write("UPDATE outbox SET payload = ? WHERE event_id = 'b'", [(payload,)])
        database.write("UPDATE templates SET created_at = ?", [(moment,)])
        device.synchronise()
        assert UnsetTimes(database).put_right() == 5
        assert database.column(str, "SELECT created_at FROM templates") == [moment]
        whole, damaged = Outbox(database).pending()
        assert damaged.payload == payload
        assert json.loads(whole.payload)["frame_at"] == whole.created_at == damaged.created_at == rfc3339(device.now)
        assert database.column(int, "SELECT count(*) FROM unset_clocks") == [0]
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 2, warnings
    assert "templates.created_at" in " ".join(warnings)
    assert "outbox.payload" in " ".join(warnings)
