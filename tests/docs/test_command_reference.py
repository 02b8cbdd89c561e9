"""The reference of commands names every command, alias, argument and option that there is, and what help texts say of them."""

from __future__ import annotations

from edged.cli.examples import HEADING
from edged.cli.main import make_parser
from tests.docs.command_reference import COMMAND_REFERENCE, OF_EVERY_COMMAND, aliases, commands, reference, written_by_hand
from tests.docs.markdown import spans


def test_the_reference_says_what_the_help_texts_say() -> None:
    shown = COMMAND_REFERENCE.read_text(encoding="utf-8")
    assert shown == written_by_hand() + reference(), "write it anew: python -m tests.docs.command_reference"


def test_every_argument_is_explained() -> None:
    unexplained = [(name, action.dest) for name, parser in commands(make_parser()) for action in parser._actions if not action.help]
    assert unexplained == []


def test_what_every_command_has_is_explained_once() -> None:
    assert {span.split()[0] for span in spans(COMMAND_REFERENCE)} >= OF_EVERY_COMMAND


def test_other_names_of_commands_are_named() -> None:
    assert {f"edged {alias}" for alias, _ in aliases(make_parser())} <= spans(COMMAND_REFERENCE)


def test_every_help_text_ends_with_examples() -> None:
    assert [name for name, parser in commands(make_parser()) if HEADING not in parser.format_help()] == []
