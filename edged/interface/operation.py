"""The verbs that operate the device: a look through a camera, its self-test, the gallery file, kept pictures.

How they are carried out is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

from edged.interface.fields import Base64, Moment, Name, Switch
from edged.interface.form import Answer, Form, Verb


class Snapshot(Form):
    """`…/request/snapshot`: the newest frame of a camera."""

    camera: Name | None = None
    """Name of the camera; null where there is only one."""
    marked: Switch = False
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


SNAPSHOT = Verb("snapshot", Snapshot, SnapshotAnswer, group="snapshot")


@dataclass(frozen=True, slots=True)
class CheckAnswer(Answer):
    """One thing that was looked at."""

    name: str
    """What."""
    good: bool
    """Whether it is right."""
    sentence: str
    """What was found, and what to do."""


class SelfTest(Form):
    """`…/request/self_test`: whether networks, gallery and cameras are right."""


@dataclass(frozen=True, slots=True)
class SelfTestAnswer(Answer):
    """Whether all that edged needs is right."""

    good: bool
    """Everything is."""
    checks: tuple[CheckAnswer, ...]
    """One by one."""


SELF_TEST = Verb("self_test", SelfTest, SelfTestAnswer, group="maintain")


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


RELOAD = Verb("reload", Reload, ReloadAnswer, group="maintain", logged=True)


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
    compaction_due: bool
    """Whether the file is to be written anew later, which gives the space of what was erased back; it is overwritten already."""


ERASE_PICTURES = Verb("erase_pictures", ErasePictures, ErasedPicturesAnswer, group="forget", logged=True)
