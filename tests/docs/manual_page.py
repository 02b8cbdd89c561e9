"""The manual page edged(1), as the parser of the command line has it; what holds for every command is that of edged/cli/README.md.

`python -m tests.docs.manual_page DATE` prints it: scripts/build-deb packs it. What the commands do is not known here.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

from edged.cli.examples import EXAMPLES, HEADING
from edged.cli.main import make_parser
from tests.docs.command_reference import arguments, commands, sentence, written_by_hand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.cli.options import CommandParser

EVERYWHERE = "## Everywhere\n"
"""What stands before it in the README is for who reads it there."""
FILES = {
    "/etc/edged/edged.toml": "The configuration; /usr/share/edged/edged.toml says what can be set.",
    "/etc/edged/NAME/edged.toml": "That of the instance NAME, the service edged@NAME; edged --instance NAME COMMAND speaks to it.",
    "/var/lib/edged/gallery.db": "The gallery: who is enrolled.",
}
SEE_ALSO = "edged-go-back(8), systemctl(1), journalctl(1), mosquitto(8)"


def manual_page(date: str) -> str:
    """The whole page in roff, see man(7); the date stands at its foot."""
    parser = make_parser()
    return "\n".join(
        [
            f'.TH EDGED 1 "{date}" "edged {version("edged")}" "User Commands"',
            *(".SH NAME", rf"edged \- {_escaped(_uncapitalised(parser.description or '').rstrip('.'))}"),
            *(".SH SYNOPSIS", r".B edged", r"\fICOMMAND\fR [\fIARGUMENT\fR ...]", ".br", r".B edged \-\-version"),
            *(".SH OPTIONS", *(line for row in _lines("| `") for line in _item(*map(_plain, row.strip("| ").split(" | "))))),
            *(".SH NOTES", *(part for line in _lines("- ") for part in (".PP", _escaped(_plain(line.removeprefix("- ")))))),
            *(".SH COMMANDS", *(line for name, command in commands(parser) for line in _described(name, command))),
            *(".SH FILES", *(line for path, text in FILES.items() for line in _item(path, text))),
            *(".SH SEE ALSO", _escaped(SEE_ALSO), ""),
        ]
    )


def _lines(mark: str) -> list[str]:
    """What holds for every command, in the lines that begin so: rows of a table, or items of a list."""
    text = written_by_hand().partition(EVERYWHERE)[2].replace("\n  ", " ")
    return [line for line in text.splitlines() if line.startswith(mark)]


def _described(name: str, parser: CommandParser) -> Iterator[str]:
    yield f'.SS "{_escaped(name)}"'
    yield _escaped(sentence((parser.description or "").partition(HEADING)[0].rstrip("; ")))
    for argument, needed, meaning in arguments(parser):
        yield from _item(f"{argument}{needed}", meaning)
    if examples := EXAMPLES.get(name.rsplit(maxsplit=1)[-1], ()):
        yield from (".PP", ".nf", ".RS", *map(_escaped, examples), ".RE", ".fi")


def _item(what: str, meaning: str) -> tuple[str, ...]:
    return ".TP", rf"\fB{_escaped(what)}\fR", _escaped(meaning)


def _escaped(text: str) -> str:
    """Text that roff takes as it is: a hyphen could become another sign, and a line that begins with a point a request."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


def _plain(markdown: str) -> str:
    """Text without the marks of Markdown."""
    return re.sub(r"`([^`]+)`|\*\*([^*]+)\*\*|\[([^]]+)\]\([^)]+\)", lambda found: next(filter(None, found.groups())), markdown)


def _uncapitalised(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr] # it is no other stream here
    sys.stdout.write(manual_page(sys.argv[1]))
