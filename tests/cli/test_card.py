"""`edged card`: the card comes into Home Assistant's folder whole, or as a repository that HACS takes, or the sentence says why not."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.program import edged

CARD = ROOT / "edged" / "homeassistant" / "card" / "edged-card.js"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a Home Assistant."""
    (tmp_path / "configuration.yaml").write_text("default_config:\n", encoding="utf-8")
    return tmp_path


def test_it_is_where_it_says() -> None:
    assert Path(edged("card").stdout.strip()).read_bytes() == CARD.read_bytes()


def test_it_is_installed_and_said_what_to_add_and_a_new_version_has_another_address(home: Path) -> None:
    done = edged("card", "--install", home)
    assert done.returncode == 0, done.stderr
    assert (home / "www" / "edged-card.js").read_bytes() == CARD.read_bytes()
    assert "/local/edged-card.js?v=" in done.stdout
    assert "Restart Home Assistant first" in done.stdout
    again = edged("card", "--install", home / "www")
    assert again.returncode == 0, again.stderr
    assert "Restart" not in again.stdout
    assert [path.name for path in (home / "www").iterdir()] == ["edged-card.js"]


def test_elsewhere_than_in_home_assistant_it_is_refused_with_nothing_written(tmp_path: Path) -> None:
    refused = edged("card", "--install", tmp_path)
    assert (refused.returncode, list(tmp_path.iterdir())) == (1, [])
    assert "has no configuration.yaml; name Home Assistant's folder" in refused.stderr


def test_where_it_cannot_be_written_the_sentence_says_so(home: Path) -> None:
    (home / "www").write_text("no folder", encoding="utf-8")
    refused = edged("card", "--install", home)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"edged: {home / 'www' / 'edged-card.js'} cannot be written: ")


HACS_KEYS = {
    "name": str,
    "content_in_root": bool,
    "country": str,
    "filename": str,
    "hacs": str,
    "hide_default_branch": bool,
    "homeassistant": str,
    "persistent_directory": str,
    "zip_release": bool,
}
"""All that hacs.json may have, of which the name must be there (hacs.xyz/docs/publish/start)."""


def taken_by_hacs(repository: Path, name: str) -> Path | None:
    """The file that HACS installs of a dashboard's repository of this name that has no releases (hacs.xyz/docs/publish/plugin)."""
    manifest = json.loads((repository / "hacs.json").read_text(encoding="utf-8"))
    assert isinstance(manifest["name"], str)
    assert all(isinstance(value, HACS_KEYS[key]) for key, value in manifest.items())
    assert [path for path in repository.iterdir() if path.name.lower() == "readme.md"], "HACS shows it"
    named = [manifest["filename"]] if "filename" in manifest else [f"{name.removeprefix('lovelace-')}.js", f"{name}.js"]
    places = [repository / folder / one for one in named for folder in ("", *(() if manifest.get("content_in_root") else ("dist",)))]
    return next((place for place in places if place.is_file()), None)


@pytest.mark.parametrize("name", ["edged-card", "lovelace-door", "anything"])
def test_a_repository_for_hacs_gives_the_card_whatever_it_is_called_and_keeps_what_its_owner_wrote(tmp_path: Path, name: str) -> None:
    repository = tmp_path / name
    done = edged("card", "--hacs", repository)
    assert (done.returncode, done.stderr) == (0, "")
    found = taken_by_hacs(repository, name)
    assert found
    assert found.read_bytes() == CARD.read_bytes()
    assert (repository / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    (repository / "README.md").write_text("ours", encoding="utf-8")
    found.write_text("an older one", encoding="utf-8")
    assert edged("card", "--hacs", repository).returncode == 0
    assert (found.read_bytes(), (repository / "README.md").read_text(encoding="utf-8")) == (CARD.read_bytes(), "ours")


def test_an_empty_clone_is_filled_and_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "clone" / ".git").mkdir(parents=True)
    assert edged("card", "--hacs", tmp_path / "clone").returncode == 0
    (tmp_path / "other").mkdir()
    for content in ("{}", '{"name": "Others", "filename": "others.js"}', "no JSON", "[]"):
        (tmp_path / "other" / "hacs.json").write_text(content, encoding="utf-8")
        refused = edged("card", "--hacs", tmp_path / "other")
        assert refused.returncode == 1
        assert "holds something else; name a folder that does not exist" in refused.stderr
        assert [path.name for path in (tmp_path / "other").iterdir()] == ["hacs.json"]
    (tmp_path / "file").touch()
    assert "holds something else" in edged("card", "--hacs", tmp_path / "file").stderr


def test_it_is_in_the_wheel(tmp_path: Path) -> None:
    building = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(building, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        assert wheel.read("edged/homeassistant/card/edged-card.js") == CARD.read_bytes()
        assert "edged/homeassistant/blueprints/who_is_at_the_door.yaml" in wheel.namelist()
        assert [name.rpartition("/")[2] for name in wheel.namelist() if name.endswith(".jpg")] == ["astronaut.jpg"], "and no screenshot"
