"""The gallery's own figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.gallery.parting import Partings
from edged.gallery.store import Gallery
from edged.interface.calibration import TellApart, TellApartAnswer
from edged.interface.messages import Reply, ReplyAddress, Request
from edged.types import Embedding, Obstacle
from tests.control.asking import ask, similarity
from tests.gallery.twins import household as twins
from tests.gallery.twins import templates_of, unit
from tests.household import Household, remembered

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database


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


def test_look_alikes_are_told_apart_by_request_until_one_of_them_is_forgotten(control: Household, database: Database) -> None:
    enroll_twins(control, database)
    assert ask(control, "calibrate")["look_alikes"][0]["told_apart"] is False
    done = ask(control, "tell_apart")
    assert (done["learned"], done["obstacle"], done["tried"]) == (True, None, 6)
    assert done["pairs"][0]["similarity_learned"] < done["pairs"][0]["similarity"]
    assert ask(control, "calibrate")["look_alikes"][0]["told_apart"] is True
    view = Embedding(unit(0.55 * twins()["ann"][0] + 0.45 * twins()["bea"][0]), control.shared.matcher.model_id)
    learned = control.shared.matcher.match(view, threshold=0.43, margin=0.05)
    assert ask(control, "tell_apart", undo=True)["learned"] is False
    plain = control.shared.matcher.match(view, threshold=0.43, margin=0.05)
    assert (learned.similarity, learned.margin != plain.margin) == (plain.similarity, True)
    ask(control, "tell_apart")
    ask(control, "forget", person="bea")
    assert Partings(database).read(control.shared.matcher.model_id) is None
    assert ask(control, "tell_apart")["obstacle"] == "no_look_alikes"


def test_nothing_is_kept_of_somebody_who_is_forgotten_while_it_is_learned(control: Household, database: Database) -> None:
    enroll_twins(control, database)
    learning = control.control.steps(Request(ReplyAddress("tell_apart"), TellApart()))
    for _ in range(20):
        next(learning)
    ask(control, "forget", person="ann")
    replies = [step for step in learning if isinstance(step, Reply)]
    assert isinstance(replies[-1].outcome, TellApartAnswer)
    assert (replies[-1].outcome.learned, replies[-1].outcome.obstacle) == (False, Obstacle.GALLERY_CHANGED)
    assert Partings(database).read(control.shared.matcher.model_id) is None


def enroll_twins(control: Household, database: Database) -> None:
    for person, vectors in twins().items():
        Gallery(database).enroll(person, None, templates_of(vectors, control.shared.matcher.model_id))
    ask(control, "reload")


def test_nobody_enrolled_is_no_error(control: Household) -> None:
    done = ask(control, "calibrate")
    assert (done["people"], done["closest_pair"], done["in_force"]["fnir"]) == (0, None, None)
