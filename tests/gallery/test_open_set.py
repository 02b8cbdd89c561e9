"""The threshold at the size of the gallery: on tails that were written out, on simulated strangers, and on the card that ships."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from edged.evaluation.impostor_tail import ImpostorTail
from edged.gallery.open_set import false_alarm_chance, threshold_for
from edged.vision.model_card import EmbeddingCard
from tests.conftest import MODELS

TAIL = ImpostorTail((0.3, 0.4, 0.5), (1e-2, 1e-3, 1e-4), 0.0)
NO_FLOOR = -1.0


@pytest.mark.parametrize(
    ("templates", "asked", "threshold"),
    [
        (1, 1e-2, 0.3),
        (10, 1e-2, 0.4),
        (100, 1e-2, 0.5),
        (10, 1e-3, 0.5),
        (1, 10**-2.5, 0.35),
        (1000, 1e-2, 0.6),  # beyond the tail
        (1, 1e-1, 0.2),  # before it
        (0, 1e-2, 0.3),  # an empty gallery names nobody at any threshold
    ],
)
def test_a_gallery_ten_times_as_large_needs_a_decade_more(templates: int, asked: float, threshold: float) -> None:
    assert threshold_for(templates, asked, TAIL, NO_FLOOR) == pytest.approx(threshold)


def test_the_threshold_never_falls_below_the_floor_nor_when_templates_are_added() -> None:
    thresholds = [threshold_for(templates, 1e-2, TAIL, 0.43) for templates in (0, 1, 5, 20, 21, 50, 1000, 10**6, 10**12)]
    assert all(low <= high for low, high in pairwise(thresholds))
    assert (thresholds[0], thresholds[-1]) == (0.43, 1.0)


def test_fewer_false_alarms_need_a_higher_threshold() -> None:
    thresholds = [threshold_for(50, asked, TAIL, NO_FLOOR) for asked in (0.5, 0.1, 0.01, 0.001, 1e-6)]
    assert all(low < high for low, high in pairwise(thresholds))


def test_fused_probes_need_more() -> None:
    fused = ImpostorTail(TAIL.similarities, TAIL.false_match_rates, fused_offset=0.02)
    assert threshold_for(10, 1e-2, fused, NO_FLOOR) == pytest.approx(0.42)
    assert fused.rate_at(0.42) == pytest.approx(1e-3)


@pytest.mark.parametrize("templates", [1, 7, 200, 30_000])
@pytest.mark.parametrize("asked", [0.2, 0.01, 0.0003])
def test_at_the_threshold_the_chance_of_a_false_alarm_is_what_was_asked(templates: int, asked: float) -> None:
    assert false_alarm_chance(threshold_for(templates, asked, TAIL, NO_FLOOR), templates, TAIL) == pytest.approx(asked)


def test_a_chance_is_at_most_one() -> None:
    assert false_alarm_chance(0.0, 10**9, TAIL) == 1.0
    assert TAIL.rate_at(-1.0) == 1.0


@pytest.mark.parametrize(("templates", "asked"), [(10, 0.02), (100, 0.02), (300, 0.05)])
def test_strangers_who_follow_the_tail_are_named_no_more_often_than_asked(templates: int, asked: float) -> None:
    random = np.random.default_rng(0)
    similarities = 0.3 - 0.1 * (np.log10(random.uniform(size=(20_000, templates))) + 2)  # as TAIL tells
    named = np.mean(similarities.max(axis=1) >= threshold_for(templates, asked, TAIL, NO_FLOOR))
    assert 0.8 * asked < named <= 1.1 * asked


@pytest.mark.parametrize(
    ("similarities", "rates"),
    [((0.3,), (1e-2,)), ((0.3, 0.4), (1e-2,)), ((0.4, 0.3), (1e-2, 1e-3)), ((0.3, 0.4), (1e-3, 1e-2)), ((0.3, 0.4), (1e-2, 0.0))],
)
def test_what_is_no_tail_is_refused(similarities: tuple[float, ...], rates: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="impostor tail"):
        ImpostorTail(similarities, rates, 0.0)


@pytest.mark.parametrize(("templates", "asked"), [(-1, 0.01), (1, 0.0), (1, 1.0), (1, -0.1), (1, float("nan"))])
def test_what_cannot_be_asked_is_refused(templates: int, asked: float) -> None:
    with pytest.raises(ValueError, match="share of visits"):
        threshold_for(templates, asked, TAIL, NO_FLOOR)


def test_templates_of_one_person_count_less_than_people() -> None:
    alike = ImpostorTail(TAIL.similarities, TAIL.false_match_rates, 0.0, template_power=0.5)
    assert threshold_for(10, 1e-2, alike, NO_FLOOR) == pytest.approx(0.4)
    assert threshold_for(40, 1e-2, alike, NO_FLOOR, people=10) == threshold_for(20, 1e-2, alike, NO_FLOOR)
    assert false_alarm_chance(0.4, 40, alike, people=10) == pytest.approx(2 * false_alarm_chance(0.4, 10, alike))
    assert false_alarm_chance(0.4, 0, alike, people=0) == 0.0


def test_a_single_look_needs_less_than_a_probe_of_many() -> None:
    fused = ImpostorTail(TAIL.similarities, TAIL.false_match_rates, fused_offset=0.02)
    needed = [threshold_for(10, 1e-2, fused, NO_FLOOR, looks=looks) for looks in (0, 1, 2, 3, 30)]
    assert needed == pytest.approx([0.4, 0.4, 0.41, 0.42, 0.42])
    assert fused.rate_at(0.41, looks=2) == pytest.approx(1e-3)
    for power in (-0.1, 1.1):
        with pytest.raises(ValueError, match="impostor tail"):
            ImpostorTail(TAIL.similarities, TAIL.false_match_rates, 0.0, template_power=power)


def test_the_card_that_ships_keeps_a_couple_at_the_floor_and_a_village_above_it() -> None:
    card = EmbeddingCard.read(MODELS / "embedding_sface")
    tail, floor = card.impostor_tail, card.matching.match_threshold
    assert threshold_for(2, 0.01, tail, floor) == floor
    assert floor < threshold_for(4 * 5, 0.01, tail, floor, people=4) < 0.49
    assert threshold_for(4 * 5, 0.01, tail, floor, people=4) < threshold_for(200 * 5, 0.01, tail, floor, people=200) < 0.55
