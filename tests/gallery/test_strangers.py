"""Strangers: remembered over restarts, counted by visits, ignored, made people, and forgotten to the last byte."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.errors import GalleryError, NameRejected, StrangerNotFound, WrongModel
from edged.gallery.erasure import Erased, is_compaction_due
from edged.gallery.looks import MOST_LOOKS
from edged.gallery.store import Gallery
from edged.gallery.strangers import BETTER_BY, MOST_STRANGERS, ROOM, Strangers
from edged.gallery.templates import Sighting
from edged.gallery.visits import KeptVisits
from edged.storage.database import open_database
from edged.storage.outbox import Outbox
from edged.types import Embedding, Stranger
from tests import clocks
from tests.clocks import Device
from tests.gallery.conftest import MODEL, NOON, PNG, embedding

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from edged.storage.database import Database

DAY = timedelta(days=1)


def sighting(
    seed: int, *, quality: float = 0.5, at: datetime = NOON, png: bytes | None = PNG, model_id: str = MODEL, size: int = 128
) -> Sighting:
    """A look; those of different seeds are nearly orthogonal."""
    return Sighting(embedding(seed, model_id, size), quality, at, png)


@pytest.fixture
def strangers(database: Database) -> Strangers:
    """Nobody yet."""
    return Strangers(database)


def kept_vectors(strangers: Strangers) -> set[bytes]:
    return {vector.tobytes() for vector in strangers.looks(MODEL).embeddings}


def vectors(*seeds: int) -> set[bytes]:
    return {embedding(seed).vector.tobytes() for seed in seeds}


def contents(path: Path) -> bytes:
    """All bytes of all files beside the gallery, the -wal included."""
    return b"\x00".join(file.read_bytes() for file in path.parent.iterdir())


def test_a_stranger_is_there_after_a_restart(path: Path) -> None:
    with open_database(path) as database:
        met = Strangers(database).remember(sighting(1))
    with open_database(path) as database:
        assert Strangers(database).strangers() == [met]
        assert Strangers(database).picture(met.id) == PNG
        np.testing.assert_array_equal(Strangers(database).looks(MODEL).embeddings, [embedding(1).vector])
    assert met == Stranger("stranger-1", NOON, NOON, seen_count=1, ignored=False, looks=1, has_picture=True)


def test_a_stranger_who_comes_again_is_counted_and_shown_first(strangers: Strangers) -> None:
    strangers.remember(sighting(1))
    strangers.remember(sighting(2, at=NOON + DAY))
    again = strangers.seen_again("stranger-1", sighting(3, at=NOON + 2 * DAY))
    assert again == Stranger("stranger-1", NOON, NOON + 2 * DAY, seen_count=2, ignored=False, looks=2, has_picture=True)
    assert [stranger.id for stranger in strangers.strangers()] == ["stranger-1", "stranger-2"]
    assert strangers.stranger("stranger-1") == again
    assert strangers.looks(MODEL).persons == ["stranger-1", "stranger-1", "stranger-2"]


def test_a_clock_set_back_does_not_change_who_was_seen_last(strangers: Strangers) -> None:
    strangers.remember(sighting(1))
    strangers.remember(sighting(2, at=NOON - DAY))
    assert [stranger.id for stranger in strangers.strangers()] == ["stranger-2", "stranger-1"]
    assert strangers.seen_again("stranger-1", sighting(3, at=NOON - 2 * DAY)).last_seen_at == NOON - 2 * DAY
    assert [stranger.id for stranger in strangers.strangers()] == ["stranger-1", "stranger-2"]


def test_an_id_is_never_given_twice(path: Path) -> None:
    for number in (1, 2, 3):
        with open_database(path) as database:
            assert Strangers(database).remember(sighting(number)).id == f"stranger-{number}"
            Strangers(database).forget(f"stranger-{number}")


def test_one_whom_the_disk_kept_though_it_complained_is_remembered_once(strangers: Strangers) -> None:
    met = strangers.remember(sighting(1), 7)
    assert strangers.remember(sighting(1), 7) == met == strangers.stranger("stranger-7")
    assert strangers.strangers() == [met]


def test_few_looks_are_kept_and_the_best_always(strangers: Strangers) -> None:
    strangers.remember(sighting(0, quality=0.9))
    for seed in range(1, 30):
        found = strangers.seen_again("stranger-1", sighting(seed, quality=0.4))
        assert found.looks == min(seed + 1, MOST_LOOKS)
    assert vectors(0) < kept_vectors(strangers)
    assert found.seen_count == 30


def test_the_same_view_again_is_one_look_the_better_one(strangers: Strangers) -> None:
    strangers.remember(sighting(1, quality=0.5, png=PNG + b"first"))
    assert strangers.seen_again("stranger-1", sighting(1, quality=0.4, png=PNG + b"worse")).looks == 1
    assert strangers.picture("stranger-1") == PNG + b"first"
    assert strangers.seen_again("stranger-1", sighting(1, quality=0.6, png=PNG + b"better")).looks == 1
    assert strangers.picture("stranger-1") == PNG + b"better"


def test_one_picture_is_kept_that_of_the_best_look(strangers: Strangers, database: Database) -> None:
    strangers.remember(sighting(1, quality=0.5, png=PNG + b"1"))
    strangers.seen_again("stranger-1", sighting(2, quality=0.8, png=PNG + b"2"))
    strangers.seen_again("stranger-1", sighting(3, quality=0.7, png=PNG + b"3"))
    strangers.seen_again("stranger-1", sighting(4, quality=0.9, png=None))
    assert strangers.picture("stranger-1") == PNG + b"2"
    assert database.rows("SELECT count(aligned) AS pictures FROM stranger_looks") == [{"pictures": 1}]


def test_where_the_owner_keeps_no_pictures_there_is_none(strangers: Strangers) -> None:
    assert not strangers.remember(sighting(1, png=None)).has_picture
    assert strangers.picture("stranger-1") is None


def test_a_visit_is_improved_without_being_counted(strangers: Strangers) -> None:
    met = strangers.remember(sighting(1, quality=0.5))
    assert strangers.improve("stranger-1", sighting(2, quality=0.7, at=NOON + DAY, png=PNG + b"better"))
    better = strangers.stranger("stranger-1")
    assert (better.seen_count, better.last_seen_at, better.looks) == (1, met.last_seen_at, 2)
    assert strangers.picture("stranger-1") == PNG + b"better"


def changes(database: Database) -> int:
    """How many rows were written since the file was opened."""
    return database.column(int, "SELECT total_changes()")[0]


def test_somebody_who_stays_in_view_is_hardly_ever_written(strangers: Strangers, database: Database, path: Path) -> None:
    strangers.remember(sighting(0, quality=0.0))
    written = 0
    for frame in range(1, 1001):
        before = changes(database)
        assert strangers.improve("stranger-1", sighting(frame, quality=frame / 1000)) == (changes(database) > before)
        written += changes(database) > before
    assert 1 <= written <= 1 / BETTER_BY
    assert strangers.stranger("stranger-1").looks <= MOST_LOOKS
    before_bytes = contents(path)
    for frame in range(100):
        assert not strangers.improve("stranger-1", sighting(frame, quality=0.9))
    assert contents(path) == before_bytes


def test_looks_of_different_models_are_not_mixed(strangers: Strangers) -> None:
    strangers.remember(sighting(1))
    before = strangers.strangers()
    with pytest.raises(WrongModel):
        strangers.seen_again("stranger-1", sighting(2, model_id="other"))
    assert strangers.strangers() == before
    strangers.remember(sighting(3, model_id="other", size=512))
    assert strangers.looks("other").persons == ["stranger-2"]
    assert strangers.looks(MODEL).persons == ["stranger-1"]


@pytest.mark.parametrize(
    "stranger", ["", "stranger-1", "stranger-0", "stranger-01", "stranger-1 ", "1", "alice", "stranger-٣", f"stranger-{'9' * 30}"]
)
def test_nobody_of_that_id(strangers: Strangers, stranger: str) -> None:
    asks = (
        strangers.stranger,
        strangers.picture,
        strangers.forget,
        lambda name: strangers.ignore(name, ignored=True),
        lambda name: strangers.seen_again(name, sighting(1)),
        lambda name: strangers.improve(name, sighting(1)),
        lambda name: strangers.templates(name, NOON),
        lambda name: strangers.promote([name], "alice", None, []),
    )
    for ask in asks:
        with pytest.raises(StrangerNotFound, match="'strangers' lists who is"):
            ask(stranger)


def test_who_is_ignored_stays_so_after_a_restart(path: Path) -> None:
    with open_database(path) as database:
        Strangers(database).remember(sighting(1))
        assert Strangers(database).ignore("stranger-1", ignored=True).ignored
    with open_database(path) as database:
        assert Strangers(database).stranger("stranger-1").ignored
        assert Strangers(database).ignored() == {"stranger-1"}
        assert not Strangers(database).ignore("stranger-1", ignored=False).ignored
        assert Strangers(database).ignored() == set()


def test_strangers_not_seen_for_long_are_erased_but_not_those_who_are_ignored(path: Path) -> None:
    device = Device()
    with device.start(path) as database:
        strangers = Strangers(database)
        for number in range(1, 5):
            strangers.remember(sighting(number, png=PNG + b"%d" % number * 500))
            device.wait(clocks.DAY)
        strangers.ignore("stranger-1", ignored=True)
        assert strangers.expire(1) == 2
        assert [stranger.id for stranger in strangers.strangers()] == ["stranger-4", "stranger-1"]
        content = contents(path)
        assert [embedding(number).vector.tobytes()[:24] in content for number in range(1, 5)] == [True, False, False, True]
        assert [b"%d" % number * 50 in content for number in range(1, 5)] == [True, False, False, True]
        assert strangers.expire(1) == 0


def test_where_nobody_is_remembered_nobody_expires_and_nothing_is_written(strangers: Strangers, database: Database, path: Path) -> None:
    with open_database(path) as other:
        before = other.data_version()
        assert (strangers.expire(1), KeptVisits(database).expire(1)) == (0, 0)
        assert other.data_version() == before


def test_a_forgotten_stranger_is_in_no_file_any_more(strangers: Strangers, path: Path) -> None:
    for number in range(1, 41):
        strangers.remember(sighting(number, png=PNG + b"of %d " % number * 3000))
    for seed in (101, 102):
        strangers.seen_again("stranger-7", sighting(seed, quality=0.4))
    secrets = [embedding(seed).vector.tobytes()[:24] for seed in (7, 101, 102)] + [b"of 7 of 7 of 7"]
    assert all(secret in contents(path) for secret in secrets)
    assert strangers.forget("stranger-7") == Erased("stranger-7", None, templates=3, pictures=1, events=0, residue=None)
    assert not any(secret in contents(path) for secret in secrets)
    assert len(strangers.strangers()) == 39


def test_an_erasure_that_another_process_holds_up_is_finished_later(strangers: Strangers, path: Path) -> None:
    strangers.remember(sighting(1))
    with open_database(path) as reader, reader.transaction():
        reader.rows("SELECT * FROM strangers")
        with pytest.raises(GalleryError, match="locked by another process"):
            strangers.forget("stranger-1")
    assert len(strangers.strangers()) == 1
    assert strangers.forget("stranger-1").residue is None
    assert strangers.strangers() == []


def test_a_street_does_not_fill_the_file(database: Database) -> None:
    strangers = Strangers(database, most=20, room=5)
    for number in range(1, 21):
        strangers.remember(sighting(number, at=NOON + number * timedelta(minutes=1)))
    strangers.ignore("stranger-1", ignored=True)
    strangers.seen_again("stranger-2", sighting(2, at=NOON + DAY))
    assert not is_compaction_due(database)
    late = strangers.remember(sighting(21, at=NOON - DAY))
    left = {stranger.id for stranger in strangers.strangers()}
    assert left == {"stranger-1", "stranger-2", late.id} | {f"stranger-{number}" for number in range(9, 21)}
    assert Gallery(database).finish_erasure() is None
    assert is_compaction_due(database)


def test_where_all_are_ignored_the_newest_is_remembered_all_the_same(database: Database) -> None:
    strangers = Strangers(database, most=3)
    for number in (1, 2, 3):
        strangers.remember(sighting(number))
        strangers.ignore(f"stranger-{number}", ignored=True)
    for number in (4, 5, 6):
        strangers.remember(sighting(number))
    assert {stranger.id for stranger in strangers.strangers()} == {"stranger-1", "stranger-2", "stranger-3", "stranger-6"}


def test_room_is_made_rarely() -> None:
    """Each time the looks of so many are overwritten on the card, and the file has to be written anew some day."""
    assert ROOM >= MOST_STRANGERS / 20


def test_a_stranger_becomes_a_person(strangers: Strangers, gallery: Gallery, database: Database) -> None:
    outbox = Outbox(database)
    strangers.remember(sighting(1, quality=0.5, png=PNG + b"1"))
    strangers.seen_again("stranger-1", sighting(2, quality=0.8, png=PNG + b"2"))
    outbox.append("a", "topic", '{"stranger": "stranger-1", "person": null}', NOON)
    templates = strangers.templates("stranger-1", NOON + DAY)
    person = strangers.promote(["stranger-1"], "zoë", "Zoë", templates)
    assert (person.id, person.display_name, person.templates, person.enrolled_at) == ("zoë", "Zoë", 2, NOON + DAY)
    assert [(template.quality, template.source, template.aligned_png) for template in templates] == [
        (0.8, "stranger-1", PNG + b"2"),
        (0.5, "stranger-1", None),
    ]
    assert {vector.tobytes() for vector in gallery.templates(MODEL).embeddings} == vectors(1, 2)
    assert database.rows("SELECT DISTINCT source FROM templates") == [{"source": "stranger-1"}]
    assert strangers.strangers() == []
    assert database.table("stranger_looks", dict).count() == 0
    assert [entry.payload for entry in outbox.pending()] == ['{"stranger": "stranger-1", "person": null}']


def test_a_stranger_is_added_to_a_person_who_keeps_their_name(strangers: Strangers, gallery: Gallery) -> None:
    for seed in (1, 2):
        strangers.remember(sighting(seed))
    strangers.promote(["stranger-1"], "zoë", "Zoë", strangers.templates("stranger-1", NOON))
    person = strangers.promote(["stranger-2"], "zoë", None, strangers.templates("stranger-2", NOON + DAY))
    assert (person.display_name, person.templates, person.enrolled_at) == ("Zoë", 2, NOON)
    assert gallery.people() == [person]


@pytest.mark.parametrize(("person", "name", "error"), [("zoë", "a\x00b", NameRejected), ("Zoë", "Zoë", ValueError)])
def test_a_promotion_that_fails_changes_nothing(
    strangers: Strangers, gallery: Gallery, person: str, name: str, error: type[Exception]
) -> None:
    strangers.remember(sighting(1))
    before = strangers.strangers()
    with pytest.raises(error):
        strangers.promote(["stranger-1"], person, name, strangers.templates("stranger-1", NOON))
    assert strangers.strangers() == before
    assert gallery.people() == []


def test_what_the_disk_has_damaged_is_left_out_and_replaced(strangers: Strangers, database: Database) -> None:
    strangers.remember(sighting(1))
    strangers.seen_again("stranger-1", sighting(2))
    with database.transaction():
        database.write("UPDATE stranger_looks SET embedding = ? WHERE id = ?", [(b"\xff" * 512, 1)])
    assert strangers.looks(MODEL).damaged == [1]
    assert len(strangers.templates("stranger-1", NOON)) == 1
    strangers.seen_again("stranger-1", sighting(3))
    assert kept_vectors(strangers) == vectors(2, 3)
    with database.transaction():
        database.write("UPDATE stranger_looks SET embedding = ?", [(b"",)])
    with pytest.raises(StrangerNotFound):
        strangers.templates("stranger-1", NOON)
    assert strangers.seen_again("stranger-1", sighting(4)).looks == 1


def test_a_stranger_is_not_half_remembered(strangers: Strangers, database: Database) -> None:
    with database.transaction():
        database.write("CREATE TRIGGER full BEFORE INSERT ON stranger_looks BEGIN SELECT raise(ABORT, 'the disk is full'); END", [()])
    with pytest.raises(GalleryError, match="the disk is full"):
        strangers.remember(Sighting(Embedding(embedding(1).vector, MODEL), 0.5, NOON, None))
    assert database.table("strangers", dict).count() == 0
