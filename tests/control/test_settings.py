"""The settings in force: where they come from, that a change is kept or refused as a whole, and that every row is among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edged.config import SETTINGS, Changeable, key_of
from edged.control.owner_state import OwnerState
from edged.control.settings import SettingsKeeper
from edged.errors import CommandError, GalleryError
from edged.gallery.strangers import LatestStranger
from edged.interface.enrollment import KeepName
from edged.interface.settings import Pause
from edged.interface.states import SettingState
from edged.storage.kept_settings import KeptSettings
from edged.system.beside import finish
from edged.vision.model_card import EmbeddingCard
from tests.conftest import MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.storage.database import Database

CARD = EmbeddingCard.read(MODELS / "embedding_sface")


class FullDisk(KeptSettings):
    """Settings that can be read and not changed."""

    def change(self, values: Mapping[str, object]) -> None:
        raise GalleryError(f"There is no room for {', '.join(values)}.")


def keeper_of(database: Database, configured: Changeable | None = None) -> SettingsKeeper:
    return SettingsKeeper(KeptSettings(database), configured or Changeable(), CARD)


def change(keeper: SettingsKeeper, changes: dict[str, Any]) -> None:
    finish(keeper.adopt(keeper.choose(changes)))


def test_a_setting_comes_from_the_card_the_configuration_or_a_change(database: Database) -> None:
    keeper = keeper_of(database, Changeable(margin=0.1, trigger_level=4))
    change(keeper, {"min_face_px": 50})
    states = keeper.states()
    assert states["match_threshold"] == SettingState(
        value=CARD.matching.match_threshold,
        default=CARD.matching.match_threshold,
        overridden=False,
        locked=False,
        minimum=0.37,
        maximum=0.9,
    )
    assert states["margin"] == SettingState(value=0.1, default=0.1, overridden=False, locked=False, minimum=0.0, maximum=0.5)
    assert states["min_face_px"] == SettingState(value=50.0, default=40.0, overridden=True, locked=False, minimum=20.0, maximum=500.0)
    assert keeper.in_force.rules.trigger_level == 4


def test_every_row_is_a_setting_in_force(database: Database) -> None:
    keeper = keeper_of(database)
    assert list(keeper.states()) == list(SETTINGS)
    assert {name: state.value for name, state in keeper.states().items()} == keeper.in_force.rules.model_dump()


def test_changes_persist_and_go_back(database: Database) -> None:
    keeper = keeper_of(database)
    before = keeper.in_force.rules
    change(keeper, {"match_threshold": 0.5, "trigger_level": 5})
    again = keeper_of(database)
    assert again.in_force == keeper.in_force
    assert (again.in_force.rules.match_threshold, again.in_force.rules.trigger_level) == (0.5, 5)
    change(again, {"match_threshold": None, "margin": None})
    assert (again.in_force.rules.match_threshold, again.in_force.rules.trigger_level) == (before.match_threshold, 5)
    assert again.in_force.overridden == {"trigger_level"} == KeptSettings(database).overrides().keys()


@pytest.mark.parametrize(
    "refused", [{"match_threshold": 0.01}, {"match_threshold": 0.25}, {"nonsense": 1}, {"paused_cameras": None}, {"emotion": 1}]
)
def test_of_changes_of_which_one_is_refused_none_is_made(database: Database, refused: dict[str, Any]) -> None:
    keeper = keeper_of(database)
    before = keeper.in_force
    with pytest.raises(CommandError):
        change(keeper, {"trigger_level": 7, **refused})
    assert keeper.in_force == before
    assert KeptSettings(database).overrides() == {}


def test_changes_that_cannot_be_kept_are_not_in_force(database: Database) -> None:
    keeper = SettingsKeeper(FullDisk(database), Changeable(), CARD)
    before = keeper.in_force
    with pytest.raises(GalleryError):
        change(keeper, {"trigger_level": 7})
    assert keeper.in_force == before


def test_what_another_process_changed_is_in_force_when_it_was_asked_for(database: Database) -> None:
    keeper = keeper_of(database)
    KeptSettings(database).change({"trigger_level": 7})
    change(keeper, {"margin": 0.1})
    assert keeper.in_force.rules.trigger_level == 3
    finish(keeper.adopt(keeper.read()))
    assert (keeper.in_force.rules.trigger_level, keeper.in_force.rules.margin) == (7, 0.1)


@pytest.mark.parametrize("kept", [{"match_threshold": 7}, {"match_threshold": 0.1}, {"gone": 1}])
def test_what_an_older_edged_kept_and_is_not_allowed_any_more_takes_nothing_else_with_it(
    database: Database, caplog: pytest.LogCaptureFixture, kept: dict[str, Any]
) -> None:
    KeptSettings(database).change({**kept, "pictures": False})
    keeper = keeper_of(database)
    assert keeper.in_force.rules.match_threshold == CARD.matching.match_threshold
    change(keeper, {"trigger_level": 4})
    assert keeper.in_force.overridden == {"pictures", "trigger_level"}
    assert not keeper.in_force.rules.pictures
    assert f"not allowed any more: {next(iter(kept))}." in caplog.text


def test_what_the_owner_asked_for_beside_settings_is_none_that_is_not_allowed(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    owner = OwnerState(KeptSettings(database), ["front"], lambda: [LatestStranger("stranger-1", 60.0)])
    owner.pause(Pause(camera="front"))
    finish(owner.keep_name(KeepName(name="Alice")))
    assert keeper_of(database).in_force.overridden == set()
    assert caplog.text == ""


@pytest.mark.parametrize("name", [name for name, row in SETTINGS.items() if not row.is_switch])
def test_the_ends_of_the_safe_range_are_taken_and_what_is_beyond_is_refused(database: Database, name: str) -> None:
    row, keeper = SETTINGS[name], keeper_of(database)
    state, kind = keeper.states()[name], type(keeper.states()[name].value)
    assert state.minimum is not None
    assert state.maximum is not None
    for value in (state.minimum if row.gt is None else state.minimum + row.step, state.maximum):
        change(keeper, {name: kind(value)})
        assert keeper.states()[name].value == value
    beyond = max(row.step, 0.01)
    for value in (state.minimum - beyond, state.maximum + beyond):
        with pytest.raises(CommandError):
            change(keeper, {name: kind(value)})


PRIVATE = [name for name, row in SETTINGS.items() if row.is_private]


def test_every_switch_is_one_of_privacy() -> None:
    assert PRIVATE == [name for name, row in SETTINGS.items() if row.is_switch] == ["emotion", "age_gender", "pictures"]


@pytest.mark.parametrize("name", PRIVATE)
def test_what_the_configuration_switches_off_stays_off(database: Database, name: str) -> None:
    keeper = keeper_of(database, Changeable(**{name: False}))
    with pytest.raises(CommandError, match=rf"{key_of(name)} = true") as error:
        change(keeper, {name: True})
    assert error.value.code == "bad_setting"
    assert keeper.states()[name] == SettingState(value=False, default=False, overridden=False, locked=True, minimum=None, maximum=None)
    change(keeper, {name: False})
    change(keeper, {name: None, "trigger_level": 5})
    assert keeper.states()[name].value is False


@pytest.mark.parametrize("name", PRIVATE)
def test_what_the_configuration_allows_is_switched_off_and_on(database: Database, name: str) -> None:
    keeper = keeper_of(database, Changeable(**{name: True}))
    for value in (False, True):
        change(keeper, {name: value})
        assert keeper.states()[name] == SettingState(value=value, default=True, overridden=True, locked=False, minimum=None, maximum=None)


@pytest.mark.parametrize("name", PRIVATE)
def test_what_was_switched_on_before_does_not_hold_against_the_configuration(
    database: Database, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    change(keeper_of(database, Changeable(**{name: True})), {name: True, "trigger_level": 5})
    forbidden = Changeable(**{name: False})
    keeper = keeper_of(database, forbidden)
    assert keeper.states()[name].value is False
    assert keeper.in_force.overridden == {"trigger_level"}
    assert f"not allowed any more: {name}" in caplog.text
    keeper.adopt(keeper.read())
    assert keeper.in_force.rules.model_dump()[name] is False
