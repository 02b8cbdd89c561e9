"""The looks of one stranger: which have a place, and which of them has the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.errors import WrongModel
from edged.gallery.looks import MOST_LOOKS, Looks
from edged.gallery.templates import Sighting
from edged.storage.records import StrangerRecord
from tests.gallery.conftest import MODEL, NOON, PNG, embedding

if TYPE_CHECKING:
    from edged.storage.database import Database


@pytest.fixture
def looks(database: Database) -> Looks:
    """Those of stranger 1 and 2, who have none yet."""
    for _ in range(2):
        database.table("strangers", StrangerRecord).insert(first_seen_at="t", last_seen_at="t", seen_count=1, ignored=0)
    return Looks(database)


def look(seed: int, quality: float, png: bytes | None = None, model_id: str = MODEL) -> Sighting:
    return Sighting(embedding(seed, model_id), quality, NOON, png)


def test_a_stranger_without_looks_has_nothing(looks: Looks) -> None:
    assert (looks.best_quality(1), looks.picture(1), looks.templates(1, "test", NOON)) == (None, None, [])


def test_the_best_come_first_and_are_each_strangers_own(looks: Looks) -> None:
    looks.keep(1, look(1, 0.3))
    looks.keep(2, look(2, 0.9))
    looks.keep(1, look(3, 0.6))
    assert [template.quality for template in looks.templates(1, "stranger-1", NOON)] == [0.6, 0.3]
    assert looks.best_quality(1) == 0.6
    assert looks.of_model(MODEL).persons == ["stranger-1", "stranger-1", "stranger-2"]
    assert looks.of_model("another").persons == []


def test_only_the_best_look_with_a_picture_keeps_it(looks: Looks) -> None:
    for seed, quality, png in ((1, 0.5, PNG + b"1"), (2, 0.7, PNG + b"2"), (3, 0.6, PNG + b"3"), (4, 0.9, None)):
        looks.keep(1, look(seed, quality, png))
    assert looks.picture(1) == PNG + b"2"
    assert [template.aligned_png for template in looks.templates(1, "test", NOON)] == [None, PNG + b"2", None, None]


def test_there_is_room_for_few_and_a_worse_one_of_the_same_view_has_none(looks: Looks) -> None:
    for seed in range(2 * MOST_LOOKS):
        looks.keep(1, look(seed, 0.5 + seed / 100))
    assert len(looks.templates(1, "test", NOON)) == MOST_LOOKS
    before = looks.of_model(MODEL).embeddings.tobytes()
    looks.keep(1, look(2 * MOST_LOOKS - 1, 0.1))
    assert looks.of_model(MODEL).embeddings.tobytes() == before


def test_a_look_of_another_model_is_refused(looks: Looks) -> None:
    looks.keep(1, look(1, 0.5))
    with pytest.raises(WrongModel):
        looks.keep(1, look(2, 0.5, model_id="another"))
