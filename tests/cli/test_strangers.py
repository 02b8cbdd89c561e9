"""The commands for strangers who are remembered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from edged.gallery.strangers import Strangers
from edged.gallery.templates import Sighting
from edged.vision.pictures import read_picture
from tests.clocks import YEAR, Device
from tests.gallery.conftest import embedding
from tests.program import Daemon, remember_strangers

if TYPE_CHECKING:
    from pathlib import Path


def test_strangers_are_listed_shown_ignored_enrolled_and_forgotten(tmp_path: Path, daemon: Daemon) -> None:
    assert "No stranger is remembered" in daemon.run("strangers").stdout
    remember_strangers(daemon.gallery, 3)
    assert "stranger-1 is not reported any more" in daemon.run("ignore", "stranger-1").stdout
    listed = daemon.run("strangers", "--pictures", tmp_path / "faces").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["stranger-3", "stranger-2", "stranger-1"]
    assert ["ignored" in line for line in listed] == [False, False, True]
    assert read_picture(tmp_path / "faces" / "stranger-2.png").shape == (112, 112, 3)
    assert "face of stranger-2, 112×112" in daemon.run("picture", "stranger-2", tmp_path / "face.jpg").stdout
    assert read_picture(tmp_path / "face.jpg").shape == (112, 112, 3)
    assert "reported again" in daemon.run("ignore", "stranger-1", "--off").stdout
    done = daemon.run("enroll", "Zoë", "--stranger", "stranger-2")
    assert "Zoë (zoë) is enrolled with 1 template" in done.stdout
    assert "stranger-1 is forgotten: 1 template and 1 picture are erased." in daemon.run("forget", "stranger-1").stdout
    rows = json.loads(daemon.run("strangers", "--json").stdout)["strangers"]
    assert [(row["stranger"], row["ignored"], row["seen_count"], row["has_picture"]) for row in rows] == [("stranger-3", False, 1, True)]


@pytest.mark.parametrize(
    "command",
    [("forget", "stranger-1"), ("ignore", "stranger-1"), ("enroll", "zoë", "--stranger", "Zoë"), ("enroll", "zoë", "--stranger", "")],
)
def test_a_stranger_who_is_not_remembered_is_not_found(daemon: Daemon, command: tuple[str, ...]) -> None:
    done = daemon.run(*command)
    assert done.returncode == 1
    assert f"No stranger '{command[-1]}' is remembered; 'strangers' lists who is." in done.stderr
    assert "Traceback" not in done.stderr


def test_pictures_of_strangers_that_cannot_be_written_are_refused(tmp_path: Path, daemon: Daemon) -> None:
    remember_strangers(daemon.gallery, 1)
    (tmp_path / "file").write_text("in the way")
    done = daemon.run("strangers", "--pictures", tmp_path / "file")
    assert done.returncode == 1
    assert "name another folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_time_of_a_clock_that_was_not_set_is_marked_and_the_list_is_in_the_true_order(daemon: Daemon) -> None:
    device = Device()
    for ahead, face in ((0.0, 1), (-56 * YEAR, 2)):
        device.cut_power(off_seconds=60, ahead=ahead)
        device.is_synchronised = not ahead
        with device.start(daemon.gallery) as database:
            Strangers(database).remember(Sighting(embedding(face), 0.8, device.now, None))
    first, second = daemon.run("strangers").stdout.splitlines()
    assert (first.split()[0], second.split()[0]) == ("stranger-2", "stranger-1")
    assert ("(by a clock that was not set)" in first, "clock" in second) == (True, False)
    rows = json.loads(daemon.run("strangers", "--json").stdout)["strangers"]
    assert [row["clock"] for row in rows] == ["unsynchronised", "synchronised"]
