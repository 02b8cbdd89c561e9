"""The verbs that change how edged works from now on: settings, and pauses of cameras.

What a setting does is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field, field_validator

from edged import config
from edged.interface.fields import Name, Plain, switch
from edged.interface.form import Answer, Form, Verb
from edged.interface.states import SettingState


class ChangeSettings(Form):
    """`…/request/settings`: read all settings, and change those that are given."""

    set: dict[str, Plain] = Field(default_factory=dict, max_length=100)
    """New values by name; null goes back to the configuration's."""

    @field_validator("set")
    @classmethod
    def _switches(cls, values: dict[str, bool | float | None]) -> dict[str, object]:
        """For a setting that is a switch 0 and 1 are off and on; for all others they are numbers."""
        switches = {name for name, row in config.SETTINGS.items() if row.is_switch}
        return {name: switch(value) if name in switches else value for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class SettingsAnswer(Answer):
    """All settings."""

    settings: dict[str, SettingState]
    """By name."""


SETTINGS = Verb("settings", ChangeSettings, SettingsAnswer, group="settings", logged=True, logs_malformed=True)


class Pause(Form):
    """`…/request/pause`: do not look at a camera any more."""

    camera: Name | None = None
    """Name of the camera; null: all of them."""


@dataclass(frozen=True, slots=True)
class PausedAnswer(Answer):
    """Which cameras are paused."""

    paused: tuple[str, ...]
    """Their names."""


PAUSE = Verb("pause", Pause, PausedAnswer, group="pause", logged=True)


class Resume(Form):
    """`…/request/resume`: look at a camera again."""

    camera: Name | None = None
    """Name of the camera; null: all of them."""


RESUME = Verb("resume", Resume, PausedAnswer, group="pause", logged=True)
