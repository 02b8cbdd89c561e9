"""`edged card`: the card comes into Home Assistant's folder whole, or the sentence says why not."""

from __future__ import annotations

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
    assert refused.stderr.startswith("edged: The card cannot be written to ")


def test_it_is_in_the_wheel(tmp_path: Path) -> None:
    building = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(building, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        assert wheel.read("edged/homeassistant/card/edged-card.js") == CARD.read_bytes()
        assert [name.rpartition("/")[2] for name in wheel.namelist() if name.endswith(".jpg")] == ["astronaut.jpg"], "and no screenshot"
