"""The READMEs name every command and every option of a script that there is, and no other."""

from __future__ import annotations

import io
import os
import re
import subprocess
from contextlib import redirect_stdout
from functools import cache
from typing import TYPE_CHECKING

import pytest

from edged.cli.main import main, make_parser
from tests.docs.command_reference import aliases
from tests.docs.markdown import FENCE, section, spans, text
from tests.docs.readmes import README, SCRIPTS, SERVICE, every_document

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = re.compile(r"^(?:\$ )?(?:sudo )?(?:[\w./-]*/)?edged ([a-z]\S*)(?: ([a-z]+(?:-[a-z]+)*))?")
LISTED = re.compile(r"^ {4}([a-z][a-z-]*)(?: |$)", re.MULTILINE)
"""How a help text lists a command."""
OPTION = re.compile(r"^ +(?:-\w, )?(--[a-z][a-z-]*)", re.MULTILINE)
OF_EVERY_SCRIPT = {"--help"}


def help_of(*command: str) -> str:
    """What a command says of itself."""
    with redirect_stdout(io.StringIO()) as said, pytest.raises(SystemExit):
        main([*command, "--help"])
    return said.getvalue()


@cache
def command_names() -> dict[str, list[str]]:
    """Every command, with those within it."""
    return {name: LISTED.findall(help_of(name)) for name in LISTED.findall(help_of())}


def whole_names() -> set[str]:
    """Every command that does something, those within others after their names."""
    return {f"{name} {inner}".strip() for name, within in command_names().items() for inner in within or [""]}


def commands_shown(document: Path) -> set[str]:
    """Every `edged COMMAND` in code spans and at the beginning of lines of fenced blocks."""
    lines = [line for _, content in FENCE.findall(text(document)) for line in content.splitlines()]
    found = [found for line in (*lines, *spans(document)) if (found := COMMAND.match(line.strip()))]
    return {f"{one[1]} {one[2]}" if command_names().get(one[1]) and one[2] else one[1] for one in found}


def test_the_readme_names_every_command() -> None:
    assert len(whole_names()) > len(command_names()) > 0
    assert whole_names() <= commands_shown(README)


@every_document
def test_no_command_is_named_that_does_not_exist(document: Path) -> None:
    others = {alias for alias, _ in aliases(make_parser())}
    assert commands_shown(document) <= whole_names() | command_names().keys() | others


def test_the_readme_of_the_scripts_names_every_script_and_no_other() -> None:
    scripts = {
        f"scripts/{path.name}" for path in SCRIPTS.parent.iterdir() if not path.suffix and path.is_file() and os.access(path, os.X_OK)
    }
    assert {span.split()[0] for span in section(text(SCRIPTS)).spans() if span.startswith("scripts/")} == scripts


@pytest.mark.parametrize(("script", "document"), [("bench", SCRIPTS), ("install", SERVICE)], ids=["bench", "install"])
def test_every_option_of_a_script_is_explained_and_no_other(script: str, document: Path) -> None:
    done = subprocess.run([str(SCRIPTS.parent / script), "--help"], capture_output=True, text=True, check=True)
    explained = {span.split()[0] for span in section(text(document)).spans() if span.startswith("--")}
    assert explained == set(OPTION.findall(done.stdout)) - OF_EVERY_SCRIPT
