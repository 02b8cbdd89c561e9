"""Options of the shell: where they may stand, and that an answer is the same here as over MQTT."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edged.cli.main import make_parser
from edged.cli.options import OutputFolder
from tests.program import Daemon, edged, remember_strangers

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


def test_options_may_stand_between_a_name_and_pictures(daemon: Daemon, portraits: dict[str, Path]) -> None:
    done = edged("enroll", "Alice", "--config", daemon.config, portraits["astronaut"])
    assert "Alice (alice) is enrolled with 1 template" in done.stdout, done.stderr


def test_options_may_stand_between_pictures(daemon: Daemon, portraits: dict[str, Path]) -> None:
    done = edged("recognise", portraits["astronaut"], "--json", portraits["obama"], "--config", daemon.config)
    assert [row["picture"] for row in json.loads(done.stdout)] == [str(portraits["astronaut"]), str(portraits["obama"])]


@pytest.mark.parametrize("chosen", [(), ("a.jpg", "--stranger", "stranger-1"), ("--stranger", "stranger-1", "--capture", "front")])
def test_templates_come_from_one_thing_only(daemon: Daemon, chosen: tuple[str, ...]) -> None:
    done = daemon.run("enroll", "Alice", *chosen)
    assert done.returncode == 2
    assert "give one or more PICTURE, or else --folder, --stranger or --capture" in done.stderr


def test_a_command_says_which_argument_is_missing() -> None:
    done = edged("rename", "--config", "edged.toml", "alice")
    assert done.returncode == 2
    assert "DISPLAY_NAME" in done.stderr


def test_what_is_printed_for_programs_is_what_is_answered_over_mqtt(daemon: Daemon, portraits: dict[str, Path]) -> None:
    daemon.run("enroll", "Alice", portraits["astronaut"])
    remember_strangers(daemon.gallery, 1)
    people = json.loads(daemon.run("people", "--json").stdout)
    assert people["people"][0].keys() == {"person", "display_name", "templates", "enrolled_at", "left_out", "learned", "hint"}
    assert [row["stranger"] for row in json.loads(daemon.run("strangers", "--json").stdout)["strangers"]] == ["stranger-1"]


def test_nothing_behind_two_dashes_is_an_option(daemon: Daemon, portraits: dict[str, Path], tmp_path: Path) -> None:
    shutil.copy(portraits["astronaut"], tmp_path / "-dash.jpg")
    done = edged("enroll", "--config", daemon.config, "--", "Alice", "-dash.jpg", cwd=tmp_path)
    assert "Alice (alice) is enrolled with 1 template" in done.stdout, done.stderr
    assert daemon.run("rename", "--", "alice", "-x").stdout == "alice is shown as: -x\n"
    done = edged("recognise", "--json", "--config", daemon.config, "--", "-dash.jpg", cwd=tmp_path)
    assert [row["picture"] for row in json.loads(done.stdout)] == ["-dash.jpg"]


def test_a_home_is_found_where_the_shell_leaves_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    options = make_parser().parse_args(["extract", "~/a.jpg", "~nobody-of-this-name.jpg", "--output=~/faces"])
    assert options.pictures == [tmp_path / "a.jpg", Path("~nobody-of-this-name.jpg")]
    assert (options.output, type(options.output)) == (tmp_path / "faces", OutputFolder)
    (tmp_path / "~").touch()
    monkeypatch.chdir(tmp_path)
    assert make_parser().parse_args(["find", "~"]).pictures == [Path("~")]


def actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every argument of a parser and of all within it."""
    for action in parser._actions:
        yield action
        for inner in action.choices.values() if isinstance(action.choices, dict) else ():
            yield from actions(inner)


def test_no_path_of_any_command_takes_a_home_for_a_name() -> None:
    assert [action.dest for action in actions(make_parser()) if isinstance(action.type, type) and issubclass(action.type, Path)] == []


@pytest.mark.parametrize("time", ["1:05", "-1", "nan", "inf", "two", "1,5", ""])
def test_what_is_no_time_is_refused_in_words(time: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        make_parser().parse_args(["enroll", "Alice", "clip.mp4", f"--at={time}"])
    assert f"argument --at: {time} is no number from 0 on" in capsys.readouterr().err


def test_what_is_stored_can_be_listed_and_erased_without_networks(daemon: Daemon) -> None:
    remember_strangers(daemon.gallery, 2)
    nowhere = "--models", "/nowhere"
    assert "stranger-1" in daemon.run("strangers", *nowhere).stdout
    assert daemon.run("ignore", "stranger-2", *nowhere).stdout == "stranger-2 is not reported any more.\n"
    assert "stranger-1 is forgotten" in daemon.run("forget", "stranger-1", *nowhere).stdout
    assert "pictures of people" in daemon.run("pictures", "--erase", *nowhere).stdout
    assert all("dev" in told for told in json.loads(daemon.run("discovery", *nowhere).stdout).values())


@pytest.mark.parametrize(
    "command", [("person", ""), ("merge", "", "bush"), ("forget", ""), ("rename", "", "Alice"), ("rename", "alice", "")]
)
def test_an_empty_name_is_refused_with_what_a_name_may_be(daemon: Daemon, command: tuple[str, ...]) -> None:
    done = daemon.run(*command)
    assert done.returncode == 1
    assert re.match(r"edged: '' cannot be (a person's|shown as a) name: use 1 to", done.stderr)


def test_a_name_longer_than_a_request_may_hold_is_refused_in_a_sentence(daemon: Daemon) -> None:
    done = daemon.run("rename", "a" * 300, "Alice")
    assert done.returncode == 1
    assert "cannot be a person's name: use 1 to 64 letters or digits" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("seconds", ["0", "1000"])
def test_a_time_that_no_capture_may_take_is_refused_in_a_sentence(daemon: Daemon, seconds: str) -> None:
    done = daemon.run("enroll", "Ann", "--capture", "front", "--seconds", seconds)
    assert done.returncode == 1
    assert done.stderr.startswith("edged: capture.timeout_seconds")
    assert "Traceback" not in done.stderr


def test_a_home_is_found_where_the_shell_leaves_its_sign(tmp_path: Path) -> None:
    done = edged("people", "--config=~/door.toml", env={"HOME": str(tmp_path)})
    assert str(tmp_path / "door.toml") in done.stderr
    refused = edged("people", "--config=~nobody-of-this-name/door.toml")
    assert (refused.returncode, "there is no such home" in refused.stderr) == (2, True)


def test_a_misspelt_option_is_named_also_where_the_one_that_is_meant_is_required() -> None:
    refused = edged("evaluate", "verification", "--imges", "x", "--pairs", "y")
    assert (refused.returncode, "did you mean '--images'?" in refused.stderr) == (2, True), refused.stderr


@pytest.mark.parametrize(("command", "place"), [("people", "."), ("run", "."), ("run", "file/gallery.db")])
def test_a_gallery_that_is_no_file_is_a_mistake_that_no_restart_mends(tmp_path: Path, command: str, place: str) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "edged.toml").write_text(f'[gallery]\npath = "{place}"\n[[camera]]\nname = "front"\nsource = "none.mp4"\n')
    done = edged(command, "--config", tmp_path / "edged.toml")
    assert (done.returncode, "give a path in a directory edged may write to" in done.stderr) == (78, True), done.stderr
