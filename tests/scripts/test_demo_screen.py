"""A terminal drawn as SVG: every letter is in its place, in its colour, and stays text."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from demo_screen import CELL_WIDTH, svg
from demo_view import GREEN, coloured

if TYPE_CHECKING:
    from collections.abc import Sequence

SVG = "{http://www.w3.org/2000/svg}"


def texts(lines: Sequence[str]) -> list[ET.Element]:
    """The pieces of text in the picture of a terminal."""
    return ET.fromstring(svg(lines, "a title")).findall(f"{SVG}text")  # noqa: S314 - our own text


def test_a_line_is_text_in_its_place() -> None:
    first, second = texts(["one", "", "three"])
    assert [first.text, second.text] == ["one", "three"]
    assert first.get("x") == second.get("x")
    assert float(second.get("y", 0)) > float(first.get("y", 0))


def test_a_colour_begins_and_ends_where_the_terminal_says() -> None:
    before, green, after = texts([f"a {coloured('Alice', GREEN)}  left"])
    assert [before.text, green.text, after.text] == ["a", "Alice", "  left"]
    assert [before.get("class"), green.get("class"), after.get("class")] == [None, f"c{GREEN}", None]
    assert float(green.get("x", 0)) - float(before.get("x", 0)) == pytest.approx(2 * CELL_WIDTH)


def test_a_piece_has_the_width_of_its_columns_in_any_font() -> None:
    [latin] = texts(["abcd"])
    [wide] = texts(["田中"])
    assert latin.get("textLength") == wide.get("textLength") == f"{4 * CELL_WIDTH:.1f}"


def test_names_cannot_become_markup() -> None:
    [text] = texts(["<script>&"])
    assert text.text == "<script>&"


def test_the_picture_is_as_wide_as_its_longest_line() -> None:
    def width(lines: Sequence[str]) -> float:
        return float(ET.fromstring(svg(lines, "")).attrib["viewBox"].split()[2])  # noqa: S314 - our own text

    assert width(["a" * 20]) - width(["a" * 10]) == pytest.approx(10 * CELL_WIDTH)
    assert width([coloured("a" * 20, GREEN)]) == width(["a" * 20])
