"""The reference of commands, edged/cli/README.md, as the parser of the command line has it.

`python -m tests.docs.command_reference` writes it anew. What the commands do is not known here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import edged.cli
from edged.cli.examples import EXAMPLES, HEADING
from edged.cli.main import make_parser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.cli.options import CommandParser

COMMAND_REFERENCE = Path(edged.cli.__file__).parent / "README.md"
OF_EVERY_COMMAND = {"--help", "--config", "--models", "--quiet"}
BEGINNING = "## Commands\n"
"""What stands before it is written by hand."""
BAR = "\\|"
"""A bar within a table."""


def commands(parser: CommandParser, name: str = "edged") -> Iterator[tuple[str, CommandParser]]:
    """Every command that does something, by its whole name, aliases left out."""
    if parser.commands is None:
        yield name, parser
        return
    named = {id(one): inner for inner, one in reversed(parser.commands.choices.items())}
    for one in dict.fromkeys(parser.commands.choices.values()):
        yield from commands(one, f"{name} {named[id(one)]}")


def aliases(parser: CommandParser) -> Iterator[tuple[str, str]]:
    """The other ways to write the names of commands, and those names."""
    choices = parser.commands.choices if parser.commands else {}
    named = {id(one): name for name, one in reversed(choices.items())}
    yield from ((other, named[id(one)]) for other, one in choices.items() if named[id(one)] != other)


def described(name: str, parser: CommandParser) -> Iterator[str]:
    """The lines about one command."""
    yield f"### {name}\n"
    yield f"{sentence((parser.description or '').partition(HEADING)[0].rstrip('; '))}\n"
    rows = [f"| `{_barred(argument)}`{needed} | {_barred(meaning)} |" for argument, needed, meaning in arguments(parser)]
    if rows:
        yield "| argument | meaning |\n|---|---|"
        yield from rows
        yield ""
    if examples := EXAMPLES.get(name.rsplit(maxsplit=1)[-1], ()):
        yield "\n".join(["```sh", *examples, "```", ""])


def arguments(parser: CommandParser) -> Iterator[tuple[str, str, str]]:
    """Each argument as it is written, whether it is required, and its meaning; without those that every command has."""
    for action in parser._actions:
        if OF_EVERY_COMMAND & set(action.option_strings):
            continue
        value = "|".join(map(str, action.choices)) if action.choices else str(action.metavar or action.dest.upper())
        given = f"{action.option_strings[-1]}{'' if action.nargs == 0 else f' {value}'}" if action.option_strings else value
        if action.nargs in {"+", "*"}:
            given += "…"
        needed = " (required)" if action.required and action.option_strings else ""
        yield given, needed, (action.help or "").replace("%(default)s", str(action.default))


def _barred(text: str) -> str:
    return text.replace("|", BAR)


def sentence(text: str) -> str:
    """The text as a sentence."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}"


def reference() -> str:
    """The part of the reference that the parser gives."""
    lines = [line for name, parser in commands(make_parser()) for line in described(name, parser)]
    return "\n".join([BEGINNING, *lines]).rstrip() + "\n"


def written_by_hand() -> str:
    """The part before it."""
    return COMMAND_REFERENCE.read_text(encoding="utf-8").partition(BEGINNING)[0]


if __name__ == "__main__":
    COMMAND_REFERENCE.write_text(written_by_hand() + reference(), encoding="utf-8")
