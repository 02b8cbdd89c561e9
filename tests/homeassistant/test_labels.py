"""The names of entities in each language."""

from __future__ import annotations

from typing import get_args

import pytest

from edged.config import SETTINGS, Config, Language
from edged.homeassistant.announcer import description_of
from edged.homeassistant.entities import components
from edged.homeassistant.labels import LABELS, MESSAGES, SOMEBODY, TRIGGERS
from edged.interface.events import EVENTS

CONFIG = Config.model_validate({"device": {"id": "door"}, "camera": [{"name": "front"}, {"name": "back_yard"}]})


@pytest.mark.parametrize("language", get_args(Language))
def test_every_entity_trigger_and_message_has_words_in_every_language(language: Language) -> None:
    for texts in (*LABELS.values(), *TRIGGERS.values(), *(setting.labels for setting in SETTINGS.values()), SOMEBODY):
        assert texts[language]
    assert MESSAGES.keys() == EVENTS.keys()
    assert all(texts[language].count("%s") == 1 for texts in MESSAGES.values())


def test_the_device_speaks_the_language_it_is_told_to() -> None:
    german = description_of(CONFIG.model_copy(update={"device": CONFIG.device.model_copy(update={"language": "de"})}), "1.2.3")
    assert components(german, {})["setting:margin"]["name"] == "Abstand zum Zweiten"
    front = components(german, {}, "front")
    assert front["front:somebody"]["name"] == "Jemand da"
    assert (front["front:trigger:stranger"]["type"], front["front:trigger:stranger"]["subtype"]) == ("jemand Fremdes kam", "Besuch")
