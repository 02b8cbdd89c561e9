"""`edged blueprints`: they come into Home Assistant's folder, or badges import them from where they are published."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.program import edged

BLUEPRINTS = {path.name: path.read_bytes() for path in (ROOT / "edged" / "homeassistant" / "blueprints").glob("*.yaml")}


def test_they_are_where_it_says() -> None:
    places = [Path(line) for line in edged("blueprints").stdout.splitlines()]
    assert {place.name: place.read_bytes() for place in places} == BLUEPRINTS


def test_they_are_installed_in_place_of_those_of_another_version(tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text("default_config:\n", encoding="utf-8")
    for content in (b"", b"an older one"):
        done = edged("blueprints", "--install", tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        places = sorted((tmp_path / "blueprints" / "automation" / "edged").iterdir())
        assert {place.name: place.read_bytes() for place in places} == BLUEPRINTS
        assert done.stdout.splitlines()[:-1] == [str(place) for place in places]
        places[0].write_bytes(content)


def test_elsewhere_than_in_home_assistant_they_are_refused_with_nothing_written(tmp_path: Path) -> None:
    refused = edged("blueprints", "--install", tmp_path)
    assert (refused.returncode, list(tmp_path.iterdir())) == (1, [])
    assert "has no configuration.yaml; name Home Assistant's folder" in refused.stderr


def test_a_badge_names_the_address_that_was_given_and_no_other() -> None:
    badges = edged("blueprints", "--badges", "https://example.org/a b/").stdout.splitlines()
    assert len(badges) == len(BLUEPRINTS)
    start = "(https://my.home-assistant.io/redirect/blueprint_import/?blueprint_url=https%3A%2F%2Fexample.org%2Fa%20b%2F"
    assert [badge.rpartition(start)[2] for badge in badges] == [f"{name})" for name in sorted(BLUEPRINTS)]


@pytest.mark.parametrize("wrong", ["example.org", "file:///etc", "https://", "https://example.org/?a=b", ""])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    refused = edged("blueprints", f"--badges={wrong}")
    assert refused.returncode == 2
    assert "is no address of a folder, such as https://example.org/blueprints" in refused.stderr
