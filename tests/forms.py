"""Requests as tests write them: what matters by position, the rest as the form has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from edged.interface.calibration import Calibrate
from edged.interface.enrollment import CaptureForm, Enroll, EnrollLast, KeepName
from edged.interface.operation import ErasePictures, Reload, SelfTest, Snapshot
from edged.interface.people import ListPeople, Rename, ShowPerson
from edged.interface.pictures import Analyse, Extract, Recognise, Represent, Verify
from edged.interface.removal import Forget, Merge
from edged.interface.settings import ChangeSettings, Pause, Resume
from edged.interface.strangers import Ignore, ListStrangers
from edged.interface.transfer import Export, Import
from edged.interface.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edged.interface.fields import Json
    from edged.interface.form import Form

REQUESTS: Mapping[str, type[Form]] = {name: row.form for name, row in VERBS.items()}
"""The form of each verb's request."""

__all__ = [
    "REQUESTS",
    "Analyse",
    "Calibrate",
    "EnrollLast",
    "ErasePictures",
    "ListPeople",
    "ListStrangers",
    "Reload",
    "SelfTest",
]


def enroll(person: str, shown: str | None, images: Sequence[bytes], *, allow_alike: bool = False) -> Enroll:
    return Enroll.of(person=person, display_name=shown, images=list(images), allow_alike=allow_alike)


def promote(person: str, shown: str | None, stranger: str, *, allow_alike: bool = False) -> Enroll:
    return Enroll.of(person=person, display_name=shown, stranger=stranger, allow_alike=allow_alike)


def capture(person: str, shown: str | None, camera: str, looks: int, timeout_seconds: float, *, allow_alike: bool = False) -> Enroll:
    wanted = CaptureForm(camera=camera, looks=looks, timeout_seconds=timeout_seconds)
    return Enroll.of(person=person, display_name=shown, capture=wanted, allow_alike=allow_alike)


def cancel(camera: str) -> Enroll:
    return Enroll.of(capture=CaptureForm(camera=camera, cancel=True))


def keep_name(name: str | None) -> KeepName:
    return KeepName(name=name)


def forget(person: str, *, with_strangers: bool = False) -> Forget:
    return Forget.of(person=person, with_strangers=with_strangers)


def show(person: str) -> ShowPerson:
    return ShowPerson.of(person=person)


def rename(person: str, shown: str) -> Rename:
    return Rename.of(person=person, display_name=shown)


def merge(person: str, into: str) -> Merge:
    return Merge.of(person=person, into=into)


def ignore(stranger: str, *, ignored: bool = True) -> Ignore:
    return Ignore.of(stranger=stranger, ignored=ignored)


def settings(changes: Mapping[str, Json]) -> ChangeSettings:
    return ChangeSettings.of(set=dict(changes))


def pause(camera: str | None, *, paused: bool) -> Pause | Resume:
    return Pause.of(camera=camera) if paused else Resume.of(camera=camera)


def snapshot(camera: str | None, *, marked: bool) -> Snapshot:
    return Snapshot.of(camera=camera, marked=marked)


def export(people: Sequence[str] | None, *, pictures: bool) -> Export:
    return Export.of(people=people and list(people), pictures=pictures)


def take(archive: bytes, if_exists: Literal["refuse", "merge", "replace"], *, allow_alike: bool) -> Import:
    return Import.of(archive=archive, if_exists=if_exists, allow_alike=allow_alike)


def recognise(image: bytes, top: int = 0) -> Recognise:
    return Recognise.of(image=image, top=top)


def analyse(image: bytes, *, dense_landmarks: bool = False) -> Analyse:
    return Analyse.of(image=image, dense_landmarks=dense_landmarks)


def represent(image: bytes) -> Represent:
    return Represent.of(image=image)


def extract(image: bytes, *, dense_landmarks: bool = False) -> Extract:
    return Extract.of(image=image, dense_landmarks=dense_landmarks)


def verify(image: bytes, against: str | bytes) -> Verify:
    person, other_image = (against, None) if isinstance(against, str) else (None, against)
    return Verify.of(image=image, person=person, other_image=other_image)
