"""What the owner has asked for is kept over restarts, and nothing is kept that makes no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.control.owner_state import TYPING_SECONDS, OwnerState
from edged.errors import CommandError, NameRejected, WhichStranger
from edged.gallery.strangers import LatestStranger, Strangers, latest
from edged.gallery.templates import Sighting
from edged.interface.enrollment import KeepName, NameAnswer
from edged.interface.settings import Pause, PausedAnswer, Resume
from edged.storage.kept_settings import KeptSettings
from edged.system.beside import finish
from tests.clocks import Device
from tests.gallery.conftest import embedding

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database

CAMERAS = ("front", "back")


def state(database: Database, cameras: tuple[str, ...] = CAMERAS) -> OwnerState:
    """As they are read at the start."""
    return OwnerState(KeptSettings(database), cameras)


def test_a_paused_camera_is_paused_after_a_restart_until_it_is_resumed(database: Database) -> None:
    assert finish(state(database).pause(Pause(camera="front"))) == PausedAnswer(("front",))
    assert state(database).paused == {"front"}
    assert finish(state(database).resume(Resume(camera="front"))) == PausedAnswer(())
    assert state(database).paused == set()


def test_without_a_name_all_cameras_are_meant(database: Database) -> None:
    assert finish(state(database).pause(Pause(camera=None))) == PausedAnswer(("back", "front"))
    assert finish(state(database).resume(Resume(camera="back"))) == PausedAnswer(("front",))
    assert finish(state(database).resume(Resume(camera=None))) == PausedAnswer(())


def test_a_camera_that_is_not_there_cannot_be_paused(database: Database) -> None:
    with pytest.raises(CommandError, match="there are: front, back"):
        finish(state(database).pause(Pause(camera="side")))


def test_a_camera_that_has_gone_is_not_paused_any_more(database: Database) -> None:
    finish(state(database).pause(Pause(camera=None)))
    assert state(database, ("back", "side")).paused == {"back"}


def test_a_name_is_kept_as_it_is_shown_until_it_is_taken_away(database: Database) -> None:
    assert finish(state(database).keep_name(KeepName(name="  Anna   Weiß "))) == NameAnswer("Anna Weiß", None)
    assert state(database).enroll_name == "Anna Weiß"
    assert finish(state(database).keep_name(KeepName(name=None))) == NameAnswer(None, None)
    assert state(database).enroll_name is None


@pytest.mark.parametrize("name", ["stranger-7", "a/b", "x" * 81, "\u202eevil", "None", "off", "stranger-me"])
def test_what_can_be_nobodys_name_leaves_the_name_as_it_was(database: Database, name: str) -> None:
    finish(state(database).keep_name(KeepName(name="Anna")))
    with pytest.raises(NameRejected):
        finish(state(database).keep_name(KeepName(name=name)))
    assert state(database).enroll_name == "Anna"


def naming(database: Database, *latest: LatestStranger) -> OwnerState:
    """As it is while these strangers are the latest."""
    return OwnerState(KeptSettings(database), CAMERAS, lambda: latest)


def test_a_name_that_may_have_been_typed_for_the_one_before_is_refused_once(database: Database) -> None:
    last, before = LatestStranger("stranger-8", 4.0), LatestStranger("stranger-7", 60.0)
    owner = naming(database, last, before)
    with pytest.raises(WhichStranger, match=r"stranger-8 came 4 s before .* stranger-7 was the last one"):
        finish(owner.keep_name(KeepName(name="Zoë")))
    assert (owner.enroll_name, KeptSettings(database).overrides()) == (None, {})
    with pytest.raises(WhichStranger):
        finish(owner.keep_name(KeepName(name="Anna")))
    assert finish(owner.keep_name(KeepName(name="Anna"))) == NameAnswer("Anna", "stranger-8")


def test_a_name_is_asked_about_again_where_somebody_else_has_come_since(database: Database) -> None:
    latest = [LatestStranger("stranger-8", 4.0), LatestStranger("stranger-7", 60.0)]
    owner = OwnerState(KeptSettings(database), CAMERAS, lambda: latest)
    for _ in range(2):
        with pytest.raises(WhichStranger):
            finish(owner.keep_name(KeepName(name="Anna")))
        latest.insert(0, LatestStranger("stranger-9", 1.0))


@pytest.mark.parametrize(
    "latest",
    [
        (LatestStranger("stranger-8", TYPING_SECONDS), LatestStranger("stranger-7", 60.0)),
        (LatestStranger("stranger-8", 1.0),),
    ],
)
def test_a_name_is_for_the_last_one_where_no_other_can_have_been_meant(database: Database, latest: tuple[LatestStranger, ...]) -> None:
    assert finish(naming(database, *latest).keep_name(KeepName(name="Anna"))) == NameAnswer("Anna", "stranger-8")


def test_the_latest_are_those_who_came_last_and_are_not_ignored(tmp_path: Path) -> None:
    device = Device()
    with device.start(tmp_path / "gallery.db") as database:
        strangers = Strangers(database)
        for number in range(3):
            strangers.remember(Sighting(embedding(number), 0.8, device.now, None))
            device.wait(10.0)
        strangers.seen_again("stranger-1", Sighting(embedding(0), 0.8, device.now, None))
        strangers.ignore("stranger-3", ignored=True)
        device.wait(5.0)
        assert [(one.id, round(one.seconds)) for one in latest(strangers)] == [("stranger-1", 5), ("stranger-2", 25)]
