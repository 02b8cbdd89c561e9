"""The names that Home Assistant shows for the entities of a device, in each language.

Knows words only; which entities there are, and of what kind, is not known here.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "de"]

ENGLISH = {
    "event": "visitor",
    "image": "last face",
    "somebody": "somebody present",
    "stranger": "stranger present",
    "last_person": "last person",
    "people": "people present",
    "present": "{person} present",
    "pause": "pause",
    "fps": "frames per second",
    "enroll_name": "Name to enroll",
    "enroll_last_stranger": "Enroll last stranger",
    "cpu": "Processor",
    "memory": "Memory",
    "temperature": "Temperature",
    "uptime": "Uptime",
    "events_waiting": "Events waiting",
    "match_threshold": "Match threshold",
    "margin": "Margin",
    "max_false_alarms": "False alarms at most",
    "min_face_px": "Smallest face",
    "trigger_level": "Looks to announce",
    "stranger_after_seconds": "Stranger after",
    "refractory_seconds": "Not again within",
    "lost_after_seconds": "Left after",
    "emotion": "Emotion",
    "age_gender": "Age and gender",
    "pictures": "Pictures",
}

GERMAN = {
    "event": "Besuch",
    "image": "letztes Gesicht",
    "somebody": "jemand da",
    "stranger": "Fremder da",
    "last_person": "letzte Person",
    "people": "Personen da",
    "present": "{person} da",
    "pause": "Pause",
    "fps": "Bilder pro Sekunde",
    "enroll_name": "Name zum Einlernen",
    "enroll_last_stranger": "Letzten Fremden einlernen",
    "cpu": "Prozessor",
    "memory": "Speicher",
    "temperature": "Temperatur",
    "uptime": "Laufzeit",
    "events_waiting": "Wartende Ereignisse",
    "match_threshold": "Ähnlichkeitsschwelle",
    "margin": "Abstand zum Zweiten",
    "max_false_alarms": "Fehlalarme höchstens",
    "min_face_px": "Kleinstes Gesicht",
    "trigger_level": "Blicke bis zur Meldung",
    "stranger_after_seconds": "Fremd nach",
    "refractory_seconds": "Nicht wieder innerhalb",
    "lost_after_seconds": "Gegangen nach",
    "emotion": "Gefühl",
    "age_gender": "Alter und Geschlecht",
    "pictures": "Bilder",
}

LABELS: dict[Language, dict[str, str]] = {"en": ENGLISH, "de": GERMAN}


def label(name: str, language: Language) -> str:
    """What an entity is called; the name itself, in words, where nobody has translated it."""
    return LABELS[language].get(name) or in_words(name)


def in_words(name: str) -> str:
    """A name of topics as people write it: "front_door" gives "Front door"."""
    return name.replace("_", " ").replace("-", " ").strip().capitalize() or name
