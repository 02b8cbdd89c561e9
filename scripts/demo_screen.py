"""A terminal as a picture: lines of text with ANSI colours become an SVG.

Knows nothing of what the lines say.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from demo_table import columns
from demo_view import BLUE, BOLD, CYAN, DIM, GREEN, MAGENTA, RED, YELLOW

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CELL_WIDTH, LINE_HEIGHT, BORDER = 8.4, 19, 16
"""Size of a letter, and what is left free at the edges, in pixels."""
STYLES = {
    BOLD: "font-weight: bold",
    DIM: "fill: #8b949e",
    RED: "fill: #ff7b72",
    GREEN: "fill: #56d364",
    YELLOW: "fill: #e3b341",
    BLUE: "fill: #79c0ff",
    MAGENTA: "fill: #d2a8ff",
    CYAN: "fill: #76e3ea",
}
"""What each ANSI code looks like, as CSS."""
STYLE = """
    text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #e6edf3; white-space: pre }"""
RUN = re.compile(r"\033\[(\d+)m(.*?)\033\[0m")


def svg(lines: Sequence[str], title: str) -> str:
    """The lines, with their ANSI colours, as the text of an SVG file.

    Every piece of text has its place and its width in it, so that columns stand straight in any font.
    """
    width = 2 * BORDER + CELL_WIDTH * max(columns(RUN.sub(r"\2", line)) for line in lines)
    height = 2 * BORDER + LINE_HEIGHT * len(lines)
    style = STYLE + "".join(f"\n    .c{code} {{ {look} }}" for code, look in STYLES.items())
    rows = (f"  {piece}" for line, row in zip(lines, count(1), strict=False) for piece in _pieces(line, row))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 {width:g} {height}" role="img">',
            f"  <title>{escape(title)}</title>",
            f"  <style>{style}\n  </style>",
            '  <rect width="100%" height="100%" rx="8" fill="#0d1117"/>',
            *rows,
            "</svg>\n",
        ]
    )


def _pieces(line: str, row: int) -> Iterator[str]:
    """Each run of one colour in a line as an element; what is blank needs none."""
    at = 0
    plain, *runs = RUN.split(line)
    for code, text in (("", plain), *_coloured_and_plain(runs)):
        if shown := text.rstrip():
            place = f'x="{BORDER + at * CELL_WIDTH:.1f}" y="{BORDER + row * LINE_HEIGHT - 5}"'
            look = f' class="c{code}"' if code else ""
            yield f'<text {place}{look} textLength="{columns(shown) * CELL_WIDTH:.1f}">{escape(shown)}</text>'
        at += columns(text)


def _coloured_and_plain(runs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """A code with its text, then the text up to the next one, and so on."""
    for code, coloured, plain in zip(runs[::3], runs[1::3], runs[2::3], strict=True):
        yield code, coloured
        yield "", plain
