"""What is read again is what the file holds, whoever changed it; and of a large gallery the pictures are not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.gallery.curation import Curation
from edged.gallery.store import PEOPLE, Gallery
from edged.gallery.template_reader import PLACES, TemplateReader
from tests.gallery.conftest import MODEL, template

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.storage.database import Database

CHANGES: dict[str, Callable[[Database], object]] = {
    "enroll": lambda database: Gallery(database).enroll("dora", None, [template(9)]),
    "one more": lambda database: Gallery(database).enroll("alice", None, [template(8)]),
    "rename": lambda database: Gallery(database).rename("alice", "Alice S."),
    "forget": lambda database: Gallery(database).forget("alice"),
    "merge": lambda database: Curation(database, MODEL).merge("alice", "carl"),
    "forget and enroll": lambda database: (Gallery(database).forget("carl"), Gallery(database).enroll("carl", None, [template(7)])),
    "everybody": lambda database: [Gallery(database).forget(person) for person in ("alice", "bob", "carl")],
    "damage": lambda database: database.write("UPDATE templates SET embedding = x'00' WHERE person = ?", [("bob",)]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_read_again_is_what_somebody_reads_who_begins(gallery: Gallery, database: Database, change: str) -> None:
    for seed, person in enumerate(("alice", "bob", "carl")):
        gallery.enroll(person, None, [template(2 * seed), template(2 * seed + 1)])
    reader = TemplateReader(database, MODEL)
    reader.read()
    CHANGES[change](database)
    again, anew = reader.read(anew=change == "damage"), gallery.templates(MODEL)
    assert again.persons == anew.persons
    assert np.array_equal(again.embeddings, anew.embeddings) or not anew.persons
    assert len(again.damaged) == len(anew.damaged)


def test_many_are_read_in_portions_and_of_each_those_that_are_damaged_are_left_out(
    gallery: Gallery, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edged.gallery.template_reader.READ_AT_ONCE", 2)
    for number in range(7):
        gallery.enroll(f"person_{number}", None, [template(number)])
    database.write("UPDATE templates SET embedding = x'00' WHERE person = ?", [("person_1",), ("person_4",), ("person_5",)])
    rows, known = TemplateReader(database, MODEL).read(), gallery.templates(MODEL)
    assert rows.persons == known.persons == ["person_0", "person_2", "person_3", "person_6"]
    assert rows.damaged == known.damaged
    assert np.array_equal(rows.embeddings, known.embeddings)


def test_a_new_template_that_is_damaged_is_left_out_each_time(gallery: Gallery, database: Database) -> None:
    gallery.enroll("alice", None, [template(1)])
    reader = TemplateReader(database, MODEL)
    reader.read()
    gallery.enroll("bob", None, [template(2)])
    database.write("UPDATE templates SET embedding = x'00000000' WHERE person = ?", [("bob",)])
    for _ in range(2):
        rows = reader.read()
        assert (rows.persons, len(rows.damaged)) == (["alice"], 1)


def test_all_that_are_damaged_are_found_and_no_matrix_is_made(
    gallery: Gallery, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edged.gallery.template_reader.READ_AT_ONCE", 2)
    for number in range(7):
        gallery.enroll(f"person_{number}", None, [template(number)])
    assert TemplateReader(database, MODEL).damaged() == []
    database.write("UPDATE templates SET embedding = x'00' WHERE person = ?", [("person_1",), ("person_4",), ("person_5",)])
    assert len(TemplateReader(database, MODEL).damaged()) == 3


def test_a_matrix_that_is_as_it_was_is_shared_and_another_is_not(gallery: Gallery, database: Database) -> None:
    for number in range(3):
        gallery.enroll(f"person_{number}", None, [template(number)])
    reader = TemplateReader(database, MODEL)
    first = reader.read().embeddings
    gallery.rename("person_1", "Other")
    assert reader.read().embeddings is first
    gallery.enroll("person_1", None, [template(7)])
    assert np.array_equal(first, np.array([template(number).embedding.vector for number in range(3)]))
    assert reader.read().embeddings is not first


@pytest.mark.parametrize("query", [PEOPLE, PLACES])
def test_nobody_reads_the_pictures_to_know_who_has_which_templates(gallery: Gallery, query: str) -> None:
    parameters = (MODEL,) if "?" in query else ()
    steps = [str(row["detail"]) for row in gallery.database.rows(f"EXPLAIN QUERY PLAN {query}", parameters)]
    of_templates = [step for step in steps if " templates" in step]
    assert of_templates
    assert all("COVERING INDEX" in step for step in of_templates)
