"""What another model has made: given to be embedded again, replaced all at once, and never given to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.errors import GalleryError, StrangerNotFound
from edged.gallery.stale import Stale, StaleFace
from edged.gallery.store import Gallery
from edged.gallery.strangers import Strangers
from edged.gallery.templates import Sighting
from tests.gallery.conftest import MODEL, NOON, PNG, embedding, template

if TYPE_CHECKING:
    from edged.storage.database import Database

NEW = "newer"


@pytest.fixture
def filled(database: Database) -> Database:
    """Two people and three strangers, with pictures and without."""
    gallery, strangers = Gallery(database), Strangers(database)
    gallery.enroll("alice", None, [template(1), template(2, png=PNG + b"2"), template(3, png=None)])
    gallery.enroll("bob", None, [template(4, png=None), template(5, model_id=NEW)])
    strangers.remember(Sighting(embedding(6), 0.8, NOON, PNG + b"6"))
    strangers.seen_again("stranger-1", Sighting(embedding(7), 0.5, NOON, None))
    strangers.remember(Sighting(embedding(8), 0.8, NOON, None))
    strangers.ignore("stranger-2", ignored=True)
    strangers.remember(Sighting(embedding(9, NEW), 0.8, NOON, None))
    return database


def made(database: Database) -> list[tuple[StaleFace, bytes]]:
    return list(Stale(database, NEW).pictures())


def test_the_faces_with_pictures_are_those_to_be_made_anew(filled: Database) -> None:
    assert [(face.owner, picture) for face, picture in made(filled)] == [("alice", PNG), ("alice", PNG + b"2"), ("stranger-1", PNG + b"6")]
    assert Stale(filled, NEW).count() == 3


def test_what_is_made_anew_is_compared_and_strangers_without_a_picture_are_let_go(filled: Database) -> None:
    seeds = iter((11, 12, 16))
    forgotten = Stale(filled, NEW).replace([(face, embedding(next(seeds), NEW)) for face, _ in made(filled)])
    rows, looks = Gallery(filled).templates(NEW), Strangers(filled).looks(NEW)
    assert (forgotten, rows.persons, looks.persons) == (["stranger-2"], ["alice", "alice", "bob"], ["stranger-1", "stranger-3"])
    np.testing.assert_array_equal(rows.embeddings, [embedding(seed, NEW).vector for seed in (11, 12, 5)])
    np.testing.assert_array_equal(looks.embeddings, [embedding(seed, NEW).vector for seed in (16, 9)])
    assert Gallery(filled).left_out(NEW) == {"alice": 1, "bob": 1}
    assert Strangers(filled).looks(MODEL).persons == []
    with pytest.raises(StrangerNotFound):
        Strangers(filled).stranger("stranger-2")
    Strangers(filled).seen_again("stranger-1", Sighting(embedding(17, NEW), 0.5, NOON, None))
    assert not Stale(filled, NEW).is_there()


def test_templates_without_a_picture_alone_are_left_as_they_are(database: Database) -> None:
    Gallery(database).enroll("alice", None, [template(1, png=None)])
    assert not Stale(database, NEW).is_there()


def test_looks_without_a_picture_alone_are_let_go(database: Database) -> None:
    Strangers(database).remember(Sighting(embedding(1), 0.8, NOON, None))
    assert Stale(database, NEW).is_there()
    assert Stale(database, NEW).replace([]) == ["stranger-1"]


def test_a_replacement_that_fails_replaces_nothing(filled: Database) -> None:
    before = filled.rows("SELECT * FROM templates"), filled.rows("SELECT * FROM stranger_looks")
    with filled.transaction():
        filled.write("CREATE TRIGGER full BEFORE UPDATE ON stranger_looks BEGIN SELECT raise(ABORT, 'disk full'); END", [()])
    with pytest.raises(GalleryError, match="disk full"):
        Stale(filled, NEW).replace([(face, embedding(11, NEW)) for face, _ in made(filled)])
    assert (filled.rows("SELECT * FROM templates"), filled.rows("SELECT * FROM stranger_looks")) == before


def test_somebody_who_is_enrolled_meanwhile_does_not_get_the_face_of_who_was_erased(database: Database) -> None:
    """SQLite gives the number of the last row that was deleted again."""
    gallery = Gallery(database)
    gallery.enroll("alice", None, [template(1)])
    [(face, _)] = made(database)
    gallery.forget("alice")
    gallery.enroll("bob", None, [template(2)])
    Stale(database, NEW).replace([(face, embedding(11, NEW))])
    np.testing.assert_array_equal(gallery.templates(MODEL).embeddings, [embedding(2).vector])
    assert gallery.templates(NEW).persons == []
