"""What each request gives: the form of its whole response, and of the answers on settings, figures and the device itself.

Knows the form of answers; how they come about is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import create_model

from edged.interface.answers_people import (
    CancelledAnswer,
    CapturedAnswer,
    EnrolledAnswer,
    ExportAnswer,
    ForgetAnswer,
    HintAnswer,
    ImportAnswer,
    JudgedAnswer,
    MergedAnswer,
    NameAnswer,
    PeopleAnswer,
    PersonAnswer,
    ShownAnswer,
    StrangerAnswer,
    StrangersAnswer,
)
from edged.interface.answers_pictures import AnalyseAnswer, ExtractAnswer, RecogniseAnswer, RepresentAnswer, VerifyAnswer
from edged.interface.payload import Payload
from edged.interface.replies import Response
from edged.interface.states import SettingState  # noqa: TC001 - pydantic reads the annotation

if TYPE_CHECKING:
    from collections.abc import Mapping


class PairAnswer(Payload):
    """Two people who are alike."""

    person: str
    """One."""
    other_person: str
    """The other."""
    similarity: float
    """Cosine of their two most alike templates, −1…1."""


class LookAlikeAnswer(PairAnswer):
    """Two people so alike that they need a larger lead over each other."""

    margin: float
    """That lead."""


class RateAnswer(Payload):
    """A share with its uncertainty."""

    estimate: float
    """0…1."""
    low: float
    """It is at least this, with 95 % together with `high`."""
    high: float
    """It is at most this."""
    counted: int
    """How many it was counted of."""


class OperationAnswer(Payload):
    """What to expect at a threshold."""

    threshold: float
    """The similarity that is needed."""
    fpir_by_card: float
    """Share of strangers' visits that are named, at most, by the model's card."""
    fpir_by_strangers: RateAnswer | None
    """The same by the strangers who came."""
    fnir: RateAnswer | None
    """Share of people's looks that miss them."""


class CalibrateAnswer(Payload):
    """The gallery's own figures."""

    people: int
    """How many are enrolled."""
    templates: int
    """How many they have: N of the rates."""
    strangers: int
    """How many are remembered."""
    closest_pair: PairAnswer | None
    """Null with fewer than two people."""
    look_alike_similarity: float
    """From here on two people are look-alikes."""
    look_alikes: tuple[LookAlikeAnswer, ...]
    """The most alike first."""
    margin: float
    """The lead that everybody else needs."""
    in_force: OperationAnswer
    """At the threshold in force."""
    suggested: OperationAnswer
    """At the one that is suggested."""


class SettingsAnswer(Payload):
    """All settings."""

    settings: dict[str, SettingState]
    """By name."""


class PausedAnswer(Payload):
    """Which cameras are paused."""

    paused: tuple[str, ...]
    """Their names."""


class SnapshotAnswer(Payload):
    """The newest frame of a camera."""

    camera: str
    """The camera's name."""
    frame_at: str
    """When it was taken."""
    frame_size: tuple[int, int]
    """Width and height in pixels."""
    faces: int | None
    """How many are marked; null where none was to be."""
    image: str
    """Base64 of a JPEG."""


class CheckAnswer(Payload):
    """One thing that was looked at."""

    name: str
    """What."""
    good: bool
    """Whether it is right."""
    sentence: str
    """What was found, and what to do."""


class SelfTestAnswer(Payload):
    """Whether all that edged needs is right."""

    good: bool
    """Everything is."""
    checks: tuple[CheckAnswer, ...]
    """One by one."""


class ReloadAnswer(Payload):
    """What the gallery file holds."""

    people: int
    """Enrolled."""
    templates: int
    """Of the network in use."""
    strangers: int
    """Remembered."""
    overridden: tuple[str, ...]
    """Settings that were set over MQTT."""


class ErasedPicturesAnswer(Payload):
    """What was erased."""

    templates: int
    """Pictures of people."""
    strangers: int
    """Pictures of strangers."""
    residue: str | None
    """What keeps erased bytes in the file for the moment; null where none is left."""


DATA: Mapping[str, Any] = {
    "enroll": CapturedAnswer | EnrolledAnswer | JudgedAnswer | HintAnswer | CancelledAnswer | NameAnswer,
    "people": PeopleAnswer,
    "person": ShownAnswer,
    "rename": PersonAnswer,
    "export": ExportAnswer,
    "import": ImportAnswer,
    "calibrate": CalibrateAnswer,
    "merge": MergedAnswer,
    "forget": ForgetAnswer,
    "strangers": StrangersAnswer,
    "ignore": StrangerAnswer,
    "settings": SettingsAnswer,
    "pause": PausedAnswer,
    "resume": PausedAnswer,
    "recognise": RecogniseAnswer,
    "verify": VerifyAnswer,
    "analyse": AnalyseAnswer,
    "represent": RepresentAnswer,
    "extract": ExtractAnswer,
    "snapshot": SnapshotAnswer,
    "self_test": SelfTestAnswer,
    "reload": ReloadAnswer,
    "erase_pictures": ErasedPicturesAnswer,
}
"""What `data` is, by verb."""


def _response(verb: str) -> type[Response]:
    name = f"{verb.title().replace('_', '')}Response"
    return create_model(name, __base__=Response, __doc__=f"`…/response/{verb}`: the answer.", data=(DATA[verb] | None, ...))


RESPONSES: Mapping[str, type[Response]] = {verb: _response(verb) for verb in DATA}
"""The form of each verb's response; of what is no verb, Response."""
