"""What the owner has asked for is kept over restarts, and nothing is kept that makes no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.control.owner_state import OwnerState
from edged.errors import CommandError, NameRejected
from edged.storage.kept_settings import KeptSettings

if TYPE_CHECKING:
    from edged.storage.database import Database

CAMERAS = ("front", "back")


def owner_state(database: Database, cameras: tuple[str, ...] = CAMERAS) -> OwnerState:
    """As they are read at the start."""
    return OwnerState(KeptSettings(database), cameras)


def test_a_paused_camera_is_paused_after_a_restart_until_it_is_resumed(database: Database) -> None:
    assert owner_state(database).pause("front", paused=True) == {"paused": ["front"]}
    assert owner_state(database).paused == {"front"}
    assert owner_state(database).pause("front", paused=False) == {"paused": []}
    assert owner_state(database).paused == set()


def test_without_a_name_all_cameras_are_meant(database: Database) -> None:
    assert owner_state(database).pause(None, paused=True) == {"paused": ["back", "front"]}
    assert owner_state(database).pause("back", paused=False) == {"paused": ["front"]}
    assert owner_state(database).pause(None, paused=False) == {"paused": []}


def test_a_camera_that_is_not_there_cannot_be_paused(database: Database) -> None:
    with pytest.raises(CommandError, match="there are: front, back"):
        owner_state(database).pause("side", paused=True)


def test_a_camera_that_has_gone_is_not_paused_any_more(database: Database) -> None:
    owner_state(database).pause(None, paused=True)
    assert owner_state(database, ("back", "side")).paused == {"back"}


def test_a_name_is_kept_as_it_is_shown_until_it_is_taken_away(database: Database) -> None:
    assert owner_state(database).name_next("  Anna   Weiß ") == {"name": "Anna Weiß"}
    assert owner_state(database).enroll_name == "Anna Weiß"
    assert owner_state(database).name_next(None) == {"name": None}
    assert owner_state(database).enroll_name is None


@pytest.mark.parametrize("name", ["stranger-7", "a/b", "x" * 81, "\u202eevil"])
def test_what_can_be_nobodys_name_leaves_the_name_as_it_was(database: Database, name: str) -> None:
    owner_state(database).name_next("Anna")
    with pytest.raises(NameRejected):
        owner_state(database).name_next(name)
    assert owner_state(database).enroll_name == "Anna"
