"""What was learned of look-alikes in the gallery file: kept, read, and gone with anybody whom it was learned of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.gallery.parting import Parting, Partings
from edged.gallery.templates import to_blob
from tests.gallery.conftest import MODEL, embedding
from tests.gallery.twins import household, templates_of

if TYPE_CHECKING:
    from pathlib import Path

    from edged.gallery.store import Gallery
    from edged.storage.database import Database

PROJECTION = np.arange(128 * 128, dtype=np.float32).reshape(128, 128) + np.float32(0.123)
TRACE = PROJECTION[5].tobytes()


@pytest.fixture
def partings(gallery: Gallery, database: Database) -> Partings:
    """Kept for two twins of three people."""
    for person, vectors in household().items():
        gallery.enroll(person, None, templates_of(vectors))
    kept = Partings(database)
    kept.keep(Parting(frozenset({("ann", "bea")}), PROJECTION), MODEL)
    return kept


def trace(path: Path) -> bool:
    """Whether any of its numbers stands in a file beside the gallery, the -wal included."""
    return any(TRACE in file.read_bytes() for file in path.parent.iterdir())


def test_what_is_kept_is_read_again_for_its_own_model_only(partings: Partings) -> None:
    found = partings.read(MODEL)
    assert found is not None
    assert found.pairs == {("ann", "bea")}
    assert found.people == {"ann", "bea"}
    assert (found.projection == PROJECTION).all()
    assert (found.covers("bea", "ann"), found.covers("ann", "cid")) == (True, False)
    assert partings.read("another") is None
    partings.keep(Parting(frozenset({("bea", "cid")}), PROJECTION), MODEL)
    replaced = partings.read(MODEL)
    assert replaced is not None
    assert replaced.people == {"bea", "cid"}


@pytest.mark.parametrize("person", ["ann", "bea"])
def test_it_goes_with_anybody_who_is_forgotten_and_no_byte_is_left(partings: Partings, gallery: Gallery, path: Path, person: str) -> None:
    assert trace(path)
    erased = gallery.forget(person)
    assert (partings.read(MODEL), erased.residue, trace(path)) == (None, None, False)


def test_it_stays_where_somebody_else_is_forgotten_or_it_is_only_a_name(partings: Partings, gallery: Gallery) -> None:
    gallery.forget("cid")
    gallery.rename("ann", "Aunt Ann")
    gallery.enroll("bea", None, templates_of(embedding(5).vector[None]))
    assert partings.read(MODEL) is not None


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM templates WHERE id = (SELECT min(id) FROM templates WHERE person = 'ann')",
        "UPDATE templates SET person = 'cid' WHERE person = 'bea'",
        "UPDATE templates SET model_id = 'another' WHERE person = 'bea'",
    ],
)
def test_it_goes_with_a_template_that_goes_or_changes(partings: Partings, database: Database, statement: str) -> None:
    with database.transaction():
        database.write(statement, [()])
    assert partings.read(MODEL) is None


def test_it_is_undone_without_a_trace_and_goes_with_the_embedder(partings: Partings, path: Path) -> None:
    partings.forget_others(MODEL)
    assert partings.read(MODEL) is not None
    partings.forget_others("another")
    assert (partings.read(MODEL), trace(path)) == (None, False)
    assert partings.forget() is None, "twice is no error"


@pytest.mark.parametrize(
    ("pairs", "projection"),
    [("[[", PROJECTION.tobytes()), ("[1]", PROJECTION.tobytes()), ('[["ann", "bea"]]', b"\0\0\0"), ('[["ann", "bea"]]', bytes(4 * 5))],
)
def test_a_damaged_row_is_as_none(partings: Partings, database: Database, pairs: str, projection: bytes) -> None:
    with database.transaction():
        database.write("UPDATE partings SET pairs = ?, projection = ?", [(pairs, projection)])
    assert partings.read(MODEL) is None


def test_numbers_that_are_none_are_as_none(partings: Partings, database: Database) -> None:
    with database.transaction():
        database.write("UPDATE partings SET projection = ?", [(np.full((8, 8), np.nan, np.float32).tobytes(),)])
    assert partings.read(MODEL) is None
    assert len(to_blob(embedding(1))) == 512
