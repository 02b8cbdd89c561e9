"""A gallery's own figures: who is alike, and how often strangers are named and people missed, with honest intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.evaluation.impostor_tail import ImpostorTail
from edged.gallery.calibration import ROWS_AT_ONCE, Calibration, OperatingPoint, calibrate, wilson
from edged.gallery.matcher import LookAlikes
from edged.gallery.templates import TemplateRows
from edged.system.beside import finish
from tests.gallery.conftest import MODEL, embedding

if TYPE_CHECKING:
    from edged.types import Float32Array

TAIL = ImpostorTail((0.3, 0.36, 0.42, 0.47), (1e-2, 1e-3, 1e-4, 1e-5), 0.02)
POINT = OperatingPoint(0.43, 0.05, LookAlikes(0.43, 0.15), 0.01)


def face(seed: int, *others: tuple[int, float]) -> Float32Array:
    """A face of unit length that has so much of others in it."""
    share = math.sqrt(1 - sum(part * part for _, part in others))
    vector = np.float32(share) * embedding(seed).vector + sum(np.float32(part) * embedding(other).vector for other, part in others)
    found: Float32Array = (vector / np.linalg.norm(vector)).astype(np.float32)
    return found


def rows(*templates: tuple[str, Float32Array]) -> TemplateRows:
    vectors = np.stack([vector for _, vector in templates]) if templates else np.empty((0, 128), np.float32)
    return TemplateRows(MODEL, [person for person, _ in templates], vectors, [])


NOBODY = rows()


def calibrated(gallery: TemplateRows, strangers: TemplateRows, tail: ImpostorTail, point: OperatingPoint) -> Calibration:
    """The figures, worked out as a whole."""
    return finish(calibrate(gallery, strangers, tail, point))


def test_wilson_intervals_are_those_of_the_tables() -> None:
    none, some = wilson(0, 30), wilson(10, 20)
    assert (none.estimate, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(0.1135, abs=1e-4)
    assert some.low == pytest.approx(0.2993, abs=1e-4)
    assert some.high == pytest.approx(0.7007, abs=1e-4)
    for count, of in ((1, 0), (3, 2), (-1, 5)):
        with pytest.raises(ValueError, match="is no share"):
            wilson(count, of)


def test_an_empty_gallery_has_no_figures_and_no_error() -> None:
    found = calibrated(NOBODY, NOBODY, TAIL, POINT)
    assert (found.people, found.closest, found.look_alikes, found.in_force.fnir) == (0, None, [], None)
    assert found.in_force.fpir_by_card == 0.0
    assert calibrated(NOBODY, rows(("stranger-1", face(1))), TAIL, POINT).in_force.fpir_by_strangers is None


def test_the_closest_pair_and_look_alikes_are_named() -> None:
    gallery = rows(
        ("zoe", face(1)), ("zoe", face(2)), ("alice", face(3, (2, 0.5))), ("bob", face(4, (1, 0.6))), ("carol", face(5, (4, 0.2)))
    )
    found = calibrated(gallery, NOBODY, TAIL, POINT)
    assert found.closest is not None
    assert (found.closest.person, found.closest.other_person) == ("bob", "zoe")
    assert found.closest.similarity == pytest.approx(float(gallery.embeddings[0] @ gallery.embeddings[3]))
    assert [(pair.person, pair.other_person) for pair in found.look_alikes] == [("bob", "zoe"), ("alice", "zoe")]
    alone = calibrated(rows(("zoe", face(1)), ("zoe", face(1, (2, 0.3)))), NOBODY, TAIL, POINT)
    assert (alone.closest, alone.look_alikes) == (None, [])


def test_people_whose_templates_do_not_find_each_other_are_missed() -> None:
    gallery = rows(("zoe", face(1)), ("zoe", face(2, (1, 0.8))), ("zoe", face(3)), ("alice", face(4)))
    missed = calibrated(gallery, NOBODY, TAIL, POINT).in_force.fnir
    assert missed is not None
    assert missed.of == 3
    assert missed.estimate == pytest.approx(1 / 3)
    assert 0.0 < missed.low < 1 / 3 < missed.high < 1.0


def test_a_look_alike_is_missed_where_the_lead_is_not_large_enough() -> None:
    twin = face(3, (1, 0.62))
    gallery = rows(("zoe", face(1)), ("zoe", face(2, (1, 0.7))), ("twin", twin))
    lead = float(gallery.embeddings[0] @ gallery.embeddings[1]) - float(gallery.embeddings[0] @ twin)
    assert 0.05 < lead < 0.15
    usual = OperatingPoint(0.43, 0.05, LookAlikes(0.99, 0.15), 0.01)
    for point, missed in ((usual, 0.0), (POINT, 0.5)):
        fnir = calibrated(gallery, NOBODY, TAIL, point).in_force.fnir
        assert fnir is not None
        assert fnir.estimate == missed


def test_the_card_says_more_false_alarms_of_a_larger_gallery() -> None:
    small = calibrated(rows(*((f"p{seed}", face(seed)) for seed in range(5))), NOBODY, TAIL, POINT).in_force
    large = calibrated(rows(*((f"p{seed}", face(seed)) for seed in range(50))), NOBODY, TAIL, POINT).in_force
    assert large.fpir_by_card == pytest.approx(10 * small.fpir_by_card)
    assert small.fpir_by_strangers is None


def strangers_of(count: int, near: int, similarity: float) -> TemplateRows:
    """So many strangers, of whom some are so similar to template 0."""
    return rows(*((f"stranger-{n}", face(1000 + n, (0, similarity)) if n < near else face(1000 + n)) for n in range(count)))


def test_strangers_who_are_more_alike_than_the_card_says_raise_the_threshold() -> None:
    gallery = rows(*((f"p{seed}", face(seed)) for seed in range(20)))
    usual = calibrated(gallery, strangers_of(60, 5, 0.4), TAIL, POINT)
    assert usual.in_force.fpir_by_strangers is not None
    assert usual.in_force.fpir_by_strangers.low < usual.in_force.fpir_by_card < usual.in_force.fpir_by_strangers.high
    assert usual.suggested == usual.in_force
    village = calibrated(gallery, strangers_of(60, 40, 0.42), TAIL, OperatingPoint(0.38, 0.05, LookAlikes(0.43, 0.15), 0.01))
    assert village.in_force.fpir_by_strangers is not None
    assert village.in_force.fpir_by_strangers.low > village.in_force.fpir_by_card
    assert village.suggested.threshold > 0.38
    assert village.suggested.fpir_by_card < village.in_force.fpir_by_card


def test_a_stranger_counts_once_however_many_looks_are_kept() -> None:
    gallery = rows(*((f"p{seed}", face(seed)) for seed in range(20)))
    once = strangers_of(30, 3, 0.4)
    thrice = rows(*((one, vector) for one, vector in zip(once.persons, once.embeddings, strict=True) for _ in range(3)))
    found = [calibrated(gallery, looks, TAIL, POINT).in_force.fpir_by_strangers for looks in (once, thrice)]
    assert found[0] is not None
    assert found[1] is not None
    assert (found[0].of, found[1].of) == (30, 30)
    assert found[0].estimate == pytest.approx(found[1].estimate)


def test_from_fifty_strangers_on_the_stricter_of_the_two_is_suggested() -> None:
    gallery = rows(*((f"p{seed}", face(seed)) for seed in range(20)))
    point = OperatingPoint(0.38, 0.05, LookAlikes(0.43, 0.15), 0.01)
    few, many = (calibrated(gallery, strangers_of(count, count * 3 // 20, 0.42), TAIL, point) for count in (40, 80))
    for found in (few, many):
        assert found.in_force.fpir_by_strangers is not None
        assert found.in_force.fpir_by_strangers.low < found.in_force.fpir_by_card < found.in_force.fpir_by_strangers.estimate
    assert (few.suggested, few.is_by_strangers) == (few.in_force, False), "of forty it is not sure"
    assert many.suggested.threshold > point.threshold
    assert many.is_by_strangers


def test_more_templates_miss_fewer_looks() -> None:
    near, far = face(1), face(9)
    gallery = rows(("zoe", near), ("zoe", face(2, (1, 0.8))), ("zoe", face(3, (1, 0.8))), ("zoe", far), ("alice", face(4)))
    found = calibrated(gallery, NOBODY, TAIL, POINT)
    shares = [(one.templates, one.fnir.of) for one in found.by_templates]
    assert (shares, found.with_one) == ([(1, 4), (2, 4), (3, 4)], 1)
    estimates = [one.fnir.estimate for one in found.by_templates]
    # each of the three alike finds two of its three others, and the fourth finds nobody
    assert estimates == pytest.approx([(3 / 3 + 1) / 4, 1 / 4, 1 / 4])
    assert calibrated(rows(("zoe", near)), NOBODY, TAIL, POINT).by_templates == []


def test_a_large_gallery_is_compared_in_steps_with_the_same_figures() -> None:
    """A person stands in several steps, and the nearest other one in another."""
    people = [(f"p{seed // 2:03}", face(seed // 2, (900 + seed, 0.5))) for seed in range(3 * ROWS_AT_ONCE)]
    people += [("zoe", face(7, (950, 0.3))), ("zoe", face(7, (951, 0.3)))]
    gallery = rows(*people)
    steps = calibrate(gallery, NOBODY, TAIL, POINT)
    assert len(list(iter(lambda: next(steps, "end"), "end"))) >= len(people) // ROWS_AT_ONCE
    found = calibrated(gallery, NOBODY, TAIL, POINT)
    similarities = gallery.embeddings @ gallery.embeddings.T
    alike = max(float(similarities[row, -side]) for row in (14, 15) for side in (1, 2))
    assert found.closest is not None
    assert (found.closest.person, found.closest.other_person) == ("p007", "zoe")
    assert found.closest.similarity == pytest.approx(alike, abs=1e-6)
    first = found.look_alikes[0]
    assert (first.person, first.other_person) == ("p007", "zoe")
    assert first.similarity == pytest.approx(alike, abs=1e-6)
    assert found.in_force.fnir is not None
    assert (found.in_force.fnir.of, [missed.fnir.of for missed in found.by_templates]) == (len(people), [len(people)])
