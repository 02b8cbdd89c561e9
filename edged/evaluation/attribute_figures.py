"""Attributes on labelled pictures: accuracy of expressions and gender, and how far an age is off.

It knows folders named after expressions and the file names of UTKFace (Zhang, Song and Qi, "Age progression/regression by
conditional adversarial autoencoder", CVPR 2017), and not how an answer was found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from edged.errors import LabelsError
from edged.types import Gender

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from edged.types import AgeGenderAnswer, EmotionAnswer

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
UTKFACE_NAME = re.compile(r"(?P<age>\d{1,3})_(?P<gender>[01])_(?:(?P<group>[0-4])_)?")
UTKFACE_GENDERS = {"0": Gender.MALE, "1": Gender.FEMALE}
UTKFACE_GROUPS = {"0": "white", "1": "black", "2": "asian", "3": "indian", "4": "other"}
DECADE = 10
DECADES = tuple(f"{first}-{first + DECADE - 1}" for first in range(0, 100, DECADE))
"""The decades whose errors weigh alike in the mean: hardly anybody lives longer."""


@dataclass(frozen=True, slots=True)
class EmotionFigures:
    """How expressions of pictures were read.

    accuracy is the share of pictures whose likeliest label is the true one, per_class that of each true label's pictures;
    confusion counts the pictures by true label and likeliest label. told is the share in which an expression is named, and
    accuracy_told the share of those that are right, both by true label too.
    """

    accuracy: float
    per_class: dict[str, float]
    confusion: dict[str, dict[str, int]]
    told: float
    accuracy_told: float | None
    told_by_class: dict[str, float]
    accuracy_told_by_class: dict[str, float | None]


class LabelledFace(NamedTuple):
    """A picture of UTKFace: who is on it; group is the one that its labels name, None where the file's name has none."""

    path: Path
    age: int
    gender: Gender
    group: str | None = None


UNSURE = "unsure"
"""Label of a face whose gender was not told."""


@dataclass(frozen=True, slots=True)
class AgeGenderFigures:
    """How ages and genders of pictures were read.

    age_mae is the mean absolute error of the age, in years, also by decade of the true age, and as the mean of the decades
    from 0 to 99; range_coverage the share of told ranges that hold the true age, range_told the share of faces of which one is
    told, and range_years the mean width; gender_accuracy that of the likelier gender over all pictures, gender_accuracy_told
    over those where it was sure enough; abstained the share where it was not. Groups are a decade, a gender and a group. The confusions
    count the pictures by true label and by that of the age's mean, or by the gender that was told, UNSURE where none was.
    """

    age_mae: float
    age_mae_of_decades: float
    age_mae_by_decade: dict[str, float]
    range_coverage: float | None
    range_coverage_by_decade: dict[str, float | None]
    range_told: float
    range_told_by_decade: dict[str, float]
    range_years: float | None
    gender_accuracy: float
    gender_accuracy_told: float | None
    abstained: float
    gender_accuracy_told_by_decade: dict[str, float | None]
    gender_told_by_decade: dict[str, float]
    gender_accuracy_told_by_group: dict[str, float | None]
    gender_told_by_group: dict[str, float]
    decade_confusion: dict[str, dict[str, int]]
    gender_confusion: dict[str, dict[str, int]]


class _Judged(NamedTuple):
    """One face and what was said of it: is_held and is_right are None where no range and no gender was told."""

    decade: str
    group: str
    error: float
    is_held: bool | None
    width: int | None
    is_likelier_right: bool
    is_right: bool | None
    told_decade: str
    gender: str
    told_gender: str


def labelled_pictures(folder: Path, labels: Collection[str]) -> list[tuple[Path, str]]:
    """List the pictures of `folder/<label>/`, sorted, with their label.

    Raises:
        LabelsError: there are none, or a folder is named after no label.
    """
    found = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in SUFFIXES)
    unknown = sorted({path.parent.name for path in found} - set(labels))
    if unknown:
        raise LabelsError(f"{folder / unknown[0]} is named after no label; there are {', '.join(labels)}.")
    if not found:
        raise LabelsError(f"{folder} has no pictures in folders named after {', '.join(labels)}.")
    return [(path, path.parent.name) for path in found]


def utkface_pictures(folder: Path) -> list[LabelledFace]:
    """List the pictures of a folder by UTKFace's names, `age_gender_race_date.jpg` with gender 0 for male and 1 for female.

    A name without a race is fine.

    Raises:
        LabelsError: there are none, or a picture is named otherwise.
    """
    people = []
    for path in sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES):
        named = UTKFACE_NAME.match(path.name)
        if named is None:
            raise LabelsError(f"{path} is not named as UTKFace's pictures are: age_gender_race_date.jpg.")
        group = UTKFACE_GROUPS[named["group"]] if named["group"] else None
        people.append(LabelledFace(path, int(named["age"]), UTKFACE_GENDERS[named["gender"]], group))
    if not people:
        raise LabelsError(f"{folder} has no pictures named age_gender_race_date.jpg.")
    return people


def judge_emotions(given: Sequence[EmotionAnswer], true: Sequence[str]) -> EmotionFigures:
    """Compare answers with the true labels."""
    likeliest = [answer.scores.likeliest for answer in given]
    labels = sorted({*likeliest, *true})
    confusion = {label: dict.fromkeys(labels, 0) for label in labels if label in set(true)}
    right: dict[str, list[bool | None]] = {label: [] for label in confusion}
    for answer, label in zip(given, true, strict=True):
        confusion[label][answer.scores.likeliest] += 1
        right[label].append(None if answer.emotion is None else answer.emotion == label)
    everything = [one for rows in right.values() for one in rows]
    return EmotionFigures(
        accuracy=sum(row[label] for label, row in confusion.items()) / len(true),
        per_class={label: row[label] / sum(row.values()) for label, row in confusion.items()},
        confusion=confusion,
        told=_told(everything),
        accuracy_told=_share(everything),
        told_by_class={label: _told(rows) for label, rows in right.items()},
        accuracy_told_by_class={label: _share(rows) for label, rows in right.items()},
    )


def judge_ages_and_genders(given: Sequence[AgeGenderAnswer], people: Sequence[LabelledFace]) -> AgeGenderFigures:
    """Compare answers with the people they are about."""
    judged = [_judged(answer, person) for answer, person in zip(given, people, strict=True)]
    by_decade = _by([face.decade for face in judged], judged)
    by_group = _by([face.group for face in judged], judged)
    errors = {decade: fmean(face.error for face in faces) for decade, faces in by_decade.items()}
    widths = [face.width for face in judged if face.width is not None]
    return AgeGenderFigures(
        age_mae=fmean(face.error for face in judged),
        age_mae_of_decades=fmean([errors[decade] for decade in DECADES if decade in errors] or errors.values()),
        age_mae_by_decade=errors,
        range_coverage=_share([face.is_held for face in judged]),
        range_coverage_by_decade={decade: _share([face.is_held for face in faces]) for decade, faces in by_decade.items()},
        range_told=_told([face.is_held for face in judged]),
        range_told_by_decade={decade: _told([face.is_held for face in faces]) for decade, faces in by_decade.items()},
        range_years=fmean(widths) if widths else None,
        gender_accuracy=fmean(face.is_likelier_right for face in judged),
        gender_accuracy_told=_share([face.is_right for face in judged]),
        abstained=1 - _told([face.is_right for face in judged]),
        gender_accuracy_told_by_decade={decade: _share([face.is_right for face in faces]) for decade, faces in by_decade.items()},
        gender_told_by_decade={decade: _told([face.is_right for face in faces]) for decade, faces in by_decade.items()},
        gender_accuracy_told_by_group={group: _share([face.is_right for face in faces]) for group, faces in by_group.items()},
        gender_told_by_group={group: _told([face.is_right for face in faces]) for group, faces in by_group.items()},
        decade_confusion=_confusion([(face.decade, face.told_decade) for face in judged]),
        gender_confusion=_confusion([(face.gender, face.told_gender) for face in judged]),
    )


def _judged(answer: AgeGenderAnswer, person: LabelledFace) -> _Judged:
    decade = _decade(person.age)
    likelier = Gender.FEMALE if answer.mean.female >= 0.5 else Gender.MALE  # noqa: PLR2004 - even odds
    return _Judged(
        decade=decade,
        group=" ".join(filter(None, (decade, person.gender, person.group))),
        error=abs(answer.mean.age_years - person.age),
        is_held=answer.age_range[0] <= person.age <= answer.age_range[1] if answer.age_range else None,
        width=answer.age_range[1] - answer.age_range[0] if answer.age_range else None,
        is_likelier_right=likelier is person.gender,
        is_right=answer.gender is person.gender if answer.gender else None,
        told_decade=_decade(int(answer.mean.age_years)),
        gender=str(person.gender),
        told_gender=str(answer.gender or UNSURE),
    )


def _confusion(labels: Sequence[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """The faces by true label and by the one that was told, labels in the order of their first number, if any."""
    told = sorted({label for pair in labels for label in pair}, key=_by_number)
    found = {true: dict.fromkeys(told, 0) for true in sorted({true for true, _ in labels}, key=_by_number)}
    for true, label in labels:
        found[true][label] += 1
    return found


def _by_number(label: str) -> tuple[int, str]:
    first = label.split("-", maxsplit=1)[0]
    return int(first) if first.isdecimal() else 0, label


def _decade(age: int) -> str:
    first = age // DECADE * DECADE
    return f"{first}-{first + DECADE - 1}"


def _by(keys: Sequence[str], faces: Sequence[_Judged]) -> dict[str, list[_Judged]]:
    """The faces by key, the keys in the order of their first number."""
    found: dict[str, list[_Judged]] = {key: [] for key in sorted(set(keys), key=lambda key: (int(key.split("-")[0]), key))}
    for key, face in zip(keys, faces, strict=True):
        found[key].append(face)
    return found


def _told(rows: Sequence[bool | None]) -> float:
    """The share in which anything was told."""
    return fmean(row is not None for row in rows)


def _share(rows: Sequence[bool | None]) -> float | None:
    """The share that is right of what was told; None where nothing was."""
    told = [row for row in rows if row is not None]
    return fmean(told) if told else None
