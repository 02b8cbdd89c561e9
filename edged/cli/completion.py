"""`edged completion`: scripts with which a shell completes commands, options and their values, made from the parser itself.

What the commands do is not known here.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edged.cli.examples import HEADING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edged.cli.options import CommandParser, Commands

HOW = f"""{HEADING}
  edged completion bash | sudo tee /etc/bash_completion.d/edged
  edged completion zsh  | sudo tee /usr/local/share/zsh/site-functions/_edged
  edged completion fish > ~/.config/fish/completions/edged.fish"""


@dataclass(frozen=True, slots=True)
class Word:
    """A word that may stand somewhere, what it means, and, of an option, the values that may follow; takes_value is whether one must."""

    name: str
    text: str
    values: tuple[str, ...] = ()
    takes_value: bool = False


@dataclass(frozen=True, slots=True)
class Completed:
    """What may follow a command: options, and words of its own in place of files."""

    command: str
    options: list[Word] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)


def add_commands(commands: Commands, root: CommandParser) -> None:
    """Add the command, which completes all commands of root."""
    text = "print a script with which a shell completes commands and options"
    parser = commands.add_parser(
        "completion", help=text, description=f"{text}; {HOW}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shell", choices=sorted(SCRIPTS), help="which shell")
    parser.set_defaults(run=lambda options: print("\n".join(SCRIPTS[options.shell](list(_places(root))))))


def _places(parser: argparse.ArgumentParser, command: str = "") -> Iterator[Completed]:
    """What may follow a command, and then what may follow each one within it; aliases are commands too."""
    place = Completed(command)
    inner: list[tuple[str, argparse.ArgumentParser]] = []
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask what there is
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - the same
            told = {choice.dest: choice.help or "" for choice in action._choices_actions}  # noqa: SLF001 - the same
            named = {id(parser): told.get(name, "") for name, parser in reversed(action.choices.items()) if told.get(name)}
            place.words.extend(Word(name, named.get(id(one), "")) for name, one in action.choices.items())
            inner += [(f"{command} {name}".strip(), one) for name, one in action.choices.items()]
        elif action.option_strings:
            values = tuple(map(str, action.choices or ()))
            place.options.append(Word(action.option_strings[-1], _plain(action.help), values, takes_value=action.nargs != 0))
        elif action.choices:
            place.words.extend(Word(str(choice), "") for choice in action.choices)
    yield place
    for name, one in inner:
        yield from _places(one, name)


def _plain(text: str | None) -> str:
    return (text or "").replace("%(default)s", "…").replace("'", "").replace("`", "")


def _values(places: list[Completed]) -> dict[str, tuple[str, ...]]:
    return {option.name: option.values for place in places for option in place.options if option.values}


def _names(words: list[Word]) -> str:
    return " ".join(word.name for word in words)


def _deep(places: list[Completed]) -> str:
    """The commands that have others within them, as a pattern of bash and zsh."""
    return "|".join(sorted({place.command.split()[0] for place in places if " " in place.command}))


def _cases(places: list[Completed], what: Callable[[Completed], str], each: str) -> Iterator[str]:
    yield from (each.format(repr(place.command).replace('"', "'"), what(place)) for place in places if what(place))


def _bash(places: list[Completed]) -> Iterator[str]:
    yield "# bash completion for edged; made by 'edged completion bash'"
    yield "_edged() {"
    yield '    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD - 1]}" command="" words=""'
    yield '    if ((COMP_CWORD > 1)); then command="${COMP_WORDS[1]}"; fi'
    yield f'    case "$command" in {_deep(places)}) if ((COMP_CWORD > 2)); then command="$command ${{COMP_WORDS[2]}}"; fi ;; esac'
    yield '    case "$previous" in'
    yield from (f"        {name}) words='{' '.join(values)}' ;;" for name, values in _values(places).items())
    yield "        *)"
    yield '            if [[ $current == -* ]]; then case "$command" in'
    yield from _cases(places, lambda place: _names(place.options), "                {}) words='{}' ;;")
    yield '            esac; else case "$command" in'
    yield from _cases(places, lambda place: _names(place.words), "                {}) words='{}' ;;")
    yield "            esac; fi ;;"
    yield "    esac"
    yield '    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")'
    yield "}"
    yield "complete -o default -F _edged edged"


def _zsh(places: list[Completed]) -> Iterator[str]:
    yield "#compdef edged"
    yield "# zsh completion for edged; made by 'edged completion zsh'"
    yield "_edged() {"
    yield '    local command=""'
    yield "    (( CURRENT > 2 )) && command=$words[2]"
    yield f'    case $command in ({_deep(places)}) (( CURRENT > 3 )) && command="$command $words[3]" ;; esac'
    yield "    case $words[CURRENT-1] in"
    yield from (f"        ({name}) compadd -- {' '.join(values)}; return ;;" for name, values in _values(places).items())
    yield "    esac"
    yield "    if [[ $words[CURRENT] == -* ]]; then case $command in"
    yield from _cases(places, lambda place: _names(place.options), "        ({}) compadd -- {} ;;")
    yield "    esac; else case $command in"
    yield from _cases(places, lambda place: _names(place.words), "        ({}) compadd -- {} ;;")
    yield "        (*) _files ;;"
    yield "    esac; fi"
    yield "}"
    yield "compdef _edged edged"


def _fish(places: list[Completed]) -> Iterator[str]:
    yield "# fish completion for edged; made by 'edged completion fish'"
    for place in places:
        seen = [f"__fish_seen_subcommand_from {name}" for name in place.command.split()]
        inside = f"not __fish_seen_subcommand_from {_names(place.words)}" if place.words else ""
        condition = "; and ".join([*seen, inside] if inside else seen) or "true"
        for word in place.words:
            yield f"complete -c edged -f -n '{condition}' -a {word.name} -d '{_plain(word.text)}'"
        for option in place.options:
            values = f" -x -a '{' '.join(option.values)}'" if option.values else " -r" if option.takes_value else ""
            yield f"complete -c edged -n '{'; and '.join(seen) or 'true'}' -l {option.name.lstrip('-')}{values} -d '{option.text}'"


SCRIPTS: dict[str, Callable[[list[Completed]], Iterator[str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
"""What makes the script of each shell."""
