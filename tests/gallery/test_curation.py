"""A person's templates stay diverse and few, and are merged and taken from elsewhere all together or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.errors import GalleryError, NameRejected, PersonExists, PersonNotFound
from edged.gallery.archive import ArchivedPerson
from edged.gallery.curation import Curation
from edged.gallery.templates import NewTemplate
from edged.types import Embedding
from tests.gallery.conftest import MODEL, NOON, PNG, template

if TYPE_CHECKING:
    from edged.gallery.store import Gallery
    from edged.storage.database import Database


@pytest.fixture
def curation(database: Database) -> Curation:
    return Curation(database, MODEL, max_templates=4)


def like(seed: int, *, quality: float, nudge: float = 0.01, png: bytes | None = PNG) -> NewTemplate:
    """The same view once more, an hour later."""
    vector = template(seed).embedding.vector + np.float32(nudge) * template(seed + 500).embedding.vector
    embedding = Embedding((vector / np.linalg.norm(vector)).astype(np.float32), MODEL)
    return NewTemplate(embedding, quality, "later", NOON + timedelta(hours=1), png)


def test_of_one_view_the_better_template_stays(gallery: Gallery, curation: Curation) -> None:
    gallery.enroll("alice", None, [template(1), template(2), like(1, quality=0.9), like(2, quality=0.3)])
    done = curation.thin_out("alice")
    assert done.person.templates == 2
    assert {(one.template.source, one.template.quality) for one in done.dropped} == {("test", 0.8), ("later", 0.3)}
    assert all(one.similarity > 0.99 for one in done.dropped)
    assert [one.quality for one in curation.templates("alice").values()] == [0.8, 0.9]
    assert curation.thin_out("alice").dropped == []


def test_no_more_than_allowed_stay(gallery: Gallery, curation: Curation) -> None:
    gallery.enroll("alice", None, [template(seed) for seed in range(9)])
    gallery.enroll("bob", None, [template(seed + 20) for seed in range(9)])
    assert len(curation.thin_out("alice").dropped) == 5
    assert [person.templates for person in gallery.people()] == [4, 9]


def test_templates_of_another_model_do_not_count_and_stay(gallery: Gallery, curation: Curation) -> None:
    gallery.enroll("alice", None, [template(1, model_id="older"), template(1, model_id="older"), template(1)])
    assert curation.thin_out("alice").dropped == []
    assert len(curation.templates("alice")) == 3


def test_a_damaged_template_is_passed_over(gallery: Gallery, curation: Curation, database: Database) -> None:
    gallery.enroll("alice", None, [template(1), template(2)])
    with database.transaction():
        database.write("UPDATE templates SET embedding = zeroblob(512) WHERE id = ?", [(1,)])
    assert list(curation.templates("alice")) == [2]
    assert curation.thin_out("alice").person.templates == 2


def test_merging_moves_the_templates_and_lets_the_first_go(gallery: Gallery, curation: Curation) -> None:
    gallery.enroll("alice", "Alice", [template(1), template(2)])
    gallery.enroll("alicia", "Alicia", [template(3, png=b"hers"), like(1, quality=0.9)])
    done = curation.merge("alicia", "alice")
    assert (done.person.display_name, done.person.templates) == ("Alice", 3)
    assert [one.template.quality for one in done.dropped] == [0.8]
    assert [person.id for person in gallery.people()] == ["alice"]
    assert b"hers" in [one.aligned_png for one in curation.templates("alice").values()]


@pytest.mark.parametrize(("person", "into", "missing"), [("alice", "nobody", "nobody"), ("nobody", "alice", "nobody")])
def test_merging_with_nobody_changes_nothing(gallery: Gallery, curation: Curation, person: str, into: str, missing: str) -> None:
    gallery.enroll("alice", "Alice", [template(1)])
    with pytest.raises(PersonNotFound, match=missing):
        curation.merge(person, into)
    assert gallery.person("alice").templates == 1


def archived(person: str, *seeds: int, shown: str = "Shown") -> ArchivedPerson:
    return ArchivedPerson(person, shown, tuple(template(seed) for seed in seeds))


def test_people_from_elsewhere_come_all_or_none(gallery: Gallery, curation: Curation) -> None:
    gallery.enroll("bob", "Bob", [template(9)])
    with pytest.raises(PersonExists, match="'bob' is enrolled already"):
        curation.admit([archived("alice", 1), archived("bob", 2)], "refuse")
    with pytest.raises(NameRejected):
        curation.admit([archived("alice", 1), archived("carol", 2, shown="\u202eevil")], "refuse")
    assert [(person.id, person.templates) for person in gallery.people()] == [("bob", 1)]
    assert [one.person.id for one in curation.admit([archived("alice", 1), archived("carol", 2)], "refuse")] == ["alice", "carol"]
    assert [person.id for person in gallery.people()] == ["alice", "bob", "carol"]


def test_a_disk_that_refuses_at_the_last_leaves_nobody_half(gallery: Gallery, curation: Curation, database: Database) -> None:
    gallery.enroll("bob", "Bob", [template(9)])
    full = "CREATE TRIGGER full BEFORE INSERT ON people WHEN new.person = 'carol' BEGIN SELECT raise(ABORT, 'the disk is full'); END"
    database.write(full, [()])
    with pytest.raises(GalleryError, match="full"):
        curation.admit([archived("bob", 1), archived("carol", 2)], "replace")
    assert [person.display_name for person in gallery.people()] == ["Bob"]
    assert np.array_equal(next(iter(curation.templates("bob").values())).embedding.vector, template(9).embedding.vector)


def test_who_is_here_is_merged_or_replaced_as_asked(gallery: Gallery, curation: Curation) -> None:
    gallery.enroll("bob", "Bob", [template(9), template(8)])
    [merged] = curation.admit([archived("bob", 9, 1)], "merge")
    assert (merged.person.display_name, merged.person.templates, len(merged.dropped)) == ("Bob", 3, 1)
    [replaced] = curation.admit([archived("bob", 2)], "replace")
    assert (replaced.person.display_name, replaced.person.templates) == ("Shown", 1)


def test_what_was_replaced_is_gone_from_the_files(gallery: Gallery, curation: Curation, database: Database) -> None:
    gallery.enroll("bob", "Bob", [replace(template(9), aligned_png=b"the old picture of Bob" * 500)])
    path = database.path
    assert path is not None
    secret = b"the old picture of Bob"
    assert secret in b"".join(file.read_bytes() for file in path.parent.iterdir())
    curation.admit([archived("bob", 1)], "replace")
    assert secret not in b"".join(file.read_bytes() for file in path.parent.iterdir())
