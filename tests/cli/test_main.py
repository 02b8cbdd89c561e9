"""The commands for people: what they print, what they refuse, and their exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edged.storage.database import open_database
from edged.vision.pictures import read_picture
from tests.broker import Mosquitto, Subscriber, free_port
from tests.conftest import MODELS
from tests.program import Daemon, edged, remember_strangers


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    """Not started: its configuration and gallery are what the commands need."""
    return Daemon(tmp_path, free_port(), tmp_path / "no-camera.mp4")


def test_version_and_help() -> None:
    assert edged("--version").stdout.startswith("edged 0.")
    assert "enroll" in edged("--help").stdout
    assert edged("fly").returncode == 2


def test_a_bad_configuration_ends_with_78_and_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[mqtt]\nprot = 1")
    for command in (["run"], ["people"], ["enroll", "alice", "a.jpg"]):
        done = edged(command[0], "--config", tmp_path / "bad.toml", *command[1:])
        if command[0] != "enroll":
            assert done.returncode == 78
            assert "did you mean 'port'" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("what", "sentence"), [("gone", "cannot be read"), ("changed", "is not the one its card names")])
def test_a_missing_or_changed_model_ends_the_daemon_with_78(tmp_path: Path, daemon: Daemon, what: str, sentence: str) -> None:
    models = Path(shutil.copytree(MODELS, tmp_path / "models", ignore=shutil.ignore_patterns("build")))
    file = next((models / "embedding_sface").glob("*.tflite"))
    if what == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-1])
    done = daemon.run("run", "--models", models)
    assert done.returncode == 78
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_delegate_that_is_none_and_a_runtime_that_is_missing_are_told(tmp_path: Path, daemon: Daemon, portraits: dict[str, Path]) -> None:
    with daemon.config.open("a") as file:
        file.write('[models]\ndelegate = "/no-such-delegate.so"\n')
    for module in ("ai_edge_litert", "tflite_runtime"):
        (tmp_path / "without" / module).mkdir(parents=True)
        (tmp_path / "without" / module / "interpreter.py").write_text("raise ImportError")
        (tmp_path / "without" / module / "__init__.py").touch()
    without = {"PYTHONPATH": os.pathsep.join([str(tmp_path / "without"), *sys.path])}
    done = daemon.run("run")
    missing = edged("represent", portraits["obama"], "--output", tmp_path / "out.npz", env=without)
    for refused, sentence in ((done, "/no-such-delegate.so cannot be loaded"), (missing, "No model runtime is installed")):
        assert refused.returncode == 78
        assert sentence in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_gallery_that_is_none_is_refused(daemon: Daemon) -> None:
    daemon.gallery.write_bytes(b"this is no database" * 100)
    done = daemon.run("people")
    assert done.returncode == 1
    assert "gallery.db" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_home_assistant_is_told_is_printed_and_taken_away(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    daemon = Daemon(tmp_path, broker.port, tmp_path / "no-camera.mp4", device={"language": "de"})
    told = json.loads(daemon.run("discovery").stdout)
    assert told["cmps"]["enroll:name"]["name"] == "Name zum Einlernen"
    subscriber.publish("homeassistant/device/edged_door/config", json.dumps(told), retain=True)
    daemon = Daemon(tmp_path, broker.port, tmp_path / "no-camera.mp4", mqtt={"discovery_prefix": ""})
    assert daemon.run("discovery", "--clear").stdout.splitlines() == ["homeassistant/device/edged_door/config", "1 topics are empty now."]


@pytest.mark.parametrize(("output", "sentence"), [("/dev/full", "No space left on device"), ("a reader who has gone", "")])
def test_an_output_that_cannot_be_written_is_told_in_a_sentence(daemon: Daemon, output: str, sentence: str) -> None:
    command = [sys.executable, "-m", "edged", "people", "--config", str(daemon.config)]
    reader, gone = os.pipe()
    os.close(reader)
    with os.fdopen(gone, "wb") if not sentence else Path(output).open("wb") as standard_output:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        done = subprocess.run(command, stdout=standard_output, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_people_come_and_go(daemon: Daemon, portraits: dict[str, Path]) -> None:
    assert "Nobody is enrolled yet" in daemon.run("people").stdout
    done = daemon.run("enroll", "Zoë Müller", portraits["astronaut"])
    assert "Zoë Müller (zoë_müller) is enrolled with 1 templates, 1 were made." in done.stdout
    rows = json.loads(daemon.run("people", "--json").stdout)["people"]
    assert [(row["person"], row["templates"]) for row in rows] == [("zoë_müller", 1)]
    assert "is forgotten: 1 templates and 1 pictures" in daemon.run("forget", "Zoë Müller").stdout
    again = daemon.run("forget", "Zoë Müller")
    assert again.returncode == 1
    assert "Nobody called 'zoë_müller' is enrolled" in again.stderr


def test_people_are_shown_renamed_calibrated_and_merged(daemon: Daemon, portraits: dict[str, Path]) -> None:
    daemon.run("enroll", "Barack", portraits["obama"])
    refused = daemon.run("enroll", "Obama", portraits["obama_again"])
    assert refused.returncode == 1
    assert "looks like 'barack' (similarity 0." in refused.stderr
    allowed = daemon.run("enroll", "Obama", portraits["obama_again"], "--allow-alike")
    assert "Note: The face looks like 'barack'" in allowed.stdout
    assert "barack is shown as: Mr. President" in daemon.run("rename", "Barack", "Mr. President").stdout
    shown = daemon.run("person", "barack").stdout
    assert "Mr. President (barack)" in shown
    assert "nearest other obama 0." in shown
    assert json.loads(daemon.run("person", "barack", "--json").stdout)["template_list"][0]["nearest_person"] == "obama"
    calibrated = daemon.run("calibrate").stdout
    assert "Look-alikes: barack and obama" in calibrated
    assert "unknown, nobody has two templates" in calibrated
    assert json.loads(daemon.run("calibrate", "--json").stdout)["people"] == 2
    assert "obama is now Mr. President (barack), with 2 templates." in daemon.run("merge", "Obama", "Barack").stdout
    assert "95 %" in daemon.run("calibrate").stdout
    for command in (("person", "obama"), ("rename", "obama", "x"), ("merge", "obama", "barack"), ("export", "file", "obama")):
        gone = daemon.run(*command)
        assert gone.returncode == 1
        assert "Nobody called 'obama' is enrolled" in gone.stderr


def test_people_move_to_another_device_in_a_file(tmp_path: Path, daemon: Daemon, portraits: dict[str, Path]) -> None:
    archive = tmp_path / "people.edged"
    daemon.run("enroll", "Zoë", portraits["astronaut"])
    daemon.run("enroll", "Joe", portraits["biden"])
    assert "joe, zoë, 2 templates" in daemon.run("export", archive).stdout
    assert archive.stat().st_mode & 0o777 == 0o600
    (tmp_path / "other").mkdir()
    other = Daemon(tmp_path / "other", free_port(), tmp_path / "no-camera.mp4")
    assert "Zoë (zoë) has 1 templates." in other.run("import", archive).stdout
    again = other.run("import", archive)
    assert (again.returncode, "'joe' is enrolled already" in again.stderr) == (1, True)
    assert "1.00 like another one" in other.run("import", archive, "--if-exists", "merge").stdout
    small = tmp_path / "small.edged"
    daemon.run("export", small, "joe", "--no-pictures")
    assert small.stat().st_size < archive.stat().st_size / 10
    assert "Joe (joe) has 1 templates." in other.run("import", small, "--if-exists", "replace").stdout


def test_files_that_are_no_archives_or_cannot_be_written_are_refused(tmp_path: Path, daemon: Daemon, portraits: dict[str, Path]) -> None:
    for file, sentence in ((tmp_path / "gone", "cannot be read"), (portraits["obama"], "not gzip, or damaged")):
        done = daemon.run("import", file)
        assert done.returncode == 1
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr
    daemon.run("enroll", "joe", portraits["biden"])
    done = daemon.run("export", tmp_path)
    assert (done.returncode, "name another file" in done.stderr) == (1, True)


def test_strangers_are_listed_shown_ignored_enrolled_and_forgotten(tmp_path: Path, daemon: Daemon) -> None:
    assert "No stranger is remembered" in daemon.run("strangers").stdout
    remember_strangers(daemon.gallery, 3)
    assert "stranger-1 is not reported any more" in daemon.run("ignore", "stranger-1").stdout
    listed = daemon.run("strangers", "--pictures", tmp_path / "faces").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["stranger-3", "stranger-2", "stranger-1"]
    assert ["ignored" in line for line in listed] == [False, False, True]
    assert read_picture(tmp_path / "faces" / "stranger-2.png").shape == (112, 112, 3)
    assert "reported again" in daemon.run("ignore", "stranger-1", "--off").stdout
    done = daemon.run("enroll", "Zoë", "--stranger", "stranger-2")
    assert "Zoë (zoë) is enrolled with 1 templates" in done.stdout
    assert "stranger-1 is forgotten: 1 templates and 1 pictures are erased." in daemon.run("forget", "stranger-1").stdout
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


def test_a_person_is_enrolled_from_pictures_or_from_a_stranger(daemon: Daemon, portraits: dict[str, Path]) -> None:
    assert daemon.run("enroll", "zoë").returncode == 2
    assert daemon.run("enroll", "zoë", portraits["obama"], "--stranger", "stranger-1").returncode == 2


def test_pictures_of_strangers_that_cannot_be_written_are_refused(tmp_path: Path, daemon: Daemon) -> None:
    remember_strangers(daemon.gallery, 1)
    (tmp_path / "file").write_text("in the way")
    done = daemon.run("strangers", "--pictures", tmp_path / "file")
    assert done.returncode == 1
    assert "name another folder" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "picture", "sentence"),
    [("a/b", "astronaut", "a/b"), ("alice", "no-such.jpg", "no-such.jpg cannot be read"), ("alice", "edged.toml", "is not a picture")],
)
def test_what_cannot_be_enrolled_is_refused(daemon: Daemon, portraits: dict[str, Path], name: str, picture: str, sentence: str) -> None:
    done = daemon.run("enroll", name, portraits.get(picture, daemon.folder / picture))
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_check_says_line_by_line_what_is_right_and_what_is_not(tmp_path: Path, broker: Mosquitto, portraits: dict[str, Path]) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    shutil.copy(portraits["astronaut"], folder / "1.png")
    good = Daemon(tmp_path, broker.port, folder).run("check")
    assert good.returncode == 0, good.stdout
    assert [line.split()[0] for line in good.stdout.splitlines()] == ["ok"] * 6
    bad = Daemon(tmp_path, free_port(), tmp_path / "gone.mp4").run("check")
    assert bad.returncode == 1
    wrong = [line for line in bad.stdout.splitlines() if line.startswith("WRONG")]
    assert ["camera front" in wrong[0], "broker" in wrong[1], len(wrong)] == [True, True, 2]


def test_after_an_update_of_the_embedder_nobody_is_lost_silently(daemon: Daemon, portraits: dict[str, Path]) -> None:
    daemon.run("enroll", "Barack Obama", portraits["obama"])
    with open_database(daemon.gallery) as database, database.transaction():
        database.write("UPDATE templates SET model_id = 'older', embedding = ?", [(bytes(256),)])
    assert "(1 of another network, not compared)" in daemon.run("people").stdout
    line = next(line for line in daemon.run("check").stdout.splitlines() if "gallery" in line)
    assert line.startswith("WRONG")
    assert "barack_obama. When edged starts" in line
    done = daemon.run("recognise", portraits["obama_again"])
    assert "nobody who is known" in done.stdout
    assert "barack_obama. When edged starts it makes them anew" in done.stderr
