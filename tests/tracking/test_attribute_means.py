"""Attributes over time, on written-out sequences of looks."""

from __future__ import annotations

import itertools

import pytest

from edged.tracking.attribute_means import AgeGenderKeeper, AgeGenderRules, EmotionKeeper, EmotionRules, answer_of, expression_of
from edged.types import AgeGender, EmotionScores, Gender

LABELS = ("happy", "sad", "neutral")
EMOTIONS = EmotionRules(least_confidence=0.5, least_margin=0.2, half_life_seconds=1.0)
AGES = AgeGenderRules(least_confidence=0.7, max_range_years=30)


def scores(happy: float, sad: float) -> EmotionScores:
    return EmotionScores(LABELS, (happy, sad, 1 - happy - sad))


def person(age: float, female: float, width: float = 10) -> AgeGender:
    return AgeGender(age, age - width / 2, age + width / 2, female)


def told(keeper: EmotionKeeper, looks: list[tuple[float, EmotionScores]], track: int = 1) -> list[tuple[float, str | None]]:
    """When the keeper told which emotion."""
    answers = [(at, keeper.add(track, look, 1.0, at)) for at, look in looks]
    return [(at, answer.emotion) for at, answer in answers if answer]


def test_an_emotion_is_told_once_while_it_lasts() -> None:
    assert told(EmotionKeeper(EMOTIONS), [(at / 10, scores(0.8, 0.1)) for at in range(50)]) == [(0.0, "happy")]


def test_a_change_passes_through_doubt_to_the_new_emotion() -> None:
    looks = [(float(at), scores(0.9, 0.05)) for at in range(5)] + [(float(at), scores(0.05, 0.9)) for at in range(5, 10)]
    assert told(EmotionKeeper(EMOTIONS), looks) == [(0.0, "happy"), (5.0, None), (6.0, "sad")]


def test_one_odd_look_among_many_changes_nothing() -> None:
    looks = [(at / 10, scores(0.05, 0.9) if at == 25 else scores(0.9, 0.05)) for at in range(50)]
    assert told(EmotionKeeper(EMOTIONS), looks) == [(0.0, "happy")]


def test_answers_are_at_least_a_second_apart() -> None:
    flickering = [(at / 10, scores(0.95, 0.0) if at // 4 % 2 else scores(0.0, 0.95)) for at in range(100)]
    keeper = EmotionKeeper(EmotionRules(least_confidence=0.5, least_margin=0.2, half_life_seconds=0.01))
    times = [at for at, _ in told(keeper, flickering)]
    assert len(times) > 3
    assert all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(times))


def test_an_unsure_face_has_no_emotion_and_may_get_one() -> None:
    looks = [(0.0, scores(0.4, 0.3)), (1.0, scores(0.4, 0.3)), (2.0, scores(0.95, 0.0))]
    assert told(EmotionKeeper(EMOTIONS), looks) == [(0.0, None), (2.0, "happy")]


def test_two_expressions_that_are_close_are_none() -> None:
    rules = EmotionRules(least_confidence=0.4, least_margin=0.2)
    assert expression_of(scores(0.5, 0.35), rules).emotion is None
    assert expression_of(scores(0.5, 0.25), rules).emotion == "happy"
    keeper = EmotionKeeper(rules)
    assert told(keeper, [(0.0, scores(0.55, 0.4)), (1.0, scores(0.55, 0.4)), (2.0, scores(0.9, 0.05))]) == [(0.0, None), (2.0, "happy")]


def test_tracks_do_not_mix_and_a_track_that_ended_begins_anew() -> None:
    keeper = EmotionKeeper(EMOTIONS)
    assert told(keeper, [(0.0, scores(0.9, 0.0))], track=1) == [(0.0, "happy")]
    assert told(keeper, [(0.1, scores(0.0, 0.9))], track=2) == [(0.1, "sad")]
    keeper.end(1)
    keeper.end(7)
    assert told(keeper, [(0.2, scores(0.0, 0.9))], track=1) == [(0.2, "sad")]
    assert told(keeper, [(0.3, scores(0.0, 0.9))], track=2) == []


def test_a_good_look_outweighs_poor_ones() -> None:
    keeper = AgeGenderKeeper(AGES)
    keeper.add(1, person(60, 0.1), 0.05, 0.0)
    keeper.add(1, person(60, 0.1), 0.05, 0.1)
    answer = keeper.add(1, person(30, 0.95), 1.0, 1.5)
    assert answer is not None
    assert answer.mean.age_years == pytest.approx((60 * 0.1 + 30) / 1.1)
    assert (answer.gender, answer.looks) == (Gender.FEMALE, 3)


def test_a_look_without_weight_changes_nothing() -> None:
    keeper = AgeGenderKeeper(AGES)
    assert keeper.add(1, person(30, 0.95), 0.0, 0.0) is None
    answer = keeper.add(1, person(50, 0.05), 1.0, 0.1)
    assert answer is not None
    assert (answer.age_range, answer.looks) == ((45, 55), 1)
    with pytest.raises(ValueError, match="weight"):
        keeper.add(1, person(50, 0.05), -1.0, 0.2)


def test_years_that_flicker_are_no_news_and_years_that_move_are() -> None:
    keeper = AgeGenderKeeper(AGES)
    ages = [30, 31, 29, 30.5, 31, 29, *[40] * 20]
    answers = [keeper.add(1, person(age, 0.9), 1.0, 2.0 * number) for number, age in enumerate(ages)]
    news = [(number, answer.age_range) for number, answer in enumerate(answers) if answer]
    assert news[0] == (0, (25, 35))
    assert news[1][0] > 5
    steps = [(earlier[1], later[1]) for earlier, later in itertools.pairwise(news)]
    assert all(old and new and max(abs(old[0] - new[0]), abs(old[1] - new[1])) >= 3 for old, new in steps)


def test_what_is_unsure_is_not_told() -> None:
    answer = AgeGenderKeeper(AGES).add(1, person(40, 0.6, width=31), 1.0, 0.0)
    assert answer is not None
    assert (answer.age_range, answer.gender) == (None, None)
    assert answer.mean.age_years == 40


@pytest.mark.parametrize(("width", "age_range"), [(28.0, (26, 54)), (29.0, (25, 55)), (30.5, None)])
def test_a_range_is_as_wide_as_the_whole_years_that_are_told(width: float, age_range: tuple[int, int] | None) -> None:
    assert answer_of(person(40, 0.9, width=width), AGES).age_range == age_range


def test_a_gender_becomes_sure_with_looks() -> None:
    keeper = AgeGenderKeeper(AGES)
    first = keeper.add(1, person(30, 0.6), 1.0, 0.0)
    later = [keeper.add(1, person(30, 0.97), 1.0, at / 10) for at in range(1, 30)]
    assert first is not None
    assert first.gender is None
    assert [answer.gender for answer in later if answer] == [Gender.FEMALE]


def test_equal_looks_at_equal_times_give_equal_answers() -> None:
    looks = [(person(30 + at % 7, 0.2 + at % 5 / 10), 0.3 + at % 3 / 4, at / 5) for at in range(60)]
    one, other = AgeGenderKeeper(AGES), AgeGenderKeeper(AGES)
    assert [one.add(1, *look) for look in looks] == [other.add(1, *look) for look in looks]
