"""Templates that visits taught, in a real file: suggested, accepted, refused, counted, and taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.errors import PersonNotFound, SuggestionNotFound
from edged.gallery.curation import Curation
from edged.gallery.lessons import TAUGHT, Lessons
from edged.gallery.store import Gallery
from edged.gallery.templates import Origin, TemplateRows
from edged.storage.database import open_database
from tests.gallery.conftest import MODEL, embedding, template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.gallery.templates import NewTemplate
    from edged.storage.database import Database


@pytest.fixture
def database() -> Iterator[Database]:
    with open_database(None) as opened:
        Gallery(opened).enroll("alice", "Alice", [template(0)])
        yield opened


@pytest.fixture
def lessons(database: Database) -> Lessons:
    return Lessons(database)


def taught(number: int, origin: Origin = Origin.LEARNED) -> NewTemplate:
    return replace(template(number), origin=origin, aligned_png=b"face")


def compared(database: Database) -> int:
    return len(Gallery(database).templates(MODEL).persons)


def test_a_suggestion_counts_for_nothing_until_it_is_accepted(database: Database, lessons: Lessons) -> None:
    number = lessons.add("alice", taught(1, Origin.SUGGESTED))
    assert (Gallery(database).person("alice").templates, compared(database), len(Curation(database, MODEL).templates("alice"))) == (1, 1, 1)
    assert lessons.is_asking("alice")
    assert [(one.number, one.person, one.aligned_png) for one in lessons.suggestions()] == [(number, "alice", b"face")]
    person = lessons.accept(number)
    assert (person.templates, person.learned, compared(database)) == (2, 1, 2)
    assert lessons.suggestions() == []
    with pytest.raises(SuggestionNotFound, match=f"No suggestion {number} waits"):
        lessons.accept(number)


def test_what_is_refused_is_erased_with_its_picture(database: Database, lessons: Lessons) -> None:
    number = lessons.add("alice", taught(1, Origin.SUGGESTED))
    assert lessons.refuse(number).templates == 1
    assert Gallery(database).pictures() == 1
    assert len(lessons.held("alice", MODEL)) == 1
    assert lessons.add("alice", taught(1, Origin.SUGGESTED)) > number


def test_a_visit_is_judged_by_what_was_enrolled_of_everybody_and_not_by_what_others_taught(database: Database, lessons: Lessons) -> None:
    for number, person in enumerate(("bob", "carl")):
        Gallery(database).enroll(person, None, [template(5 + number), template(15 + number)])
    lessons.add("alice", taught(1))
    lessons.add("carl", taught(2))
    assert compared(database) == 7
    for person in ("alice", "bob", "carl", "dora"):
        rows = lessons.enrolled(person, Gallery(database).templates(MODEL))
        found = {(one, vector.tobytes()) for one, vector in zip(rows.persons, rows.embeddings, strict=True)}
        own = {("alice", 0), ("bob", 5), ("bob", 15), ("carl", 6), ("carl", 16)}
        assert found == {(one, template(number).embedding.vector.tobytes()) for one, number in own}
        assert len(rows.persons) == 5
    nobody = TemplateRows(MODEL, [], np.empty((0, 0), np.float32), [])
    assert lessons.enrolled("alice", nobody).persons == ["alice", "carl", "carl"]


def test_of_others_who_were_taught_nothing_no_template_is_read(database: Database, lessons: Lessons) -> None:
    """A visit is judged by what is known of them, and a disk that is slow is asked for little."""
    Gallery(database).enroll("bob", None, [template(5)])
    known = Gallery(database).templates(MODEL)
    database.write("UPDATE templates SET embedding = x'00' WHERE person = ?", [("bob",)])
    rows = lessons.enrolled("alice", known)
    assert (sorted(rows.persons), rows.damaged) == (["alice", "bob"], [])
    steps = [str(row["detail"]) for row in database.rows(f"EXPLAIN QUERY PLAN {TAUGHT}")]
    assert all("COVERING INDEX" in step for step in steps if " templates" in step)


def test_all_that_was_learned_goes_in_one_step_and_nothing_else(database: Database, lessons: Lessons) -> None:
    Gallery(database).enroll("bob", "Bob", [template(5)])
    lessons.add("alice", taught(1))
    lessons.add("alice", taught(2, Origin.SUGGESTED))
    lessons.add("bob", taught(6))
    done = lessons.unlearn("alice")
    assert (done.people, done.templates, done.suggestions, done.residue, done.compaction_due) == (("alice",), 1, 1, None, True)
    assert [(one.id, one.templates, one.learned) for one in Gallery(database).people()] == [("alice", 1, 0), ("bob", 2, 1)]
    assert lessons.unlearn(None).people == ("bob",)
    assert lessons.unlearn(None).people == ()


def test_nobody_who_was_forgotten_comes_back_by_a_lesson(database: Database, lessons: Lessons) -> None:
    Gallery(database).forget("alice")
    with pytest.raises(PersonNotFound):
        lessons.add("alice", taught(1))


def test_who_is_forgotten_is_so_with_all_that_was_learned(database: Database, lessons: Lessons) -> None:
    lessons.add("alice", taught(1))
    lessons.add("alice", taught(2, Origin.SUGGESTED))
    Gallery(database).forget("alice")
    assert (Gallery(database).pictures(), lessons.suggestions()) == (0, [])


def test_a_learned_template_never_pushes_an_enrolled_one_out(database: Database, lessons: Lessons) -> None:
    """A better look of the same view, and one more than there is a place for: both go, however good they are."""
    lessons.add("alice", replace(taught(0), quality=1.0))
    lessons.add("alice", replace(taught(1), quality=1.0))
    curation = Curation(database, MODEL, max_templates=2)
    Gallery(database).enroll("alice", None, [template(2)])
    dropped = curation.thin_out("alice").dropped
    assert [one.template.origin for one in dropped] == [Origin.LEARNED] * 2
    assert [one.origin for one in curation.templates("alice").values()] == [Origin.ENROLLED] * 2


def test_an_embedding_is_held_whoever_wanted_it(lessons: Lessons) -> None:
    lessons.add("alice", taught(1))
    lessons.add("alice", taught(2, Origin.SUGGESTED))
    assert [float(one.vector @ embedding(number).vector) for number, one in enumerate(lessons.held("alice", MODEL))] == pytest.approx(
        [1.0] * 3
    )
