"""The README is short, its figures, its map and its events are true, and every link in every README leads somewhere."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from edged.interface.events import EVENTS
from tests.docs.markdown import fenced, spans, text
from tests.docs.readmes import README, every_document
from tests.docs.topic_reference import PACKAGE
from tests.forms import REQUESTS

if TYPE_CHECKING:
    from pathlib import Path

FEWER_LINES = 250
FIGURES = 10
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)#?([^)\s]*)\)")
NUMBER = re.compile(r"\d[\d.,]*\d|\d")


def figures() -> list[tuple[str, Path]]:
    """Each figure that decides, and the README that says how it was measured."""
    table = text(README).partition("## Ten figures that decide")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("| ")][1:]
    return [(row[1], README.parent / LINK.findall(row[3])[0][0]) for row in rows]


def anchors(document: Path) -> set[str]:
    """What a link may name after `#`."""
    headings = re.findall(r"^#+ (.+)$", text(document), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_short() -> None:
    assert len(text(README).splitlines()) < FEWER_LINES


def test_the_readme_names_every_type_of_event() -> None:
    assert set(EVENTS) <= spans(README)


def test_the_readme_names_every_verb() -> None:
    assert set(REQUESTS) <= spans(README)


def test_events_in_the_readme_are_events() -> None:
    for content in fenced(README, "json"):
        model = EVENTS[json.loads(content)["event_type"]]
        assert json.loads(model.model_validate_json(content).model_dump_json()) == json.loads(content)


def test_ten_figures_decide() -> None:
    assert len(figures()) == FIGURES


@pytest.mark.parametrize(("figure", "document"), figures())
def test_a_figure_is_that_of_the_readme_that_says_how_it_was_measured(figure: str, document: Path) -> None:
    assert {number for number in NUMBER.findall(figure) if number not in set(NUMBER.findall(text(document)))} == set()


def test_the_map_shows_every_room_and_no_other() -> None:
    [drawn] = [content for content in fenced(README, "") if content.startswith("edged/\n")]
    rooms = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    files = {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert {line.split()[0] for line in drawn.splitlines()[1:]} == rooms | files
    assert len(drawn.splitlines()) <= 21


@every_document
def test_links_lead_somewhere(document: Path) -> None:
    for target, anchor in LINK.findall(text(document)):
        path = document.parent / target if target else document
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), f"{target}#{anchor}"
