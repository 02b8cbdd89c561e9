"""Completion in real shells, with what `edged completion` prints; and an example in every help text, each of which the parser takes."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from edged.cli.examples import EXAMPLES
from edged.cli.main import make_parser
from tests.program import edged

if TYPE_CHECKING:
    from pathlib import Path

CASES = [
    (["edged", "en"], "enroll"),
    (["edged", "enroll", "Ann", "--allow"], "--allow-alike"),
    (["edged", "import", "--if-exists", "m"], "merge"),
    (["edged", "evaluate", "ve"], "verification"),
    (["edged", "evaluate", "verification", "--pa"], "--pairs"),
    (["edged", "recognize", "--js"], "--json"),
    (["edged", "completion", "fi"], "fish"),
]


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The script for each shell, in a file."""
    folder = tmp_path_factory.mktemp("completion")
    for shell in ("bash", "zsh", "fish"):
        (folder / shell).write_text(edged("completion", shell).stdout, encoding="utf-8")
    return {shell: folder / shell for shell in ("bash", "zsh", "fish")}


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"there is no {shell} here")


def said(*command: str | Path) -> list[str]:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return [line.split("\t")[0].strip() for line in done.stdout.splitlines()]


@pytest.mark.parametrize(("typed", "completed"), CASES)
def test_bash_completes(scripts: dict[str, Path], typed: list[str], completed: str) -> None:
    words = f"COMP_WORDS=({shlex.join(typed)}); COMP_CWORD={len(typed) - 1}"
    assert said("bash", "-c", f"source {scripts['bash']}; {words}; _edged; printf '%s\\n' \"${{COMPREPLY[@]}}\"") == [completed]


@needs("zsh")
@pytest.mark.parametrize(("typed", "completed"), CASES)
def test_zsh_offers(scripts: dict[str, Path], typed: list[str], completed: str) -> None:
    """What zsh is told of; it keeps what begins as the word that is typed."""
    ours = "compdef() { }; compadd() { shift; print -l -- $@ }"
    offered = said("zsh", "-f", "-c", f"{ours}; source {scripts['zsh']}; words=({shlex.join(typed)}); CURRENT={len(typed)}; _edged")
    assert [word for word in offered if word.startswith(typed[-1])] == [completed]


@needs("fish")
@pytest.mark.parametrize(("typed", "completed"), CASES)
def test_fish_completes(scripts: dict[str, Path], typed: list[str], completed: str) -> None:
    assert completed in said("fish", "--no-config", "-c", f"source {scripts['fish']}; complete -C {shlex.quote(shlex.join(typed))}")


def test_another_shell_is_wrong_usage() -> None:
    assert edged("completion", "tcsh").returncode == 2


def test_every_command_has_examples_that_the_parser_takes() -> None:
    for command, lines in EXAMPLES.items():
        for line in lines:
            program, *words = shlex.split(line.partition(" > ")[0])  # the rest is the shell's
            assert program == "edged"
            assert command in words
            make_parser().parse_args(words)
    for command in ("enroll", "recognize", "backup"):
        assert "\nexamples:\n  edged " in edged(command, "--help").stdout
