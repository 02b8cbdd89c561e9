"""Settings that were changed by command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.storage.database import open_database
from edged.storage.kept_settings import KeptSettings
from edged.storage.records import SettingRecord

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database


def test_a_setting_is_there_after_a_restart(path: Path) -> None:
    with open_database(path) as database:
        KeptSettings(database).change({"match_threshold": 0.41})
        KeptSettings(database).change({"match_threshold": 0.42})
        KeptSettings(database).change({"note": {"für": ["Zoë", None, True]}})
    with open_database(path) as database:
        assert KeptSettings(database).overrides() == {"match_threshold": 0.42, "note": {"für": ["Zoë", None, True]}}
        assert KeptSettings(database).get("match_threshold") == 0.42


def test_none_goes_back_to_the_config(database: Database) -> None:
    settings = KeptSettings(database)
    settings.change({"pause": 3, "other": 1})
    settings.change({"pause": None, "never": None})
    assert settings.overrides() == {"other": 1}
    assert settings.get("pause") is None


@pytest.mark.parametrize(("value", "error"), [(float("nan"), ValueError), (float("inf"), ValueError), (object(), TypeError)])
def test_what_is_not_json_is_refused(database: Database, value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        KeptSettings(database).change({"threshold": value})
    assert KeptSettings(database).overrides() == {}


def test_a_damaged_value_stays_a_text_that_no_setting_allows(database: Database) -> None:
    KeptSettings(database).change({"margin": 0.1})
    database.table("settings", SettingRecord).upsert(name="threshold", value="0.4}")
    assert KeptSettings(database).overrides() == {"margin": 0.1, "threshold": "0.4}"}
    assert KeptSettings(database).get("threshold") == "0.4}"
