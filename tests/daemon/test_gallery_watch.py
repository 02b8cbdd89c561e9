"""What is wrong with the gallery while edged runs: noticed, told retained, and taken back when it is over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from edged.daemon.gallery_watch import PAGES_SECONDS, PRESENCE_SECONDS, READ_ONLY_SECONDS, RECOVERY_SECONDS, GalleryWatch
from edged.errors import GalleryError
from edged.gallery.store import Gallery
from edged.mqtt.bridge import Bridge
from edged.mqtt.link import MemoryLink
from edged.storage.compaction import compact
from edged.storage.database import open_database
from edged.storage.reading import open_or_read
from tests.broker import wait_until
from tests.disks import damage, mounted
from tests.gallery.conftest import PNG, template
from tests.mqtt.conftest import TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.storage.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gallery.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with open_database(path, busy_seconds=0.05) as database:
        yield database


def watched(database: Database) -> tuple[GalleryWatch, MemoryLink]:
    link = MemoryLink()
    bridge = Bridge(link, TOPICS, on_input=lambda: None, subscriber_grace_seconds=0)
    bridge.start()
    link.connect()
    return GalleryWatch(database, bridge.states, TOPICS), link


def told(link: MemoryLink) -> list[Any]:
    """Every problem that was published, each retained."""
    messages = [message for message in link.sent if message.topic == TOPICS.problem]
    assert all(message.retain for message in messages)
    return [json.loads(message.payload)["problem"] for message in messages]


def test_a_well_gallery_has_no_problem_and_that_is_told_once(database: Database) -> None:
    watch, link = watched(database)
    for now in range(100):
        watch.run(1000.0 + now)
    assert told(link) == [None]


def test_a_refusal_is_a_problem_until_something_can_be_written(database: Database, path: Path) -> None:
    watch, link = watched(database)
    watch.refused(GalleryError("The disk is full."))
    with open_database(path) as other:
        with other.transaction():  # nothing can be written while another process has the lock
            watch.run(1000.0)
        watch.run(1000.0 + RECOVERY_SECONDS / 2)
        assert told(link) == ["not_kept"]
        watch.run(1000.0 + RECOVERY_SECONDS)
    assert told(link) == ["not_kept", None]


def test_a_full_disk_is_one_problem_until_it_has_room(tmp_path: Path) -> None:
    with mounted(tmp_path / "card", megabytes=4) as disk, open_database(disk.folder / "gallery.db") as database:
        gallery, refusals = Gallery(database), 0
        gallery.enroll("alice", None, [template(1)])
        watch, link = watched(database)
        disk.fill()
        for number in range(10):
            try:
                gallery.enroll(f"person_{number}", None, [template(number, png=PNG + bytes(100_000))])
            except GalleryError as error:
                refusals += 1
                watch.refused(error)
            watch.run(1000.0 + number * RECOVERY_SECONDS)
        assert (refusals, told(link)) == (10, ["not_kept"])
        disk.empty()
        watch.run(1000.0 + 10 * RECOVERY_SECONDS)
        assert told(link) == ["not_kept", None]


def test_a_deleted_file_is_noticed_and_one_put_back_too(database: Database, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    watch, link = watched(database)
    watch.run(1000.0)
    path.rename(path.with_name("elsewhere.db"))
    watch.run(1000.0 + PRESENCE_SECONDS)
    path.with_name("elsewhere.db").rename(path)
    watch.run(1000.0 + PRESENCE_SECONDS + RECOVERY_SECONDS)
    assert told(link) == [None, "not_kept", None]
    assert "was deleted, moved or replaced" in caplog.text


def test_damage_is_found_within_a_day_beside_the_work(database: Database, path: Path) -> None:
    for number in range(30):
        Gallery(database).enroll(f"person_{number}", None, [template(number)])
    compact(database)
    watch, link = watched(database)
    watch.run(1000.0)
    damage(path, 3)
    watch.run(1000.0 + PAGES_SECONDS - 1)
    assert told(link) == [None]
    now = iter(range(1_000_000))

    def is_told() -> bool:
        watch.run(1000.0 + PAGES_SECONDS + next(now))
        return "damaged" in told(link)

    wait_until(is_told, "the damage is told")


def test_a_card_that_cannot_be_written_is_told_and_its_recovery_starts_edged_anew(tmp_path: Path) -> None:
    with mounted(tmp_path / "card") as disk:
        path = disk.folder / "gallery.db"
        open_database(path).close()
        disk.make_read_only()
        with open_or_read(path) as database:
            watch, link = watched(database)
            recoveries: list[bool] = []
            watch.on_recovery = lambda: recoveries.append(True)
            for number in range(3):
                watch.run(1000.0 + number * READ_ONLY_SECONDS)
            assert (told(link), recoveries) == (["read_only"], [])
            disk.make_writable()
            watch.run(1000.0 + 4 * READ_ONLY_SECONDS)
            assert recoveries == [True]
