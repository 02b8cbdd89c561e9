"""Whom a verdict speaks of, on made-up embeddings: which stranger it is, and whom the owner does not want to hear of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.evaluation.impostor_tail import ImpostorTail
from edged.gallery.matcher import Matcher
from edged.gallery.memory import StrangerMemory
from edged.gallery.strangers import Strangers
from edged.gallery.templates import Sighting
from edged.pipeline.identity import Identifier
from edged.pipeline.shared_state import Rules, SharedState
from edged.storage.database import open_database
from edged.tracking.evidence import BestView, Evidence
from edged.tracking.visits import Visits
from edged.types import AlignedFace, Box, Embedding, Identity, Reason, Verdict
from tests.door import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = "test"
NOBODY_ENROLLED = Verdict(None, None, None, 0.43, Reason.BELOW_THRESHOLD, 3, 0.8)
FACE = AlignedFace(np.zeros((112, 112, 3), np.uint8))


def face(*coordinates: float) -> Embedding:
    vector = np.zeros(4, np.float32)
    vector[: len(coordinates)] = coordinates
    return Embedding(vector / np.float32(np.linalg.norm(vector)), MODEL)


@pytest.fixture
def empty() -> Iterator[Strangers]:
    """Nobody remembered."""
    with open_database(None) as database:
        yield Strangers(database)


@pytest.fixture
def strangers(empty: Strangers) -> Strangers:
    """Two strangers, of whom the first is ignored."""
    for seen in (face(1.0), face(0.0, 1.0)):
        empty.remember(Sighting(seen, 0.8, AT, None))
    empty.ignore("stranger-1", ignored=True)
    return empty


def looks(seen: Embedding) -> Evidence:
    """One look, with its view."""
    evidence = Evidence()
    evidence.add(seen, 0.8, BestView(FACE, 0.8, Box(0, 0, 1, 1), (1, 1), AT, None))
    return evidence


def identified(strangers: Strangers, seen: Embedding, days: int = 30, rules: Rules = RULES) -> Identity:
    """Who somebody is held to be before a camera of these rules."""
    return Identifier(known(strangers, days), Visits()).identify(NOBODY_ENROLLED, looks(seen), AT, rules)


def known(strangers: Strangers, days: int) -> SharedState:
    """What is known in a house where nobody is enrolled, by common rules that are of no camera here."""
    return SharedState(
        matcher=Matcher([], np.empty((0, 4), np.float32), MODEL),
        strangers=StrangerMemory(strangers, MODEL, days=days),
        display_names={},
        rules=RULES.model_copy(update={"match_threshold": 0.2, "margin": 0.0}),
        impostors=ImpostorTail((0.3, 0.4), (0.01, 0.001), 0.0),
        keep_pictures=False,
        decisive_lead=0.1,
    )


def test_a_stranger_is_known_again(strangers: Strangers) -> None:
    identity = identified(strangers, face(0.1, 1.0))
    assert (identity.key, identity.ignored) == ("stranger-2", False)
    assert identity.stranger
    assert identity.stranger.seen_count == 2


@pytest.mark.parametrize("days", [30, 0])
def test_who_is_ignored_stays_so_though_strangers_are_not_remembered(strangers: Strangers, days: int) -> None:
    identity = identified(strangers, face(1.0, 0.1), days)
    assert (identity.key, identity.ignored) == ("stranger-1", True)


def test_who_may_as_well_be_another_is_not_ignored(strangers: Strangers) -> None:
    assert not identified(strangers, face(1.0, 0.99)).ignored


@pytest.mark.parametrize(("threshold", "key"), [(0.85, "stranger-2"), (0.95, "stranger-3")])
def test_who_is_near_enough_is_for_the_camera_to_say(strangers: Strangers, threshold: float, key: str) -> None:
    assert identified(strangers, face(0.5, 1.0), rules=RULES.model_copy(update={"match_threshold": threshold})).key == key


@pytest.mark.parametrize(("margin", "ignored"), [(0.4, True), (0.5, False)])
def test_who_is_certain_enough_to_be_ignored_is_for_the_camera_to_say(strangers: Strangers, margin: float, *, ignored: bool) -> None:
    assert identified(strangers, face(1.0, 0.5), rules=RULES.model_copy(update={"margin": margin})).ignored is ignored


@pytest.mark.parametrize(("threshold", "same"), [(0.85, True), (0.95, False)])
def test_so_it_is_where_strangers_are_not_remembered(empty: Strangers, threshold: float, *, same: bool) -> None:
    rules = RULES.model_copy(update={"match_threshold": threshold})
    visits = Visits()
    identifier = Identifier(known(empty, days=0), visits)
    first = identifier.identify(NOBODY_ENROLLED, looks(face(0.0, 1.0)), AT, rules)
    visits.join(1, first, NOBODY_ENROLLED, 0.0, 0.0)
    again = identifier.identify(NOBODY_ENROLLED, looks(face(0.5, 1.0)), AT, rules)
    assert (again.key == first.key) is same
