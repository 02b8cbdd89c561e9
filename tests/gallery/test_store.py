"""People and templates: enrolled whole or not at all, kept over restarts, seen by the other process."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.errors import GalleryError, NameRejected, PersonNotFound
from edged.gallery.matcher import Matcher
from edged.gallery.store import Gallery
from edged.gallery.templates import NewTemplate
from edged.storage.database import open_database
from edged.types import Embedding, Person
from tests.gallery.conftest import MODEL, NOON, REPOSITORY, embedding, template

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database


def test_a_person_is_there_after_a_restart(path: Path) -> None:
    with open_database(path) as database:
        enrolled = Gallery(database).enroll("zoë", "Zoë", [template(1), template(2)])
    with open_database(path) as database:
        assert Gallery(database).people() == [enrolled]
    assert enrolled == Person("zoë", "Zoë", 2, NOON)


def test_more_templates_are_added_and_the_name_stays_unless_given(gallery: Gallery) -> None:
    gallery.enroll("alice", "Alice", [template(1)])
    later = dataclasses.replace(template(2), created_at=NOON + timedelta(days=1))
    assert gallery.enroll("alice", None, [later]) == Person("alice", "Alice", 2, NOON)
    assert gallery.enroll("alice", "Alice S.", [template(3)]) == Person("alice", "Alice S.", 3, NOON)


def test_a_new_person_without_a_name_is_shown_by_their_id(gallery: Gallery) -> None:
    assert gallery.enroll("alice", None, [template(1)]).display_name == "alice"


def test_an_enrollment_is_never_half_applied(gallery: Gallery, database: Database) -> None:
    other_size = NewTemplate(embedding(2, size=64), 0.8, "test", NOON, None)
    with pytest.raises(ValueError, match="has 64 numbers, unlike its others"):
        gallery.enroll("alice", "Alice", [template(1), other_size])
    with pytest.raises(NameRejected):
        gallery.enroll("alice", "Ali\x00ce", [template(1)])
    with pytest.raises(NameRejected):
        gallery.enroll("alice", "", [template(1)])
    with pytest.raises(ValueError, match="needs a template"):
        gallery.enroll("alice", "Alice", [])
    with pytest.raises(ValueError, match="is not a person's id"):
        gallery.enroll("Alice", "Alice", [template(1)])
    assert gallery.people() == []
    assert database.table("templates", dict).count() == 0


@pytest.mark.parametrize("vector", [np.zeros(4), np.full(4, np.nan), np.full(4, np.inf), np.ones(4), np.ones((1, 1))])
def test_what_is_no_embedding_is_refused(vector: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    with pytest.raises(ValueError, match="finite vector of unit length"):
        NewTemplate(Embedding(vector.astype(np.float32), MODEL), 0.5, "test", NOON, None)


@pytest.mark.parametrize("quality", [-0.1, 1.1, float("nan")])
def test_what_is_no_quality_is_refused(quality: float) -> None:
    with pytest.raises(ValueError, match="A quality is 0…1"):
        NewTemplate(embedding(1), quality, "test", NOON, None)


def test_people_are_listed_found_and_renamed(gallery: Gallery) -> None:
    gallery.enroll("bob", "Bob", [template(1)])
    gallery.enroll("alice", "Alice", [template(2)])
    assert [person.id for person in gallery.people()] == ["alice", "bob"]
    assert gallery.rename("bob", "  Bob\u3000B. ").display_name == "Bob B."
    assert gallery.person("bob").display_name == "Bob B."


@pytest.mark.parametrize("verb", ["person", "forget"])
def test_nobody_of_that_name(gallery: Gallery, verb: str) -> None:
    with pytest.raises(PersonNotFound, match="Nobody called 'eve' is enrolled"):
        getattr(gallery, verb)("eve")


def test_renaming_nobody(gallery: Gallery) -> None:
    with pytest.raises(PersonNotFound):
        gallery.rename("eve", "Eve")


def test_templates_come_as_one_matrix_of_one_model(gallery: Gallery) -> None:
    gallery.enroll("bob", None, [template(1), template(9, model_id="other")])
    gallery.enroll("alice", None, [template(2), template(3)])
    rows = gallery.templates(MODEL)
    assert (rows.persons, rows.model_id, rows.damaged) == (["alice", "alice", "bob"], MODEL, [])
    assert (rows.embeddings.dtype, rows.embeddings.flags.c_contiguous) == (np.dtype(np.float32), True)
    np.testing.assert_array_equal(rows.embeddings, [embedding(seed).vector for seed in (2, 3, 1)])
    matcher = Matcher(rows.persons, rows.embeddings, rows.model_id)
    assert matcher.match(embedding(3), threshold=0.4, margin=0.1).person == "alice"


def test_an_empty_gallery_is_an_empty_matcher(gallery: Gallery) -> None:
    rows = gallery.templates(MODEL)
    assert Matcher(rows.persons, rows.embeddings, rows.model_id).match(embedding(1), threshold=0.4, margin=0.1).person is None


def test_a_damaged_template_is_left_out_and_named(gallery: Gallery, database: Database) -> None:
    gallery.enroll("alice", None, [template(seed) for seed in range(5)])
    with database.transaction():
        database.write("UPDATE templates SET embedding = ? WHERE id = ?", [(b"\xff" * 512, 2), (b"\x00" * 512, 3), (b"\x00" * 7, 4)])
    rows = gallery.templates(MODEL)
    assert rows.damaged == [2, 3, 4]
    np.testing.assert_array_equal(rows.embeddings, [embedding(seed).vector for seed in (0, 4)])
    assert rows.persons == ["alice", "alice"]


ENROLL = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import numpy as np
from edged.storage.database import open_database
from edged.gallery.store import Gallery
from edged.gallery.templates import NewTemplate
from edged.types import Embedding
face = Embedding(np.eye(1, 128, dtype=np.float32)[0], "face_embedding_a")
with open_database(Path(sys.argv[1])) as database:
    Gallery(database).enroll(sys.argv[2], None, [NewTemplate(face, 0.5, "shell", datetime.now(UTC), None)])
"""


def test_what_another_process_enrolls_is_noticed_once(gallery: Gallery, path: Path) -> None:
    assert not gallery.changed()
    gallery.enroll("alice", None, [template(1)])
    assert not gallery.changed()
    subprocess.run([sys.executable, "-c", ENROLL, str(path), "bob"], check=True, timeout=60, cwd=REPOSITORY)
    assert gallery.changed()
    assert not gallery.changed()
    assert [person.id for person in gallery.people()] == ["alice", "bob"]


def test_ones_own_compaction_is_no_change(gallery: Gallery) -> None:
    gallery.enroll("alice", None, [template(1)])
    gallery.forget("alice")
    assert not gallery.changed()


def test_two_processes_can_open_a_new_file_at_once(path: Path) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", ENROLL, str(path), name], cwd=REPOSITORY) for name in ("bob", "eve")]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    with open_database(path) as database:
        assert [person.id for person in Gallery(database).people()] == ["bob", "eve"]


def test_templates_of_another_model_are_counted_and_who_has_no_others_is_named(gallery: Gallery) -> None:
    gallery.enroll("alice", None, [template(1), template(2, model_id="new")])
    gallery.enroll("bob", None, [template(3), template(4)])
    gallery.enroll("carol", None, [template(5, model_id="new")])
    assert gallery.left_out("new") == {"alice": 1, "bob": 2}
    assert gallery.people_without("new") == ["bob"]


def test_errors_of_sqlite_do_not_leave_the_package(gallery: Gallery, database: Database) -> None:
    with database.transaction():
        database.write("DROP TABLE templates", [()])
    with pytest.raises(GalleryError, match="no such table"):
        gallery.people()
