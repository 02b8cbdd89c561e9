"""The commands for people: what they print, what they refuse, and their exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edged.storage.database import open_database
from edged.vision.pictures import read_picture
from tests.broker import Mosquitto, Subscriber, free_port
from tests.conftest import MODELS
from tests.program import Daemon, edged, remember_strangers

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LFW, FER, UTKFACE = DATA / "lfw_view1", DATA / "fer2013_public", DATA / "utkface_dev"


@pytest.fixture
def pictures(tmp_path: Path, portraits: dict[str, Path]) -> Path:
    """Portraits as LFW names them."""
    for person, number, source in (("Obama", 1, "obama"), ("Obama", 2, "obama_again"), ("Biden", 1, "biden"), ("Collins", 1, "astronaut")):
        folder = tmp_path / "pictures" / person
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(portraits[source], folder / f"{person}_{number:04d}.jpg")
    return tmp_path / "pictures"


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


def test_represent_writes_unit_vectors_and_reports_what_has_no_face(tmp_path: Path, daemon: Daemon, portraits: dict[str, Path]) -> None:
    daemon.config.write_text("")
    empty = tmp_path / "empty.txt"
    empty.write_text("no picture")
    output = tmp_path / "out.npz"
    done = daemon.run("represent", portraits["obama"], empty, portraits["obama_again"], "--output", output)
    assert done.returncode == 1
    assert "empty.txt" in done.stderr
    with np.load(output) as arrays:
        embeddings = arrays["embeddings"]
        assert embeddings.dtype == np.float32
        assert embeddings.shape == (3, 128)
        assert np.isnan(embeddings[1]).all()
        assert np.isnan(arrays["boxes_xyxy"][1]).all()
        assert arrays["boxes_xyxy"].shape == (3, 4)
        assert arrays["scores"][0] > 0.8
        assert [Path(name).name for name in arrays["names"]] == [portraits["obama"].name, "empty.txt", portraits["obama_again"].name]
        assert np.linalg.norm(embeddings[0]) == pytest.approx(1.0, abs=1e-5)
        assert float(embeddings[0] @ embeddings[2]) > 0.6


@pytest.mark.parametrize("output", ["no-such-folder/out.npz", "."])
def test_represent_says_before_an_hour_of_pictures_what_cannot_be_written(tmp_path: Path, portraits: dict[str, Path], output: str) -> None:
    done = edged("represent", portraits["obama"], "--output", tmp_path / output, "--models", tmp_path / "not even looked at")
    assert done.returncode == 1
    assert "name a file in a folder that is there" in done.stderr


def test_represent_refuses_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    done = edged("represent", tmp_path / "pictures", "--output", tmp_path / "out.npz")
    assert (done.returncode, "is empty" in done.stderr) == (1, True)
    assert not (tmp_path / "out.npz").exists()


def test_evaluate_verification_tells_people_apart(tmp_path: Path, pictures: Path) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("1\nObama\t1\t2\nObama\t1\tBiden\t1\n")
    done = edged("evaluate", "verification", "--images", pictures, "--pairs", pairs, "--json")
    figures = json.loads(done.stdout)
    assert (figures["accuracy"], figures["without_face"], figures["pairs"]) == (1.0, 0, 2)
    assert figures["tar_at_far"] == {"1e-2": 1.0, "1e-3": 1.0}
    assert 0.1 < figures["threshold"] < 0.8
    assert "accuracy" in edged("evaluate", "verification", "--images", pictures, "--pairs", pairs).stdout


def test_evaluate_verification_refuses_what_is_no_list_of_pairs(tmp_path: Path, pictures: Path) -> None:
    (tmp_path / "pairs.txt").write_text("hello")
    done = edged("evaluate", "verification", "--images", pictures, "--pairs", tmp_path / "pairs.txt")
    assert done.returncode == 1
    assert "is not a list of pairs" in done.stderr


def test_evaluate_identification_refuses_too_few_people(tmp_path: Path, pictures: Path) -> None:
    for folder in (pictures, tmp_path / "gone"):
        done = edged("evaluate", "identification", "--images", folder)
        assert done.returncode == 1
        assert "a gallery of 10 needs as many" in done.stderr
        assert "Traceback" not in done.stderr


def test_evaluate_detection_counts_a_face(tmp_path: Path, portraits: dict[str, Path]) -> None:
    boxes = {portraits["astronaut"].name: {"size": [512, 512], "boxes_xyxy": [[170, 60, 275, 185], [0, 0, 10, 10]]}}
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    done = edged("evaluate", "detection", "--images", portraits["astronaut"].parent, "--boxes", tmp_path / "boxes.json", "--json")
    assert json.loads(done.stdout) == {"ap": 1.0, "recall": 1.0, "faces": 1}


def test_evaluate_detection_refuses_what_has_no_face_to_be_found(tmp_path: Path, portraits: dict[str, Path]) -> None:
    boxes = {portraits["astronaut"].name: {"size": [512, 512], "boxes_xyxy": [[170, 60, 275, 185]]}}
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    command = ("evaluate", "detection", "--images", portraits["astronaut"].parent, "--boxes", tmp_path / "boxes.json", "--min-face-px")
    done = edged(*command, "300")
    assert (done.returncode, "no face of at least 300 px" in done.stderr) == (1, True)
    assert edged(*command, "nan").returncode == 2


def test_evaluate_emotion_and_age_gender_read_a_portrait(tmp_path: Path, portraits: dict[str, Path]) -> None:
    (tmp_path / "emotions" / "happy").mkdir(parents=True)
    (tmp_path / "people").mkdir()
    shutil.copy(portraits["astronaut"], tmp_path / "emotions" / "happy" / f"1{portraits['astronaut'].suffix}")
    shutil.copy(portraits["astronaut"], tmp_path / "people" / f"36_1_0_1{portraits['astronaut'].suffix}")
    emotion = json.loads(edged("evaluate", "emotion", "--images", tmp_path / "emotions", "--json").stdout)
    assert {key: emotion[key] for key in ("accuracy", "per_class", "pictures", "without_face")} == {
        "accuracy": 1.0,
        "per_class": {"happy": 1.0},
        "pictures": 1,
        "without_face": 0,
    }
    assert emotion["ms"] > 0
    age = json.loads(edged("evaluate", "age-gender", "--images", tmp_path / "people", "--json").stdout)
    assert age["age_mae"] < 10
    assert (age["range_coverage"], age["gender_accuracy"], age["abstained"]) == (1.0, 1.0, 0.0)
    assert "gender_accuracy" in edged("evaluate", "age-gender", "--images", tmp_path / "people").stdout


@pytest.mark.parametrize("kind", ["emotion", "age-gender"])
def test_evaluate_refuses_a_folder_that_says_nothing(tmp_path: Path, kind: str) -> None:
    done = edged("evaluate", kind, "--images", tmp_path)
    assert done.returncode == 1
    assert "has no pictures" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not FER.exists(), reason="the development data is not here")
def test_emotions_of_fer_are_told(tmp_path: Path) -> None:
    for label in sorted(FER.iterdir()):
        (tmp_path / label.name).mkdir()
        for path in sorted(label.iterdir())[:200:8]:
            shutil.copy(path, tmp_path / label.name)
    figures = json.loads(edged("evaluate", "emotion", "--images", tmp_path, "--json").stdout)
    assert figures["pictures"] == 157
    assert figures["accuracy"] >= 0.55


@pytest.mark.skipif(not UTKFACE.exists(), reason="the development data is not here")
def test_ages_and_genders_of_utkface_are_told(tmp_path: Path) -> None:
    for path in sorted(UTKFACE.iterdir())[::15]:
        shutil.copy(path, tmp_path)
    figures = json.loads(edged("evaluate", "age-gender", "--images", tmp_path, "--json").stdout)
    assert figures["pictures"] == 100
    assert figures["age_mae"] <= 6.5
    assert figures["gender_accuracy"] >= 0.86
    assert figures["range_coverage"] >= 0.75


@pytest.mark.skipif(not LFW.exists(), reason="the development data is not here")
def test_faces_of_lfw_are_told_apart(tmp_path: Path) -> None:
    lines = (LFW / "pairsDevTest.txt").read_text().splitlines()
    few = lines[1:500:10] + lines[501:1001:10]
    (tmp_path / "pairs.txt").write_text("\n".join(["50", *few]))
    done = edged("evaluate", "verification", "--images", LFW / "images", "--pairs", tmp_path / "pairs.txt", "--json")
    figures = json.loads(done.stdout)
    assert figures["accuracy"] >= 0.96
    assert figures["without_face"] == 0


@pytest.mark.skipif(not LFW.exists(), reason="the development data is not here")
def test_people_of_lfw_are_found_among_strangers(tmp_path: Path) -> None:
    folders = sorted((LFW / "images").iterdir())
    several = [folder for folder in folders if len(list(folder.iterdir())) >= 4][:12]
    for folder in [*several, *(one for one in folders[:60] if one not in several)]:
        (tmp_path / folder.name).symlink_to(folder)
    done = json.loads(edged("evaluate", "identification", "--images", tmp_path, "--json").stdout)
    assert done["people"] == len(list(tmp_path.iterdir()))
    assert done["pictures"] == len(list(tmp_path.glob("*/*.jpg")))
    assert done["without_face"] == 0
    assert "n_50" not in done
    one, five = (done["n_10"][name] for name in ("one_template_one_look", "five_templates_five_looks"))
    assert one["fnir_at_fpir"]["1e-2"] <= 0.1
    assert five["fnir_at_fpir"]["1e-2"] <= one["fnir_at_fpir"]["1e-2"]
    assert 0.2 < five["threshold"]["1e-2"] <= five["threshold"]["1e-3"] < 0.6
    assert done["impostor_tail"]["single"]["similarities"]["1e-2"] == pytest.approx(0.30, abs=0.03)
    assert "N 10" in edged("evaluate", "identification", "--images", tmp_path).stdout
