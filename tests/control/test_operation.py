"""Operating a device: settings and networks change as a whole or not at all, and what stands in the file is read again."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from edged.config import Config
from edged.daemon.opening import open_attributes
from edged.errors import EXIT_CONFIG, GalleryError, ModelError
from edged.interface.settings import ChangeSettings
from edged.pipeline.attributes import AttributeNetworks
from edged.storage.database import Database, open_database
from edged.storage.kept_settings import KeptSettings
from tests import forms
from tests.conftest import MODELS
from tests.household import Household, asked, household_of, refused

if TYPE_CHECKING:
    from pathlib import Path

    from edged.vision.faces import FaceReader

OFF = {"emotion": False, "age_gender": False}


def test_settings_change_persist_and_go_back(control: Household, reader: FaceReader, database: Database) -> None:
    before = control.shared.rules.match_threshold
    done = asked(control, forms.settings({"match_threshold": 0.5, "trigger_level": 5}))["settings"]
    assert done["match_threshold"] == {
        "value": 0.5,
        "default": before,
        "overridden": True,
        "locked": False,
        "minimum": 0.37,
        "maximum": 0.9,
    }
    again = household_of(reader, database)
    assert (again.shared.rules.match_threshold, again.shared.rules.trigger_level) == (0.5, 5)
    asked(again, forms.settings({"match_threshold": None}))
    assert (again.shared.rules.match_threshold, again.shared.rules.trigger_level) == (before, 5)


@pytest.mark.parametrize(
    "changes",
    [
        {"match_threshold": 0.01},
        {"match_threshold": 2},
        {"nonsense": 1},
        {"trigger_level": 0},
        {"trigger_level": True},
        {"emotion": 1},
        {"margin": "x"},
    ],
)
def test_unsafe_settings_are_refused_and_change_nothing(control: Household, changes: dict[str, Any]) -> None:
    before = control.shared.rules
    form = ChangeSettings.model_construct(set={"trigger_level": 7, **changes})  # the form refuses some of them itself
    error = refused(control, form)
    assert error.code == "bad_setting"
    assert next(iter(changes)) in str(error)
    assert control.shared.rules == before
    assert asked(control, forms.settings({}))["settings"]["trigger_level"]["overridden"] is False


def test_settings_that_cannot_all_be_stored_are_not_in_force(control: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    before = control.shared.rules

    def refuse(_self: object, _values: object) -> None:
        raise GalleryError("The disk is full.")

    monkeypatch.setattr(KeptSettings, "change", refuse)
    assert str(refused(control, forms.settings({"match_threshold": 0.5, "trigger_level": 1}))) == "The disk is full."
    assert control.shared.rules == before


def test_no_network_stays_switched_on_where_the_setting_cannot_be_stored(
    reader: FaceReader, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = open_attributes(Config())
    control = household_that_reads_nobody(reader, database, networks)

    def refuse(_self: object, _values: object) -> None:
        raise GalleryError("The disk is full.")

    monkeypatch.setattr(KeptSettings, "change", refuse)
    assert refused(control, forms.settings({"emotion": True})).code == "gallery"
    assert networks.in_use.emotion is None


@pytest.mark.parametrize("damage", ["changed file", "wrong colours"])
def test_a_network_that_cannot_be_used_is_not_switched_on_and_nothing_else_changes(
    reader: FaceReader, database: Database, tmp_path: Path, damage: str
) -> None:
    networks = damaged_networks(tmp_path, damage)
    control = household_that_reads_nobody(reader, database, networks)
    before = control.shared.rules
    error = refused(control, forms.settings({"emotion": True, "age_gender": True, "trigger_level": 7}))
    assert error.code == "bad_model"
    assert (control.shared.rules, KeptSettings(database).overrides()) == (before, OFF)
    assert (networks.in_use.emotion, networks.in_use.age_gender) == (None, None)
    settings = asked(control, forms.settings({"emotion": True, "trigger_level": 7}))["settings"]
    assert (settings["emotion"]["value"], settings["trigger_level"]["value"]) == (True, 7)


def test_a_reload_that_needs_a_network_that_cannot_be_used_takes_nothing_over(
    reader: FaceReader, database: Database, tmp_path: Path, portraits: dict[str, Path]
) -> None:
    control = household_that_reads_nobody(reader, database, damaged_networks(tmp_path, "wrong colours"))
    rules = control.shared.rules
    with open_database(tmp_path / "gallery.db") as other:
        asked(household_of(reader, other), forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
        KeptSettings(other).change({"age_gender": True, "trigger_level": 7})
    assert refused(control, forms.Reload()).code == "bad_model"
    assert (control.shared.rules, control.shared.display_names, len(control.shared.matcher)) == (rules, {}, 0)
    assert control.refresh()
    assert (control.shared.rules, control.shared.display_names) == (rules, {"obama": "obama"})
    KeptSettings(database).change({"age_gender": False})
    assert asked(control, forms.Reload())["overridden"] == ["age_gender", "emotion", "trigger_level"]
    assert control.shared.rules.trigger_level == 7


def test_edged_does_not_start_with_a_network_that_cannot_be_used(reader: FaceReader, database: Database, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="golden picture is read wrongly") as caught:
        household_of(reader, database, attributes=damaged_networks(tmp_path, "wrong colours"), attributes_are_allowed=True)
    assert caught.value.exit_code == EXIT_CONFIG


def household_that_reads_nobody(reader: FaceReader, database: Database, networks: AttributeNetworks) -> Household:
    """A household whose configuration allows expression, age and gender, which were switched off over MQTT."""
    KeptSettings(database).change(OFF)
    return household_of(reader, database, attributes=networks, attributes_are_allowed=True)


def damaged_networks(folder: Path, damage: str) -> AttributeNetworks:
    """The networks of attributes, of which that of age and gender cannot be used."""
    for name in ("emotion_xception", "age_gender_xception", "golden"):
        shutil.copytree(MODELS / name, folder / name)
    file, right, wrong = (
        ("tiny_xception_224x224.tflite", b"TFL3", b"TFL2") if damage == "changed file" else ("model.toml", b'"BGR"', b'"RGB"')
    )
    path = folder / "age_gender_xception" / file
    path.write_bytes(path.read_bytes().replace(right, wrong, 1))
    return AttributeNetworks(folder, emotion="emotion_xception", age_gender="age_gender_xception", threads=1, delegate=None)
