"""Templates that visits taught, in a real file: suggested, accepted, refused, counted, and taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edged.errors import PersonNotFound, SuggestionNotFound
from edged.gallery.curation import Curation
from edged.gallery.lessons import Lessons
from edged.gallery.store import Gallery
from edged.gallery.templates import Origin
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


def test_learned_templates_are_compared_but_are_no_enrolled_ones(database: Database, lessons: Lessons) -> None:
    lessons.add("alice", taught(1))
    assert compared(database) == 2
    assert len(Gallery(database).templates(MODEL, learned=False).persons) == 1


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
