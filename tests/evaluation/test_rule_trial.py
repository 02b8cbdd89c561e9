"""Rules for several templates against each other: the protocol is that of identification, over the same galleries."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from rulebuild.alterations import ALTERATIONS
from rulebuild.faces import ALTERED, Pictured
from rulebuild.trial import BY_ALTERATION, BY_RULE, LEAST_STRANGERS, trial

from edged.evaluation.identification import PersonPictures, SearchSetting, identify
from edged.measure.identification import fused

SETTING = SearchSetting("three and one", 3, 1, 4)
SIZE, DIMENSIONS = 10, 32


def unit(vectors: np.typing.ArrayLike) -> np.typing.NDArray[np.float32]:
    found = np.asarray(vectors, dtype=np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=-1, keepdims=True), dtype=np.float32)


def people(count: int, noise: float, pictures: int = 4) -> list[Pictured]:
    """So many, each with pictures that have so much in them that is not the person."""
    random = np.random.default_rng(3)
    found = []
    for _ in range(count):
        person = random.standard_normal(DIMENSIONS)
        looks, mirrors, templates = (unit(person + noise * random.standard_normal((pictures, DIMENSIONS))) for _ in range(3))
        altered = unit(person + noise * random.standard_normal((pictures, ALTERED, DIMENSIONS)))
        found.append(Pictured(looks, mirrors, templates, altered, np.ones(pictures)))
    return found


def test_the_best_template_is_what_identification_measures() -> None:
    everybody = people(60, noise=1.2)
    found = trial(everybody, SIZE, SETTING, BY_RULE, draws=20)
    pictures = [PersonPictures(one.templates, one.looks, one.qualities) for one in everybody]
    measured = identify(pictures, SIZE, SETTING, 0.0, partial(fused, "test"), draws=20)
    assert found is not None
    assert found["best"] == pytest.approx(list(measured.fnir_at_fpir.values()))
    assert 0 < found["best"][0] <= found["best"][1] < 1
    assert found["mean"] != found["best"], "another rule, another answer"


def test_altered_templates_are_added_to_those_of_the_pictures() -> None:
    found = trial(people(60, noise=1.2), SIZE, SETTING, BY_ALTERATION, draws=10)
    assert found is not None
    assert found.keys() == {"as it is", *ALTERATIONS, "all of these", "mirror image apart"}
    assert found["all of these"][0] < found["as it is"][0], "more views of the person, fewer misses"


def test_faces_without_noise_are_never_missed() -> None:
    found = trial(people(60, noise=0.01), SIZE, SETTING, BY_RULE, draws=5)
    assert found == {name: [0.0, 0.0] for name in BY_RULE}


def test_too_few_people_or_pictures_give_nothing() -> None:
    assert trial(people(SIZE + LEAST_STRANGERS - 1, noise=0.5), SIZE, SETTING, BY_RULE, draws=2) is None
    assert trial(people(60, noise=0.5, pictures=1), SIZE, SETTING, BY_RULE, draws=2) is None
