"""A gallery in the place of another: the power may go at any moment, and the old one is there with its log, or the new one."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from itertools import count
from typing import TYPE_CHECKING

import pytest

from edged.gallery.store import Gallery
from edged.storage.backups import back_up
from edged.storage.database import LOCK_SUFFIX, open_database
from edged.storage.exchanged_logs import DAMAGED_SUFFIX, REPLACED_SUFFIX, give_back_log
from edged.storage.integrity import check_file
from edged.storage.repair import repair
from tests.disks import damage
from tests.gallery.conftest import REPOSITORY, template

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.database import Database

POWER_CUT = """
import os, sys
from pathlib import Path
from edged.storage.backups import restore
from edged.storage.repair import repair
left = int(sys.argv[3])
def cut(event, arguments):
    global left
    if event in ("os.link", "os.rename", "os.remove"):
        left -= 1
        if left < 0:
            os._exit(1)
sys.addaudithook(cut)
gallery = Path(sys.argv[1])
restore(gallery, Path(sys.argv[2])) if sys.argv[2] else repair(gallery)
"""
"""A program that exchanges a gallery, and ends before the change of a name with this number."""


def people_in(path: Path) -> list[str]:
    with open_database(path) as database:
        return [person.id for person in Gallery(database).people()]


@pytest.fixture
def fallen(path: Path, tmp_path: Path) -> Path:
    """A folder with a gallery of alice, in whose log bob stands, as a power cut leaves it, and what an exchange before has left."""
    folder = tmp_path / "fallen"
    folder.mkdir()
    with open_database(path) as database:
        Gallery(database).enroll("alice", None, [template(1)])
    with open_database(path) as database:
        Gallery(database).enroll("bob", None, [template(2)])
        for ending in ("", "-wal", "-shm"):
            shutil.copyfile(f"{path}{ending}", folder / f"{path.name}{ending}")
    for suffix in (DAMAGED_SUFFIX, REPLACED_SUFFIX):
        for ending in ("", "-wal", "-shm"):
            (folder / f"{path.name}{suffix}{ending}").write_bytes(b"of an earlier exchange")
    return folder


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    with open_database(tmp_path / "other.db") as database:
        Gallery(database).enroll("carol", None, [template(3)])
    return back_up(tmp_path / "other.db", tmp_path / "backup.db").path


@pytest.mark.parametrize("wanted", ["a backup", "a repair"])
def test_wherever_the_power_goes_the_old_one_is_there_with_its_log_or_the_new_one(
    fallen: Path, backup: Path, tmp_path: Path, wanted: str
) -> None:
    seen = set()
    for step in count():
        folder = tmp_path / f"cut_{step}"
        shutil.copytree(fallen, folder)
        gallery, source = folder / "gallery.db", str(backup) if wanted == "a backup" else ""
        done = subprocess.run([sys.executable, "-c", POWER_CUT, str(gallery), source, str(step)], check=False, cwd=REPOSITORY)
        found = tuple(people_in(gallery))
        assert found in {("alice", "bob"), ("carol",)} if source else found == ("alice", "bob"), step
        assert check_file(gallery)
        assert people_in(gallery) == list(found)  # nothing of an old log comes later either
        seen.add(found)
        if done.returncode == 0:
            break
    assert step > len(("the log", "its index", "the file"))
    assert seen == ({("alice", "bob"), ("carol",)} if source else {("alice", "bob")})


def test_an_exchange_that_was_broken_off_is_ended_by_a_repair_too(fallen: Path) -> None:
    gallery = fallen / "gallery.db"
    break_off(gallery)
    damage(gallery, 0)
    assert [loss.person for loss in repair(gallery).people] == []
    assert people_in(gallery) == ["alice", "bob"]


def test_an_exchange_that_was_broken_off_is_ended_by_a_backup_too(fallen: Path, tmp_path: Path) -> None:
    break_off(fallen / "gallery.db")
    assert people_in(back_up(fallen / "gallery.db", tmp_path / "copy").path) == ["alice", "bob"]


def test_one_that_is_under_way_is_left_alone(database: Database, path: Path) -> None:
    Gallery(database).enroll("alice", None, [template(1)])
    path.with_name("gallery.db.replaced").hardlink_to(path)
    lock = path.with_name(path.name + LOCK_SUFFIX)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        give_back_log(path, unless_held=lock)
        assert path.with_name("gallery.db.replaced").exists()
    give_back_log(path, unless_held=lock)
    assert not path.with_name("gallery.db.replaced").exists()


def break_off(gallery: Path) -> None:
    """Leave a gallery as it is before the new file comes."""
    aside = gallery.with_name(gallery.name + REPLACED_SUFFIX)
    for ending in ("", "-wal", "-shm"):
        aside.with_name(aside.name + ending).unlink()
    aside.hardlink_to(gallery)
    gallery.with_name("gallery.db-wal").rename(aside.with_name(aside.name + "-wal"))
