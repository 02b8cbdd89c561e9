"""The memory of strangers: the same face tomorrow is the same stranger, and who is ignored is so only for certain."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.errors import WrongModel
from edged.gallery.memory import StrangerMemory
from edged.gallery.strangers import Strangers
from edged.gallery.templates import Sighting
from edged.storage.database import open_database
from edged.types import Embedding
from tests import clocks
from tests.clocks import Device
from tests.gallery.conftest import MODEL, NOON, PNG, embedding

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database
    from edged.types import Stranger

DAY = timedelta(days=1)
THRESHOLD, MARGIN = 0.43, 0.05


def near(seed: int, similarity: float, other: int) -> Embedding:
    """A face as similar as that to one, and for the rest like another."""
    first, second = embedding(seed).vector, embedding(other).vector
    second = second - (second @ first) * first
    mixed = similarity * first + np.sqrt(1 - similarity**2) * second / np.linalg.norm(second)
    return Embedding(mixed.astype(np.float32), MODEL)


def memory_of(database: Database, days: int = 30) -> StrangerMemory:
    return StrangerMemory(Strangers(database), MODEL, days=days)


def meet(memory: StrangerMemory, face: Embedding, days_later: int = 0, quality: float = 0.5) -> Stranger | None:
    sighting = Sighting(face, quality, NOON + days_later * DAY, PNG)
    return memory.meet(sighting, memory.recall(face, threshold=THRESHOLD, margin=MARGIN))


def recalled(memory: StrangerMemory, face: Embedding) -> tuple[str, bool] | None:
    found = memory.recall(face, threshold=THRESHOLD, margin=MARGIN)
    return (found.stranger, found.ignored) if found else None


@pytest.fixture
def memory(database: Database) -> StrangerMemory:
    return memory_of(database)


def test_the_same_face_tomorrow_is_the_same_stranger_also_after_a_restart(path: Path) -> None:
    with open_database(path) as database:
        first = meet(memory_of(database), embedding(1))
        other = meet(memory_of(database), embedding(2))
    with open_database(path) as database:
        again = meet(memory_of(database), near(1, 0.6, 50), days_later=1)
    assert first is not None
    assert other is not None
    assert again is not None
    assert [stranger.id for stranger in (first, other, again)] == ["stranger-1", "stranger-2", "stranger-1"]
    assert (again.first_seen_at, again.last_seen_at, again.seen_count) == (NOON, NOON + DAY, 2)


@pytest.mark.parametrize(("similarity", "found"), [(0.44, ("stranger-1", False)), (0.42, None)])
def test_a_stranger_is_recalled_from_the_threshold_on(memory: StrangerMemory, similarity: float, found: tuple[str, bool] | None) -> None:
    meet(memory, embedding(1))
    assert recalled(memory, near(1, similarity, 50)) == found


def test_nobody_is_recalled_where_nobody_is_remembered(memory: StrangerMemory) -> None:
    assert recalled(memory, embedding(1)) is None


def test_every_look_helps_to_find_a_stranger_again(memory: StrangerMemory) -> None:
    meet(memory, embedding(1))
    meet(memory, near(1, 0.5, 2), days_later=1)
    assert recalled(memory, embedding(2)) == ("stranger-1", False)


def test_between_two_who_are_equally_near_no_third_is_made(memory: StrangerMemory) -> None:
    meet(memory, embedding(1))
    meet(memory, embedding(2))
    between = near(1, 0.7, 2)
    for day in range(1, 4):
        met = meet(memory, between, days_later=day)
        assert met is not None
        assert met.id in ("stranger-1", "stranger-2")
    assert len(memory.store.strangers()) == 2


def test_who_is_as_near_to_somebody_else_is_not_ignored(memory: StrangerMemory) -> None:
    meet(memory, embedding(1))
    meet(memory, embedding(2))
    memory.store.ignore("stranger-1", ignored=True)
    memory.reload()
    assert recalled(memory, near(1, 0.9, 50)) == ("stranger-1", True)
    assert recalled(memory, near(1, 0.76, 2)) == ("stranger-1", False)
    memory.store.ignore("stranger-2", ignored=True)
    memory.reload()
    assert recalled(memory, near(1, 0.76, 2)) == ("stranger-1", True)


def test_a_better_view_of_the_visit_is_found_at_once(memory: StrangerMemory) -> None:
    meet(memory, embedding(1))
    memory.improve("stranger-1", Sighting(near(1, 0.5, 2), 0.9, NOON, PNG))
    assert recalled(memory, embedding(2)) == ("stranger-1", False)
    [stranger] = memory.store.strangers()
    assert (stranger.seen_count, stranger.looks) == (1, 2)


def test_who_was_forgotten_by_another_process_a_moment_ago_is_a_new_stranger(memory: StrangerMemory, path: Path) -> None:
    meet(memory, embedding(1))
    with open_database(path) as other:
        Strangers(other).forget("stranger-1")
    met = meet(memory, embedding(1))
    assert met is not None
    assert (met.id, met.seen_count) == ("stranger-2", 1)
    memory.improve("stranger-1", Sighting(embedding(1), 0.9, NOON, PNG))
    assert [stranger.id for stranger in memory.store.strangers()] == ["stranger-2"]


def test_with_time_a_stranger_is_recalled_no_more() -> None:
    device = Device()
    with device.start(None) as database:
        memory = memory_of(database)
        meet(memory, embedding(1))
        device.wait(10 * clocks.DAY)
        meet(memory, embedding(2), days_later=10)
        device.wait(20 * clocks.DAY)
        assert memory.store.expire(memory.days) == 0
        memory.reload()
        device.wait(clocks.DAY)
        assert memory.store.expire(memory.days) == 1
        memory.reload()
        assert recalled(memory, embedding(1)) is None
        assert recalled(memory, embedding(2)) == ("stranger-2", False)


def test_where_strangers_are_not_to_be_remembered_none_is_and_the_old_go(memory: StrangerMemory, database: Database) -> None:
    meet(memory, embedding(1))
    meet(memory, embedding(2))
    memory.store.ignore("stranger-2", ignored=True)
    forgetful = memory_of(database, days=0)
    assert meet(forgetful, embedding(3)) is None
    assert forgetful.store.expire(forgetful.days) == 1
    forgetful.reload()
    assert [stranger.id for stranger in forgetful.store.strangers()] == ["stranger-2"]


def test_looks_of_another_model_are_not_searched_and_no_probe_of_one_is_taken(memory: StrangerMemory, database: Database) -> None:
    meet(memory, embedding(1))
    newer = StrangerMemory(Strangers(database), "newer", days=30)
    assert newer.recall(embedding(1, "newer", 64), threshold=THRESHOLD, margin=MARGIN) is None
    with pytest.raises(WrongModel):
        newer.recall(embedding(1), threshold=THRESHOLD, margin=MARGIN)


def test_a_stranger_who_was_withdrawn_while_the_disk_refused_is_not_written_after_that(path: Path) -> None:
    with open_database(path) as database:
        database.write_beside(lambda: None)
        memory = memory_of(database)
        with open_database(path) as other, other.transaction():
            new = meet(memory, embedding(1))
            database.writer.submit(lambda: None).wait()
        assert new is not None
        memory.withdraw(new.id)
        for now in range(0, 40, 10):
            memory.take_over_writes(now)
            database.writer.submit(lambda: None).wait()
        assert memory.store.strangers() == []
        assert recalled(memory, embedding(1)) is None
