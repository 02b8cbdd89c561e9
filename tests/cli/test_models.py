"""`edged models`: what is there, and how a network of one's own comes to it, or is refused with nothing left behind."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.conftest import MODELS
from tests.program import edged

if TYPE_CHECKING:
    from pathlib import Path

MESH = MODELS / "landmarks_mesh"

COMMANDS = ("edged evaluate ", "PYTHONPATH=.:models/build python -m ")
"""How a command begins that gives the accuracy on a card: the product's own, or one of the trials that a checkout has."""


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of models of one's own."""
    place = tmp_path / "models"
    place.mkdir()
    for folder in MODELS.iterdir():
        if folder.name not in {"build", "README.md"}:
            (place / folder.name).symlink_to(folder)
    return place


def own(tmp_path: Path, source: str, change: tuple[str, str] = ("", "")) -> tuple[Path, Path]:
    """The folder of a network elsewhere, something on its card changed, and its card."""
    folder = tmp_path / "own"
    shutil.copytree(MODELS / source, folder)
    card = folder / "model.toml"
    text = card.read_text(encoding="utf-8")
    assert change[0] in text
    card.write_text(text.replace(*change, 1), encoding="utf-8")
    return folder, card


def test_what_is_there_is_listed_with_what_is_known_and_measured(models: Path) -> None:
    done = edged("models", "--json", "--models", models)
    found = {network["folder"]: network for network in json.loads(done.stdout)}
    assert found.keys() == {path.parent.name for path in MODELS.glob("*/model.toml")}
    chosen = {name for name, network in found.items() if network["chosen"]}
    assert chosen == {"detection_yunet", "embedding_sface", "landmarks_mesh", "emotion_xception", "age_gender_xception"}
    sface = found["embedding_sface"]
    assert sface["files"][0]["bytes"] == (MODELS / "embedding_sface" / sface["files"][0]["name"]).stat().st_size
    assert all(file["ms"] > 0 for network in found.values() for file in network["files"])
    for network in found.values():
        assert network["problem"] is None
        assert all(one["command"].startswith(COMMANDS) and one["data"] for one in network["accuracy"])
    assert next(one["value"] for one in sface["accuracy"]) == pytest.approx(0.99)


def test_one_that_cannot_be_used_is_told_and_hides_no_other(models: Path) -> None:
    (models / "broken").mkdir()
    (models / "broken" / "model.toml").write_text('task = "telepathy"\n')
    done = edged("models", "--models", models)
    assert done.returncode == 0
    assert "broken (telepathy): cannot be used: The model card" in done.stdout
    assert "embedding_sface (embedding, chosen): SFace" in done.stdout


@pytest.mark.parametrize(
    "source",
    ["detection_blazeface", "detection_yunet", "embedding_mobilefacenet", "landmarks_mesh", "emotion_xception", "age_gender_xception"],
)
def test_a_network_that_answers_as_it_should_is_added(models: Path, tmp_path: Path, source: str) -> None:
    folder, card = own(tmp_path, source)
    file = next(iter(sorted(folder.glob("*.tflite"))))
    done = edged("models", "add", file, card, "--name", "mine", "--models", models)
    assert done.returncode == 0, done.stderr
    assert (models / "mine" / "model.toml").read_bytes() == card.read_bytes()
    assert (models / "mine" / file.name).read_bytes() == file.read_bytes()
    again = edged("models", "add", file, card, "--name", "mine", "--models", models)
    assert (again.returncode, "is there already, and nothing is replaced" in again.stderr) == (78, True)
    assert not list(models.glob(".adding*"))


@pytest.mark.parametrize(
    ("source", "change", "sentence"),
    [
        ("landmarks_mesh", ("width = 192", "width = 200"), "is not of the form that its card says"),
        ("landmarks_mesh", ('sha256 = "11d4', 'sha256 = "01d4'), "is not the one its card names"),
        ("landmarks_mesh", ("reach = 1.5", "reach = 1.5\nspeed = 3"), "Extra inputs"),
        ("landmarks_mesh", ("right_eye = [33, 133, 159, 145]", "right_eye = [61]"), "a landmark is"),
        ("landmarks_mesh", ('task = "landmarks"', 'task = "telepathy"'), "there are: age_gender, detection"),
        ("landmarks_mesh", ('task = "landmarks"', ""), "task: Field required"),
        ("landmarks_mesh", ('task = "landmarks"', "task ="), "is not usable: Invalid value"),
        ("embedding_mobilefacenet", ('network = "MobileFaceNet"', 'network = "Mine"'), "golden_embedding"),
        ("detection_blazeface", ('colour = "BGR"', 'colour = "RGB"'), "golden picture is read wrongly"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_left_behind(
    models: Path, tmp_path: Path, source: str, change: tuple[str, str], sentence: str
) -> None:
    folder, card = own(tmp_path, source, change)
    before = sorted(models.iterdir())
    done = edged("models", "add", next(iter(sorted(folder.glob("*.tflite")))), card, "--name", "mine", "--models", models)
    assert done.returncode == 78
    assert sentence.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr
    assert ".adding" not in done.stderr, "what is named is what was given, and not a copy that is gone"
    assert sorted(models.iterdir()) == before


def test_names_that_lead_elsewhere_and_missing_files_are_refused(models: Path, tmp_path: Path) -> None:
    file, card = MESH / "mesh_192x192.tflite", MESH / "model.toml"
    for name in ("../elsewhere", ".hidden", "a/b"):
        assert edged("models", "add", file, card, "--name", name, "--models", models).returncode == 78
    assert not (tmp_path / "elsewhere").exists()
    assert "cannot be copied" in edged("models", "add", file, tmp_path / "gone.toml", "--models", models).stderr
    assert edged("models", "add", file, "--models", models).returncode == 2
    assert edged("models", "remove", "--models", models).returncode == 2
