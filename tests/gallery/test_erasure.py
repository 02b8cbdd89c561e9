"""Forgetting leaves no byte of a face or name in the files, or says honestly that it does."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from edged.errors import GalleryError
from edged.gallery import erasure
from edged.gallery.erasure import Erased, compact_erased, is_compaction_due
from edged.gallery.store import Gallery
from edged.storage.database import open_database
from edged.storage.outbox import Outbox
from tests.gallery.conftest import MODEL, NOON, PNG, embedding, template

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database

PERSON = "zoë_unverwechselbar"
NAME = "Zoë Unverwechselbar"
SEEDS = range(100, 140)
PICTURE = PNG + b" of Zoe" * 3000
SECRETS = [PERSON.encode(), NAME.encode(), b"Unverwechselbar", b"of Zoe of Zoe", *(embedding(seed).vector.tobytes()[:24] for seed in SEEDS)]


def traces(path: Path) -> set[bytes]:
    """What of the person can be found in any file beside the gallery, the -wal included."""
    content = b"\x00".join(file.read_bytes() for file in path.parent.iterdir())
    return {secret for secret in SECRETS if secret in content}


@pytest.fixture
def full(gallery: Gallery, database: Database) -> Gallery:
    """Zoë among others, enrolled and seen bit by bit, so that her rows lie on many pages."""
    outbox = Outbox(database)
    for seed in SEEDS:
        gallery.enroll(f"neighbour_{seed}", None, [template(seed + 1000)])
        gallery.enroll(PERSON, NAME, [template(seed, png=PICTURE)])
        outbox.append(f"{seed}", "topic", json.dumps({"person": PERSON, "display_name": NAME, "reason": None}, ensure_ascii=False), NOON)
    outbox.acknowledge(range(1, 11))
    return gallery


def test_nothing_is_left_in_any_file(full: Gallery, database: Database, path: Path) -> None:
    assert traces(path) == set(SECRETS)
    size = sum(file.stat().st_size for file in path.parent.iterdir())
    assert full.forget(PERSON) == Erased(PERSON, NAME, templates=40, pictures=40, events=30, residue=None)
    assert traces(path) == set()
    compact_erased(database)
    assert traces(path) == set()
    assert sum(file.stat().st_size for file in path.parent.iterdir()) < size / 4
    assert len(full.people()) == len(SEEDS)
    assert PERSON not in full.templates(MODEL).persons


def test_pending_events_keep_their_place_without_the_name(full: Gallery, database: Database) -> None:
    full.forget(PERSON)
    entries = Outbox(database).pending()
    assert [entry.seq for entry in entries] == list(range(11, 41))
    assert json.loads(entries[0].payload) == {"person": None, "display_name": None, "reason": "forgotten"}


def test_an_idle_second_process_does_not_keep_the_bytes(full: Gallery, path: Path) -> None:
    with open_database(path) as other:
        assert len(Gallery(other).people()) == 41
        assert full.forget(PERSON).residue is None
        assert traces(path) == set()
        assert len(Gallery(other).people()) == 40


def test_a_reading_second_process_is_reported_and_the_bytes_go_later(full: Gallery, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM people").fetchone()
        residue = full.forget(PERSON).residue
        assert residue is not None
        assert "is being read by another process" in residue
        assert len(full.people()) == 40
        reader.execute("COMMIT")
    assert full.finish_erasure() is None
    assert traces(path) == set()


def test_a_writing_second_process_is_reported_too(full: Gallery, database: Database, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        with database.transaction():
            erasure.erase(database, full.person(PERSON))
        writer.execute("BEGIN IMMEDIATE")
        residue = full.finish_erasure()
        assert residue is not None
        assert "by another process" in residue
    assert is_compaction_due(database)
    assert full.finish_erasure() is None
    assert traces(path) == set()


def test_an_erasure_cut_off_by_a_crash_is_finished_at_the_next_start(full: Gallery, database: Database, path: Path) -> None:
    with database.transaction():
        erasure.erase(database, full.person(PERSON))
    assert traces(path)
    with open_database(path) as restarted:
        assert Gallery(restarted).finish_erasure() is None
        assert traces(path) == set()
        assert Gallery(restarted).finish_erasure() is None


def test_what_was_deleted_with_another_tool_goes_when_the_file_is_written_anew(full: Gallery, database: Database, path: Path) -> None:
    with closing(sqlite3.connect(path)) as tool:
        tool.execute("PRAGMA secure_delete = OFF")
        tool.execute("DELETE FROM templates WHERE person = ?", [PERSON])
        tool.commit()
    assert traces(path)
    assert full.forget(PERSON).templates == 0
    compact_erased(database)
    assert traces(path) == set()


def test_without_space_for_a_compaction_the_bytes_are_overwritten_all_the_same(
    full: Gallery, database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    assert full.forget(PERSON).residue is None
    with monkeypatch.context() as patch:
        patch.setattr("sqlite_utils.db.Database.vacuum", fail)
        with pytest.raises(GalleryError, match="full"):
            compact_erased(database)
    assert traces(path) == set()
    assert is_compaction_due(database)
    compact_erased(database)
    assert not is_compaction_due(database)


def test_the_same_person_can_be_enrolled_again(full: Gallery) -> None:
    full.forget(PERSON)
    assert full.enroll(PERSON, None, [template(1)]).templates == 1


def test_a_person_without_pictures_or_events(gallery: Gallery) -> None:
    gallery.enroll("bob", "Bob", [template(1, png=None)])
    assert gallery.forget("bob") == Erased("bob", "Bob", templates=1, pictures=0, events=0, residue=None)
