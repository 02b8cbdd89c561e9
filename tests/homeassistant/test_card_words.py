"""The text of the card: it says everything in both languages, knows what edged knows, and never puts text in as HTML."""

from __future__ import annotations

import re

import pytest

from edged.config import SETTINGS
from edged.enrollment.capture import Hint
from edged.interface.verbs import VERBS
from tests.conftest import ROOT

CARD = (ROOT / "edged" / "homeassistant" / "card" / "edged-card.js").read_text(encoding="utf-8")
[WORDS] = re.findall(r"^const WORDS = \{\n(.*?)^\};", CARD, re.DOTALL | re.MULTILINE)
LANGUAGES = dict(re.findall(r"^  (\w\w): \{\n(.*?)^  \},", WORDS, re.DOTALL | re.MULTILINE))


def words(language: str) -> dict[str, str]:
    """What is said in a language, by its key."""
    return dict(re.findall(r'^    (\w+):\s+"(.*)",$', LANGUAGES[language], re.MULTILINE))


def table(name: str) -> set[str]:
    """The keys of a table of the card."""
    [body] = re.findall(rf"^const {name} = \{{\n(.*?)^\}};", CARD, re.DOTALL | re.MULTILINE)
    return set(re.findall(r"^  (\w+): \{", body, re.MULTILINE))


def test_both_languages_say_the_same_with_the_same_values() -> None:
    values = {language: {key: set(re.findall(r"\{\w+\}", text)) for key, text in words(language).items()} for language in LANGUAGES}
    assert values.keys() == {"en", "de"}
    assert values["en"] == values["de"]


def test_every_word_is_said_somewhere() -> None:
    [_, code] = CARD.split("class Speech", 1)
    assert {key for key in words("en") if f'"{key}"' not in code} == set()


def test_every_setting_has_words() -> None:
    assert table("SETTINGS") == set(SETTINGS)


def test_every_hint_is_said_in_german_too() -> None:
    [body] = re.findall(r"^const HINTS = \{\n(.*?)^\};", CARD, re.DOTALL | re.MULTILINE)
    assert set(re.findall(r"^    (\w+):", body, re.MULTILINE)) == set(Hint)


@pytest.mark.parametrize("door", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(", "unsafeHTML"])
def test_text_is_never_put_in_as_html(door: str) -> None:
    assert door not in CARD


@pytest.mark.parametrize("asked", sorted(set(re.findall(r'(?:\.ask|\bcan)\(\s*"(\w+)"', CARD))))
def test_every_request_is_one_of_edged(asked: str) -> None:
    assert asked in VERBS
