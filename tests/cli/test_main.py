"""The commands for people: what they print, what they refuse, and their exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from edged.vision.pictures import read_picture
from tests.broker import Mosquitto, Subscriber, free_port
from tests.conftest import MODELS
from tests.program import Daemon, edged


def test_version_and_help() -> None:
    assert edged("--version").stdout.startswith("edged 0.")
    assert "enroll" in edged("--help").stdout
    assert edged("fly").returncode == 2


def test_a_program_without_standard_input_and_error_gives_their_numbers_to_no_file_of_ours() -> None:
    """Otherwise a library's complaint would go into whatever file has the number then."""
    code = "from edged.cli.main import main; main(['completion', 'bash']); print(open('/dev/null', 'w').fileno())"
    done = subprocess.run(
        ["bash", "-c", 'exec "$@" <&- 2>&-', "bash", sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert int(done.stdout.splitlines()[-1]) > 2


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
    assert done.returncode == 78
    assert "gallery.db" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_home_assistant_is_told_is_printed_and_taken_away(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    daemon = Daemon(tmp_path, broker.port, tmp_path / "no-camera.mp4", device={"language": "de"})
    told = json.loads(daemon.run("discovery").stdout)
    itself, camera = "homeassistant/device/edged_door/config", "homeassistant/device/edged_door/camera_front/config"
    assert told.keys() == {itself, camera}
    assert told[itself]["cmps"]["enroll:name"]["name"] == "Name für den letzten Fremden"
    assert told[camera]["cmps"]["front:image"]["name"] == "Letztes Gesicht"
    for topic, message in told.items():
        subscriber.publish(topic, json.dumps(message), retain=True)
    daemon = Daemon(tmp_path, broker.port, tmp_path / "no-camera.mp4", mqtt={"discovery_prefix": ""})
    assert daemon.run("discovery", "--clear").stdout.splitlines() == [camera, itself, "2 topics are empty now."]


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


def test_check_says_that_a_camera_shows_faces_upside_down(tmp_path: Path, broker: Mosquitto, portraits: dict[str, Path]) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    cv2.imwrite(str(folder / "1.png"), read_picture(portraits["astronaut"])[::-1, ::-1])
    done = Daemon(tmp_path, broker.port, folder).run("check")
    assert done.returncode == 1
    [wrong] = [line for line in done.stdout.splitlines() if line.startswith("WRONG")]
    assert "are upside down" in wrong
    assert "set camera.rotate to 180" in wrong


def test_check_says_line_by_line_what_is_right_and_what_is_not(tmp_path: Path, broker: Mosquitto, portraits: dict[str, Path]) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    shutil.copy(portraits["astronaut"], folder / "1.png")
    good = Daemon(tmp_path, broker.port, folder).run("check")
    assert good.returncode == 0, good.stdout
    assert [line.split()[0] for line in good.stdout.splitlines()] == ["ok"] * 7
    bad = Daemon(tmp_path, free_port(), tmp_path / "gone.mp4").run("check")
    assert bad.returncode == 1
    wrong = [line for line in bad.stdout.splitlines() if line.startswith("WRONG")]
    assert ["camera front" in wrong[0], "broker" in wrong[1], len(wrong)] == [True, True, 2]


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["recognse", "a.jpg"], "recognise"),
        (["peple"], "people"),
        (["people", "--jsn"], "--json"),
        (["check", "--only", "brokr"], "broker"),
    ],
)
def test_what_was_meant_is_suggested(arguments: list[str], meant: str) -> None:
    refused = edged(*arguments)
    assert refused.returncode == 2
    assert f"did you mean '{meant}'?" in refused.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_no_name_and_no_terminal_costs_an_answer(tmp_path: Path, portraits: dict[str, Path], daemon: Daemon, encoding: str) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg"))
    for copy in (odd, tmp_path / "中.jpg", tmp_path / "plain.jpg"):
        shutil.copy(portraits["obama"], copy)
    pictures = [str(odd), str(tmp_path / "中.jpg"), str(tmp_path / "gone-é.jpg"), str(tmp_path / "plain.jpg")]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "edged", "recognize", "--config", str(daemon.config), *pictures]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == 3
    done = subprocess.run([*command, "--json"], env=environment, capture_output=True, check=False)
    assert [Path(answer["picture"]).name[-8:] for answer in json.loads(done.stdout)] == ["\udcff.jpg", "中.jpg", "lain.jpg"]


def test_the_name_of_a_file_does_nothing_to_the_terminal(daemon: Daemon, tmp_path: Path, portraits: dict[str, Path]) -> None:
    """It may hold anything but a slash."""
    whole, broken = tmp_path / "a\n\x1b[31mb.png", tmp_path / "c\n\x1b[31md.png"
    whole.write_bytes(portraits["astronaut"].read_bytes())
    broken.write_bytes(b"no picture")
    done = daemon.run("recognise", whole, broken)
    assert r"a\x0a\x1b[31mb.png: " in done.stdout
    assert r"c\x0a\x1b[31md.png is not a picture" in done.stderr
    assert (len(done.stdout.splitlines()), len(done.stderr.splitlines())) == (1, 1)
    assert json.loads(daemon.run("recognise", "--json", whole).stdout)[0]["picture"] == str(whole)
