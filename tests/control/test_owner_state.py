"""What the owner has asked for is kept over restarts, and nothing is kept that makes no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.control.owner_state import OwnerState
from edged.errors import CommandError, NameRejected
from edged.interface.enrollment import KeepName, NameAnswer
from edged.interface.settings import Pause, PausedAnswer, Resume
from edged.storage.kept_settings import KeptSettings
from edged.system.beside import finish

if TYPE_CHECKING:
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
