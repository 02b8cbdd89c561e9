"""The commands that measure: their figures on real faces, the networks that they use, and what they refuse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.broker import free_port
from tests.conftest import MODELS
from tests.program import Daemon, edged

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LFW, FER, UTKFACE = DATA / "lfw_view1", DATA / "fer2013_public", DATA / "utkface_dev"
WORLD = DATA / "world_dev"


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
    assert (done.returncode, "holds no picture" in done.stderr) == (1, True)
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


FOLDERS = {
    "detection": "detection_yunet",
    "embedding": "embedding_sface",
    "emotion": "emotion_xception",
    "age_gender": "age_gender_xception",
}


@pytest.fixture
def other_networks(tmp_path: Path) -> Path:
    """A configuration that names copies of the networks by other folders and ids, with the ones that ship nowhere near."""
    for task, folder in FOLDERS.items():
        copy = Path(shutil.copytree(MODELS / folder, tmp_path / "networks" / f"other_{task}"))
        card = (copy / "model.toml").read_text(encoding="utf-8")
        own = {
            "emotion": ('"happy"', '"glad"'),
            "age_gender": ("[1.0, 6.0, 12.0, 25.0, 40.0, 55.0, 70.0, 85.0]", "[-19.0, -14.0, -8.0, 5.0, 20.0, 35.0, 50.0, 65.0]"),
        }.get(task, ("", ""))
        changed = card.replace('id = "', 'id = "other-', 1).replace(*own, 1)
        assert own[0] in card
        (copy / "model.toml").write_text(changed, encoding="utf-8")
    config = tmp_path / "edged.toml"
    names = "\n".join(f'{task} = "other_{task}"' for task in FOLDERS)
    config.write_text(f'[models]\ndirectory = "{tmp_path / "networks"}"\n{names}\n')
    return config


def test_the_networks_that_the_configuration_names_are_measured(
    tmp_path: Path, other_networks: Path, pictures: Path, portraits: dict[str, Path]
) -> None:
    face = portraits["astronaut"]
    (tmp_path / "emotions" / "glad").mkdir(parents=True)
    (tmp_path / "people").mkdir()
    shutil.copy(face, tmp_path / "emotions" / "glad" / f"1{face.suffix}")
    shutil.copy(face, tmp_path / "people" / f"56_1_0_1{face.suffix}")
    (tmp_path / "pairs.txt").write_text("1\nObama\t1\t2\nObama\t1\tBiden\t1\n")
    (tmp_path / "boxes.json").write_text(json.dumps({face.name: {"size": [512, 512], "boxes_xyxy": [[170, 60, 275, 185]]}}))

    def measured(kind: str, images: Path, *others: str | Path) -> dict[str, object]:
        done = edged("evaluate", kind, "--config", other_networks, "--images", images, "--json", *others)
        assert done.returncode == 0, done.stderr
        figures: dict[str, object] = json.loads(done.stdout)
        return figures

    assert measured("emotion", tmp_path / "emotions")["per_class"] == {"glad": 1.0}
    assert measured("age-gender", tmp_path / "people")["age_mae_by_decade"] == {"50-59": pytest.approx(0, abs=10)}
    assert measured("verification", pictures, "--pairs", tmp_path / "pairs.txt")["accuracy"] == 1.0
    assert measured("detection", face.parent, "--boxes", tmp_path / "boxes.json")["ap"] == 1.0


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


@pytest.mark.skipif(not WORLD.exists(), reason="the development data is not here")
def test_strangers_of_the_same_group_are_named_no_more_often_than_asked(tmp_path: Path) -> None:
    for group in ("black_f", "black_m", "easian_f", "indian_f"):
        (tmp_path / group).symlink_to(WORLD / group)
    done = json.loads(edged("evaluate", "identification", "--groups", "--images", tmp_path, "--json").stdout)
    rows = {(row["people"], row["templates"], row["looks"]): row for row in done["across"]}
    assert rows[10, 1, 1]["groups"] == 4
    for row in rows.values():
        assert row["worst_fpir"] <= 0.025, row
        assert row["groups"] == 1 or row["fpir"] <= 0.0125, "these are the hard ones; of all eight groups it is 0.7 % at most"
    assert rows[200, 1, 1]["fpir"] > 0.002, "no stricter than was asked, either"
    assert rows[10, 2, 3]["fnir"] <= 0.006
    few = done["groups"]["easian_f"]["fmr"]
    assert few["low"] < few["estimate"] < few["high"]


def test_evaluate_verification_takes_a_csv_of_unequal_pairs(tmp_path: Path, pictures: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    obama, again, biden = "Obama/Obama_0001.jpg", "Obama/Obama_0002.jpg", "Biden/Biden_0001.jpg"
    pairs.write_text(f"a,b,same\n{obama},{again},1\n{obama},{biden},0\n{again},{biden},false\n")
    done = edged("evaluate", "verification", "--images", pictures, "--pairs", pairs, "--json")
    assert [json.loads(done.stdout)[key] for key in ("pairs", "accuracy", "without_face")] == [3, 1.0, 0]


@pytest.mark.parametrize(
    ("kind", "labels", "sentence"),
    [
        ("verification", ("--pairs", "a,b,same\ngone.jpg,also.jpg,1\ngone.jpg,other.jpg,0\n"), "also.jpg cannot be read"),
        ("detection", ("--boxes", '{"gone.jpg": {"size": [9, 9], "boxes_xyxy": []}}'), "gone.jpg cannot be read"),
        ("identification", (), "a gallery of 10 needs as many"),
        ("identification", ("--groups", ""), "no group of"),
        ("emotion", (), "has no pictures in folders"),
        ("age-gender", (), "has no pictures named"),
    ],
)
def test_evaluate_looks_at_what_it_is_given_before_it_loads_networks(
    tmp_path: Path, pictures: Path, kind: str, labels: tuple[str, ...], sentence: str
) -> None:
    given: list[str | Path] = list(labels[:1])
    if labels and labels[1]:
        (tmp_path / "labels").write_text(labels[1])
        given.append(tmp_path / "labels")
    (tmp_path / "networks").mkdir()
    for card in MODELS.glob("*/model.toml"):  # without the networks themselves
        (tmp_path / "networks" / card.parent.name).mkdir()
        shutil.copy(card, tmp_path / "networks" / card.parent.name)
    images = tmp_path if kind in {"emotion", "age-gender"} else pictures
    (pictures / "Obama" / "in").mkdir()
    done = edged("evaluate", kind, "--images", images / "none" if images == tmp_path else images, *given, "--models", tmp_path / "networks")
    assert (done.returncode, sentence in done.stderr) == (1, True), done.stderr


def test_a_kind_that_is_misspelt_is_answered_with_the_one_that_was_meant() -> None:
    done = edged("evaluate", "verfication")
    assert (done.returncode, "did you mean 'verification'?" in done.stderr) == (2, True), done.stderr
    done = edged("evaluate", "verification", "--pears", "x", "--images", "x", "--pairs", "x")
    assert "did you mean '--pairs'?" in done.stderr
