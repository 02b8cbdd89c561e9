"""How the READMEs are written: headings, tables, code spans and fenced examples.

Knows nothing of what stands in them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")


@dataclass
class Section:
    """A heading and what stands below it."""

    examples: list[Any] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def spans(self, column: int = 0) -> list[str]:
        """What stands in code spans in a column of its table."""
        return [span for row in self.rows for span in SPAN.findall(row[column])]


def text(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def fenced(document: Path, language: str) -> list[str]:
    return [content for name, content in FENCE.findall(text(document)) if name == language]


def spans(document: Path) -> set[str]:
    """Code spans outside fenced blocks."""
    return set(SPAN.findall(FENCE.sub("", text(document))))


def section(body: str) -> Section:
    examples = [json.loads(content) for name, content in FENCE.findall(body) if name == "json"]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in body.splitlines() if line.startswith("| `")]
    return Section(examples, rows)
