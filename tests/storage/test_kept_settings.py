"""Settings that were changed by command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.storage.database import open_database
from edged.storage.kept_settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database


def test_a_setting_is_there_after_a_restart(path: Path) -> None:
    with open_database(path) as database:
        Settings(database).set("match_threshold", 0.41)
        Settings(database).set("match_threshold", 0.42)
        Settings(database).set("note", {"für": ["Zoë", None, True]})
    with open_database(path) as database:
        assert Settings(database).overrides() == {"match_threshold": 0.42, "note": {"für": ["Zoë", None, True]}}
        assert Settings(database).get("match_threshold") == 0.42


def test_clearing_goes_back_to_the_config(database: Database) -> None:
    settings = Settings(database)
    settings.set("pause", None)
    assert settings.overrides() == {"pause": None}
    assert settings.get("pause", "config") is None
    assert settings.clear("pause")
    assert not settings.clear("pause")
    assert settings.get("pause", "config") == "config"


@pytest.mark.parametrize(("value", "error"), [(float("nan"), ValueError), (float("inf"), ValueError), (object(), TypeError)])
def test_what_is_not_json_is_refused(database: Database, value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        Settings(database).set("threshold", value)
    assert Settings(database).overrides() == {}
