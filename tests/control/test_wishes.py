"""What the owner has asked for is kept over restarts, and nothing is kept that makes no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.control.wishes import Wishes
from edged.errors import CommandError, NameRejected
from edged.storage.kept_settings import Settings

if TYPE_CHECKING:
    from edged.storage.database import Database

CAMERAS = ("front", "back")


def wishes(database: Database, cameras: tuple[str, ...] = CAMERAS) -> Wishes:
    """As they are read at the start."""
    return Wishes(Settings(database), cameras)


def test_a_paused_camera_is_paused_after_a_restart_until_it_is_resumed(database: Database) -> None:
    assert wishes(database).pause("front", paused=True) == {"paused": ["front"]}
    assert wishes(database).paused == {"front"}
    assert wishes(database).pause("front", paused=False) == {"paused": []}
    assert wishes(database).paused == set()


def test_without_a_name_all_cameras_are_meant(database: Database) -> None:
    assert wishes(database).pause(None, paused=True) == {"paused": ["back", "front"]}
    assert wishes(database).pause("back", paused=False) == {"paused": ["front"]}
    assert wishes(database).pause(None, paused=False) == {"paused": []}


def test_a_camera_that_is_not_there_cannot_be_paused(database: Database) -> None:
    with pytest.raises(CommandError, match="there are: front, back"):
        wishes(database).pause("side", paused=True)


def test_a_camera_that_has_gone_is_not_paused_any_more(database: Database) -> None:
    wishes(database).pause(None, paused=True)
    assert wishes(database, ("back", "side")).paused == {"back"}


def test_a_name_is_kept_as_it_is_shown_until_it_is_taken_away(database: Database) -> None:
    assert wishes(database).name_next("  Anna   Weiß ") == {"name": "Anna Weiß"}
    assert wishes(database).enroll_name == "Anna Weiß"
    assert wishes(database).name_next(None) == {"name": None}
    assert wishes(database).enroll_name is None


@pytest.mark.parametrize("name", ["stranger-7", "a/b", "x" * 81, "\u202eevil"])
def test_what_can_be_nobodys_name_leaves_the_name_as_it_was(database: Database, name: str) -> None:
    wishes(database).name_next("Anna")
    with pytest.raises(NameRejected):
        wishes(database).name_next(name)
    assert wishes(database).enroll_name == "Anna"
