"""Cameras that show faces in another way than the network learnt them: nobody is named by what all have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from door_acts import Act, Pose, Role, nobody

from edged.config import Config
from edged.daemon.opening import open_attributes
from edged.gallery.memory import StrangerMemory
from edged.gallery.strangers import Strangers
from edged.pipeline.pipeline import Pipeline
from edged.types import Departure, Reason
from tests.door import RULES, events_of, film, shared_state, stands, summaries

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.storage.database import Database
    from edged.types import Event, Frame, Uint8Array
    from edged.vision.faces import FaceReader

BRISK = RULES.model_copy(update={"refractory_seconds": 2.0})
PEOPLE = ("obama", "biden", "astronaut")


@pytest.fixture(scope="module")
def visits() -> list[Frame]:
    """Three people, one after the other, each gone for longer than the refractory time."""
    return film(*(act for person in PEOPLE for act in (stands(person, 2.5), nobody(3.5))))


def seen_by(
    reader: FaceReader, frames: list[Frame], *enrolled: str, strangers: StrangerMemory | None = None
) -> tuple[Pipeline, list[Event]]:
    shared = shared_state(reader, *enrolled, rules=BRISK, strangers=strangers)
    pipeline = Pipeline("front", reader, shared, networks=open_attributes(Config()), max_fps=15.0)
    return pipeline, events_of(pipeline, frames)


def as_shown(frames: list[Frame], change: Callable[[Uint8Array], Uint8Array]) -> list[Frame]:
    """The frames as another camera would show them."""
    return [replace(frame, pixels=np.ascontiguousarray(change(frame.pixels))) for frame in frames]


def test_a_camera_upside_down_names_nobody_and_says_why(reader: FaceReader, database: Database, visits: list[Frame]) -> None:
    strangers = StrangerMemory(Strangers(database), reader.embedding_card.id, days=30)
    pipeline, events = seen_by(reader, as_shown(visits, lambda pixels: pixels[::-1, ::-1]), "obama", strangers=strangers)
    assert summaries(events) == [("departed", None)] * len(PEOPLE)
    assert [event.fact.reason for event in events if isinstance(event.fact, Departure)] == [Reason.NOT_UPRIGHT] * len(PEOPLE)
    assert pipeline.unnamed[Reason.NOT_UPRIGHT] == len(PEOPLE)
    assert pipeline.views.degrees == 180
    assert database.rows("SELECT * FROM strangers") == []


def test_strangers_before_a_squeezed_camera_are_not_one_another(reader: FaceReader, database: Database, visits: list[Frame]) -> None:
    strangers = StrangerMemory(Strangers(database), reader.embedding_card.id, days=30)
    pipeline, events = seen_by(reader, as_shown(visits, lambda pixels: pixels[:, ::2]), strangers=strangers)
    assert pipeline.views.is_unusual
    told = [name for kind, name in summaries(events) if kind == "stranger"]
    assert len(told) == len(PEOPLE)
    assert len({name for name in told if name}) == len([name for name in told if name])


@pytest.mark.parametrize("degrees", [-35.0, 35.0])
def test_a_leaning_head_is_known(reader: FaceReader, degrees: float) -> None:
    leaning = Act(2.5, "leaning", (Role("obama", (Pose(0.0, 0.5, 220.0, roll_degrees=degrees),)),))
    _, events = seen_by(reader, film(leaning, nobody(3.5)), "obama")
    assert summaries(events) == [("recognised", "obama"), ("departed", "obama")]


def test_somebody_too_dark_to_judge_is_known_where_the_similarity_leaves_no_doubt(reader: FaceReader) -> None:
    dim = replace(stands("obama", 2.5), light=(0.2, 0.2))
    _, events = seen_by(reader, film(dim, nobody(3.5)), "obama")
    assert ("recognised", "obama") in summaries(events)
