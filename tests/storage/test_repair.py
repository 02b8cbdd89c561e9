"""A damaged gallery made whole: whatever page is overwritten, whoever is on another one is there afterwards, and who is not is named."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edged.errors import GalleryDamaged
from edged.gallery.store import Gallery
from edged.gallery.strangers import Strangers
from edged.gallery.templates import Sighting
from edged.storage.database import open_database
from edged.storage.integrity import check_file
from edged.storage.kept_settings import KeptSettings
from edged.storage.outbox import Outbox
from edged.storage.pages import read_pages
from edged.storage.repair import MORE_THAN_EVER, Repaired, repair
from edged.storage.salvage import salvage
from edged.vision.pictures import encode_png, read_picture
from tests.disks import PAGE_BYTES, damage, mounted
from tests.gallery.conftest import MODEL, NOON, embedding, template
from tests.program import edged, toml

if TYPE_CHECKING:
    from edged.vision.faces import FaceReader

PEOPLE, TEMPLATES, STRANGERS, EVENTS = 12, 3, 6, 4
TABLES = ("people", "templates", "strangers", "stranger_looks", "outbox", "settings")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, reader: FaceReader, portraits: dict[str, Path]) -> Path:
    """A gallery of a household, with the aligned faces of real portraits for pictures; nobody has it open."""
    path = tmp_path_factory.mktemp("whole") / "gallery.db"
    faces = [reader.largest(read_picture(portrait)) for portrait in portraits.values()]
    pictures = [encode_png(face.aligned.pixels) for face in faces if face]
    with open_database(path) as database:
        for number in range(PEOPLE):
            templates = [template(100 * number + one, png=pictures[(number + one) % len(pictures)]) for one in range(TEMPLATES)]
            Gallery(database).enroll(f"person_{number}", f"Person {number}", templates)
        for number in range(STRANGERS):
            seen = Sighting(embedding(5000 + number, MODEL), 0.8, NOON + timedelta(minutes=number), pictures[number % len(pictures)])
            Strangers(database).remember(seen)
        outbox = Outbox(database)
        for number in range(EVENTS):
            outbox.append(f"id-{number}", "edged/door/front/event", json.dumps({"person": None, "n": number}), NOON)
        outbox.acknowledge([1])
        KeptSettings(database).change({"margin": 0.06, "pictures": False})
    return path


@pytest.fixture
def path(tmp_path: Path, whole: Path) -> Path:
    """A copy of it that may be damaged."""
    return Path(shutil.copy(whole, tmp_path / "gallery.db"))


def rows(path: Path) -> dict[str, set[tuple[object, ...]]]:
    """Everything that somebody would miss, by table."""
    with closing(sqlite3.connect(path)) as connection:
        return {table: set(connection.execute(f"SELECT * FROM {table}")) for table in TABLES}  # noqa: S608 - names of our own


def last_seq(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        [(last,)] = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")
        return int(last)


def named(report: Repaired) -> set[str]:
    return {loss.person for loss in report.people}


def test_all_rows_of_all_tables_are_found_in_a_whole_file_and_told_apart_by_their_form_alone(path: Path) -> None:
    """A new table whose rows look like those of another would be mixed up with it where the first page is damaged."""
    counts = {name: len(found) for name, found in salvage(read_pages(path)).rows.items() if name != "sqlite_schema"}
    damage(path, 0)
    assert {name: len(found) for name, found in salvage(read_pages(path)).rows.items() if found} == counts
    assert {name: counts[name] for name in TABLES} == {
        "people": PEOPLE,
        "templates": PEOPLE * TEMPLATES,
        "strangers": STRANGERS,
        "stranger_looks": STRANGERS,
        "outbox": EVENTS - 1,
        "settings": 2,
    }


def test_whatever_page_is_overwritten_costs_only_what_was_on_it_and_that_is_said(path: Path, whole: Path) -> None:
    content, before = whole.read_bytes(), rows(whole)
    everybody = {person for person, *_ in before["people"]}
    lost_templates = 0
    for page in range(len(content) // PAGE_BYTES):
        path.write_bytes(content)
        damage(path, page)
        report = repair(path)
        assert check_file(path)
        after = rows(path)
        hurt = {row[1] for row in before["templates"] - after["templates"]} | {row[0] for row in before["people"] - after["people"]}
        assert hurt == named(report), f"page {page}: who has lost something is named, and nobody else"
        kinds_hurt = [table for table in TABLES if before[table] - after[table]]
        assert len(kinds_hurt) <= 1 or kinds_hurt == ["strangers", "stranger_looks"], f"page {page}: {kinds_hurt} have lost rows"
        assert report.lost_strangers == len(before["stranger_looks"] - after["stranger_looks"]) or kinds_hurt == ["stranger_looks"]
        assert {row[0] for row in after["people"]} == everybody, "templates are enough to know a person by"
        lost = len({row[0] for row in before["templates"]} - {row[0] for row in after["templates"]})
        assert lost == sum(loss.lost_templates for loss in report.people)
        assert last_seq(path) == (EVENTS if report.knows_last_event else EVENTS + MORE_THAN_EVER)
        assert set(report.lost_settings) == {row[0] for row in before["settings"] - after["settings"]}
        assert report.lost_events == len(before["outbox"] - after["outbox"])
        lost_templates += lost
    assert 0 < lost_templates <= 2 * PEOPLE * TEMPLATES, "an embedding is on two pages at most, and its picture on others"
    with open_database(path) as database:
        assert len(Gallery(database).people()) == PEOPLE


def test_the_damaged_file_stays_beside_the_new_one(path: Path) -> None:
    damage(path, 3)
    content = path.read_bytes()
    report = repair(path)
    assert report.damaged.read_bytes() == content
    assert report.damaged == path.with_name("gallery.db.damaged")
    assert (path.stat().st_mode & 0o777, report.path) == (0o600, path)


def test_what_stands_in_the_log_alone_is_there_too_and_what_is_torn_there_is_not(path: Path, tmp_path: Path) -> None:
    with open_database(path) as database:
        Gallery(database).enroll("late", "Late", [template(9999)])
        for name in ("gallery.db", "gallery.db-wal"):
            shutil.copy(path.with_name(name), tmp_path / f"cut-{name}")
    cut = tmp_path / "cut-gallery.db"
    damage(cut, 0)
    log = cut.with_name("cut-gallery.db-wal")
    log.write_bytes(log.read_bytes() + b"\xa5" * 5000)
    report = repair(cut)
    assert report.contents.people == PEOPLE + 1
    assert ("late", "Late") in {(row[0], row[1]) for row in rows(cut)["people"]}


def test_who_was_forgotten_does_not_come_back(path: Path) -> None:
    with open_database(path) as database:
        Gallery(database).forget("person_3")
    damage(path, 0)
    report = repair(path)
    assert "person_3" not in {row[0] for row in rows(path)["people"]} | named(report)
    assert b"person_3" not in path.read_bytes()


def test_a_card_that_can_only_be_read_is_repaired_into_a_file_elsewhere(path: Path, tmp_path: Path) -> None:
    damage(path, 3)
    config, target = tmp_path / "edged.toml", tmp_path / "new.db"
    with mounted(tmp_path / "card") as card:
        gallery = Path(shutil.copy(path, card.folder / "gallery.db"))
        content = gallery.read_bytes()
        config.write_text(toml({"gallery": {"path": str(gallery)}}))
        card.make_read_only()
        in_place = edged("repair", "--config", config)
        done = edged("repair", "--config", config, "--output", target)
        assert gallery.read_bytes() == content
    assert (in_place.returncode, "mounted read-only" in in_place.stderr) == (1, True), in_place.stderr
    assert (done.returncode, check_file(target)) == (0, True), done.stderr
    assert len(rows(target)["people"]) == PEOPLE


@pytest.mark.parametrize("content", [b"", b"no gallery at all", b"\xa5" * 40_960])
def test_of_nothing_nothing_is_made(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(GalleryDamaged, match="nothing left that can be read"):
        repair(path)
    assert path.read_bytes() == content
    assert not list(path.parent.glob("*.part"))
    assert not path.with_name("gallery.db.damaged").exists()


def test_several_pages_at_once_leave_the_others(path: Path, whole: Path) -> None:
    content = whole.read_bytes()
    for first in range(0, len(content) // PAGE_BYTES, 7):
        path.write_bytes(content)
        for page in (first, first + 2, first + 5):
            if page < len(content) // PAGE_BYTES:
                damage(path, page)
        repair(path)
        after = rows(path)
        assert len(after["templates"]) >= PEOPLE * TEMPLATES // 2, first
        assert check_file(path)
