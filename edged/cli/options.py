"""What all commands of the shell have in common: how one is added, the configuration that it uses, and how an answer is printed.

It does not know which commands there are.
"""

from __future__ import annotations

import argparse
import difflib
import io
import json
import math
import os
import re
import sys
from pathlib import Path, PosixPath
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from edged.cli.examples import ExampleFormatter, examples_of
from edged.config import find_config, read_config
from edged.interface.form import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from edged.config import Config
    from edged.interface.form import AnswerT

    Commands: TypeAlias = "argparse._SubParsersAction[CommandParser]"  # noqa: SLF001 - argparse gives the type no other name

PATHS = "a picture, a folder, which is gone through with those in it, or a pattern in quotes, such as 'door-*.jpg' or '**/*.png'"
"""What the arguments may be by which pictures are named."""


class _Positional(str):
    """An argument that stood behind `--`, and is no option whatever it begins with."""

    __slots__ = ()


class OutputFile(PosixPath):
    """A file that a command writes, or a folder that is there and that it writes into."""

    __slots__ = ()


class OutputFolder(PosixPath):
    """A folder that a command writes into, and makes if need be."""

    __slots__ = ()


class CommandParser(argparse.ArgumentParser):
    """The parser of one command: options may stand anywhere between the positional arguments, and none behind `--`."""

    _is_within = False
    _given: Sequence[str] = ()
    commands: Commands | None = None
    """The commands within it, where it has any."""

    def error(self, message: str) -> NoReturn:
        """End with what is wrong, and the command, option or value that was meant most likely."""
        super().error(message + self._suggestion(message))

    def _suggestion(self, message: str) -> str:
        commands = self.commands.choices if self.commands else {}
        if wrong := re.search("invalid choice: '([^']*)'", message):
            known = commands or re.findall(r"[\w-]+", message.rpartition("(choose from ")[2])
            near = difflib.get_close_matches(wrong[1], known, n=1)
        elif wrong := re.search("unrecognized arguments: (--[^ =]+)", message):
            near = difflib.get_close_matches(wrong[1], self._options(), n=1)
        elif message.startswith("the following arguments are required") and (unknown := self._unknown()):
            near = difflib.get_close_matches(unknown[0], self._options(), n=1)
        else:
            near = []
        return f"; did you mean '{near[0]}'?" if near else ""

    def _unknown(self) -> list[str]:
        """The options that were given and that this command does not have, nor any that begins like that."""
        given = [text.partition("=")[0] for text in self._given if text.startswith("--") and not isinstance(text, _Positional)]
        return [text for text in given if not any(option.startswith(text) for option in self._option_string_actions)]

    def _options(self) -> set[str]:
        """The options of this command and of all within it."""
        within = self.commands.choices.values() if self.commands else ()
        return set(self._option_string_actions).union(*(parser._options() for parser in within))  # noqa: SLF001 - of this class

    def parse_known_args(  # type: ignore[override] # argparse's overloads only serve other namespaces
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse in two passes, see argparse's parse_known_intermixed_args, which calls this again for each of them."""
        given = list(sys.argv[1:] if args is None else args)
        if self._subparsers is not None:
            self._given = given
        if self._is_within or self._subparsers is not None:
            return super().parse_known_args(given, namespace)
        if "--" in given:  # which one of the two passes would lose
            end = given.index("--")
            given[end:] = map(_Positional, given[end + 1 :])
        self._is_within, self._given = True, given
        try:
            return self.parse_known_intermixed_args(given, namespace)
        finally:
            self._is_within = False

    def _parse_optional(self, arg_string: str) -> tuple[argparse.Action | None, str, str | None] | None:
        return None if isinstance(arg_string, _Positional) else super()._parse_optional(arg_string)


def add(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int | None],
    text: str,
    *,
    aliases: Sequence[str] = (),
    confirms: bool = False,
) -> CommandParser:
    """Add a command that run carries out; text says what it does, aliases are other ways to write its name.

    confirms is whether it only says what it did, which nobody wants to read who gives `--quiet`.
    """
    parser = add_unconfigured(commands, name, run, text, aliases=aliases)
    parser.add_argument(
        "--config", type=from_home, metavar="FILE", help="the configuration (default: /etc/edged/edged.toml where there is one)"
    )
    parser.add_argument("--models", type=from_home, metavar="DIR", help="in place of models.directory")
    parser.add_argument("--quiet", action="store_true", help="say nothing of progress and of what was done")
    parser.set_defaults(confirms=confirms)
    return parser


def add_unconfigured(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], int | None], text: str, *, aliases: Sequence[str] = ()
) -> CommandParser:
    """Add a command as add() does that needs neither configuration nor gallery: the installed one runs as whoever types it."""
    parser = commands.add_parser(
        name, help=text, description=text, aliases=aliases, epilog=examples_of(name), formatter_class=ExampleFormatter
    )
    parser.set_defaults(run=run)
    return parser


def add_json(parser: CommandParser) -> None:
    """Add `--json`, with which a command prints what the same request gives over MQTT."""
    parser.add_argument("--json", action="store_true", help="for programs, as the same request answers over MQTT")


CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
"""Characters that make a terminal do something, and how they are shown."""


def printable(text: str) -> str:
    """A file's name, or a line with one in it, as a terminal can be given it: a name may hold anything but a slash."""
    return text.translate(CONTROLS)


def write_any_text() -> None:
    """Have what the terminal, or the pipe, cannot show written with backslashes: no name may cost the other answers."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def json_text(value: object, indent: int | None = None) -> str:
    """A value as JSON, with letters of all languages where standard output has them."""
    return json.dumps(value, ensure_ascii=(sys.stdout.encoding or "").lower().replace("-", "") != "utf8", indent=indent)


def show(options: argparse.Namespace, answer: AnswerT, lines: Callable[[AnswerT], Iterable[str]]) -> None:
    """Print an answer as its lines, or with `--json` as it stands in the `data` of a reply."""
    print(json_text(plain(answer)) if options.json else "\n".join(lines(answer)))


def in_columns(rows: Sequence[tuple[str, str]], otherwise: str) -> Sequence[str]:
    """A line for each row, the first words of all in a column; without a row only what is said otherwise."""
    width = max((len(first) for first, _ in rows), default=0)
    return [f"{first:<{width}}  {rest}" for first, rest in rows] or [otherwise]


def from_home(text: str) -> Path:
    """A path, whose `~` shells leave as it is behind an equals sign and in quotes."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(f"{text}: there is no such home") from error


def given_path(text: str) -> Path:
    """The same of a file that is read, which may itself begin with `~`, as the copies of editors do."""
    path = Path(text)
    try:
        return path if os.path.lexists(path) else path.expanduser()
    except RuntimeError:
        return path


def output_file(text: str) -> OutputFile:
    """The path of a file that is written."""
    return OutputFile(from_home(text))


def output_folder(text: str) -> OutputFolder:
    """The path of a folder that is written into."""
    return OutputFolder(from_home(text))


def non_negative(text: str) -> float:
    """The value of an option that may be any number from 0 on."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise argparse.ArgumentTypeError(f"{text} is no number from 0 on")
    return value


def positive(text: str) -> int:
    """The value of an option that may be any whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1 on")
    return int(text)


def config_of(options: argparse.Namespace) -> Config:
    """The configuration of a command, as the command line has it; ConfigError as in read_config()."""
    return adjusted(options, read_config(options.config or find_config()))


def adjusted(options: argparse.Namespace, config: Config) -> Config:
    """The configuration with what the command line says in its place."""
    if options.models:
        config = config.model_copy(update={"models": config.models.model_copy(update={"directory": options.models})})
    if getattr(options, "source", None) is not None:
        first = config.camera[0].model_copy(update={"source": options.source, "pipeline": None, "username": None, "password_file": None})
        config = config.model_copy(update={"camera": (first, *config.camera[1:])})
    return config
