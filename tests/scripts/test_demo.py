"""The demo, run as a user runs it: it recognises who is enrolled, keeps strangers apart, and draws the picture in the README."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_SECONDS = 180
SHOWN = ROOT / "scripts" / "demo.svg"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo leaves: pictures, what it printed, and the picture of its terminal."""
    folder = tmp_path_factory.mktemp("demo")
    command = [str(ROOT / "scripts" / "demo"), "--output", str(folder), "--picture", str(folder / "demo.svg")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    (folder / "printed.txt").write_text(done.stdout, encoding="utf-8")
    return folder


def rows(picture: Path) -> list[str]:
    """The text of a picture of a terminal, row by row."""
    found: dict[str, str] = {}
    for text in ET.parse(picture).iter("{http://www.w3.org/2000/svg}text"):  # noqa: S314 - our own file
        found[text.attrib["y"]] = f"{found.get(text.attrib['y'], '')} {text.text}"
    return [row.strip() for row in found.values()]


def without_figures(row: str) -> str:
    """A row up to its figures, without times."""
    head = re.split(r"  +(?:similarity|quality)|  +[+─]", row)[0]
    return re.sub(r"[\d:.TZ-]{8,}|\d+(?= ms)", "0", head)


def test_who_is_enrolled_is_recognised_and_who_is_not_is_a_stranger(output: Path) -> None:
    printed = (output / "printed.txt").read_text(encoding="utf-8")
    assert re.findall(r"front_door  (.+ (?:recognised|at the door))  similarity", printed) == [
        "Barack Obama recognised",
        "stranger-1 at the door",
        "stranger-2 at the door",
        "Barack Obama recognised",
        "stranger-1 at the door",
    ]


def test_every_visit_is_a_picture(output: Path) -> None:
    assert len(list(output.glob("event-*.jpg"))) == 5
    assert (output / "events.jpg").is_file()


def test_the_picture_in_the_readme_is_what_the_demo_draws(output: Path) -> None:
    assert [without_figures(row) for row in rows(output / "demo.svg")] == [without_figures(row) for row in rows(SHOWN)]
