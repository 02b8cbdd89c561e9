"""Prints what the integrations of a small Home Assistant need beside it, one requirement a line, by their own manifests.

Runs in the environment that has Home Assistant; which version that is is not known here.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

INTEGRATIONS = (
    "api",
    "assist_pipeline",
    "automation",
    "backup",
    "config",
    "conversation",
    "counter",
    "ffmpeg",
    "frontend",
    "google_translate",
    "history",
    "homeassistant",
    "infrared",
    "input_text",
    "logbook",
    "logger",
    "lovelace",
    "media_source",
    "met",
    "mobile_app",
    "mqtt",
    "onboarding",
    "person",
    "radio_browser",
    "radio_frequency",
    "recorder",
    "script",
    "stream",
    "timer",
    "tts",
    "webhook",
)
"""Integrations that tests configure, and those that Home Assistant sets up or imports by itself, also when it is onboarded."""


def needs() -> set[str]:
    """The requirements of these integrations, of those that they look for, and of all that any of them depends on."""
    package = find_spec("homeassistant")
    if package is None:
        raise SystemExit("Home Assistant is not installed here.")
    components = Path(str(package.origin)).parent / "components"
    found, waiting, seen = set[str](), list(INTEGRATIONS), set[str]()
    while waiting:
        name = waiting.pop()
        manifest = components / name / "manifest.json"
        if name in seen or not manifest.exists():
            continue
        seen.add(name)
        told = json.loads(manifest.read_text(encoding="utf-8"))
        found |= set(told.get("requirements", ()))
        waiting += [*told.get("dependencies", ()), *(told.get("after_dependencies", ()) if name in INTEGRATIONS else ())]
    return found


if __name__ == "__main__":
    print(*sorted(needs()), sep="\n")
