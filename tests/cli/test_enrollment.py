"""The commands that make templates: from pictures, from a stranger, and from an archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.broker import free_port
from tests.program import Daemon

if TYPE_CHECKING:
    from pathlib import Path


def test_people_move_to_another_device_in_a_file(tmp_path: Path, daemon: Daemon, portraits: dict[str, Path]) -> None:
    archive = tmp_path / "people.edged"
    daemon.run("enroll", "Zoë", portraits["astronaut"])
    daemon.run("enroll", "Joe", portraits["biden"])
    assert "joe, zoë, 2 templates" in daemon.run("export", archive).stdout
    assert archive.stat().st_mode & 0o777 == 0o600
    (tmp_path / "other").mkdir()
    other = Daemon(tmp_path / "other", free_port(), tmp_path / "no-camera.mp4")
    assert "Zoë (zoë) has 1 template." in other.run("import", archive).stdout
    again = other.run("import", archive)
    assert (again.returncode, "'joe' is enrolled already" in again.stderr) == (1, True)
    assert "1.00 like another one" in other.run("import", archive, "--if-exists", "merge").stdout
    small = tmp_path / "small.edged"
    daemon.run("export", small, "joe", "--no-pictures")
    assert small.stat().st_size < archive.stat().st_size / 10
    assert "Joe (joe) has 1 template." in other.run("import", small, "--if-exists", "replace").stdout


def test_files_that_are_no_archives_or_cannot_be_written_are_refused(tmp_path: Path, daemon: Daemon, portraits: dict[str, Path]) -> None:
    for file, sentence in ((tmp_path / "gone", "cannot be read"), (portraits["obama"], "not gzip, or damaged")):
        done = daemon.run("import", file)
        assert done.returncode == 1
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr
    daemon.run("enroll", "joe", portraits["biden"])
    done = daemon.run("export", tmp_path)
    assert (done.returncode, "name another file" in done.stderr) == (1, True)


def test_a_person_is_enrolled_from_pictures_or_from_a_stranger(daemon: Daemon, portraits: dict[str, Path]) -> None:
    assert daemon.run("enroll", "zoë").returncode == 2
    assert daemon.run("enroll", "zoë", portraits["obama"], "--stranger", "stranger-1").returncode == 2


@pytest.mark.parametrize(
    ("name", "picture", "sentence"),
    [("a/b", "astronaut", "a/b"), ("alice", "no-such.jpg", "no-such.jpg cannot be read"), ("alice", "edged.toml", "is not a picture")],
)
def test_what_cannot_be_enrolled_is_refused(daemon: Daemon, portraits: dict[str, Path], name: str, picture: str, sentence: str) -> None:
    done = daemon.run("enroll", name, portraits.get(picture, daemon.folder / picture))
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_looks_like_another_is_refused_with_the_way_out(daemon: Daemon, portraits: dict[str, Path]) -> None:
    assert daemon.run("enroll", "Joe", portraits["biden"]).returncode == 0
    alike = "J\u043ee"
    done = daemon.run("enroll", alike, portraits["astronaut"])
    assert (done.returncode, "looks like 'Joe' (id 'joe')" in done.stderr, "--allow-alike" in done.stderr) == (1, True, True)
    done = daemon.run("enroll", alike, portraits["astronaut"], "--allow-alike")
    assert (done.returncode, "U+043E" in done.stdout) == (0, True), done.stderr
