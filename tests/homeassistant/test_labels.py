"""The names of entities in each language."""

from __future__ import annotations

import string
from typing import get_args

import pytest

from edged.config import SETTINGS, Config, Language
from edged.homeassistant.announcer import description_of
from edged.homeassistant.entities import components
from edged.homeassistant.labels import LABELS

CONFIG = Config.model_validate({"device": {"id": "door"}, "camera": [{"name": "front"}, {"name": "back_yard"}]})


@pytest.mark.parametrize("language", get_args(Language))
def test_every_entity_has_a_name_in_every_language(language: Language) -> None:
    labels = {**LABELS, **{name: setting.labels for name, setting in SETTINGS.items()}}
    for name, texts in labels.items():
        fields = [field for _, field, _, _ in string.Formatter().parse(texts[language]) if field]
        assert fields == (["person"] if name == "present" else [])


def test_the_device_speaks_the_language_it_is_told_to() -> None:
    german = description_of(CONFIG.model_copy(update={"device": CONFIG.device.model_copy(update={"language": "de"})}), "1.2.3")
    assert components(german, {})["setting:margin"]["name"] == "Abstand zum Zweiten"
    assert components(german, {})["front:somebody"]["name"] == "Front jemand da"
