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

    from edged.types import AgeGenderAnswer

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
UTKFACE_NAME = re.compile(r"(?P<age>\d{1,3})_(?P<gender>[01])_")
UTKFACE_GENDERS = {"0": Gender.MALE, "1": Gender.FEMALE}
DECADE = 10


@dataclass(frozen=True, slots=True)
class EmotionFigures:
    """How expressions of pictures were read.

    accuracy is the share of pictures whose likeliest label is the true one, per_class that of each true label's pictures;
    confusion counts the pictures by true label and likeliest label.
    """

    accuracy: float
    per_class: dict[str, float]
    confusion: dict[str, dict[str, int]]


class LabelledFace(NamedTuple):
    """A picture of UTKFace: who is on it."""

    path: Path
    age: int
    gender: Gender


@dataclass(frozen=True, slots=True)
class AgeGenderFigures:
    """How ages and genders of pictures were read.

    age_mae is the mean absolute error of the mean age, in years, also by decade of the true age; range_coverage the share
    of given ranges that hold the true age; range_years their mean width; gender_accuracy that of the likelier gender over
    all pictures, gender_accuracy_told over those where it was sure enough; abstained the share where it was not.
    """

    age_mae: float
    age_mae_by_decade: dict[str, float]
    range_coverage: float | None
    range_years: float | None
    gender_accuracy: float
    gender_accuracy_told: float | None
    abstained: float


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

    Raises:
        LabelsError: there are none, or a picture is named otherwise.
    """
    people = []
    for path in sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES):
        named = UTKFACE_NAME.match(path.name)
        if named is None:
            raise LabelsError(f"{path} is not named as UTKFace's pictures are: age_gender_race_date.jpg.")
        people.append(LabelledFace(path, int(named["age"]), UTKFACE_GENDERS[named["gender"]]))
    if not people:
        raise LabelsError(f"{folder} has no pictures named age_gender_race_date.jpg.")
    return people


def judge_emotions(given: Sequence[str], true: Sequence[str]) -> EmotionFigures:
    """Compare the likeliest labels with the true ones."""
    labels = sorted({*given, *true})
    confusion = {label: dict.fromkeys(labels, 0) for label in labels if label in set(true)}
    for answer, label in zip(given, true, strict=True):
        confusion[label][answer] += 1
    return EmotionFigures(
        accuracy=sum(row[label] for label, row in confusion.items()) / len(true),
        per_class={label: row[label] / sum(row.values()) for label, row in confusion.items()},
        confusion=confusion,
    )


def judge_ages_and_genders(given: Sequence[AgeGenderAnswer], people: Sequence[LabelledFace]) -> AgeGenderFigures:
    """Compare answers with the people they are about."""
    errors = [abs(answer.mean.age_years - person.age) for answer, person in zip(given, people, strict=True)]
    ranges = [(answer.age_range, person.age) for answer, person in zip(given, people, strict=True) if answer.age_range]
    likelier = [answer.mean.female >= 0.5 for answer in given]  # noqa: PLR2004 - even odds
    right = [female == (person.gender is Gender.FEMALE) for female, person in zip(likelier, people, strict=True)]
    sure = [good for good, answer in zip(right, given, strict=True) if answer.gender is not None]
    decades = sorted({person.age // DECADE for person in people})
    by_decade = {d: [error for error, person in zip(errors, people, strict=True) if person.age // DECADE == d] for d in decades}
    return AgeGenderFigures(
        age_mae=fmean(errors),
        age_mae_by_decade={f"{d * DECADE}-{d * DECADE + DECADE - 1}": fmean(rows) for d, rows in by_decade.items()},
        range_coverage=fmean([low <= age <= high for (low, high), age in ranges]) if ranges else None,
        range_years=fmean([high - low for (low, high), _ in ranges]) if ranges else None,
        gender_accuracy=fmean(right),
        gender_accuracy_told=fmean(sure) if sure else None,
        abstained=1 - len(sure) / len(given),
    )
