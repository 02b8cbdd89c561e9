"""The names that Home Assistant shows for the entities of a device, in each language; those of settings stand with the settings.

It does not know of which kind an entity is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.config import Language

LABELS: Mapping[str, Mapping[Language, str]] = {
    "event": {"en": "visitor", "de": "Besuch"},
    "image": {"en": "last face", "de": "letztes Gesicht"},
    "somebody": {"en": "somebody present", "de": "jemand da"},
    "stranger": {"en": "stranger present", "de": "Fremder da"},
    "last_person": {"en": "last person", "de": "letzte Person"},
    "last_visit": {"en": "last person came", "de": "letzte Person kam"},
    "people": {"en": "people present", "de": "Personen da"},
    "present": {"en": "{person} present", "de": "{person} da"},
    "pause": {"en": "pause", "de": "Pause"},
    "problem": {"en": "problem", "de": "Störung"},
    "fps": {"en": "frames per second", "de": "Bilder pro Sekunde"},
    "enroll_name": {"en": "Name to enroll", "de": "Name zum Einlernen"},
    "enroll_last_stranger": {"en": "Enroll last stranger", "de": "Letzten Fremden einlernen"},
    "refusal": {"en": "Last refusal", "de": "Zuletzt abgelehnt"},
    "gallery": {"en": "Gallery problem", "de": "Störung der Galerie"},
    "cpu": {"en": "Processor", "de": "Prozessor"},
    "memory": {"en": "Memory", "de": "Speicher"},
    "temperature": {"en": "Temperature", "de": "Temperatur"},
    "uptime": {"en": "Uptime", "de": "Laufzeit"},
    "single_templates": {"en": "People with one template", "de": "Personen mit nur einer Vorlage"},
    "events_waiting": {"en": "Events waiting", "de": "Wartende Ereignisse"},
}


def label(name: str, language: Language) -> str:
    """What an entity is called."""
    return LABELS[name][language]


def in_words(name: str) -> str:
    """A name of topics as people write it: "front_door" gives "Front door"."""
    return name.replace("_", " ").replace("-", " ").strip().capitalize() or name
