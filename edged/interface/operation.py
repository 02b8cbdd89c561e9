"""The verbs that operate the device: settings, pauses, a look through a camera, its self-test, the gallery file, kept pictures.

How they are carried out is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field, StrictBool

from edged.interface.fields import Base64, Moment, Name, Plain
from edged.interface.form import Answer, Form, Verb
from edged.interface.states import SettingState


class ChangeSettings(Form):
    """`…/request/settings`: read all settings, and change those that are given."""

    set: dict[str, Plain] = Field(default_factory=dict, max_length=100)
    """New values by name; null goes back to the configuration's."""


@dataclass(frozen=True, slots=True)
class SettingsAnswer(Answer):
    """All settings."""

    settings: dict[str, SettingState]
    """By name."""


SETTINGS = Verb("settings", ChangeSettings, SettingsAnswer, logged=True)


class Pause(Form):
    """`…/request/pause`: do not look at a camera any more."""

    camera: Name | None = None
    """Name of the camera; null: all of them."""


@dataclass(frozen=True, slots=True)
class PausedAnswer(Answer):
    """Which cameras are paused."""

    paused: tuple[str, ...]
    """Their names."""


PAUSE = Verb("pause", Pause, PausedAnswer, logged=True)


class Resume(Form):
    """`…/request/resume`: look at a camera again."""

    camera: Name | None = None
    """Name of the camera; null: all of them."""


RESUME = Verb("resume", Resume, PausedAnswer, logged=True)


class Snapshot(Form):
    """`…/request/snapshot`: the newest frame of a camera."""

    camera: Name | None = None
    """Name of the camera; null where there is only one."""
    marked: StrictBool = False
    """Draw a frame around each face."""


@dataclass(frozen=True, slots=True)
class SnapshotAnswer(Answer):
    """The newest frame of a camera."""

    camera: str
    """The camera's name."""
    frame_at: Moment
    """When it was taken."""
    frame_size: tuple[int, int]
    """Width and height in pixels."""
    faces: int | None
    """How many are marked; null where none was to be."""
    image: Base64
    """Base64 of a JPEG."""


SNAPSHOT = Verb("snapshot", Snapshot, SnapshotAnswer)


class SelfTest(Form):
    """`…/request/self_test`: whether networks, gallery and cameras are right."""


@dataclass(frozen=True, slots=True)
class CheckAnswer(Answer):
    """One thing that was looked at."""

    name: str
    """What."""
    good: bool
    """Whether it is right."""
    sentence: str
    """What was found, and what to do."""


@dataclass(frozen=True, slots=True)
class SelfTestAnswer(Answer):
    """Whether all that edged needs is right."""

    good: bool
    """Everything is."""
    checks: tuple[CheckAnswer, ...]
    """One by one."""


SELF_TEST = Verb("self_test", SelfTest, SelfTestAnswer)


class Reload(Form):
    """`…/request/reload`: read the gallery file again."""


@dataclass(frozen=True, slots=True)
class ReloadAnswer(Answer):
    """What the gallery file holds."""

    people: int
    """Enrolled."""
    templates: int
    """Of the network in use."""
    strangers: int
    """Remembered."""
    overridden: tuple[str, ...]
    """Settings that were set over MQTT."""


RELOAD = Verb("reload", Reload, ReloadAnswer, changes_gallery=True, logged=True)


class ErasePictures(Form):
    """`…/request/erase_pictures`: erase every picture that is kept."""


@dataclass(frozen=True, slots=True)
class ErasedPicturesAnswer(Answer):
    """What was erased."""

    templates: int
    """Pictures of people."""
    strangers: int
    """Pictures of strangers."""
    residue: str | None
    """What keeps erased bytes in the file for the moment; null where none is left."""


ERASE_PICTURES = Verb("erase_pictures", ErasePictures, ErasedPicturesAnswer, logged=True)
