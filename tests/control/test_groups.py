"""Strangers who look like one person: grouped by `groups`, and named together by one `enroll`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.gallery.groups import group_threshold, groups_of
from edged.gallery.templates import Sighting, TemplateRows
from edged.system.beside import finish
from edged.vision.pictures import encode_png, read_picture
from tests.control.asking import ask, refusal
from tests.household import NEW_YEAR, Household, remembered

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Float32Array


def anew(household: Household, picture: Path) -> str:
    """Remember the face of a picture as a stranger of its own, as when a poor view has kept it from being recalled."""
    face = household.parts.reader.largest(read_picture(picture))
    assert face is not None
    sighting = Sighting(face.embedding, 0.7, NEW_YEAR, encode_png(face.aligned.pixels))
    stranger = household.shared.strangers.store.remember(sighting).id
    finish(household.parts.gallery.reader.after_change())
    return stranger


def near(one: Float32Array, other: Float32Array, similarity: float) -> Float32Array:
    """A face that is so similar to one, and has the rest of another that is orthogonal to it."""
    return np.asarray(one * similarity + other * np.sqrt(1 - similarity**2), np.float32)


def test_two_ids_of_one_person_are_a_group_and_become_one_person(control: Household, portraits: dict[str, Path]) -> None:
    first, biden, again = (
        remembered(control, portraits["obama"]),
        remembered(control, portraits["biden"]),
        anew(control, portraits["obama_again"]),
    )
    answer = ask(control, "groups")
    [group] = answer["groups"]
    assert (answer["total"], group["group"], group["strangers"]) == (1, again, [again, first])
    assert group["similarity"] >= answer["threshold"]
    assert refusal(control, "enroll", person="Barack", strangers=[first, "stranger-99"]).code == "stranger_not_found"
    assert ask(control, "strangers")["total"] == 3
    done = ask(control, "enroll", person="Barack", strangers=[*group["strangers"], first])
    assert (done["person"], done["templates"], done["added"]) == ("barack", 2, 2)
    assert [row["stranger"] for row in ask(control, "strangers")["strangers"]] == [biden]
    assert ask(control, "groups") == {"total": 0, "next": None, "groups": [], "threshold": 1.0}


def test_a_face_that_two_strangers_have_in_common_is_taken_once(control: Household, portraits: dict[str, Path]) -> None:
    strangers = [anew(control, portraits["obama"]) for _ in range(2)]
    assert ask(control, "enroll", person="Barack", strangers=strangers)["added"] == 1
    assert ask(control, "strangers")["total"] == 0


def test_who_is_ignored_is_in_no_group(control: Household, portraits: dict[str, Path]) -> None:
    for name in ("obama", "obama_again"):
        anew(control, portraits[name])
    ask(control, "ignore", stranger="stranger-1")
    assert ask(control, "groups")["groups"] == []


@pytest.mark.parametrize("request_", [{"strangers": []}, {"stranger": "stranger-1", "strangers": ["stranger-2"]}])
def test_a_name_is_for_strangers_in_one_way(control: Household, request_: dict[str, object]) -> None:
    assert refusal(control, "enroll", person="Joe", **request_).code == "bad_request"


def test_all_of_a_group_are_alike_each_other(control: Household) -> None:
    """The one in the middle is like both others, who are unlike: they are not one person by way of a third."""
    tail, axes = control.shared.impostors, np.eye(8, 128, dtype=np.float32)
    least = group_threshold(5, 5, tail)
    middle, left = axes[0], near(axes[0], axes[1], least + 0.1)
    right = near(axes[0], axes[2], least + 0.05)
    assert float(left @ right) < least
    looks = np.array([right, middle, axes[3], left, axes[4]])
    found = finish(groups_of(TemplateRows("a", ["right", "middle", "alone", "left", "other"], looks, []), tail))
    [group] = found
    assert group.strangers == ("middle", "left")
    assert group.similarity == pytest.approx(least + 0.1, abs=1e-5)


def test_the_more_strangers_the_more_alike_they_must_be(control: Household) -> None:
    tail = control.shared.impostors
    thresholds = [group_threshold(people, 2 * people, tail) for people in (2, 10, 100, 500)]
    assert thresholds == sorted(thresholds)
    assert thresholds[1] < control.shared.rules.match_threshold < thresholds[3]


def test_five_hundred_strangers_are_compared_in_short_steps(control: Household) -> None:
    random = np.random.default_rng(3)
    around = np.repeat(random.normal(size=(500, 128)), 5, axis=0) + random.normal(size=(2500, 128)) * 0.3
    looks = (around / np.linalg.norm(around, axis=1, keepdims=True)).astype(np.float32)
    looks[5:10] = looks[0:5]
    steps = groups_of(TemplateRows("a", [f"stranger-{row // 5}" for row in range(2500)], looks, []), control.shared.impostors)
    count = 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            [group] = end.value
            break
        count += 1
    assert (group.strangers, count >= 5) == (("stranger-0", "stranger-1"), True)
