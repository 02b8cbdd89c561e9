"""Each setting: declared in one row of the configuration, it is there wherever settings are configured, changed or shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest
from pydantic import ValidationError

from edged.config import SETTINGS, Changeable, Config, Language, PrivacyConfig, key_of
from edged.control.settings import SettingsKeeper
from edged.homeassistant.announcer import description_of
from edged.homeassistant.entities import components
from edged.storage.kept_settings import KeptSettings
from edged.system.beside import finish
from edged.vision.model_card import EmbeddingCard
from tests.conftest import MODELS

if TYPE_CHECKING:
    from edged.config import SettingRow, SettingValue
    from edged.storage.database import Database

every_setting = pytest.mark.parametrize(("name", "row"), SETTINGS.items(), ids=SETTINGS)


def another_value(name: str, row: SettingRow) -> SettingValue:
    """A value that is allowed and not the default."""
    return not getattr(Changeable(), name) if row.le is None else row.le


@every_setting
def test_it_is_a_key_of_the_device_and_of_a_camera_where_its_row_says_so(name: str, row: SettingRow) -> None:
    value = another_value(name, row)
    section = "privacy" if name in PrivacyConfig.model_fields else "recognition"
    assert getattr(Config.model_validate({section: {name: value}}).changeable, name) == value
    by_camera: dict[str, Any] = {"camera": [{name: value}]}
    if row.per_camera:
        assert Config.model_validate(by_camera).camera[0].own_settings == {name: value}
        with pytest.raises(ValidationError):
            Config.model_validate({"camera": [{name: value + row.step}]})
    else:
        with pytest.raises(ValidationError):
            Config.model_validate(by_camera)


def allowed(name: str, row: SettingRow) -> dict[str, Any]:
    """The configuration that lets a setting be changed: what is switched off there stays off."""
    return {name: True} if row.is_switch else {}


@every_setting
def test_it_is_read_and_changed_while_edged_runs(name: str, row: SettingRow, database: Database) -> None:
    card = EmbeddingCard.read(MODELS / "embedding_sface")
    keeper = SettingsKeeper(KeptSettings(database), Changeable(**allowed(name, row)), card)
    before = keeper.states()[name]
    changes = {name: False if row.is_switch else another_value(name, row)}
    finish(keeper.adopt(keeper.choose(changes)))
    assert keeper.states()[name] == before.model_copy(update={"value": changes[name], "overridden": True})
    assert getattr(keeper.in_force.rules, name) == changes[name]


@every_setting
@pytest.mark.parametrize("language", get_args(Language))
def test_home_assistant_shows_it_as_its_row_says(name: str, row: SettingRow, language: Language) -> None:
    config = Config.model_validate({"device": {"language": language}, key_of(name).split(".")[0]: allowed(name, row)})
    device = description_of(config, "1.2.3")
    shown = components(device, {})[f"setting:{name}"]
    assert shown["name"] == row.labels[language]
    numbers = [shown.get(key) for key in ("min", "max", "step", "unit_of_measurement")]
    assert numbers == ([None] * 4 if row.is_switch else [row.minimum, row.le, row.step, row.unit])
