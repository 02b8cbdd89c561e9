"""The READMEs name every key of the configuration that there is, with its default, and no other."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any, get_args

import pytest
from pydantic import TypeAdapter

from edged.config import Config, VerbGroup
from edged.interface.verbs import VERBS
from tests.docs.markdown import SPAN, fenced, section, spans, text
from tests.docs.readmes import SERVICE, every_document
from tests.docs.topic_reference import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = {"gallery.db", "gallery.db.replaced"}
"""Code spans that look like a configuration key and are the names of files."""


def config_keys() -> dict[str, Any]:
    """Every key as `section.key`, with its default."""
    config = Config().model_dump(mode="json", by_alias=True)
    config["camera"] = config["camera"][0]
    return dict(flat(config, ""))


def flat(section: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """The keys of a section and of those within it."""
    for name, content in section.items():
        if isinstance(content, dict):
            yield from flat(content, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", content


def keys_shown(document: Path) -> set[str]:
    return {span for span in spans(document) if re.fullmatch(rf"(?:{'|'.join(Config.model_fields)})\.\w+(\.\w+)*", span)} - FILES


def test_every_key_of_the_configuration_is_explained() -> None:
    assert [row[0].strip("`") for row in section(text(SERVICE)).rows if row[0].strip("`") in config_keys()] == list(config_keys())


def test_the_table_of_keys_shows_the_defaults() -> None:
    """In its second column; nothing where there is none."""
    rows = [row for row in section(text(SERVICE)).rows if row[0].strip("`") in config_keys()]
    defaults = {key: "" if default is None else f"`{json.dumps(default)}`" for key, default in config_keys().items()}
    assert {row[0].strip("`"): row[1] for row in rows} == defaults


@pytest.mark.parametrize("group", get_args(VerbGroup))
def test_the_key_of_a_group_of_requests_names_all_of_them(group: VerbGroup) -> None:
    verbs = {name for name, row in VERBS.items() if row.group == group}
    [row] = [row for row in section(text(SERVICE)).rows if row[0] == f"`mqtt.allow.{group}`"]
    assert verbs <= set(SPAN.findall(row[2])) <= verbs | {"false", "not_allowed", "edged enroll --capture", "[recognition]", "[privacy]"}
    key = "import_" if group == "import" else group
    described = (
        text(PACKAGE / "config.py").partition("class AllowConfig")[2].partition(f"    {key}: ")[2].partition('"""')[2].partition('"""')[0]
    )
    assert verbs <= set(SPAN.findall(described))


@every_document
def test_no_key_is_named_that_does_not_exist(document: Path) -> None:
    assert keys_shown(document) - config_keys().keys() == set()


@every_document
def test_examples_of_the_configuration_are_valid(document: Path) -> None:
    for content in fenced(document, "toml"):
        TypeAdapter(Config).validate_python(tomllib.loads(content))
