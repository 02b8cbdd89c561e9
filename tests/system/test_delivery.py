"""Files that somebody else writes come into place whole, whoever may enter the folder, and whatever the disk knows of owners."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edged.system.delivery import Owner, WritersFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

ME = Owner(os.getuid(), os.getgid())
MEMORY = Path("/dev/shm")  # noqa: S108 - another disk than that of the tests


@pytest.fixture
def spare() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


def test_what_is_written_comes_into_place_and_nothing_is_left(tmp_path: Path, spare: Path) -> None:
    handed = WritersFolder.into(tmp_path, ME, spare=spare)
    (handed.path / "backup.db").write_text("all of it", encoding="utf-8")
    (handed.path / ".backup.db.17.part").write_text("some of it", encoding="utf-8")
    handed.deliver(ME)
    handed.close()
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("backup.db", "all of it")]


def test_what_is_there_can_be_seen_and_stays_where_it_is_not_replaced(tmp_path: Path, spare: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).write_text("old", encoding="utf-8")
    handed = WritersFolder.into(tmp_path, ME, spare=spare)
    handed.show(ME)
    assert sorted(path.name for path in handed.path.iterdir()) == ["one", "other"]
    (handed.path / "one").write_text("new", encoding="utf-8")
    handed.deliver(ME)
    handed.close()
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {"one": "new", "other": "old"}


def test_a_disk_that_knows_no_owners_gets_a_copy(tmp_path: Path, spare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the FAT of a USB stick, which no machine for tests needs to have."""
    real, refused = os.chown, [PermissionError(1, "Operation not permitted")]

    def chown(*arguments: object, **options: object) -> None:
        if refused:
            raise refused.pop()
        real(*arguments, **options)  # type: ignore[arg-type] # as they came

    monkeypatch.setattr(os, "chown", chown)
    handed = WritersFolder.into(tmp_path, ME, spare=spare)
    assert handed.path.parent == spare
    (handed.path / "backup.db").write_text("all of it", encoding="utf-8")
    handed.deliver(ME)
    handed.close()
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("backup.db", "all of it")]
    assert list(spare.iterdir()) == []


def test_a_link_in_place_of_the_folder_leads_nowhere(tmp_path: Path, spare: Path) -> None:
    """Whoever owns the folder around may rename what is in it meanwhile."""
    secrets = spare / "secrets"
    secrets.mkdir()
    (secrets / "key").write_text("root's", encoding="utf-8")
    handed = WritersFolder.into(tmp_path, ME, spare=spare)
    (handed.path / "backup.db").write_text("all of it", encoding="utf-8")
    moved = tmp_path / handed.name
    moved.rename(tmp_path / "away")
    moved.symlink_to(secrets)
    handed.deliver(ME)
    assert (tmp_path / "backup.db").read_text(encoding="utf-8") == "all of it"
    assert [path.name for path in secrets.iterdir()] == ["key"]
