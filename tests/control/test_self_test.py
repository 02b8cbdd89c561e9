"""The self-test of a running edged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edged.control.self_test import NOT_SYNCHRONISED, check_clock
from edged.control.snapshot import Scene
from tests import forms
from tests.clocks import YEAR, Device
from tests.control.asking import shown
from tests.household import Household, asked

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database
    from edged.types import Uint8Array


def test_the_self_test_says_what_is_right_and_what_is_not(
    control: Household, astronaut: Uint8Array, portraits: dict[str, Path], database: Database
) -> None:
    asked(control, forms.enroll("Barack Obama", None, [portraits["obama"].read_bytes()]))
    control.show({**shown(astronaut), "back": Scene(None, is_online=False, reason="It is unplugged.")})
    answer = asked(control, forms.SelfTest())
    assert answer["good"] is False
    lines = {line["name"]: line for line in answer["checks"]}
    assert {name: line["good"] for name, line in lines.items()} == {
        "models": True,
        "attributes": True,
        "gallery": True,
        "clock": True,
        "camera front": True,
        "camera back": False,
    }
    assert "512×512" in lines["camera front"]["sentence"]
    assert "unplugged" in lines["camera back"]["sentence"]
    assert "1 person, 1 template, 1 picture" in lines["gallery"]["sentence"]
    assert "with one template only, and missed more often: " in lines["gallery"]["sentence"]
    control.scenes["back"] = replace(shown(astronaut)["front"], hint="Its faces are squeezed.")
    assert {line["name"]: line for line in asked(control, forms.SelfTest())["checks"]}["camera back"] == {
        "name": "camera back",
        "good": False,
        "sentence": "Its faces are squeezed.",
    }
    control.scenes.pop("back")
    assert asked(control, forms.SelfTest())["good"] is True
    with database.transaction():
        database.write("UPDATE templates SET embedding = ?", [(bytes(512),)])
    assert "damaged" in next(line["sentence"] for line in asked(control, forms.SelfTest())["checks"] if line["name"] == "gallery")


def test_a_clock_that_is_not_synchronised_is_told_of_with_what_to_do_and_only_one_that_cannot_be_is_wrong() -> None:
    lines = [
        check_clock(device.clock()) for device in (Device(), Device(is_synchronised=False), Device(ahead=-56 * YEAR, is_synchronised=False))
    ]
    assert [(line.name, line.good) for line in lines] == [("clock", True), ("clock", True), ("clock", False)]
    assert [NOT_SYNCHRONISED in line.sentence for line in lines] == [False, True, True]
    assert lines[2].sentence.startswith("It is not 1970-")
