"""The gallery's own figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.control.asking import ask, similarity
from tests.household import Household, remembered

if TYPE_CHECKING:
    from pathlib import Path


def test_calibration_names_the_closest_and_counts_the_strangers(household: Household, portraits: dict[str, Path]) -> None:
    done = ask(household, "calibrate")
    names = {"joe": "biden", "eileen": "astronaut"}
    pair = done["closest_pair"]
    figure = max(
        similarity(household, portraits[one], portraits[other])
        for one, other in (
            ("obama", "biden"),
            ("obama_again", "biden"),
            ("obama", "astronaut"),
            ("obama_again", "astronaut"),
            ("biden", "astronaut"),
        )
    )
    assert pair["similarity"] == pytest.approx(figure, abs=2e-3)
    assert {pair["person"], pair["other_person"]} <= {"barack", *names}
    assert (done["people"], done["templates"], done["strangers"], done["look_alikes"]) == (3, 4, 0, [])
    assert done["in_force"]["threshold"] == pytest.approx(household.shared.threshold(household.shared.rules), abs=1e-3)
    assert done["in_force"]["fnir"] == {"estimate": 0.0, "low": 0.0, "high": pytest.approx(0.6576, abs=1e-3), "counted": 2}
    assert done["in_force"]["fpir_by_strangers"] is None
    ask(household, "forget", person="eileen")
    remembered(household, portraits["astronaut"])
    assert ask(household, "calibrate")["in_force"]["fpir_by_strangers"]["counted"] == 1


def test_nobody_enrolled_is_no_error(control: Household) -> None:
    done = ask(control, "calibrate")
    assert (done["people"], done["closest_pair"], done["in_force"]["fnir"]) == (0, None, None)
