"""The READMEs name every command, key and event that there is, and no other; their examples are valid and their links lead somewhere."""

from __future__ import annotations

import argparse
import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter

from edged.cli import main as cli
from edged.config import Config
from edged.interface.events import EVENTS
from tests.conftest import ROOT
from tests.docs.markdown import FENCE, fenced, section, spans, text
from tests.docs.topic_reference import TOPIC_REFERENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

README = ROOT / "README.md"
BOTH = pytest.mark.parametrize("document", [README, TOPIC_REFERENCE], ids=lambda path: str(path.relative_to(ROOT)))
COMMAND = re.compile(r"^(?:\$ )?(?:sudo )?(?:[\w./-]*/)?edged ([a-z]\S*)(?: ([a-z]+(?:-[a-z]+)*))?")
FILES = {"gallery.db"}
"""Code spans that look like a configuration key and are the name of a file."""


def command_names(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The commands of a command line, those within others after their names."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                nested = [f"{name} {found}" for found in command_names(inner)]
                yield from nested or [name]


def commands_shown(document: Path) -> set[str]:
    """Every `edged COMMAND` in code spans and at the beginning of lines of fenced blocks."""
    lines = [line for _, content in FENCE.findall(text(document)) for line in content.splitlines()]
    known = set(command_names(cli._parser()))
    nested = {name.split()[0] for name in known if " " in name}
    found = [found for line in (*lines, *spans(document)) if (found := COMMAND.match(line.strip()))]
    return {f"{one[1]} {one[2]}" if one[1] in nested and one[2] else one[1] for one in found}


def config_keys() -> dict[str, Any]:
    """Every key as `section.key`, with its default."""
    config = Config().model_dump(mode="json")
    config["camera"] = config["camera"][0]
    return {f"{name}.{key}": default for name, part in config.items() for key, default in part.items()}


def keys_shown(document: Path) -> set[str]:
    return {span for span in spans(document) if re.fullmatch(rf"(?:{'|'.join(Config.model_fields)})\.\w+", span)} - FILES


def test_the_readme_names_every_command_and_no_other() -> None:
    assert commands_shown(README) - {name.split()[0] for name in command_names(cli._parser())} <= set(command_names(cli._parser()))
    assert set(command_names(cli._parser())) <= commands_shown(README)


def test_the_readme_names_every_type_of_event() -> None:
    assert set(EVENTS) <= spans(README)


def test_the_readme_names_every_key_of_the_configuration() -> None:
    assert config_keys().keys() - keys_shown(README) == set()


def test_the_readme_tells_the_defaults() -> None:
    """In the second column of its tables of keys; nothing where there is none."""
    rows = [row for row in section(text(README)).rows if row[0].strip("`") in config_keys()]
    defaults = {key: "" if default is None else f"`{json.dumps(default)}`" for key, default in config_keys().items()}
    assert {row[0].strip("`"): row[1] for row in rows} == defaults


def test_events_in_the_readme_are_events() -> None:
    for content in fenced(README, "json"):
        model = EVENTS[json.loads(content)["event_type"]]
        assert json.loads(model.model_validate_json(content).model_dump_json()) == json.loads(content)


@BOTH
def test_no_key_is_named_that_does_not_exist(document: Path) -> None:
    assert keys_shown(document) - config_keys().keys() == set()


@BOTH
def test_examples_of_the_configuration_are_valid(document: Path) -> None:
    for content in fenced(document, "toml"):
        TypeAdapter(Config).validate_python(tomllib.loads(content))


@BOTH
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", text(document))
    assert [target for target in targets if not (document.parent / target).exists()] == []
