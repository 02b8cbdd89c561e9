"""The names that Home Assistant shows for the entities of a device, in each language; those of settings stand with the settings.

It does not know of which kind an entity is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.config import Language

LABELS: Mapping[str, Mapping[Language, str]] = {
    "event": {"en": "Visitor", "de": "Besuch"},
    "image": {"en": "Last face", "de": "Letztes Gesicht"},
    "stranger_image": {"en": "Face of the last stranger", "de": "Gesicht des letzten Fremden"},
    "scene": {"en": "Scene", "de": "Szene"},
    "take_scene": {"en": "Take a picture of the scene", "de": "Szene aufnehmen"},
    "somebody": {"en": "Somebody present", "de": "Jemand da"},
    "stranger": {"en": "Stranger present", "de": "Fremder da"},
    "people": {"en": "People present", "de": "Personen da"},
    "last_event": {"en": "Last event", "de": "Letztes Ereignis"},
    "last_person": {"en": "Last visitor", "de": "Letzter Besuch"},
    "last_visit": {"en": "Last visit", "de": "Letzter Besuch um"},
    "last_stranger": {"en": "Last stranger", "de": "Letzter Fremder"},
    "pause": {"en": "Pause", "de": "Pause"},
    "connectivity": {"en": "Connection", "de": "Verbindung"},
    "colour": {"en": "Picture in colour", "de": "Bild in Farbe"},
    "fps": {"en": "Frames per second", "de": "Bilder pro Sekunde"},
    "enroll_name": {"en": "Name for the last stranger", "de": "Name für den letzten Fremden"},
    "enroll_last_stranger": {"en": "Give the name", "de": "Namen vergeben"},
    "refusal": {"en": "Last message", "de": "Letzte Meldung"},
    "gallery": {"en": "Gallery problem", "de": "Störung der Galerie"},
    "enrolled": {"en": "People enrolled", "de": "Eingelernte Personen"},
    "remembered": {"en": "Strangers remembered", "de": "Gemerkte Fremde"},
    "cpu": {"en": "Processor", "de": "Prozessor"},
    "memory": {"en": "Memory", "de": "Speicher"},
    "temperature": {"en": "Temperature", "de": "Temperatur"},
    "started": {"en": "Started", "de": "Gestartet"},
    "single_templates": {"en": "People with one template", "de": "Personen mit nur einer Vorlage"},
    "events_waiting": {"en": "Events waiting", "de": "Wartende Ereignisse"},
}
"""What an entity is called, beside the name of the camera or of the device that Home Assistant puts before it."""
TRIGGERS: Mapping[str, Mapping[Language, str]] = {
    "recognised": {"en": "somebody was recognised", "de": "jemand wurde erkannt"},
    "stranger": {"en": "a stranger came", "de": "jemand Fremdes kam"},
}
"""What a trigger is called, by the type of event that it is for."""
MESSAGES: Mapping[str, Mapping[Language, str]] = {
    "recognised": {"en": "%s came", "de": "%s kam"},
    "stranger": {"en": "A stranger came: %s", "de": "Jemand Fremdes kam: %s"},
    "departed": {"en": "%s left", "de": "%s ging"},
    "emotion": {"en": "Expression of %s", "de": "Gesichtsausdruck von %s"},
    "age_gender": {"en": "Age and gender of %s", "de": "Alter und Geschlecht von %s"},
    "learned": {"en": "A new view of %s was learned", "de": "Eine neue Ansicht von %s wurde gelernt"},
    "suggestion": {"en": "A new view of %s waits to be accepted", "de": "Eine neue Ansicht von %s wartet auf Zustimmung"},
}
"""What an event says, by its type; %s stands for who."""
SOMEBODY: Mapping[Language, str] = {"en": "somebody", "de": "jemand"}
"""Who it is where nobody knows."""


def label(name: str, language: Language) -> str:
    """What an entity is called."""
    return LABELS[name][language]


def in_words(name: str) -> str:
    """A name of topics as people write it: "front_door" gives "Front door"."""
    return name.replace("_", " ").replace("-", " ").strip().capitalize() or name
