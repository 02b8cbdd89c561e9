"""The figures of expressions, ages and genders, on answers written out."""

from __future__ import annotations

from pathlib import Path

import pytest

from edged.errors import LabelsError
from edged.evaluation.attribute_figures import (
    LabelledFace,
    judge_ages_and_genders,
    judge_emotions,
    labelled_pictures,
    utkface_pictures,
)
from edged.types import AgeGender, AgeGenderAnswer, EmotionAnswer, EmotionScores, Gender


def answer(age: float, female: float, age_range: tuple[int, int] | None, *, sure: bool = True) -> AgeGenderAnswer:
    gender = Gender.FEMALE if female > 0.5 else Gender.MALE
    return AgeGenderAnswer(age_range, gender if sure else None, AgeGender(age, age, age, female), 1)


def expression(likeliest: str, *, sure: bool = True) -> EmotionAnswer:
    return EmotionAnswer(likeliest if sure else None, EmotionScores((likeliest, "other"), (0.9, 0.1)), 1)


def test_emotions_are_counted_by_class() -> None:
    given = [expression("happy"), expression("happy"), expression("sad", sure=False), expression("sad")]
    figures = judge_emotions(given, ["happy", "happy", "happy", "sad"])
    assert (figures.told, figures.accuracy_told) == (0.75, 1.0)
    assert figures.told_by_class == {"happy": pytest.approx(2 / 3), "sad": 1.0}
    assert figures.accuracy_told_by_class == {"happy": 1.0, "sad": 1.0}
    assert figures.accuracy == 0.75
    assert figures.per_class == {"happy": pytest.approx(2 / 3), "sad": 1.0}
    assert figures.confusion["happy"] == {"happy": 2, "sad": 1}


def test_a_label_that_is_told_and_never_true_has_no_class() -> None:
    figures = judge_emotions([expression("fear"), expression("sad")], ["sad", "sad"])
    assert figures.per_class == {"sad": 0.5}
    assert figures.confusion == {"sad": {"fear": 1, "sad": 1}}


def test_ages_and_genders_are_judged() -> None:
    people = [
        LabelledFace(Path(), 20, Gender.FEMALE, "indian"),
        LabelledFace(Path(), 29, Gender.MALE, "white"),
        LabelledFace(Path(), 70, Gender.MALE),
    ]
    answers = [answer(22, 0.9, (18, 25)), answer(25, 0.6, (30, 40), sure=False), answer(61, 0.1, None)]
    figures = judge_ages_and_genders(answers, people)
    assert figures.age_mae == pytest.approx((2 + 4 + 9) / 3)
    assert figures.age_mae_by_decade == {"20-29": 3.0, "70-79": 9.0}
    assert figures.age_mae_of_decades == 6.0
    assert figures.range_coverage_by_decade == {"20-29": 0.5, "70-79": None}
    assert figures.range_told == pytest.approx(2 / 3)
    assert figures.range_told_by_decade == {"20-29": 1.0, "70-79": 0.0}
    assert figures.gender_accuracy_told_by_decade == {"20-29": 1.0, "70-79": 1.0}
    assert figures.gender_told_by_decade == {"20-29": 0.5, "70-79": 1.0}
    assert figures.gender_accuracy_told_by_group == {"20-29 female indian": 1.0, "20-29 male white": None, "70-79 male": 1.0}
    assert figures.gender_told_by_group == {"20-29 female indian": 1.0, "20-29 male white": 0.0, "70-79 male": 1.0}
    assert (figures.range_coverage, figures.range_years) == (0.5, 8.5)
    assert figures.gender_accuracy == pytest.approx(2 / 3)
    assert figures.gender_accuracy_told == 1.0
    assert figures.abstained == pytest.approx(1 / 3)


def test_people_over_a_hundred_do_not_count_among_the_decades_that_weigh_alike() -> None:
    people = [LabelledFace(Path(), age, Gender.MALE) for age in (95, 101)]
    figures = judge_ages_and_genders([answer(90, 0.1, None), answer(60, 0.1, None)], people)
    assert figures.age_mae_by_decade == {"90-99": 5.0, "100-109": 41.0}
    assert figures.age_mae_of_decades == 5.0


def test_nothing_told_has_no_coverage() -> None:
    figures = judge_ages_and_genders([answer(22, 0.6, None, sure=False)], [LabelledFace(Path(), 20, Gender.FEMALE)])
    assert (figures.range_coverage, figures.range_years, figures.gender_accuracy_told, figures.abstained) == (None, None, None, 1.0)


def test_names_of_utkface_are_read(tmp_path: Path) -> None:
    for name in ("35_1_0_20170116174525125.jpg.chip.jpg", "7_0_2017.jpg", "readme.txt"):
        (tmp_path / name).touch()
    told = [(person.age, person.gender, person.group) for person in utkface_pictures(tmp_path)]
    assert told == [(35, Gender.FEMALE, "white"), (7, Gender.MALE, None)]


def test_folders_that_say_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="has no pictures in folders named after happy, sad"):
        labelled_pictures(tmp_path, ("happy", "sad"))
    with pytest.raises(LabelsError, match="no pictures named age_gender"):
        utkface_pictures(tmp_path)
    (tmp_path / "joyful").mkdir()
    (tmp_path / "joyful" / "1.png").touch()
    (tmp_path / "me.jpg").touch()
    with pytest.raises(LabelsError, match=r"joyful is named after no label; there are happy, sad\."):
        labelled_pictures(tmp_path, ("happy", "sad"))
    with pytest.raises(LabelsError, match=r"me.jpg is not named as UTKFace's"):
        utkface_pictures(tmp_path)
